// SPDX-License-Identifier: Apache-2.0
// What a controller sends, whatever it is: frames are inside of what came, and values are of what
// was asked for.
#include "base/assert.h"
#include "connector/fins/fins.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gantry::connector;
    const fins::Fins language({});
    gantry::ByteView rest = std::as_bytes(std::span(data, size));
    while (true) {
        words::Frame frame;
        if (language.take_frame(rest, frame) != words::Framing::Complete) {
            return 0;
        }
        ASSERT(frame.size > 0 && frame.size <= rest.size());
        rest = rest.subspan(frame.size);
        (void)language.greeted(frame.payload);
        const words::Answer answer = language.read_answer(frame.payload);
        ASSERT(answer.good == answer.why.empty());
        for (const words::Area& area : language.areas()) {
            const auto values = language.values(area, 3, answer.data);
            ASSERT(!values || values->size() == (area.bits ? 3U : 6U));
        }
        const std::array answers = {answer.data, answer.data};
        (void)language.who(answers);
    }
}

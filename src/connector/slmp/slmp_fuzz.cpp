// SPDX-License-Identifier: Apache-2.0
// What a controller sends, whatever it is: frames are inside of what came, and values are of what
// was asked for. The first byte says which frame is wanted.
#include "base/assert.h"
#include "connector/slmp/slmp.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gantry::connector;
    if (size == 0) {
        return 0;
    }
    const slmp::Slmp language({.serial_numbers = data[0] % 2 != 0});
    gantry::ByteView rest = std::as_bytes(std::span(data + 1, size - 1));
    while (true) {
        words::Frame frame;
        if (language.take_frame(rest, frame) != words::Framing::Complete) {
            return 0;
        }
        ASSERT(frame.size > 0 && frame.size <= rest.size());
        rest = rest.subspan(frame.size);
        const words::Answer answer = language.read_answer(frame.payload);
        ASSERT(answer.good == answer.why.empty());
        for (const words::Area& area : language.areas().first(11)) {
            const auto values = language.values(area, 3, answer.data);
            ASSERT(!values || values->size() == (area.bits ? 3U : 6U));
        }
        (void)language.who(std::span(&answer.data, 1));
    }
}

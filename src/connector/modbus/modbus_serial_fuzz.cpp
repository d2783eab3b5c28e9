// SPDX-License-Identifier: Apache-2.0
// What comes over a serial line, RTU or ASCII by the first byte: only whole frames whose checksum
// fits are taken, and they have a PDU of a size that there is.
#include <algorithm>

#include "base/assert.h"
#include "connector/modbus/wire.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gantry::connector::modbus;
    if (size == 0) {
        return 0;
    }
    const Wire wire = data[0] % 2 == 0 ? Wire::Rtu : Wire::Ascii;
    gantry::ByteView received = std::as_bytes(std::span(data + 1, size - 1));
    Frame frame;
    std::size_t taken = 0;
    gantry::Bytes scratch;
    while (take_answer(wire, received, frame, taken, scratch) == Framing::Complete) {
        ASSERT(taken > 0 && taken <= received.size());
        ASSERT(!frame.pdu.empty() && frame.pdu.size() <= pdu_bytes_max);
        gantry::Bytes again;
        append_answer(wire, again, frame);
        ASSERT(std::ranges::equal(again, received.first(taken)));
        received = received.subspan(taken);
    }
    return 0;
}

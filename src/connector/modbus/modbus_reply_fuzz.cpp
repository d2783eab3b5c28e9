// SPDX-License-Identifier: Apache-2.0
// Three bytes say what was asked, the rest is what a device sends: whatever it is, only a reply
// that fits the request gives data, and exactly as much as was asked for.
#include <array>

#include "base/assert.h"
#include "connector/modbus/frame.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gantry::connector::modbus;
    if (size < 3) {
        return 0;
    }
    constexpr std::array reads = {Function::ReadCoils, Function::ReadDiscreteInputs,
                                  Function::ReadHoldingRegisters, Function::ReadInputRegisters};
    Request request;
    request.function = reads[data[0] % reads.size()];
    request.address = data[1];
    request.count = static_cast<std::uint16_t>(data[2] % read_registers_max + 1);
    ASSERT(is_valid(request));
    gantry::ByteView received = std::as_bytes(std::span(data + 3, size - 3));
    Frame frame;
    std::size_t taken = 0;
    while (take_frame(received, frame, taken) == Framing::Complete) {
        ASSERT(taken >= header_bytes && taken <= received.size() && taken <= adu_bytes_max);
        ASSERT(!frame.pdu.empty() && frame.pdu.size() <= pdu_bytes_max);
        const Reply reply = decode_reply(frame.pdu, request);
        if (reply.kind == Reply::Kind::Data) {
            ASSERT(reply.data.size() == data_bytes(request.reads_bits(), request.count));
        }
        (void)decode_request(frame.pdu);
        received = received.subspan(taken);
    }
    return 0;
}

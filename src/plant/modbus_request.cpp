// SPDX-License-Identifier: Apache-2.0
#include "plant/modbus_request.h"

#include "base/assert.h"
#include "plant/frame_buffer.h"

namespace gantry::plant {
namespace {

// Quantities of the specification: the most that one request may read or write.
constexpr unsigned read_bits_most = 2000;
constexpr unsigned read_registers_most = 125;
constexpr unsigned write_bits_most = 1968;
constexpr unsigned write_registers_most = 123;
constexpr unsigned exchange_write_most = 121;

using ByteSpan = std::span<const std::uint8_t>;
using Parsed = std::expected<ModbusRequest, ModbusException>;

unsigned word(ByteSpan bytes, std::size_t at) { return bytes[at] << 8 | bytes[at + 1]; }

std::unexpected<ModbusException> illegal_value() {
    return std::unexpected(ModbusException::IllegalDataValue);
}

std::expected<AddressSpan, ModbusException> span_of(Area area, unsigned first, unsigned count,
                                                    unsigned most) {
    if (count < 1 || count > most) {
        return illegal_value();
    }
    if (first + count > 0x10000) {
        return std::unexpected(ModbusException::IllegalDataAddress);
    }
    return AddressSpan{area, static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(count)};
}

Parsed parse_read(ByteSpan pdu, Area area) {
    if (pdu.size() != 5) {
        return illegal_value();
    }
    const auto read = span_of(area, word(pdu, 1), word(pdu, 3),
                              is_register(area) ? read_registers_most : read_bits_most);
    if (!read) {
        return std::unexpected(read.error());
    }
    return ModbusRequest{.read = *read, .write = {}, .values = {}};
}

Parsed parse_write_single(ByteSpan pdu, Area area) {
    if (pdu.size() != 5) {
        return illegal_value();
    }
    unsigned value = word(pdu, 3);
    if (area == Area::Coil) {
        if (value != 0x0000 && value != 0xFF00) {
            return illegal_value();
        }
        value = value != 0 ? 1 : 0;
    }
    return ModbusRequest{.read = {},
                         .write = {area, static_cast<std::uint16_t>(word(pdu, 1)), 1},
                         .values = {static_cast<std::uint16_t>(value)}};
}

Parsed parse_write_coils(ByteSpan pdu) {
    if (pdu.size() < 6) {
        return illegal_value();
    }
    const unsigned count = word(pdu, 3);
    if (pdu[5] != (count + 7) / 8 || pdu.size() != 6u + pdu[5]) {
        return illegal_value();
    }
    const auto write = span_of(Area::Coil, word(pdu, 1), count, write_bits_most);
    if (!write) {
        return std::unexpected(write.error());
    }
    ModbusRequest request{.read = {}, .write = *write, .values = {}};
    for (unsigned i = 0; i < count; ++i) {
        request.values.push_back(pdu[6 + i / 8] >> (i % 8) & 1);
    }
    return request;
}

// What follows a quantity of registers: their bytes, and how many bytes those are.
bool take_registers(ByteSpan pdu, std::size_t at, unsigned count,
                    std::vector<std::uint16_t>& values) {
    if (pdu[at] != count * 2 || pdu.size() != at + 1 + count * 2) {
        return false;
    }
    for (unsigned i = 0; i < count; ++i) {
        values.push_back(static_cast<std::uint16_t>(word(pdu, at + 1 + 2 * i)));
    }
    return true;
}

Parsed parse_write_registers(ByteSpan pdu) {
    ModbusRequest request;
    if (pdu.size() < 6 || !take_registers(pdu, 5, word(pdu, 3), request.values)) {
        return illegal_value();
    }
    const auto write =
        span_of(Area::HoldingRegister, word(pdu, 1), word(pdu, 3), write_registers_most);
    if (!write) {
        return std::unexpected(write.error());
    }
    request.write = *write;
    return request;
}

Parsed parse_exchange(ByteSpan pdu) {
    ModbusRequest request;
    if (pdu.size() < 10 || !take_registers(pdu, 9, word(pdu, 7), request.values)) {
        return illegal_value();
    }
    const auto read =
        span_of(Area::HoldingRegister, word(pdu, 1), word(pdu, 3), read_registers_most);
    const auto write =
        span_of(Area::HoldingRegister, word(pdu, 5), word(pdu, 7), exchange_write_most);
    if (!read || !write) {
        return std::unexpected(read ? write.error() : read.error());
    }
    request.read = *read;
    request.write = *write;
    return request;
}

}  // namespace

Parsed parse_request(ByteSpan frame) {
    ASSERT(frame.size() > FrameBuffer::header_size);
    const ByteSpan pdu = frame.subspan(FrameBuffer::header_size);
    switch (pdu[0]) {
        case 1: return parse_read(pdu, Area::Coil);
        case 2: return parse_read(pdu, Area::DiscreteInput);
        case 3: return parse_read(pdu, Area::HoldingRegister);
        case 4: return parse_read(pdu, Area::InputRegister);
        case 5: return parse_write_single(pdu, Area::Coil);
        case 6: return parse_write_single(pdu, Area::HoldingRegister);
        case 15: return parse_write_coils(pdu);
        case 16: return parse_write_registers(pdu);
        case 23: return parse_exchange(pdu);
        default: return std::unexpected(ModbusException::IllegalFunction);
    }
}

}  // namespace gantry::plant

// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/wire.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/assert.h"

namespace gantry::connector::modbus {
namespace {

constexpr std::byte ascii_start{':'};
constexpr std::size_t ascii_bytes_max = 513;
constexpr std::size_t crc_bytes = 2;
constexpr std::uint8_t exception_flag = 0x80;

std::size_t byte_at(ByteView bytes, std::size_t at) {
    return std::to_integer<std::size_t>(bytes[at]);
}

// Unit and PDU of an RTU answer; 0 if more must come before it is known. Nothing if no answer
// begins like that.
std::optional<std::size_t> rtu_length(ByteView received) {
    if (received.size() < 2) {
        return 0;
    }
    const auto function = static_cast<std::uint8_t>(byte_at(received, 1));
    if ((function & exception_flag) != 0) {
        return 3;
    }
    switch (static_cast<Function>(function)) {
        case Function::ReadCoils:
        case Function::ReadDiscreteInputs:
        case Function::ReadHoldingRegisters:
        case Function::ReadInputRegisters:
        case Function::ReadWriteMultipleRegisters:
            return received.size() < 3 ? 0 : 3 + byte_at(received, 2);
        case Function::WriteSingleCoil:
        case Function::WriteSingleRegister:
        case Function::WriteMultipleCoils:
        case Function::WriteMultipleRegisters: return 6;
    }
    return std::nullopt;
}

Framing take_rtu(ByteView received, Frame& frame, std::size_t& size) {
    const auto length = rtu_length(received);
    if (!length) {
        return Framing::Broken;
    }
    if (*length == 0 || received.size() < *length + crc_bytes) {
        return Framing::Incomplete;
    }
    const std::uint16_t sum = crc16(received.first(*length));
    if (byte_at(received, *length) != (sum & 0xffU) ||
        byte_at(received, *length + 1) != sum >> 8U) {
        return Framing::Broken;
    }
    frame.unit = static_cast<std::uint8_t>(byte_at(received, 0));
    frame.pdu = received.subspan(1, *length - 1);
    size = *length + crc_bytes;
    return frame.pdu.size() <= pdu_bytes_max ? Framing::Complete : Framing::Broken;
}

std::optional<std::uint8_t> hex_digit(std::byte digit) {
    const auto c = std::to_integer<char>(digit);
    if (c >= '0' && c <= '9') {
        return static_cast<std::uint8_t>(c - '0');
    }
    if (c >= 'A' && c <= 'F') {
        return static_cast<std::uint8_t>(c - 'A' + 10);
    }
    return std::nullopt;
}

Framing take_ascii(ByteView received, Frame& frame, std::size_t& size, Bytes& scratch) {
    if (received.empty()) {
        return Framing::Incomplete;
    }
    if (received[0] != ascii_start) {
        return Framing::Broken;
    }
    const auto end = std::ranges::find(received, std::byte{'\n'});
    if (end == received.end()) {
        return received.size() < ascii_bytes_max ? Framing::Incomplete : Framing::Broken;
    }
    const auto count = static_cast<std::size_t>(end - received.begin());
    // ':' digits CR
    if (count < 1 + 2 * 3 + 1 || count > ascii_bytes_max || count % 2 != 0 ||
        received[count - 1] != std::byte{'\r'}) {
        return Framing::Broken;
    }
    scratch.clear();
    for (std::size_t i = 1; i + 1 < count; i += 2) {
        const auto high = hex_digit(received[i]);
        const auto low = hex_digit(received[i + 1]);
        if (!high || !low) {
            return Framing::Broken;
        }
        scratch.push_back(static_cast<std::byte>(*high << 4U | *low));
    }
    if (lrc(scratch) != 0) {
        return Framing::Broken;
    }
    frame.unit = static_cast<std::uint8_t>(byte_at(scratch, 0));
    frame.pdu = ByteView(scratch).subspan(1, scratch.size() - 2);
    size = count + 1;
    return frame.pdu.size() <= pdu_bytes_max ? Framing::Complete : Framing::Broken;
}

void append_ascii(Bytes& out, ByteView bytes) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto put = [&out, digits](std::uint8_t byte) {
        out.push_back(static_cast<std::byte>(digits[byte >> 4U]));
        out.push_back(static_cast<std::byte>(digits[byte & 0xfU]));
    };
    out.push_back(ascii_start);
    for (const std::byte byte : bytes) {
        put(std::to_integer<std::uint8_t>(byte));
    }
    put(lrc(bytes));
    out.push_back(std::byte{'\r'});
    out.push_back(std::byte{'\n'});
}

// Unit and PDU on a serial line.
void append_serial(Wire wire, Bytes& out, ByteView bytes) {
    if (wire == Wire::Ascii) {
        append_ascii(out, bytes);
        return;
    }
    const std::uint16_t sum = crc16(bytes);
    out.insert(out.end(), bytes.begin(), bytes.end());
    out.push_back(static_cast<std::byte>(sum & 0xffU));
    out.push_back(static_cast<std::byte>(sum >> 8U));
}

}  // namespace

std::uint16_t crc16(ByteView bytes) {
    std::uint16_t sum = 0xffff;
    for (const std::byte byte : bytes) {
        sum ^= std::to_integer<std::uint16_t>(byte);
        for (int bit = 0; bit < 8; ++bit) {
            const bool low = (sum & 1U) != 0;
            sum = static_cast<std::uint16_t>(sum >> 1U);
            if (low) {
                sum ^= 0xa001;
            }
        }
    }
    return sum;
}

std::uint8_t lrc(ByteView bytes) {
    std::uint8_t sum = 0;
    for (const std::byte byte : bytes) {
        sum = static_cast<std::uint8_t>(sum + std::to_integer<std::uint8_t>(byte));
    }
    return static_cast<std::uint8_t>(0 - sum);
}

void append_request(Wire wire, Bytes& out, std::uint16_t transaction, std::uint8_t unit,
                    const Request& request) {
    if (wire == Wire::Tcp) {
        append_request(out, transaction, unit, request);
        return;
    }
    Bytes framed;
    append_request(framed, transaction, unit, request);
    append_serial(wire, out,
                  ByteView(framed).subspan(header_bytes - 1));  // its last byte: the unit
}

Framing take_answer(Wire wire, ByteView received, Frame& frame, std::size_t& size, Bytes& scratch) {
    switch (wire) {
        case Wire::Tcp: return take_frame(received, frame, size);
        case Wire::Rtu: return take_rtu(received, frame, size);
        case Wire::Ascii: return take_ascii(received, frame, size, scratch);
    }
    return Framing::Broken;
}

void append_answer(Wire wire, Bytes& out, const Frame& frame) {
    ASSERT(wire != Wire::Tcp);
    Bytes bytes{static_cast<std::byte>(frame.unit)};
    bytes.insert(bytes.end(), frame.pdu.begin(), frame.pdu.end());
    append_serial(wire, out, bytes);
}

}  // namespace gantry::connector::modbus

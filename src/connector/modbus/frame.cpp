// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/frame.h"

#include <algorithm>

#include "base/assert.h"

namespace gantry::connector::modbus {
namespace {

constexpr std::byte single_bit_on{1};
constexpr std::byte single_bit_off{0};
constexpr std::uint16_t coil_on = 0xff00;
constexpr std::uint16_t coil_off = 0x0000;
constexpr std::uint8_t exception_flag = 0x80;

std::uint16_t number_at(ByteView bytes, std::size_t at) {
    return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[at]) << 8 |
                                      std::to_integer<unsigned>(bytes[at + 1]));
}

std::size_t byte_at(ByteView bytes, std::size_t at) {
    return std::to_integer<std::size_t>(bytes[at]);
}

void put(Bytes& out, std::size_t byte) { out.push_back(static_cast<std::byte>(byte)); }

void put_number(Bytes& out, std::size_t number) {
    put(out, number >> 8 & 0xff);
    put(out, number & 0xff);
}

void put_bytes(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

void put_header(Bytes& out, std::uint16_t transaction, std::uint8_t unit, std::size_t pdu_bytes) {
    ASSERT(pdu_bytes >= 1 && pdu_bytes <= pdu_bytes_max);
    put_number(out, transaction);
    put_number(out, 0);  // the protocol: Modbus
    put_number(out, pdu_bytes + 1);
    put(out, unit);
}

bool in_range(std::uint16_t address, std::uint16_t count, std::uint16_t count_max) {
    return count >= 1 && count <= count_max && address + count <= 65536;
}

std::uint16_t single_coil_value(ByteView data) {
    return (std::to_integer<unsigned>(data[0]) & 1U) != 0 ? coil_on : coil_off;
}

Reply malformed(std::string_view defect) {
    Reply out;
    out.defect = defect;
    return out;
}

Reply data_reply(ByteView data) {
    Reply out;
    out.kind = Reply::Kind::Data;
    out.data = data;
    return out;
}

Reply read_reply(ByteView pdu, std::size_t wanted) {
    if (pdu.size() < 2 || pdu.size() != 2 + byte_at(pdu, 1)) {
        return malformed("the byte count does not fit the length");
    }
    if (byte_at(pdu, 1) != wanted) {
        return malformed("it holds more or less than was asked for");
    }
    return data_reply(pdu.subspan(2));
}

// Requests that write several: function, address, count, byte count, data.
std::expected<Request, Exception> multiple_write(ByteView pdu, Request out, bool bits,
                                                 std::uint16_t count_max) {
    if (pdu.size() < 6) {
        return std::unexpected(Exception::IllegalDataValue);
    }
    out.count = number_at(pdu, 3);
    out.data = pdu.subspan(6);
    if (out.count < 1 || out.count > count_max || byte_at(pdu, 5) != out.data.size() ||
        out.data.size() != data_bytes(bits, out.count)) {
        return std::unexpected(Exception::IllegalDataValue);
    }
    return out;
}

std::expected<Request, Exception> exchange(ByteView pdu, Request out) {
    if (pdu.size() < 10) {
        return std::unexpected(Exception::IllegalDataValue);
    }
    out.read_address = out.address;
    out.read_count = number_at(pdu, 3);
    out.address = number_at(pdu, 5);
    out.count = number_at(pdu, 7);
    out.data = pdu.subspan(10);
    if (out.count < 1 || out.count > exchange_write_registers_max || out.read_count < 1 ||
        out.read_count > read_registers_max || byte_at(pdu, 9) != out.data.size() ||
        out.data.size() != data_bytes(false, out.count)) {
        return std::unexpected(Exception::IllegalDataValue);
    }
    return out;
}

std::expected<Request, Exception> read_request(ByteView pdu, Request out) {
    out.count = number_at(pdu, 3);
    const std::uint16_t most = out.reads_bits() ? read_bits_max : read_registers_max;
    if (pdu.size() != 5 || out.count < 1 || out.count > most) {
        return std::unexpected(Exception::IllegalDataValue);
    }
    return out;
}

std::expected<Request, Exception> single_write(ByteView pdu, Request out) {
    if (pdu.size() != 5) {
        return std::unexpected(Exception::IllegalDataValue);
    }
    out.data = pdu.subspan(3);
    if (out.function == Function::WriteSingleCoil) {
        const std::uint16_t value = number_at(pdu, 3);
        if (value != coil_on && value != coil_off) {
            return std::unexpected(Exception::IllegalDataValue);
        }
        out.data = {value == coil_on ? &single_bit_on : &single_bit_off, 1};
    }
    return out;
}

std::expected<Request, Exception> decode_body(ByteView pdu, const Request& head) {
    switch (head.function) {
        case Function::ReadCoils:
        case Function::ReadDiscreteInputs:
        case Function::ReadHoldingRegisters:
        case Function::ReadInputRegisters: return read_request(pdu, head);
        case Function::WriteSingleCoil:
        case Function::WriteSingleRegister: return single_write(pdu, head);
        case Function::WriteMultipleCoils: return multiple_write(pdu, head, true, write_bits_max);
        case Function::WriteMultipleRegisters:
            return multiple_write(pdu, head, false, write_registers_max);
        case Function::ReadWriteMultipleRegisters: return exchange(pdu, head);
    }
    return std::unexpected(Exception::IllegalFunction);
}

bool is_known(Function function) {
    switch (function) {
        case Function::ReadCoils:
        case Function::ReadDiscreteInputs:
        case Function::ReadHoldingRegisters:
        case Function::ReadInputRegisters:
        case Function::WriteSingleCoil:
        case Function::WriteSingleRegister:
        case Function::WriteMultipleCoils:
        case Function::WriteMultipleRegisters:
        case Function::ReadWriteMultipleRegisters: return true;
    }
    return false;
}

}  // namespace

std::string_view exception_name(Exception exception) {
    switch (exception) {
        case Exception::IllegalFunction: return "01 illegal function";
        case Exception::IllegalDataAddress: return "02 illegal data address";
        case Exception::IllegalDataValue: return "03 illegal data value";
        case Exception::ServerDeviceFailure: return "04 server device failure";
        case Exception::Acknowledge: return "05 acknowledge";
        case Exception::ServerDeviceBusy: return "06 server device busy";
        case Exception::MemoryParityError: return "08 memory parity error";
        case Exception::GatewayPathUnavailable: return "0A gateway path unavailable";
        case Exception::GatewayTargetFailedToRespond:
            return "0B gateway target device failed to respond";
    }
    return "";
}

Framing take_frame(ByteView received, Frame& frame, std::size_t& size) {
    if (received.size() >= 4 && number_at(received, 2) != 0) {
        return Framing::Broken;
    }
    if (received.size() < header_bytes - 1) {
        return Framing::Incomplete;
    }
    // The length counts the unit id and the PDU, which is a function code at least.
    const std::size_t length = number_at(received, 4);
    if (length < 2 || length > pdu_bytes_max + 1) {
        return Framing::Broken;
    }
    size = header_bytes - 1 + length;
    if (received.size() < size) {
        return Framing::Incomplete;
    }
    frame.transaction = number_at(received, 0);
    frame.unit = std::to_integer<std::uint8_t>(received[6]);
    frame.pdu = received.subspan(header_bytes, length - 1);
    return Framing::Complete;
}

bool is_valid(const Request& request) {
    const std::size_t bytes = request.data.size();
    switch (request.function) {
        case Function::ReadCoils:
        case Function::ReadDiscreteInputs:
            return bytes == 0 && in_range(request.address, request.count, read_bits_max);
        case Function::ReadHoldingRegisters:
        case Function::ReadInputRegisters:
            return bytes == 0 && in_range(request.address, request.count, read_registers_max);
        case Function::WriteSingleCoil: return request.count == 1 && bytes == 1;
        case Function::WriteSingleRegister: return request.count == 1 && bytes == 2;
        case Function::WriteMultipleCoils:
            return in_range(request.address, request.count, write_bits_max) &&
                   bytes == data_bytes(true, request.count);
        case Function::WriteMultipleRegisters:
            return in_range(request.address, request.count, write_registers_max) &&
                   bytes == data_bytes(false, request.count);
        case Function::ReadWriteMultipleRegisters:
            return in_range(request.address, request.count, exchange_write_registers_max) &&
                   in_range(request.read_address, request.read_count, read_registers_max) &&
                   bytes == data_bytes(false, request.count);
    }
    return false;
}

void append_request(Bytes& out, std::uint16_t transaction, std::uint8_t unit,
                    const Request& request) {
    ASSERT(is_valid(request));
    const std::size_t written = request.data.size();
    switch (request.function) {
        case Function::ReadCoils:
        case Function::ReadDiscreteInputs:
        case Function::ReadHoldingRegisters:
        case Function::ReadInputRegisters:
            put_header(out, transaction, unit, 5);
            put(out, static_cast<std::uint8_t>(request.function));
            put_number(out, request.address);
            put_number(out, request.count);
            break;
        case Function::WriteSingleCoil:
        case Function::WriteSingleRegister:
            put_header(out, transaction, unit, 5);
            put(out, static_cast<std::uint8_t>(request.function));
            put_number(out, request.address);
            put_number(out, request.function == Function::WriteSingleCoil
                                ? single_coil_value(request.data)
                                : number_at(request.data, 0));
            break;
        case Function::WriteMultipleCoils:
        case Function::WriteMultipleRegisters:
            put_header(out, transaction, unit, 6 + written);
            put(out, static_cast<std::uint8_t>(request.function));
            put_number(out, request.address);
            put_number(out, request.count);
            put(out, written);
            put_bytes(out, request.data);
            break;
        case Function::ReadWriteMultipleRegisters:
            put_header(out, transaction, unit, 10 + written);
            put(out, static_cast<std::uint8_t>(request.function));
            put_number(out, request.read_address);
            put_number(out, request.read_count);
            put_number(out, request.address);
            put_number(out, request.count);
            put(out, written);
            put_bytes(out, request.data);
            break;
    }
}

std::expected<Request, Exception> decode_request(ByteView pdu) {
    Request head;
    if (pdu.empty() || !is_known(static_cast<Function>(pdu[0]))) {
        return std::unexpected(Exception::IllegalFunction);
    }
    if (pdu.size() < 5) {
        return std::unexpected(Exception::IllegalDataValue);
    }
    head.function = static_cast<Function>(pdu[0]);
    head.address = number_at(pdu, 1);
    auto decoded = decode_body(pdu, head);
    // Counts and sizes have been checked: what remains is an address beyond the end.
    if (decoded && !is_valid(*decoded)) {
        return std::unexpected(Exception::IllegalDataAddress);
    }
    return decoded;
}

void append_reply(Bytes& out, std::uint16_t transaction, std::uint8_t unit, const Request& request,
                  ByteView data) {
    switch (request.function) {
        case Function::ReadCoils:
        case Function::ReadDiscreteInputs:
        case Function::ReadHoldingRegisters:
        case Function::ReadInputRegisters:
        case Function::ReadWriteMultipleRegisters:
            put_header(out, transaction, unit, 2 + data.size());
            put(out, static_cast<std::uint8_t>(request.function));
            put(out, data.size());
            put_bytes(out, data);
            break;
        case Function::WriteSingleCoil:
        case Function::WriteSingleRegister:
            append_request(out, transaction, unit, request);  // an echo
            break;
        case Function::WriteMultipleCoils:
        case Function::WriteMultipleRegisters:
            put_header(out, transaction, unit, 5);
            put(out, static_cast<std::uint8_t>(request.function));
            put_number(out, request.address);
            put_number(out, request.count);
            break;
    }
}

void append_exception(Bytes& out, std::uint16_t transaction, std::uint8_t unit, Function function,
                      Exception exception) {
    put_header(out, transaction, unit, 2);
    put(out, static_cast<std::uint8_t>(function) | exception_flag);
    put(out, static_cast<std::uint8_t>(exception));
}

Reply decode_reply(ByteView pdu, const Request& request) {
    if (pdu.empty()) {
        return malformed("it is empty");
    }
    const auto function = static_cast<std::uint8_t>(request.function);
    if (byte_at(pdu, 0) == (function | exception_flag)) {
        if (pdu.size() != 2) {
            return malformed("an exception of a wrong length");
        }
        Reply out;
        out.kind = Reply::Kind::Refused;
        out.exception = static_cast<Exception>(pdu[1]);
        return out;
    }
    if (byte_at(pdu, 0) != function) {
        return malformed("it answers another function");
    }
    switch (request.function) {
        case Function::ReadCoils:
        case Function::ReadDiscreteInputs: return read_reply(pdu, data_bytes(true, request.count));
        case Function::ReadHoldingRegisters:
        case Function::ReadInputRegisters: return read_reply(pdu, data_bytes(false, request.count));
        case Function::ReadWriteMultipleRegisters:
            return read_reply(pdu, data_bytes(false, request.read_count));
        default: break;
    }
    if (pdu.size() != 5) {
        return malformed("an acknowledgement of a wrong length");
    }
    std::uint16_t echo = request.count;
    if (request.function == Function::WriteSingleCoil) {
        echo = single_coil_value(request.data);
    } else if (request.function == Function::WriteSingleRegister) {
        echo = number_at(request.data, 0);
    }
    if (number_at(pdu, 1) != request.address || number_at(pdu, 3) != echo) {
        return malformed("it acknowledges another write");
    }
    return data_reply({});
}

}  // namespace gantry::connector::modbus

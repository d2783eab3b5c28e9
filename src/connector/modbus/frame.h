// SPDX-License-Identifier: Apache-2.0
// The bytes of Modbus TCP, both ways and for both sides: MODBUS Application Protocol Specification
// V1.1b3 ("the specification") and MODBUS Messaging on TCP/IP Implementation Guide V1.0b. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "base/bytes.h"

namespace gantry::connector::modbus {

enum class Function : std::uint8_t {
    ReadCoils = 1,
    ReadDiscreteInputs = 2,
    ReadHoldingRegisters = 3,
    ReadInputRegisters = 4,
    WriteSingleCoil = 5,
    WriteSingleRegister = 6,
    WriteMultipleCoils = 15,
    WriteMultipleRegisters = 16,
    ReadWriteMultipleRegisters = 23,
};

// Section 7 of the specification. A device may send other numbers; they are passed on.
enum class Exception : std::uint8_t {
    IllegalFunction = 1,
    IllegalDataAddress = 2,
    IllegalDataValue = 3,
    ServerDeviceFailure = 4,
    Acknowledge = 5,
    ServerDeviceBusy = 6,
    MemoryParityError = 8,
    GatewayPathUnavailable = 10,
    GatewayTargetFailedToRespond = 11,
};

// "02 illegal data address"; empty if the specification does not know it.
std::string_view exception_name(Exception exception);

inline constexpr std::size_t header_bytes = 7;
inline constexpr std::size_t pdu_bytes_max = 253;
inline constexpr std::size_t adu_bytes_max = header_bytes + pdu_bytes_max;

// How many one request may read or write (sections 6.1 to 6.17).
inline constexpr std::uint16_t read_bits_max = 2000;
inline constexpr std::uint16_t read_registers_max = 125;
inline constexpr std::uint16_t write_bits_max = 1968;
inline constexpr std::uint16_t write_registers_max = 123;
inline constexpr std::uint16_t exchange_write_registers_max = 121;

struct Frame {
    std::uint16_t transaction = 0;
    std::uint8_t unit = 0;
    ByteView pdu;  // never empty
};

enum class Framing : unsigned char {
    Incomplete,  // more bytes are needed
    Complete,
    Broken,  // this is not Modbus TCP, or the place in the stream is lost
};

// Looks for a whole frame at the beginning of what was received. If there is one, `size` says how
// many bytes it takes; the frame's PDU is a view into them.
Framing take_frame(ByteView received, Frame& frame, std::size_t& size);

// What a client asks.
struct Request {
    Function function = Function::ReadHoldingRegisters;
    // Of what is read or written; of what is written where both happen.
    std::uint16_t address = 0;
    std::uint16_t count = 1;
    // What is written: registers high byte first, coils eight a byte with the lowest address in the
    // lowest bit.
    ByteView data = {};
    // What ReadWriteMultipleRegisters reads, after it has written.
    std::uint16_t read_address = 0;
    std::uint16_t read_count = 0;

    bool reads_bits() const {
        return function == Function::ReadCoils || function == Function::ReadDiscreteInputs;
    }
};

// Whether the specification allows it: counts, sizes, and no address beyond 65535.
bool is_valid(const Request& request);

// Appends a whole frame. The request must be valid.
void append_request(Bytes& out, std::uint16_t transaction, std::uint8_t unit,
                    const Request& request);
// The request in a PDU, or the exception that a server answers to it. Its data are a view.
std::expected<Request, Exception> decode_request(ByteView pdu);

// What a server answers: `data` is what was read, in the form of Request::data.
void append_reply(Bytes& out, std::uint16_t transaction, std::uint8_t unit, const Request& request,
                  ByteView data);
void append_exception(Bytes& out, std::uint16_t transaction, std::uint8_t unit, Function function,
                      Exception exception);

struct Reply {
    enum class Kind : unsigned char { Data, Refused, Malformed };
    Kind kind = Kind::Malformed;
    Exception exception = Exception::IllegalFunction;  // if refused
    ByteView data;                                     // what was read; a view into the PDU
    std::string_view defect;                           // what is wrong, if malformed
};

// What a PDU says as the answer to that request. Strict: function, byte counts and echoes must fit.
Reply decode_reply(ByteView pdu, const Request& request);

// Which bit of packed coils.
inline bool coil_at(ByteView packed, std::size_t index) {
    return (std::to_integer<unsigned>(packed[index / 8]) >> index % 8 & 1U) != 0;
}

// Bytes that so many bits or registers take in a PDU.
inline std::size_t data_bytes(bool bits, std::size_t count) {
    return bits ? (count + 7) / 8 : 2 * count;
}

}  // namespace gantry::connector::modbus

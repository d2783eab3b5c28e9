// SPDX-License-Identifier: Apache-2.0
// How PDUs of Modbus go over a line: with the header of TCP, or as MODBUS over Serial Line
// Specification and Implementation Guide V1.02 has it, RTU and ASCII. Pure.
#pragma once

#include "connector/modbus/frame.h"

namespace gantry::connector::modbus {

enum class Wire : unsigned char { Tcp, Rtu, Ascii };

// Whether an answer says which request it is of. Where it does not, one request is under way.
inline bool is_numbered(Wire wire) { return wire == Wire::Tcp; }

// CRC-16 of section 6.2.2, and LRC of 6.2.1.
std::uint16_t crc16(ByteView bytes);
std::uint8_t lrc(ByteView bytes);

// Appends a whole frame. The request must be valid.
void append_request(Wire wire, Bytes& out, std::uint16_t transaction, std::uint8_t unit,
                    const Request& request);

// Looks for a whole frame of a device's answer at the beginning of what was received, as
// take_frame() does. `scratch` holds the PDU where it is not in the bytes as it is. Broken: what
// stands there is no frame, or its checksum does not fit.
Framing take_answer(Wire wire, ByteView received, Frame& frame, std::size_t& size, Bytes& scratch);

// The other side's, for tests: puts an answer that was made for TCP into its frame.
void append_answer(Wire wire, Bytes& out, const Frame& frame);

}  // namespace gantry::connector::modbus

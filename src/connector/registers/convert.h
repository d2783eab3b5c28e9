// SPDX-License-Identifier: Apache-2.0
// Between the bytes on the wire and typed values. Pure, and without allocation when reading.
#pragma once

#include <array>
#include <string>

#include "base/bytes.h"
#include "connector/number.h"
#include "connector/registers/format.h"

namespace gantry::connector::registers {

// Whether values of that format can become the property's without loss, and back if it is writable.
// The complaint says what to change.
Result<> check_conversion(const Format& format, const Property& property);

// The value in registers as they were on the wire, 2 * format.count() bytes, high byte first.
//
// Numbers and texts become readings as in number.h; a text ends at its first NUL. `scratch` holds
// it then.
Reading decode_registers(const Format& format, ValueType type, ByteView registers,
                         std::string& scratch);

// What is to be written for a value.
struct Encoded {
    std::array<std::byte, std::size_t{2} * registers_of_value_max>
        bytes{};              // as in decode_registers()
    std::uint16_t count = 0;  // registers, or coils
    // What the device will hold: the nearest value that its registers can express.
    Value value;

    ByteView registers() const { return {bytes.data(), std::size_t{2} * count}; }
};

// The registers for a value of the property's type. Numbers are rounded to what the registers can
// express; InvalidArgument when the value is outside the property's range or the format's, is not a
// number, or is a text too long.
// A coil, and a single bit of a register, comes as 0 or 1 in the first byte; see merge_bit().
Result<Encoded> encode_value(const Format& format, const Property& property, const Value& value);

// Sets the format's bit in a register as it is on the wire, and leaves the others alone.
void merge_bit(const Format& format, bool on, std::span<std::byte, 2> register_bytes);

// Whether what was read back is what was written: the same, or for numbers that the device may
// round by itself (floats, scaled integers) not more than one step away.
bool is_confirmed(const Format& format, ByteView written, ByteView read_back);

}  // namespace gantry::connector::registers

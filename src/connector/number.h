// SPDX-License-Identifier: Apache-2.0
// Numbers and texts of devices, and the values that they become. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "connector/tags.h"

namespace gantry::connector {

// How a device holds a number: value = raw * scale + offset. Raw numbers come and go as their bits,
// in the lowest ones of 64.
struct NumberFormat {
    unsigned bits = 16;
    bool is_signed = false;  // two's complement
    bool real = false;       // IEEE 754, of 32 or 64 bits
    Scaling scaling;

    bool operator==(const NumberFormat&) const = default;
};

// Whether such numbers can become the property's values without loss, and back if it is writable.
// The complaint says what to change; its field is "/address".
Result<> check_number(const NumberFormat& format, const Property& property);

// - An integer or scaled result that the type cannot hold exactly enough (64 bits beyond int64, an
//   int64 beyond 2^53 in a float64) is BadOutOfRange.
// - Not-a-number is BadSensorFailure: a device that sends it says that it has no value. The
//   infinities are BadOutOfRange.
Reading read_number(const NumberFormat& format, ValueType type, std::uint64_t raw);

Reading read_bit(ValueType type, bool on);

// What is in `text`, without blanks at its end. Bytes that are not UTF-8 become U+FFFD each, and
// the quality Uncertain.
Reading read_text(std::string& text);

// The value as the property's type has it. InvalidArgument when it is of another kind, outside the
// property's range, or none.
Result<Value> value_to_write(const Property& property, const Value& value);

// The raw number for a value that value_to_write() gave: the nearest that the device can hold.
// InvalidArgument when it can hold none.
Result<std::uint64_t> raw_number(const NumberFormat& format, const Property& property,
                                 const Value& value);

// Whether what was read back is what was written: the same, or for numbers that the device may
// round by itself (real ones, scaled ones) not more than one step away.
bool is_same_number(const NumberFormat& format, std::uint64_t written, std::uint64_t read_back);

}  // namespace gantry::connector

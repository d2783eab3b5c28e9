// SPDX-License-Identifier: Apache-2.0
// Between the bytes of a controller, least significant first, and typed values. The controller says
// what a value is. Pure.
#pragma once

#include <string>

#include "connector/ethernetip/address.h"
#include "connector/ethernetip/cip.h"
#include "connector/number.h"

namespace gantry::connector::ethernetip {

// Whether such a value can become the property's without loss, and can be written if they are
// writable. The complaint says what to change.
Result<> check_conversion(const Kind& kind, const Address& address, const Property& property);

// The value of a kind that fits. Numbers and texts become readings as in number.h; a text that does
// not have the length that it says is BadOutOfRange. `scratch` holds a text then.
Reading decode(const Kind& kind, const Address& address, ValueType type, ByteView bytes,
               std::string& scratch);

// What a value of the kind becomes by itself; Null of what is none, as a structure.
ValueType natural_type(const Kind& kind);

// An element of an array of BOOL lies in a DWORD with 31 others.
inline bool is_packed(const Kind& kind, const std::optional<std::uint32_t>& index) {
    return kind.code == kind::dword && index.has_value();
}
inline constexpr std::uint32_t packed_bits = 32;

// What is to be written for a value.
struct Encoded {
    Bytes bytes;
    std::optional<unsigned> bit;  // only this one of the integer that stands there
    bool on = false;              // what it becomes
    Value value;                  // the nearest that the controller can hold
};

// `held` is what stands there now: it says how long a text can be. InvalidArgument when the value
// is outside the property's range or the kind's, or no such value.
Result<Encoded> encode(const Kind& kind, const Address& address, const Property& property,
                       ByteView held, const Value& value);

// Whether what was read back is what was written.
bool is_confirmed(const Kind& kind, const Address& address, ValueType type, const Encoded& written,
                  ByteView bytes);

}  // namespace gantry::connector::ethernetip

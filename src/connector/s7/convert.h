// SPDX-License-Identifier: Apache-2.0
// Between the bytes of a controller, most significant first, and typed values. Pure.
#pragma once

#include <string>

#include "base/bytes.h"
#include "connector/number.h"
#include "connector/s7/address.h"

namespace gantry::connector::s7 {

// Whether what stands at the address can become the property's values without loss, and can be
// written if they are writable. The complaint says what to change.
Result<> check_conversion(const Address& address, const Property& property);

// The value in address.bytes() bytes. Numbers and texts become readings as in number.h; what is no
// BCD number, no date and no text of that length is BadOutOfRange. `scratch` holds a text then.
Reading decode(const Address& address, ValueType type, ByteView bytes, std::string& scratch);

// What is to be written for a value.
struct Encoded {
    std::uint32_t skip = 0;  // bytes of the address that stay as they are, before those
    Bytes bytes;             // of a Bool one, 0 or 1
    Value value;             // the nearest that the controller can hold
};

// InvalidArgument when the value is outside the property's range or the type's, or no such value.
Result<Encoded> encode(const Address& address, const Property& property, const Value& value);

// Whether what was read back at the address is what was written.
bool is_confirmed(const Address& address, ValueType type, const Encoded& written, ByteView bytes);

}  // namespace gantry::connector::s7

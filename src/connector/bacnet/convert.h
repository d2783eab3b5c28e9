// SPDX-License-Identifier: Apache-2.0
// Between the elements of a property and typed values. The device says what a value is. Pure.
#pragma once

#include <string>

#include "connector/bacnet/address.h"
#include "connector/number.h"

namespace gantry::connector::bacnet {

// What a device says of a value, beside it.
struct Status {
    bool in_alarm = false;
    bool fault = false;
    bool overridden = false;
    bool out_of_service = false;
    std::optional<std::uint32_t> reliability;  // why there is a fault

    bool plain() const { return !fault && !overridden && !out_of_service; }
};

std::optional<Status> read_status(ByteView value);  // of Status_Flags

struct Decoded {
    Reading reading;
    std::string why;  // if it is not good
};

// `scratch` holds a text. What the point cannot hold is BadConfigurationError. A fault leaves no
// value; one of a point that is overridden or out of service is Uncertain, as it is not what is
// there. An alarm is no matter of quality.
Decoded decode(const Address& address, ValueType type, ByteView value, const Status& status,
               std::string& scratch);

// What the value becomes by itself; Null of what no point can hold.
ValueType natural_type(ByteView value);

// What is to be written for a value.
struct Encoded {
    Bytes element;
    DataType type = DataType::Null;
    std::uint64_t raw = 0;  // of numbers
    Value value;            // the nearest that the device can hold
};

// `held` is what stands there now: its type is what is written. InvalidArgument when the value is
// outside the property's range or the type's, or no such value.
Result<Encoded> encode(const Address& address, const Property& property, ByteView held,
                       const Value& value);

// Whether what was read back is what was written.
bool is_confirmed(const Address& address, ValueType type, const Encoded& written, ByteView held);

}  // namespace gantry::connector::bacnet

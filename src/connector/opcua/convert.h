// SPDX-License-Identifier: Apache-2.0
// Between values of OPC UA and those of points. Pure.
#pragma once

#include "connector/opcua/arrival.h"
#include "connector/opcua/tags.h"
#include "connector/opcua/ua.h"
#include "model/entities.h"

namespace gantry::connector::opcua {

// What a server says about a tag. The quality is the server's status code as it is; a value that is
// bad has none. One that the point's type cannot hold is BadTypeMismatch, a number that it cannot
// hold exactly enough BadOutOfRange, not-a-number BadSensorFailure.
Arrival arrival_of(const Tag& tag, std::uint32_t number, const UA_DataValue& value);

// The value in a variant, or that of an element; Null if there is none. For people who look around.
Value value_in(const UA_Variant& value, const std::optional<std::uint32_t>& index);

// Puts a value of the property's type into `holder`, which has the value that the node has now and
// tells its type. Of an array only the element of the tag is changed. InvalidArgument says what
// does not fit.
Result<> put_value(const Tag& tag, const Property& property, const Value& value,
                   UA_Variant& holder);

// Whether the element of the tag, or all of it, is the same in both.
bool same_value(const Tag& tag, const UA_Variant& one, const UA_Variant& other);

}  // namespace gantry::connector::opcua

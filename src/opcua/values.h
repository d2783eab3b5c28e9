// SPDX-License-Identifier: Apache-2.0
// Between samples of points and values of OPC UA. Pure. Only for the .cpp files of this folder.
#pragma once

#include <optional>

#include "connector/opcua/ua.h"
#include "model/value.h"

namespace gantry::opcua {

using connector::opcua::copy;
using connector::opcua::lend;
using connector::opcua::time_of;
using connector::opcua::view;

// Of 100 ns since 1601.
UA_DateTime ua_time(Time time);

const UA_DataType& ua_type(ValueType type);

// A sample as it is: value, time of its source, status code. Without a value there is none.
void put_sample(const Sample& sample, UA_DataValue& out);

// The value of a variant that has the type of the point. InvalidArgument: an array, another type,
// or a number that is none.
Result<Value> value_in(const UA_Variant& variant, ValueType type);

}  // namespace gantry::opcua

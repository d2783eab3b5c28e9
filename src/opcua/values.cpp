// SPDX-License-Identifier: Apache-2.0
#include "opcua/values.h"

#include <cmath>

namespace gantry::opcua {
namespace {

constexpr std::int64_t tick = 100;  // ns

void put_value(const Value& value, UA_Variant& out) {
    switch (type_of(value)) {
        case ValueType::Bool: {
            const UA_Boolean flag = std::get<bool>(value);
            UA_Variant_setScalarCopy(&out, &flag, &UA_TYPES[UA_TYPES_BOOLEAN]);
            break;
        }
        case ValueType::Int64:
            UA_Variant_setScalarCopy(&out, &std::get<std::int64_t>(value),
                                     &UA_TYPES[UA_TYPES_INT64]);
            break;
        case ValueType::Float64:
            UA_Variant_setScalarCopy(&out, &std::get<double>(value), &UA_TYPES[UA_TYPES_DOUBLE]);
            break;
        case ValueType::String: {
            const UA_String text = lend(std::get<std::string>(value));
            UA_Variant_setScalarCopy(&out, &text, &UA_TYPES[UA_TYPES_STRING]);
            break;
        }
        case ValueType::Null: break;
    }
}

}  // namespace

UA_DateTime ua_time(Time time) {
    // Towards the past also before 1970.
    const std::int64_t ticks = time / tick - (time % tick < 0 ? 1 : 0);
    return ticks + UA_DATETIME_UNIX_EPOCH;
}

const UA_DataType& ua_type(ValueType type) {
    switch (type) {
        case ValueType::Bool: return UA_TYPES[UA_TYPES_BOOLEAN];
        case ValueType::Int64: return UA_TYPES[UA_TYPES_INT64];
        case ValueType::Float64: return UA_TYPES[UA_TYPES_DOUBLE];
        case ValueType::String: return UA_TYPES[UA_TYPES_STRING];
        case ValueType::Null: break;
    }
    return UA_TYPES[UA_TYPES_VARIANT];
}

void put_sample(const Sample& sample, UA_DataValue& out) {
    put_value(sample.value, out.value);
    out.hasValue = out.value.type != nullptr;
    out.sourceTimestamp = ua_time(sample.time);
    out.hasSourceTimestamp = true;
    out.status = sample.quality.code;
    out.hasStatus = sample.quality.code != 0;
}

Result<Value> value_in(const UA_Variant& variant, ValueType type) {
    if (!UA_Variant_hasScalarType(&variant, &ua_type(type))) {
        return fail(Code::InvalidArgument, "the value must be a single {}", ua_type(type).typeName);
    }
    switch (type) {
        case ValueType::Bool: return Value(*static_cast<const UA_Boolean*>(variant.data));
        case ValueType::Int64:
            return Value(std::int64_t{*static_cast<const UA_Int64*>(variant.data)});
        case ValueType::Float64: {
            const double number = *static_cast<const UA_Double*>(variant.data);
            if (!std::isfinite(number)) {
                return fail(Code::TooLarge, "the value must be a finite number");
            }
            return Value(number);
        }
        case ValueType::String:
            return Value(std::string(view(*static_cast<const UA_String*>(variant.data))));
        case ValueType::Null: break;
    }
    return fail(Code::InvalidArgument, "the point has no type");
}

}  // namespace gantry::opcua

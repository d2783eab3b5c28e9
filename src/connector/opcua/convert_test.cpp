// SPDX-License-Identifier: Apache-2.0
#include "connector/opcua/convert.h"

#include <array>
#include <cmath>

#include "testing/testing.h"

namespace gantry::connector::opcua {
namespace {

using testing::must;

Tag tag(ValueType type, std::string_view address = "i=1") {
    Tag out;
    out.type = type;
    out.address = must(parse_address(address));
    return out;
}

template <class T>
UaDataValue scalar(const T& value, std::size_t type) {
    UaDataValue out;
    out->hasValue = true;
    UA_Variant_setScalarCopy(&out->value, &value, &UA_TYPES[type]);
    return out;
}

// "7 Good", or what is in the way.
template <class T>
std::string read(const T& value, std::size_t type, const Tag& as) {
    const UaDataValue data = scalar(value, type);
    const Arrival arrival = arrival_of(as, 0, *data);
    const std::string text = to_text(value_of(arrival.type, arrival.bits, arrival.text));
    return (text.empty() ? "" : text + " ") + quality_name(arrival.quality);
}

std::string write_double(const Tag& as, const Value& value, UA_Variant& holder) {
    Property property;
    property.type = as.type;
    const auto put = put_value(as, property, value, holder);
    return put ? "" : put.error().message;
}

TEST(OpcuaConvert, NumbersStayExact) {
    EXPECT_EQ(read(UA_Int64{INT64_MIN}, UA_TYPES_INT64, tag(ValueType::Int64)),
              "-9223372036854775808 Good");
    EXPECT_EQ(read(UA_UInt64{UINT64_MAX}, UA_TYPES_UINT64, tag(ValueType::Int64)), "BadOutOfRange");
    EXPECT_EQ(read(UA_Int64{1} << 53, UA_TYPES_INT64, tag(ValueType::Float64)),
              "9007199254740992 Good");
    EXPECT_EQ(read((UA_Int64{1} << 53) + 1, UA_TYPES_INT64, tag(ValueType::Float64)),
              "BadOutOfRange");
    EXPECT_EQ(read(UA_UInt64{UINT64_MAX}, UA_TYPES_UINT64, tag(ValueType::Float64, "i=1 *0.5")),
              "9223372036854775808 Good");
    EXPECT_EQ(read(UA_Int64{INT64_MAX}, UA_TYPES_INT64, tag(ValueType::Int64, "i=1 *2")),
              "BadOutOfRange");
    EXPECT_EQ(read(UA_Int16{100}, UA_TYPES_INT16, tag(ValueType::Int64, "i=1 *3-1")), "299 Good");
    EXPECT_EQ(read(UA_Int16{100}, UA_TYPES_INT16, tag(ValueType::Float64, "i=1 *0.5-40")),
              "10 Good");
    EXPECT_EQ(read(UA_Double{NAN}, UA_TYPES_DOUBLE, tag(ValueType::Float64)), "BadSensorFailure");
    EXPECT_EQ(read(UA_Float{INFINITY}, UA_TYPES_FLOAT, tag(ValueType::Float64)), "BadOutOfRange");
    EXPECT_EQ(read(UA_Double{3}, UA_TYPES_DOUBLE, tag(ValueType::Int64)), "BadTypeMismatch");
    EXPECT_EQ(read(UA_Boolean{true}, UA_TYPES_BOOLEAN, tag(ValueType::Int64)), "1 Good");
    EXPECT_EQ(read(UA_Int32{1}, UA_TYPES_INT32, tag(ValueType::Bool)), "BadTypeMismatch");
}

TEST(OpcuaConvert, TheStatusIsTheQualityAndABadOneHasNoValue) {
    UaDataValue data = scalar(UA_Double{1.5}, UA_TYPES_DOUBLE);
    data->hasStatus = true;
    data->status = 0x40900480;  // last usable, with the overflow bit
    data->hasSourceTimestamp = true;
    data->sourceTimestamp = UA_DATETIME_UNIX_EPOCH + 12'345;
    Arrival arrival = arrival_of(tag(ValueType::Float64), 3, *data);
    EXPECT_EQ(arrival.quality.code, 0x40900480U);
    EXPECT_EQ(arrival.type, ValueType::Float64);
    EXPECT_EQ(arrival.source, 1'234'500);
    EXPECT_EQ(arrival.server, 0);
    EXPECT_EQ(arrival.tag, 3U);
    data->status = UA_STATUSCODE_BADDEVICEFAILURE;
    arrival = arrival_of(tag(ValueType::Float64), 3, *data);
    EXPECT_EQ(arrival.quality, quality::bad_device_failure);
    EXPECT_EQ(arrival.type, ValueType::Null);
    data->hasStatus = false;
    data->hasValue = false;
    EXPECT_TRUE(arrival_of(tag(ValueType::Float64), 3, *data).quality.bad());
}

TEST(OpcuaConvert, TimesOutsideOfOursBecomeTheEdge) {
    EXPECT_EQ(time_of(0), time_min);  // the year 1601
    EXPECT_EQ(time_of(INT64_MAX), time_max);
}

TEST(OpcuaConvert, WritingRefusesWhatDoesNotFit) {
    UaDataValue data = scalar(UA_Int16{7}, UA_TYPES_INT16);
    const Tag tenths = tag(ValueType::Float64, "i=1 *0.1");
    EXPECT_EQ(write_double(tenths, 3276.7, data->value), "");
    EXPECT_EQ(*static_cast<UA_Int16*>(data->value.data), 32767);
    EXPECT_NE(write_double(tenths, 3276.8, data->value).find("16 bits"), std::string::npos);
    EXPECT_EQ(*static_cast<UA_Int16*>(data->value.data), 32767) << "nothing was changed";
    data = scalar(UA_UInt64{7}, UA_TYPES_UINT64);
    EXPECT_NE(write_double(tag(ValueType::Int64), std::int64_t{-1}, data->value), "");
    EXPECT_EQ(write_double(tag(ValueType::Int64), INT64_MAX, data->value), "");
    EXPECT_EQ(*static_cast<UA_UInt64*>(data->value.data), static_cast<UA_UInt64>(INT64_MAX));
    data = scalar(UA_Int64{7}, UA_TYPES_INT64);
    EXPECT_NE(write_double(tag(ValueType::Float64), 0x1p63, data->value), "");
    EXPECT_EQ(write_double(tag(ValueType::Float64), -0x1p63, data->value), "");
    EXPECT_NE(write_double(tag(ValueType::Int64, "i=1 *2"), std::int64_t{3}, data->value), "");
    data = scalar(UA_Float{7}, UA_TYPES_FLOAT);
    EXPECT_NE(write_double(tag(ValueType::Float64), 1e39, data->value).find("32-bit"),
              std::string::npos);
    EXPECT_NE(write_double(tag(ValueType::String), std::string("x"), data->value), "");
}

TEST(OpcuaConvert, OneElementOfAnArrayIsMeant) {
    UaVariant one;
    UaVariant other;
    const std::array<UA_Int32, 3> values = {1, 2, 3};
    UA_Variant_setArrayCopy(&*one, values.data(), values.size(), &UA_TYPES[UA_TYPES_INT32]);
    UA_Variant_copy(&*one, &*other);
    const Tag second = tag(ValueType::Int64, "i=1 [1]");
    EXPECT_EQ(write_double(second, std::int64_t{9}, *one), "");
    EXPECT_FALSE(same_value(second, *one, *other));
    EXPECT_TRUE(same_value(tag(ValueType::Int64, "i=1 [2]"), *one, *other));
    EXPECT_EQ(value_in(*one, 1), Value(std::int64_t{9}));
    EXPECT_EQ(value_in(*one, 3), Value());
    EXPECT_NE(write_double(tag(ValueType::Int64, "i=1 [3]"), std::int64_t{9}, *one), "");
    EXPECT_NE(write_double(tag(ValueType::Int64), std::int64_t{9}, *one).find("[0]"),
              std::string::npos);
}

}  // namespace
}  // namespace gantry::connector::opcua

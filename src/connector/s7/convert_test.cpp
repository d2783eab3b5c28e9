// SPDX-License-Identifier: Apache-2.0
#include "connector/s7/convert.h"

#include <cmath>

#include "base/encoding.h"
#include "connector/testing.h"

namespace gantry::connector::s7 {
namespace {

using testing::must;
using testing::property;

Address at(std::string_view text) { return must(parse_address(text)); }

struct Read {
    Value value;
    Quality quality;
    bool operator==(const Read&) const = default;
};
void PrintTo(const Read& read, std::ostream* out) {
    *out << to_text(read.value) << " " << quality_name(read.quality);
}

Read read(std::string_view address, ValueType type, std::string hex) {
    std::erase(hex, ' ');
    std::string scratch;
    const Reading reading = decode(at(address), type, *from_hex(hex), scratch);
    return {value_of(reading.type, reading.bits, reading.text), reading.quality};
}

Read good(Value value) { return {std::move(value), quality::good}; }

TEST(S7Convert, NumbersAreBigEndian) {
    EXPECT_EQ(read("MB0", ValueType::Int64, "ff"), good(std::int64_t{255}));
    EXPECT_EQ(read("MB0:sint", ValueType::Int64, "ff"), good(std::int64_t{-1}));
    EXPECT_EQ(read("MW0:int", ValueType::Int64, "fffe"), good(std::int64_t{-2}));
    EXPECT_EQ(read("MW0:word", ValueType::Int64, "fffe"), good(std::int64_t{65534}));
    EXPECT_EQ(read("MD0:dint", ValueType::Int64, "80000000"), good(std::int64_t{-2147483648}));
    EXPECT_EQ(read("MD0:dword*0.5", ValueType::Float64, "00000003"), good(1.5));
    EXPECT_EQ(read("MD0:real", ValueType::Float64, "41ac0000"), good(21.5));
    EXPECT_EQ(read("MB0:lreal", ValueType::Float64, "4035800000000000"), good(21.5));
    EXPECT_EQ(read("MB0:lint", ValueType::Int64, "ffffffffffffffff"), good(std::int64_t{-1}));
    EXPECT_EQ(read("MB0:lword", ValueType::Int64, "ffffffffffffffff"),
              (Read{Value(), quality::bad_out_of_range}));
    EXPECT_EQ(read("MD0:real", ValueType::Float64, "7fc00000"),
              (Read{Value(), quality::bad_sensor_failure}));
    EXPECT_EQ(read("M0.3", ValueType::Bool, "08"), good(true));
    EXPECT_EQ(read("M0.3", ValueType::Int64, "f7"), good(std::int64_t{0}));
}

// The forms are those of Siemens' manuals (S5TIME#2h46m30s is 3999 in BCD; DT#1994-01-15-…).
TEST(S7Convert, TimesAreThoseOfTheController) {
    EXPECT_EQ(read("MW0:s5time", ValueType::Int64, "3999"), good(std::int64_t{9'990'000}));
    EXPECT_EQ(read("T1", ValueType::Float64, "0127"), good(1270.0));
    EXPECT_EQ(read("MW0:s5time", ValueType::Int64, "00a0"),
              (Read{Value(), quality::bad_out_of_range}));
    EXPECT_EQ(read("C1", ValueType::Int64, "0999"), good(std::int64_t{999}));
    EXPECT_EQ(read("MD0:time*0.001", ValueType::Float64, "ffffffff"), good(-0.001));
    EXPECT_EQ(read("MW0:date", ValueType::String, "0000"), good(std::string("1990-01-01")));
    EXPECT_EQ(read("MW0:date", ValueType::String, "ffff"), good(std::string("2169-06-06")));
    EXPECT_EQ(read("MW0:date", ValueType::Int64, "ffff"), good(std::int64_t{65535}));
    EXPECT_EQ(read("MD0:tod", ValueType::String, "05265bff"), good(std::string("23:59:59.999")));
    EXPECT_EQ(read("MD0:tod", ValueType::String, "05265c00"),
              (Read{Value(), quality::bad_out_of_range}));
    EXPECT_EQ(read("MB0:dt", ValueType::String, "94 01 15 08 12 33 45 67"),
              good(std::string("1994-01-15T08:12:33.456")));
    EXPECT_EQ(read("MB0:dt", ValueType::String, "26 13 15 08 12 33 45 67"),
              (Read{Value(), quality::bad_out_of_range}));
    EXPECT_EQ(read("MB0:dtl", ValueType::String, "07ea 0b 1e 02 12 1d 00 1dcd6500"),
              good(std::string("2026-11-30T18:29:00.5")));
}

TEST(S7Convert, TextsHaveTheLengthThatTheySay) {
    EXPECT_EQ(read("MB0:string4", ValueType::String, "04 02 4142 0000"), good(std::string("AB")));
    EXPECT_EQ(read("MB0:string4", ValueType::String, "04 05 4142 4344"),
              (Read{Value(), quality::bad_out_of_range}));
    EXPECT_EQ(read("MB0:string4", ValueType::String, "04 01 ff00 0000"),
              (Read{std::string("\xef\xbf\xbd"), quality::uncertain}));
    EXPECT_EQ(read("MB0:char4", ValueType::String, "4142 2020"), good(std::string("AB")));
    EXPECT_EQ(read("MB0:wstring4", ValueType::String, "0004 0003 6cf5 d83dde00 0000"),
              good(std::string("泵😀")));
    EXPECT_EQ(read("MB0:wstring2", ValueType::String, "0002 0001 d83d 0000"),
              (Read{std::string("\xef\xbf\xbd"), quality::uncertain}));
}

std::string encoded(std::string_view address, const Property& of, const Value& value) {
    const auto out = encode(at(address), of, value);
    return out ? std::format("{}+{}", out->skip, to_hex(out->bytes)) : out.error().message;
}

TEST(S7Convert, ValuesAreWrittenAsTheyAreRead) {
    const Property number = property(ValueType::Float64);
    EXPECT_EQ(encoded("MD0:real", number, 21.5), "0+41ac0000");
    EXPECT_EQ(encoded("MW0:int*0.1", number, -1.0), "0+fff6");
    EXPECT_EQ(encoded("MB0:lint", property(), std::int64_t{-2}), "0+fffffffffffffffe");
    EXPECT_NE(encoded("MB0", property(), std::int64_t{256}).find("0 to 255"), std::string::npos);
    EXPECT_EQ(encoded("M0.3", property(ValueType::Bool), true), "0+01");
    EXPECT_EQ(encoded("M0.3", property(), std::int64_t{0}), "0+00");
    EXPECT_NE(encoded("M0.3", property(), std::int64_t{2}).find("neither"), std::string::npos);
    const Property text = property(ValueType::String);
    EXPECT_EQ(encoded("MB0:string4", text, std::string("AB")), "1+024142");
    EXPECT_EQ(encoded("MB0:char4", text, std::string("AB")), "0+41422020");
    EXPECT_EQ(encoded("MB0:wstring4", text, std::string("泵😀")), "2+00036cf5d83dde00");
    EXPECT_NE(encoded("MB0:string1", text, std::string("AB")).find("room for 1"),
              std::string::npos);
    EXPECT_NE(encoded("MB0", property(ValueType::Int64, {.min = 0, .max = 10}), std::int64_t{11})
                  .find("outside the range"),
              std::string::npos);
}

TEST(S7Convert, ReadBackIsComparedAsTheControllerKeepsIt) {
    const Property number = property(ValueType::Float64);
    const auto written = must(encode(at("MD0:real"), number, 0.1));
    EXPECT_TRUE(is_confirmed(at("MD0:real"), ValueType::Float64, written, *from_hex("3dcccccd")));
    EXPECT_FALSE(is_confirmed(at("MD0:real"), ValueType::Float64, written, *from_hex("3dccccdd")));
    const auto text =
        must(encode(at("MB0:string4"), property(ValueType::String), std::string("AB")));
    EXPECT_TRUE(
        is_confirmed(at("MB0:string4"), ValueType::String, text, *from_hex("040241427a7a")));
    EXPECT_FALSE(
        is_confirmed(at("MB0:string4"), ValueType::String, text, *from_hex("040141420000")));
    const auto bit = must(encode(at("M0.3"), property(ValueType::Bool), true));
    EXPECT_TRUE(is_confirmed(at("M0.3"), ValueType::Bool, bit, *from_hex("0f")));
    EXPECT_FALSE(is_confirmed(at("M0.3"), ValueType::Bool, bit, *from_hex("f7")));
}

TEST(S7Convert, WhatCannotBeIsSaid) {
    const auto why = [](std::string_view address, Property of) {
        const auto checked = check_conversion(at(address), of);
        return checked ? std::string() : checked.error().message;
    };
    const auto reading = [](ValueType type) { return property(type, {}, Access::Read); };
    EXPECT_EQ(why("MD0:real", reading(ValueType::Float64)), "");
    EXPECT_NE(why("MD0:real", reading(ValueType::Int64)), "");
    EXPECT_NE(why("MD0:real", reading(ValueType::String)), "");
    EXPECT_NE(why("MB0", reading(ValueType::Bool)), "");
    EXPECT_NE(why("MB0:string4", reading(ValueType::Float64)), "");
    EXPECT_NE(why("MB0:dt", reading(ValueType::Int64)), "");
    EXPECT_NE(why("M0.0", reading(ValueType::String)), "");
    EXPECT_EQ(why("MD0:tod", reading(ValueType::String)), "");
    EXPECT_NE(why("MD0:tod", property(ValueType::String)), "");
    EXPECT_NE(why("I0.0", property(ValueType::Bool)), "");
    EXPECT_NE(why("T1", property(ValueType::Int64)), "");
    EXPECT_EQ(why("Q0.0", property(ValueType::Bool)), "");
}

}  // namespace
}  // namespace gantry::connector::s7

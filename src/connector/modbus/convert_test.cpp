// SPDX-License-Identifier: Apache-2.0
#include "connector/registers/convert.h"

#include <cmath>
#include <random>

#include "base/encoding.h"
#include "connector/modbus/address.h"
#include "testing/testing.h"

namespace gantry::connector::modbus {
namespace {

using testing::must;

Format format_of(std::string_view text) {
    return must(parse_address(std::string("hr:0:") + std::string(text), 0)).format;
}

Property property_of(ValueType type, ValueRange range = {}) {
    Property out;
    out.key = "p";
    out.type = type;
    out.range = range;
    out.access = Access::ReadWrite;
    return out;
}

struct Read {
    Value value;
    Quality quality;
    bool operator==(const Read&) const = default;
};
void PrintTo(const Read& read, std::ostream* out) {
    *out << to_text(read.value) << " " << quality_name(read.quality);
}

Read read(std::string_view format, ValueType type, std::string hex) {
    std::erase(hex, ' ');
    std::string scratch;
    const Reading reading = decode_registers(format_of(format), type, *from_hex(hex), scratch);
    return {value_of(reading.type, reading.bits, reading.text), reading.quality};
}

Read good(Value value) { return {std::move(value), quality::good}; }

TEST(Convert, EveryTypeAndOrder) {
    const auto integer = ValueType::Int64;
    const auto real = ValueType::Float64;
    EXPECT_EQ(read("u16", integer, "FFFE"), good(std::int64_t{65534}));
    EXPECT_EQ(read("i16", integer, "FFFE"), good(std::int64_t{-2}));
    EXPECT_EQ(read("u16@BADC", integer, "FEFF"), good(std::int64_t{65534}));
    // 0xAABBCCDD, as the names of the orders say.
    EXPECT_EQ(read("u32@ABCD", integer, "AABB CCDD"), good(std::int64_t{0xaabbccdd}));
    EXPECT_EQ(read("u32@CDAB", integer, "CCDD AABB"), good(std::int64_t{0xaabbccdd}));
    EXPECT_EQ(read("u32@BADC", integer, "BBAA DDCC"), good(std::int64_t{0xaabbccdd}));
    EXPECT_EQ(read("u32@DCBA", integer, "DDCC BBAA"), good(std::int64_t{0xaabbccdd}));
    EXPECT_EQ(read("i32", integer, "AABB CCDD"),
              good(std::int64_t{static_cast<std::int32_t>(0xaabbccddU)}));
    constexpr std::int64_t eight = 0x1122334455667788;
    EXPECT_EQ(read("i64@ABCD", integer, "1122 3344 5566 7788"), good(eight));
    EXPECT_EQ(read("i64@CDAB", integer, "7788 5566 3344 1122"), good(eight));
    EXPECT_EQ(read("i64@BADC", integer, "2211 4433 6655 8877"), good(eight));
    EXPECT_EQ(read("i64@DCBA", integer, "8877 6655 4433 2211"), good(eight));
    // IEEE 754: 1.5 is 3FC00000, and -1/3 in double BFD5555555555555.
    EXPECT_EQ(read("f32", real, "3FC0 0000"), good(1.5));
    EXPECT_EQ(read("f32@CDAB", real, "0000 3FC0"), good(1.5));
    EXPECT_EQ(read("f64", real, "BFD5 5555 5555 5555"), good(-1.0 / 3));
    EXPECT_EQ(read("u16.0", ValueType::Bool, "0001"), good(true));
    EXPECT_EQ(read("u16.15", ValueType::Bool, "8000"), good(true));
    EXPECT_EQ(read("u16.15", ValueType::Bool, "7FFF"), good(false));
    EXPECT_EQ(read("u16.7@BADC", ValueType::Bool, "8000"), good(true));
    EXPECT_EQ(read("u16.3", ValueType::Int64, "0008"), good(std::int64_t{1}));
    EXPECT_EQ(read("u16.3", ValueType::Float64, "0008"), good(1.0));
}

TEST(Convert, ScaleAndOffset) {
    EXPECT_EQ(read("u16*0.1", ValueType::Float64, "00EB"), good(23.5));
    EXPECT_EQ(read("i16*0.5-40", ValueType::Float64, "FFF6"), good(-45.0));
    EXPECT_EQ(read("u16*10+5", ValueType::Int64, "0007"), good(std::int64_t{75}));
    EXPECT_EQ(read("f32*1000", ValueType::Float64, "3FC0 0000"), good(1500.0));
}

TEST(Convert, ANumberThatDoesNotFitIsNeverAWrongNumber) {
    const Read none{{}, quality::bad_out_of_range};
    EXPECT_EQ(read("u64", ValueType::Int64, "8000 0000 0000 0000"), none);
    EXPECT_EQ(read("u64", ValueType::Int64, "7FFF FFFF FFFF FFFF"), good(INT64_MAX));
    EXPECT_EQ(read("u64", ValueType::Float64, "FFFF FFFF FFFF FFFF"), none);
    EXPECT_EQ(read("u64", ValueType::Float64, "0020 0000 0000 0000"), good(9007199254740992.0));
    EXPECT_EQ(read("i64", ValueType::Float64, "0020 0000 0000 0001"), none);
    EXPECT_EQ(read("i64*2", ValueType::Int64, "7FFF FFFF FFFF FFFF"), none);
    EXPECT_EQ(read("i64+1", ValueType::Int64, "7FFF FFFF FFFF FFFF"), none);
    EXPECT_EQ(read("f32", ValueType::Float64, "7F80 0000"), none) << "infinity";
    EXPECT_EQ(read("f64*1e10", ValueType::Float64, "7FEF FFFF FFFF FFFF"), none);
    EXPECT_EQ(read("f32", ValueType::Float64, "7FC0 0000"), (Read{{}, quality::bad_sensor_failure}))
        << "not a number";
}

TEST(Convert, Texts) {
    EXPECT_EQ(read("str8", ValueType::String, "5055 4D50 2D33 2020"), good("PUMP-3"));
    EXPECT_EQ(read("str8", ValueType::String, "5055 4D50 0041 4242"), good("PUMP"));
    EXPECT_EQ(read("str8@BADC", ValueType::String, "5550 504D 332D 0000"), good("PUMP-3"));
    EXPECT_EQ(read("str5", ValueType::String, "5055 4D50 2D33"), good("PUMP-"));
    EXPECT_EQ(read("str4", ValueType::String, "0000 0000"), good(""));
    EXPECT_EQ(read("str6", ValueType::String, "E6B3 B500 0000"), good("泵"));
    // Latin-1 "Öl"; then the same with a good character after it.
    EXPECT_EQ(read("str2", ValueType::String, "D66C"), (Read{"\xef\xbf\xbdl", quality::uncertain}));
    EXPECT_EQ(read("str5", ValueType::String, "FFFE E6B3 B500"),
              (Read{"\xef\xbf\xbd\xef\xbf\xbd泵", quality::uncertain}));
}

TEST(Convert, UnfitPairsAreRefusedWithARemedy) {
    const auto refusal = [](std::string_view format, ValueType type) {
        const auto result = check_conversion(format_of(format), property_of(type));
        EXPECT_FALSE(result) << format;
        return result ? "" : result.error().message;
    };
    EXPECT_NE(refusal("f32", ValueType::Int64).find("float64"), std::string::npos);
    EXPECT_NE(refusal("u16*0.1", ValueType::Int64).find("whole numbers"), std::string::npos);
    EXPECT_NE(refusal("u16", ValueType::Bool).find("u16.0"), std::string::npos);
    EXPECT_NE(refusal("u16", ValueType::String).find("str16"), std::string::npos);
    EXPECT_NE(refusal("str8", ValueType::Float64).find("number or bit"), std::string::npos);
    EXPECT_TRUE(check_conversion(format_of("u64"), property_of(ValueType::Int64)));
    EXPECT_TRUE(check_conversion(format_of("i16*10-5"), property_of(ValueType::Int64)));
    EXPECT_TRUE(check_conversion(format_of("u16.3"), property_of(ValueType::Float64)));
}

std::string written(std::string_view format, const Property& property, const Value& value) {
    const auto encoded = encode_value(format_of(format), property, value);
    return encoded ? to_hex(encoded->registers()) : encoded.error().message;
}

TEST(Convert, WritingInvertsScaleAndRounds) {
    const Property real = property_of(ValueType::Float64);
    EXPECT_EQ(written("u16*0.1", real, 23.5), "00eb");
    EXPECT_EQ(written("u16*0.1", real, 23.47), "00eb");
    EXPECT_EQ(must(encode_value(format_of("u16*0.1"), real, 23.47)).value, Value(23.5));
    EXPECT_EQ(written("i16*0.5-40", real, -45.0), "fff6");
    EXPECT_EQ(written("f32@CDAB", real, 1.5), "00003fc0");
    EXPECT_EQ(written("u32@DCBA", property_of(ValueType::Int64), std::int64_t{0xaabbccdd}),
              "ddccbbaa");
    EXPECT_EQ(written("i64", property_of(ValueType::Int64), INT64_MIN), "8000000000000000");
    EXPECT_EQ(written("str5@BADC", property_of(ValueType::String), "PUMP-"), "5550504d002d");
    EXPECT_EQ(written("u16", real, std::int64_t{7}), "0007") << "an int for a float point";
}

TEST(Convert, WhatCannotBeWrittenIsRefused) {
    const auto has = [](const std::string& text, std::string_view part) {
        EXPECT_NE(text.find(part), std::string::npos) << text;
    };
    const Property real = property_of(ValueType::Float64, {.min = 0, .max = 100});
    has(written("f32", real, 100.5), "outside the range of the point, 0 to 100");
    has(written("f32", property_of(ValueType::Float64), std::nan("")), "not a finite number");
    has(written("f32", property_of(ValueType::Float64), 1e39), "32-bit float");
    has(written("u16*0.1", property_of(ValueType::Float64), 6553.6), "it can hold 0 to 6553.5");
    has(written("u16*-1", property_of(ValueType::Float64), 1.0), "-65535 to");
    has(written("u16", property_of(ValueType::Int64), std::int64_t{-1}), "it can hold 0 to 65535");
    has(written("i16", property_of(ValueType::Int64), std::int64_t{32768}), "-32768 to 32767");
    has(written("u16*10", property_of(ValueType::Int64), std::int64_t{15}), "not a multiple");
    has(written("str4", property_of(ValueType::String), "PUMP-3"), "room for 4");
    has(written("str4", property_of(ValueType::String), std::string("a\0b", 3)), "NUL");
    has(written("u16", property_of(ValueType::Int64), Value{}), "without loss");
    has(written("u16", property_of(ValueType::Int64), "seven"), "without loss");
    has(written("u16.3", property_of(ValueType::Int64), std::int64_t{2}), "neither 0 nor 1");
}

TEST(Convert, RoundingStaysInsideTheRange) {
    const Property upTo = property_of(ValueType::Float64, {.min = 0.04, .max = 9.96});
    EXPECT_EQ(must(encode_value(format_of("u16*0.1"), upTo, 9.96)).value, Value(99 * 0.1));
    EXPECT_EQ(must(encode_value(format_of("u16*0.1"), upTo, 0.04)).value, Value(0.1));
    // 3 * 0.1 is a little more than 0.3: that is the same value all the same.
    const Property third = property_of(ValueType::Float64, {.min = 0, .max = 0.3});
    EXPECT_EQ(written("u16*0.1", third, 0.3), "0003");
}

TEST(Convert, BitsAreMergedWithoutTouchingTheOthers) {
    std::array<std::byte, 2> word = {std::byte{0x80}, std::byte{0x01}};
    merge_bit(format_of("u16.3"), true, word);
    EXPECT_EQ(to_hex(word), "8009");
    merge_bit(format_of("u16.15"), false, word);
    EXPECT_EQ(to_hex(word), "0009");
    merge_bit(format_of("u16.8@BADC"), true, word);
    EXPECT_EQ(to_hex(word), "0009") << "bit 8 is the lowest of the second byte, and is set already";
    merge_bit(format_of("u16.0@BADC"), true, word);
    EXPECT_EQ(to_hex(word), "0109");
}

TEST(Convert, ConfirmationAllowsOneStepWhereDevicesRound) {
    const auto confirmed = [](std::string_view format, const char* asked, const char* got) {
        return is_confirmed(format_of(format), *from_hex(asked), *from_hex(got));
    };
    EXPECT_TRUE(confirmed("u16", "0007", "0007"));
    EXPECT_FALSE(confirmed("u16", "0007", "0008"));
    EXPECT_TRUE(confirmed("u16*0.1", "0007", "0008"));
    EXPECT_FALSE(confirmed("u16*0.1", "0007", "0009"));
    EXPECT_TRUE(confirmed("f32", "3fc00000", "3fc00001"));
    EXPECT_FALSE(confirmed("f32", "3fc00000", "3fc00003"));
    EXPECT_FALSE(confirmed("f32", "3fc00000", "7fc00000"));
    EXPECT_FALSE(confirmed("str4", "41424344", "41424345"));
}

TEST(Convert, WhatIsWrittenIsReadTheSame) {
    std::mt19937_64 random(3);
    const std::array formats = {"i16", "u16", "i32", "u32", "i64", "u64", "f32", "f64"};
    for (int round = 0; round < 20'000; ++round) {
        Format format = format_of(formats[random() % formats.size()]);
        format.order = static_cast<Order>(format.count() > 1 ? random() % 4 : random() % 2 * 2);
        const bool real = format.encoding == Encoding::F32 || format.encoding == Encoding::F64;
        const Property property = property_of(real ? ValueType::Float64 : ValueType::Int64);
        const Bytes raw = [&] {
            Bytes out(std::size_t{2} * format.count());
            for (std::byte& byte : out) {
                byte = static_cast<std::byte>(random());
            }
            return out;
        }();
        std::string scratch;
        const Reading reading = decode_registers(format, property.type, raw, scratch);
        if (reading.quality.bad()) {
            ASSERT_EQ(reading.type, ValueType::Null);
            continue;
        }
        const Value value = value_of(reading.type, reading.bits, reading.text);
        const registers::Encoded encoded = must(encode_value(format, property, value));
        ASSERT_EQ(to_hex(encoded.registers()), to_hex(raw));
        ASSERT_EQ(encoded.value, value);
    }
}

}  // namespace
}  // namespace gantry::connector::modbus

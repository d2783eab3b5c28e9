// SPDX-License-Identifier: Apache-2.0
#include "connector/ethernetip/convert.h"

#include "base/encoding.h"
#include "connector/testing.h"

namespace gantry::connector::ethernetip {
namespace {

using testing::must;
using testing::property;

constexpr Kind logix_string{kind::structure, kind::string_handle, true};
constexpr Kind structure{kind::structure, 0x1234, false};

Kind elementary(std::uint16_t code) { return {code, 0, false}; }

Bytes hex(std::string text) {
    std::erase(text, ' ');
    return *from_hex(text);
}

struct Read {
    Value value;
    Quality quality;
    bool operator==(const Read&) const = default;
};
void PrintTo(const Read& read, std::ostream* out) {
    *out << to_text(read.value) << " " << quality_name(read.quality);
}

Read read(const Kind& kind, std::string_view address, ValueType type, std::string bytes) {
    std::string scratch;
    const Reading reading =
        decode(kind, must(parse_address(address)), type, hex(std::move(bytes)), scratch);
    return {value_of(reading.type, reading.bits, reading.text), reading.quality};
}

Read good(Value value) { return {std::move(value), quality::good}; }

TEST(EthernetIpConvert, NumbersAreLittleEndian) {
    EXPECT_EQ(read(elementary(kind::sint), "A", ValueType::Int64, "ff"), good(std::int64_t{-1}));
    EXPECT_EQ(read(elementary(kind::usint), "A", ValueType::Int64, "ff"), good(std::int64_t{255}));
    EXPECT_EQ(read(elementary(kind::int16), "A", ValueType::Int64, "feff"), good(std::int64_t{-2}));
    EXPECT_EQ(read(elementary(kind::uint16), "A", ValueType::Int64, "feff"),
              good(std::int64_t{65534}));
    EXPECT_EQ(read(elementary(kind::dint), "A*0.1", ValueType::Float64, "0a000000"), good(1.0));
    EXPECT_EQ(read(elementary(kind::udint), "A", ValueType::Int64, "ffffffff"),
              good(std::int64_t{4294967295}));
    EXPECT_EQ(read(elementary(kind::lint), "A", ValueType::Int64, "ffffffffffffffff"),
              good(std::int64_t{-1}));
    EXPECT_EQ(read(elementary(kind::ulint), "A", ValueType::Int64, "ffffffffffffffff"),
              (Read{Value(), quality::bad_out_of_range}));
    EXPECT_EQ(read(elementary(kind::real), "A", ValueType::Float64, "0000ac41"), good(21.5));
    EXPECT_EQ(read(elementary(kind::lreal), "A", ValueType::Float64, "0000000000803540"),
              good(21.5));
    EXPECT_EQ(read(elementary(kind::real), "A", ValueType::Float64, "0000c07f"),
              (Read{Value(), quality::bad_sensor_failure}));
    EXPECT_EQ(read(elementary(kind::dword), "A", ValueType::Int64, "ffffffff"),
              good(std::int64_t{4294967295}));
}

TEST(EthernetIpConvert, BitsAreThoseOfTheirIntegers) {
    EXPECT_EQ(read(elementary(kind::boolean), "A", ValueType::Bool, "ff"), good(true));
    EXPECT_EQ(read(elementary(kind::boolean), "A", ValueType::Bool, "01"), good(true));
    EXPECT_EQ(read(elementary(kind::boolean), "A", ValueType::Int64, "00"), good(std::int64_t{0}));
    EXPECT_EQ(read(elementary(kind::int16), "A.9", ValueType::Bool, "0002"), good(true));
    EXPECT_EQ(read(elementary(kind::int16), "A.8", ValueType::Bool, "0002"), good(false));
    EXPECT_EQ(read(elementary(kind::lint), "A[3].63", ValueType::Bool, "0000000000000080"),
              good(true));
    // An array of BOOL lies in double words.
    EXPECT_EQ(read(elementary(kind::dword), "A[37]", ValueType::Bool, "20000000"), good(true));
    EXPECT_EQ(read(elementary(kind::dword), "A[38]", ValueType::Float64, "20000000"), good(0.0));
}

TEST(EthernetIpConvert, TextsHaveTheLengthThatTheySay) {
    EXPECT_EQ(read(logix_string, "A", ValueType::String, "02000000 41427a7a"),
              good(std::string("AB")));
    EXPECT_EQ(read(logix_string, "A", ValueType::String, "05000000 41424344"),
              (Read{Value(), quality::bad_out_of_range}));
    EXPECT_EQ(read(logix_string, "A", ValueType::String, "ffffffff 41424344"),
              (Read{Value(), quality::bad_out_of_range}));
    EXPECT_EQ(read(logix_string, "A", ValueType::String, "0200"),
              (Read{Value(), quality::bad_out_of_range}));
    EXPECT_EQ(read(logix_string, "A", ValueType::String, "01000000 ff000000"),
              (Read{std::string("\xef\xbf\xbd"), quality::uncertain}));
    EXPECT_EQ(read(elementary(kind::short_string), "A", ValueType::String, "024142"),
              good(std::string("AB")));
    EXPECT_EQ(read(elementary(kind::string), "A", ValueType::String, "02004142"),
              good(std::string("AB")));
}

struct Written {
    Kind kind;
    std::string held = "00";
};

std::string encoded(const Written& what, std::string_view address, const Property& of,
                    const Value& value) {
    const auto out = encode(what.kind, must(parse_address(address)), of, hex(what.held), value);
    if (!out) {
        return out.error().message;
    }
    return out->bit ? std::format("bit {} {}", *out->bit, out->on) : to_hex(out->bytes);
}

TEST(EthernetIpConvert, ValuesAreWrittenAsTheyAreRead) {
    const Property number = property(ValueType::Float64);
    EXPECT_EQ(encoded({elementary(kind::real)}, "A", number, 21.5), "0000ac41");
    EXPECT_EQ(encoded({elementary(kind::int16)}, "A*0.1", number, -1.0), "f6ff");
    EXPECT_EQ(encoded({elementary(kind::lint)}, "A", property(), std::int64_t{-2}),
              "feffffffffffffff");
    EXPECT_NE(
        encoded({elementary(kind::usint)}, "A", property(), std::int64_t{256}).find("0 to 255"),
        std::string::npos);
    const Property flag = property(ValueType::Bool);
    EXPECT_EQ(encoded({elementary(kind::boolean)}, "A", flag, true), "01");
    EXPECT_EQ(encoded({elementary(kind::dint)}, "A.31", flag, false), "bit 31 false");
    EXPECT_EQ(encoded({elementary(kind::dword)}, "A[37]", flag, true), "bit 5 true");
    EXPECT_NE(
        encoded({elementary(kind::boolean)}, "A", property(), std::int64_t{2}).find("neither"),
        std::string::npos);
    const Property text = property(ValueType::String);
    const std::string held(16, '0');
    EXPECT_EQ(encoded({logix_string, held}, "A", text, std::string("AB")), "0200000041420000");
    EXPECT_NE(encoded({logix_string, held}, "A", text, std::string("ABCDE")).find("room for 4"),
              std::string::npos);
    EXPECT_NE(encoded({logix_string, std::string(176, '0')}, "A", text, std::string(83, 'x'))
                  .find("room for 82"),
              std::string::npos);
    EXPECT_EQ(encoded({elementary(kind::short_string)}, "A", text, std::string("AB")), "024142");
    EXPECT_NE(encoded({elementary(kind::dint)}, "A", property(ValueType::Int64, {0, 10}),
                      std::int64_t{11})
                  .find("outside the range"),
              std::string::npos);
}

TEST(EthernetIpConvert, ReadBackIsComparedAsTheControllerKeepsIt) {
    const auto confirmed = [](const Kind& kind, std::string_view address, const Property& of,
                              const Value& value, const std::string& back) {
        const Address at = must(parse_address(address));
        const Bytes held(back.size() / 2);
        return is_confirmed(kind, at, of.type, must(encode(kind, at, of, held, value)), hex(back));
    };
    const Property number = property(ValueType::Float64);
    EXPECT_TRUE(confirmed(elementary(kind::real), "A", number, 0.1, "cdcccc3d"));
    EXPECT_FALSE(confirmed(elementary(kind::real), "A", number, 0.1, "ddcccc3d"));
    EXPECT_TRUE(confirmed(logix_string, "A", property(ValueType::String), std::string("AB"),
                          "0200000041427a7a"));
    EXPECT_FALSE(confirmed(logix_string, "A", property(ValueType::String), std::string("AB"),
                           "0100000041420000"));
    EXPECT_TRUE(confirmed(elementary(kind::int16), "A.9", property(ValueType::Bool), true, "ffff"));
    EXPECT_FALSE(
        confirmed(elementary(kind::int16), "A.9", property(ValueType::Bool), true, "fffd"));
    // Controllers say 0xff where 1 was written.
    EXPECT_TRUE(confirmed(elementary(kind::boolean), "A", property(ValueType::Bool), true, "ff"));
}

TEST(EthernetIpConvert, WhatCannotBeIsSaid) {
    const auto why = [](const Kind& kind, std::string_view address, ValueType type) {
        const auto checked =
            check_conversion(kind, must(parse_address(address)), property(type, {}, Access::Read));
        return checked ? std::string() : checked.error().message;
    };
    EXPECT_EQ(why(elementary(kind::real), "A", ValueType::Float64), "");
    EXPECT_NE(why(elementary(kind::real), "A", ValueType::Int64), "");
    EXPECT_NE(why(elementary(kind::dint), "A", ValueType::String), "");
    EXPECT_NE(why(elementary(kind::dint), "A", ValueType::Bool), "");
    EXPECT_EQ(why(elementary(kind::boolean), "A", ValueType::Bool), "");
    EXPECT_NE(why(elementary(kind::boolean), "A", ValueType::String), "");
    EXPECT_NE(why(elementary(kind::boolean), "A*2", ValueType::Float64), "");
    EXPECT_NE(why(elementary(kind::boolean), "A.0", ValueType::Bool), "");
    EXPECT_EQ(why(elementary(kind::int16), "A.15", ValueType::Bool), "");
    EXPECT_NE(why(elementary(kind::int16), "A.16", ValueType::Bool), "");
    EXPECT_NE(why(elementary(kind::real), "A.0", ValueType::Bool), "");
    EXPECT_EQ(why(elementary(kind::dword), "A[3]", ValueType::Bool), "");
    EXPECT_NE(why(elementary(kind::dword), "A[3].1", ValueType::Bool), "");
    EXPECT_EQ(why(logix_string, "A", ValueType::String), "");
    EXPECT_NE(why(logix_string, "A", ValueType::Float64).find("make the point a string"),
              std::string::npos);
    EXPECT_NE(why(logix_string, "A.1", ValueType::Bool), "");
    EXPECT_NE(why(structure, "A", ValueType::String).find("T1.ACC"), std::string::npos);
    EXPECT_NE(why(elementary(0xdf), "A", ValueType::Int64).find("0xdf"), std::string::npos);
}

}  // namespace
}  // namespace gantry::connector::ethernetip

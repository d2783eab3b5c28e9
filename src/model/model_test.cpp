// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "base/random.h"
#include "model/json.h"
#include "model/quality.h"
#include "model/sample_batch.h"
#include "model/unit.h"
#include "model/value.h"
#include "testing/testing.h"

namespace gantry {
namespace {

using testing::failure;
using testing::must;

TEST(Quality, SeverityIsTheTopTwoBits) {
    EXPECT_EQ(quality::good.severity(), Severity::Good);
    EXPECT_EQ(quality::uncertain_last_usable_value.severity(), Severity::Uncertain);
    EXPECT_EQ(quality::bad_timeout.severity(), Severity::Bad);
    EXPECT_EQ(Quality{0xc0000000}.severity(), Severity::Bad);
}

TEST(Quality, NamesAndNumbersAreRead) {
    EXPECT_EQ(quality_name(quality::bad_timeout), "BadTimeout");
    EXPECT_EQ(quality_name(Quality{0x80ab0000}), "0x80ab0000");
    for (const auto* text : {"BadTimeout", "0x800a0000", "2148139008"}) {
        EXPECT_EQ(parse_quality(text), quality::bad_timeout) << text;
    }
    EXPECT_EQ(parse_quality("good"), quality::good);
    EXPECT_FALSE(parse_quality("fine"));
    EXPECT_FALSE(parse_quality("0x"));
}

TEST(Value, TextComesBackForEveryType) {
    const std::vector<Value> values = {true,
                                       false,
                                       std::int64_t{0},
                                       INT64_MIN,
                                       INT64_MAX,
                                       0.1,
                                       -0.0,
                                       5e-324,
                                       1.7976931348623157e308,
                                       std::string("泵 \"a\"")};
    for (const Value& value : values) {
        EXPECT_EQ(must(parse_value(to_text(value), type_of(value))), value);
    }
    SeededRandom random(3);
    for (int i = 0; i < 20'000; ++i) {
        const auto number = std::bit_cast<double>(random.next());
        if (!std::isnan(number)) {
            EXPECT_EQ(must(parse_value(to_text(number), ValueType::Float64)), Value(number));
        }
    }
}

TEST(Value, WhatDoesNotFitIsRefused) {
    EXPECT_EQ(failure(parse_value("1.5", ValueType::Int64)), Code::InvalidArgument);
    EXPECT_EQ(failure(parse_value("", ValueType::Float64)), Code::InvalidArgument);
    EXPECT_EQ(failure(parse_value("12abc", ValueType::Int64)), Code::InvalidArgument);
    EXPECT_EQ(failure(parse_value("maybe", ValueType::Bool)), Code::InvalidArgument);
    EXPECT_EQ(failure(convert_value(1.5, ValueType::Int64)), Code::InvalidArgument);
    EXPECT_EQ(failure(convert_value(9.3e18, ValueType::Int64)), Code::InvalidArgument);
    EXPECT_EQ(failure(convert_value(INT64_MAX, ValueType::Float64)), Code::InvalidArgument);
    EXPECT_EQ(must(convert_value(3.0, ValueType::Int64)), Value(std::int64_t{3}));
    EXPECT_EQ(must(convert_value(std::int64_t{1}, ValueType::Bool)), Value(true));
}

TEST(SampleBatch, GivesBackItsRows) {
    SampleBatch batch;
    const std::vector<Value> values = {
        true, std::int64_t{-7}, 2.5, std::string("run"), std::monostate(), std::string()};
    for (std::size_t i = 0; i < values.size(); ++i) {
        batch.add(SeriesId{static_cast<std::uint32_t>(i)}, static_cast<Time>(i * 10), quality::good,
                  values[i]);
    }
    SampleBatch twice;
    twice.append(batch);
    twice.append(batch);
    ASSERT_EQ(twice.size(), 2 * values.size());
    for (std::size_t i = 0; i < twice.size(); ++i) {
        EXPECT_EQ(twice.row(i).value(), values[i % values.size()]);
        EXPECT_EQ(twice.row(i).series.value, i % values.size());
    }
}

TEST(Unit, UcumCodesConvert) {
    const auto convert = [](double value, const char* from, const char* to) {
        return convert_unit(value, must(parse_unit(from)), must(parse_unit(to)));
    };
    EXPECT_DOUBLE_EQ(convert(1, "bar", "kPa"), 100);
    EXPECT_DOUBLE_EQ(convert(36, "m3/h", "l/s"), 10);
    EXPECT_DOUBLE_EQ(convert(100, "Cel", "[degF]"), 212);
    EXPECT_NEAR(convert(25, "Cel", "K"), 298.15, 1e-9);
    EXPECT_NEAR(convert(1, "[psi]", "bar"), 0.0689476, 1e-6);
    EXPECT_DOUBLE_EQ(convert(1, "kW.h", "MJ"), 3.6);
    EXPECT_DOUBLE_EQ(convert(1, "N.m", "J"), 1);
    EXPECT_DOUBLE_EQ(convert(60, "/min", "Hz"), 1);
    EXPECT_DOUBLE_EQ(convert(50, "%", "1"), 0.5);
    EXPECT_NEAR(convert(1, "[HP]", "W"), 745.69987, 1e-4);
    EXPECT_DOUBLE_EQ(convert(1, "{bottles}/min", "/min"), 1);
    EXPECT_DOUBLE_EQ(convert(1, "10*3/ul", "10*9/l"), 1);
    EXPECT_DOUBLE_EQ(convert(2, "kg.m/s2", "N"), 2);
    EXPECT_DOUBLE_EQ(convert(2, "kg.m.s-2", "N"), 2);
    EXPECT_FALSE(must(parse_unit("bar")).comparable(must(parse_unit("Cel"))));
    EXPECT_DOUBLE_EQ(must(parse_unit("Cel/m")).offset, 0);
}

TEST(Unit, ThatIsNoneIsRefused) {
    for (const auto* text : {"", "barr", "m//s", "C°", "m^2", "(m", "{open", "0", "kk", "m.",
                             "((((((((((m))))))))))"}) {
        EXPECT_EQ(failure(parse_unit(text)), Code::InvalidArgument) << text;
    }
}

TEST(ObjectReader, NamesTheFieldThatIsWrong) {
    const auto read = [](const char* text) {
        Property property;
        return read_entity(must(parse_json(text)), property, "/properties/0");
    };
    EXPECT_TRUE(read(R"({"key":"p","type":"float64","unit":"bar","range":{"min":0,"max":16}})"));
    const std::vector<std::pair<const char*, const char*>> wrong = {
        {R"({"key":"p","colour":"red"})", "/properties/0/colour"},
        {R"({"type":"float64"})", "/properties/0/key"},
        {R"({"key":"a/b"})", "/properties/0/key"},
        {R"({"key":"p","unit":"barr"})", "/properties/0/unit"},
        {R"({"key":"p","type":"string","unit":"bar"})", "/properties/0/unit"},
        {R"({"key":"p","range":{"min":2,"max":1}})", "/properties/0/range"},
        {R"({"key":"p","range":{"least":2}})", "/properties/0/range/least"},
        {R"({"key":"p","access":"write"})", "/properties/0/access"},
        {R"([1])", "/properties/0"},
    };
    for (const auto& [text, field] : wrong) {
        const auto result = read(text);
        EXPECT_EQ(failure(result), Code::InvalidArgument) << text;
        EXPECT_EQ(result.error().field, field) << text;
    }
}

TEST(Json, PropertiesComeBack) {
    const Property property{.key = "flow",
                            .name = {.en = "Flow", .zh = "流量"},
                            .description = {.en = "after the header", .zh = ""},
                            .type = ValueType::Float64,
                            .unit = "m3/h",
                            .range = {.min = 0, .max = 120.5},
                            .access = Access::ReadWrite};
    Property back;
    must(read_entity(to_json(property), back, ""));
    EXPECT_EQ(back, property);
}

TEST(Json, LimitsOnInputAreKept) {
    EXPECT_EQ(failure(parse_json(std::string(40, '[') + std::string(40, ']'))),
              Code::InvalidArgument);
    EXPECT_EQ(failure(parse_json("[1,2", {})), Code::InvalidArgument);
    EXPECT_EQ(failure(parse_json("{} x", {})), Code::InvalidArgument);
    EXPECT_EQ(failure(parse_json("[1,2,3]", {.bytes_max = 3})), Code::TooLarge);
}

TEST(Json, NumbersAreReadToTheLastDigit) {
    EXPECT_EQ(must(parse_json("4066.0000000000005")).as_double(), 4066.0000000000005);
    EXPECT_EQ(must(parse_json("0.1234567890123456789")).as_double(), 0.1234567890123456789);
    EXPECT_EQ(must(parse_json("1e308")).as_double(), 1e308);
}

TEST(Json, LargeIntegersGoAsStringsAndComeBack) {
    const std::vector<Value> values = {INT64_MAX,
                                       INT64_MIN,
                                       std::int64_t{1} << 53,
                                       0.5,
                                       true,
                                       std::string("x"),
                                       std::monostate(),
                                       std::numeric_limits<double>::infinity()};
    for (const Value& value : values) {
        EXPECT_EQ(must(value_from_json(to_json(value), type_of(value))), value);
    }
    EXPECT_TRUE(to_json(Value(INT64_MAX)).is_string());
}

}  // namespace
}  // namespace gantry

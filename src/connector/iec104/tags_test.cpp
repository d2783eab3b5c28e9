// SPDX-License-Identifier: Apache-2.0
#include "connector/iec104/tags.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>

namespace gantry::connector::iec104 {
namespace {

using namespace std::chrono_literals;

std::string complaint(std::string_view text) {
    const auto address = parse_address(text);
    EXPECT_FALSE(address) << text;
    EXPECT_TRUE(address || address.error().code == Code::InvalidArgument);
    EXPECT_TRUE(address || address.error().field == "/address");
    return address ? "" : address.error().message;
}

TEST(Iec104Address, IsReadAndWrittenAgain) {
    for (const std::string_view text :
         {"4001", "1/4001", "65534/16777215", "1/4001*0.1+5 db=0.5 max=30s", "7-2.5 db=1%",
          "1/2001 cmd=sc@5001 sbo", "3 cmd=dc qu=2", "3 cmd=float@4 qu=127", "3 cmd=bits@9"}) {
        const auto address = parse_address(text);
        ASSERT_TRUE(address) << text << ": " << address.error().message;
        EXPECT_EQ(format_address(*address), text);
    }
    const auto address = parse_address("1/2001  sbo cmd=sc@5001 qu=3");
    ASSERT_TRUE(address);
    EXPECT_EQ(address->common, 1);
    EXPECT_EQ(address->object, 2001U);
    EXPECT_EQ(address->command->type, Type::C_SC_NA_1);
    EXPECT_EQ(address->command->object, 5001U);
    EXPECT_TRUE(address->command->select);
    EXPECT_EQ(address->command->qualifier, 3);
}

TEST(Iec104Address, ComplaintsNameThePlaceAndTheRemedy) {
    for (const auto& [text, words] : {std::pair("", "as in 4001"),
                                      {"x", "as in 4001"},
                                      {"0", "1 to 16777215"},
                                      {"16777216", "1 to 16777215"},
                                      {"0/1", "1 to 65534"},
                                      {"65535/1", "1 to 65534"},
                                      {"1/", "as in 4001"},
                                      {"1*0", "other than 0"},
                                      {"1 db=x", "db=0.5"},
                                      {"1 max=0s", "max=30s"},
                                      {"1 cmd=xx", "cmd=sc@5001"},
                                      {"1 cmd=sc@", "cmd=sc@5001"},
                                      {"1 cmd=sc@0", "1 to 16777215"},
                                      {"1 sbo", "add cmd="},
                                      {"1 qu=1", "add cmd="},
                                      {"1 cmd=sc qu=32", "from 0 to 31"},
                                      {"1 cmd=float qu=128", "from 0 to 127"},
                                      {"1 cmd=bits sbo", "leave sbo out"},
                                      {"1 cmd=sc qu=x", "qu=1"},
                                      {"1 foo=1", "sbo"},
                                      {"1foo", "sbo"}}) {
        EXPECT_NE(complaint(text).find(words), std::string::npos)
            << text << ": " << complaint(text);
    }
    EXPECT_NE(complaint(std::string(300, '1')).find("256 bytes"), std::string::npos);
}

class Iec104Tags : public ::testing::Test {
protected:
    Iec104Tags() {
        settings_.host = "station";
        property_.type = ValueType::Float64;
    }

    Tag tag(std::string_view address, ValueType type, Access access = Access::Read) {
        property_.type = type;
        property_.access = access;
        auto out = make_tag(settings_, address, property_);
        EXPECT_TRUE(out) << address << ": " << out.error().message;
        return out ? *out : Tag{};
    }
    std::string wrong(std::string_view address, ValueType type, Access access = Access::Read) {
        property_.type = type;
        property_.access = access;
        const auto out = make_tag(settings_, address, property_);
        EXPECT_FALSE(out) << address;
        return out ? "" : out.error().message;
    }
    static Object object(double value, bool real = false, Quality quality = quality::good) {
        Object out;
        out.value = value;
        out.real = real;
        out.quality = quality;
        return out;
    }

    Settings settings_;
    Property property_;
};

TEST_F(Iec104Tags, TheCommonAddressIsTheConnectionsUnlessItIsNamed) {
    settings_.common_address = 5;
    EXPECT_EQ(tag("1", ValueType::Float64).common, 5);
    EXPECT_EQ(tag("9/1", ValueType::Float64).common, 9);
}

TEST_F(Iec104Tags, WhatCannotBeIsRefused) {
    EXPECT_NE(wrong("1", ValueType::String).find("make the point a bool"), std::string::npos);
    EXPECT_NE(wrong("1*2", ValueType::Bool).find("only numbers"), std::string::npos);
    EXPECT_NE(wrong("1 db=1%", ValueType::Float64).find("range"), std::string::npos);
    EXPECT_NE(wrong("1", ValueType::Bool, Access::ReadWrite).find("cmd="), std::string::npos);
}

TEST_F(Iec104Tags, Values) {
    const Tag number = tag("1*0.5+1", ValueType::Float64);
    EXPECT_EQ(read_object(number, Type::M_ME_NB_1, object(-1000)).bits,
              std::bit_cast<std::uint64_t>(-499.0));
    EXPECT_EQ(
        read_object(number, Type::M_ME_NC_1, object(std::numeric_limits<double>::infinity(), true))
            .quality,
        quality::bad_out_of_range);
    const Reading invalid = read_object(number, Type::M_ME_NC_1, object(1, true, quality::bad));
    EXPECT_EQ(invalid.quality, quality::bad);
    EXPECT_EQ(invalid.type, ValueType::Null);
    const Tag whole = tag("1", ValueType::Int64);
    EXPECT_EQ(read_object(whole, Type::M_ST_NA_1, object(-64)).bits, std::uint64_t(-64));
    EXPECT_EQ(read_object(whole, Type::M_ME_NC_1, object(0.5, true)).quality,
              quality::bad_out_of_range);
    const Tag state = tag("1", ValueType::Bool);
    EXPECT_EQ(read_object(state, Type::M_SP_NA_1, object(1)).bits, 1U);
    EXPECT_EQ(read_object(state, Type::M_DP_NA_1, object(1)).bits, 0U);
    EXPECT_EQ(read_object(state, Type::M_DP_TB_1, object(2)).bits, 1U);
    EXPECT_EQ(read_object(state, Type::M_DP_NA_1, object(0)).type, ValueType::Null);
    EXPECT_TRUE(read_object(state, Type::M_DP_NA_1, object(0)).quality.bad());
    EXPECT_EQ(read_object(state, Type::M_DP_NA_1, object(3)).quality, quality::bad_sensor_failure);
    EXPECT_EQ(read_object(state, Type::M_ME_NB_1, object(7)).quality, quality::bad_type_mismatch);
}

TEST_F(Iec104Tags, CommandsAreWhatTheyCarry) {
    const Tag breaker = tag("1 cmd=dc@5001 sbo", ValueType::Bool, Access::ReadWrite);
    auto command = make_command(breaker, property_, true);
    ASSERT_TRUE(command);
    EXPECT_EQ(command->address, 5001U);
    EXPECT_EQ(command->value, 2);
    EXPECT_TRUE(command->select);
    EXPECT_EQ(make_command(breaker, property_, false)->value, 1);
    const Tag scaled = tag("1*0.1 cmd=sva", ValueType::Float64, Access::ReadWrite);
    EXPECT_EQ(make_command(scaled, property_, 12.3)->value, 123);
    EXPECT_FALSE(make_command(scaled, property_, 1e6));
    EXPECT_FALSE(make_command(scaled, property_, std::string("x")));
    property_.range.max = 10;
    EXPECT_NE(make_command(scaled, property_, 12.3).error().message.find("range"),
              std::string::npos);
}

TEST_F(Iec104Tags, TimesOfTheStationInUtc) {
    const Time at = *parse_time("2026-11-30T08:30:15Z");
    TimeTag tag{.nanoseconds = at};
    EXPECT_EQ(time_of(tag, settings_, 0), at);
    settings_.utc_offset_minutes = 480;
    EXPECT_EQ(time_of(tag, settings_, 0), *parse_time("2026-11-30T00:30:15Z"));
    tag.summer = true;
    EXPECT_EQ(time_of(tag, settings_, 0), *parse_time("2026-11-29T23:30:15Z"));
    tag.invalid = true;
    EXPECT_EQ(time_of(tag, settings_, 0), std::nullopt);
    // Minutes alone: the nearest hour, over its edge in both directions.
    settings_.utc_offset_minutes = 0;
    const TimeTag late{.nanoseconds = Duration(59min).count(), .within_hour = true};
    EXPECT_EQ(time_of(late, settings_, *parse_time("2026-11-30T09:01:00Z")),
              *parse_time("2026-11-30T08:59:00Z"));
    const TimeTag early{.nanoseconds = Duration(1min).count(), .within_hour = true};
    EXPECT_EQ(time_of(early, settings_, *parse_time("2026-11-30T08:59:00Z")),
              *parse_time("2026-11-30T09:01:00Z"));
    settings_.utc_offset_minutes = 330;  // India
    const TimeTag half{.nanoseconds = Duration(31min).count(), .within_hour = true};
    EXPECT_EQ(time_of(half, settings_, *parse_time("2026-11-30T09:00:30Z")),
              *parse_time("2026-11-30T09:01:00Z"));
}

}  // namespace
}  // namespace gantry::connector::iec104

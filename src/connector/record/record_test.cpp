// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "connector/record/tags.h"
#include "connector/record/time_reader.h"

namespace gantry::connector::record {
namespace {

TEST(RecordAddress, IsReadAndWrittenAgain) {
    for (const std::string_view text :
         {"temperature", "$.motor.speed *0.1+5", "\"flow rate\" where=machine:M1 quality=q",
          "value where=\"machine:M 1\" where=signal:a:b sparse db=0.5 max=30s"}) {
        const auto address = parse_address(text);
        ASSERT_TRUE(address) << text << ": " << address.error().message;
        EXPECT_EQ(format_address(*address), text);
    }
}

TEST(RecordAddress, ComplaintsNameTheRemedy) {
    for (const auto& [text, words] : {std::pair("", "a column or a path"),
                                      {"$.a[*]", "one value"},
                                      {"a where=b", "where=machine:M1"},
                                      {"a where=:b", "where=machine:M1"},
                                      {"a json=$.b", "column that the address begins with"},
                                      {"a foo", "where=column:value"}}) {
        const auto address = parse_address(text);
        ASSERT_FALSE(address) << text;
        EXPECT_NE(address.error().message.find(words), std::string::npos)
            << text << ": " << address.error().message;
    }
}

TEST(RecordTag, IsOnlyRead) {
    Property property;
    EXPECT_TRUE(make_tag("a", property));
    property.access = Access::ReadWrite;
    EXPECT_FALSE(make_tag("a", property));
}

std::string read(const char* format, const char* zone, std::string_view text) {
    const auto reader = TimeReader::make(format, zone);
    if (!reader) {
        return reader.error().field;
    }
    const auto time = reader->read(text);
    return time ? format_time(*time) : "no time";
}

TEST(RecordTime, IsReadAsItIsWritten) {
    EXPECT_EQ(read("iso", "", "2026-12-01T09:00:00.25+08:00"), "2026-12-01T01:00:00.25Z");
    EXPECT_EQ(read("iso", "", "2026-12-01 09:00:00"), "2026-12-01T09:00:00Z");
    EXPECT_EQ(read("iso", "+08:00", "2026-12-01 09:00"), "2026-12-01T01:00:00Z");
    EXPECT_EQ(read("iso", "-0330", "2026-12-01"), "2026-12-01T03:30:00Z");
    EXPECT_EQ(read("%d.%m.%Y %H:%M:%S,%f", "", "01.12.2026 9:00:00,125"),
              "2026-12-01T09:00:00.125Z");
    EXPECT_EQ(read("%m/%d/%y %I:%M %p", "", "12/01/26 12:05 AM"), "2026-12-01T00:05:00Z");
    EXPECT_EQ(read("%d %b %Y %H:%M:%S %z", "+08:00", "01 Dec 2026 09:00:00 +0100"),
              "2026-12-01T08:00:00Z");
    EXPECT_EQ(read("100%%%Y", "", "100%2026"), "2026-01-01T00:00:00Z");
    for (const char* text : {"", "2026", "2026-13-01T00:00:00", "2026-12-01T25:00:00", "x"}) {
        EXPECT_EQ(read("iso", "", text), "no time") << text;
    }
    EXPECT_EQ(read("%Y-%m-%d", "", "2026-02-30"), "no time");
    EXPECT_EQ(read("%Y", "", "2026x"), "no time");
    EXPECT_EQ(read("%Q", "", ""), "/settings/time_format");
    EXPECT_EQ(read("%", "", ""), "/settings/time_format");
    EXPECT_EQ(read("iso", "Mars/Base", ""), "/settings/time_zone");
}

}  // namespace
}  // namespace gantry::connector::record

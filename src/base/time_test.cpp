// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include "base/random.h"
#include "testing/testing.h"

namespace gantry {
namespace {

using testing::failure;
using testing::must;

TEST(Time, IsWrittenAsRfc3339WithAsManyDigitsAsNeeded) {
    EXPECT_EQ(format_time(0), "1970-01-01T00:00:00Z");
    EXPECT_EQ(format_time(1'795'336'200'250'000'000), "2026-11-22T08:30:00.25Z");
    EXPECT_EQ(format_time(-1), "1969-12-31T23:59:59.999999999Z");
}

TEST(Time, IsReadWithAnyOffset) {
    EXPECT_EQ(must(parse_time("2026-11-22T08:30:00.25Z")), 1'795'336'200'250'000'000);
    EXPECT_EQ(must(parse_time("2026-11-22 16:30:00.250+08:00")), 1'795'336'200'250'000'000);
    EXPECT_EQ(must(parse_time("2026-11-22T03:00:00.25-05:30")), 1'795'336'200'250'000'000);
}

TEST(Time, WrittenAndReadIsTheSame) {
    SeededRandom random(1);
    for (int i = 0; i < 20'000; ++i) {
        const auto time = static_cast<Time>(random.next());
        EXPECT_EQ(must(parse_time(format_time(time))), time);
    }
    EXPECT_EQ(must(parse_time(format_time(time_max))), time_max);
    EXPECT_EQ(must(parse_time(format_time(time_min))), time_min);
    EXPECT_EQ(format_time(time_min), "1677-09-21T00:12:43.145224192Z");
}

TEST(Time, ThatIsNoneIsRefusedByName) {
    for (const auto* text :
         {"", "2026-11-22", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-22T24:00:00Z",
          "2026-11-22T08:30:00", "2026-11-22T08:30:00.Z", "2026-11-22T08:30:00.1234567890Z",
          "2026-11-22T08:30:00Zz", "-026-11-22T08:30:00Z", "9999-01-01T00:00:00Z"}) {
        const auto result = parse_time(text);
        EXPECT_EQ(failure(result), Code::InvalidArgument) << text;
        EXPECT_NE(result.error().message.find(text), std::string::npos);
    }
}

TEST(Duration, IsAWholeNumberAndAUnit) {
    using namespace std::chrono_literals;
    EXPECT_EQ(must(parse_duration("250ms")), 250ms);
    EXPECT_EQ(must(parse_duration("5m")), 5min);
    EXPECT_EQ(format_duration(90s), "90s");
    EXPECT_EQ(format_duration(1h), "1h");
    EXPECT_EQ(format_duration(0s), "0s");
    for (const auto* text : {"", "5", "m", "1.5s", "5 m", "5M", "99999999999d"}) {
        EXPECT_EQ(failure(parse_duration(text)), Code::InvalidArgument) << text;
    }
}

TEST(Time, MayBeRelativeToNow) {
    const Time now = 1'000'000'000'000;
    EXPECT_EQ(must(parse_time_or_relative("now", now)), now);
    EXPECT_EQ(must(parse_time_or_relative("-2s", now)), now - 2'000'000'000);
    EXPECT_EQ(must(parse_time_or_relative("+1s", now)), now + 1'000'000'000);
    EXPECT_EQ(must(parse_time_or_relative("1970-01-01T00:00:01Z", now)), 1'000'000'000);
    EXPECT_EQ(must(parse_time_or_relative("1970-01-02", now)), 86'400'000'000'000);
    EXPECT_EQ(failure(parse_time_or_relative("1970-13-02", now)), Code::InvalidArgument);
    EXPECT_EQ(failure(parse_time_or_relative("yesterday", now)), Code::InvalidArgument);
}

}  // namespace
}  // namespace gantry

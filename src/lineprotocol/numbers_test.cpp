// SPDX-License-Identifier: Apache-2.0
#include "lineprotocol/detail/numbers.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <format>
#include <string>

#include "base/random.h"
#include "lineprotocol/detail/find.h"
#include "lineprotocol/detail/line_reader.h"
#include "testing/testing.h"

namespace gantry::lineprotocol::detail {
namespace {

class FinderSet : public ::testing::TestWithParam<std::size_t> {
protected:
    void SetUp() override {
        if (!set().available()) {
            GTEST_SKIP() << "this processor cannot run " << set().name;
        }
    }
    const Finder& set() const { return all_finders()[GetParam()]; }
};

TEST_P(FinderSet, FindsTheFirstStopWhereverItIs) {
    constexpr std::string_view alphabet = "ab,= \n\"\\\r\x80\xff\x01\xad";
    SeededRandom random(1);
    for (int trial = 0; trial < 20'000; ++trial) {
        // Of its own size, so that a sanitizer sees what is read behind its end.
        std::string text(random.below(trial % 10 == 0 ? 300 : 80), 'x');
        for (std::size_t i = random.below(6); i > 0 && !text.empty(); --i) {
            text[random.below(text.size())] = alphabet[random.below(alphabet.size())];
        }
        Stops stops{};
        for (char& stop : stops) {
            stop = alphabet[random.below(alphabet.size())];
        }
        const std::size_t from = random.below(text.size() + 1);
        const auto expected =
            std::min(text.find_first_of(std::string_view(stops.data(), 4), from), text.size());
        const char* end = text.data() + text.size();
        ASSERT_EQ(set().find(text.data() + from, end, stops) - text.data(),
                  static_cast<std::ptrdiff_t>(expected))
            << set().name << " from " << from << " of " << text;
    }
}

INSTANTIATE_TEST_SUITE_P(All, FinderSet, ::testing::Range<std::size_t>(0, 3),
                         [](const auto& set) { return all_finders()[set.param].name; });

// With what read_decimal and read_digits may read behind it.
std::string with_slack(std::string_view text, char behind) {
    return std::string(text) + std::string(number_slack_bytes, behind);
}

TEST(Numbers, DigitsAreWhatFromCharsReads) {
    SeededRandom random(2);
    for (int trial = 0; trial < 100'000; ++trial) {
        std::string digits;
        for (std::size_t i = random.below(digits_max + 1); i > 0; --i) {
            digits += static_cast<char>('0' + random.below(10));
        }
        const char behind = "i,. /:\xff"[random.below(7)];
        std::uint64_t expected = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), expected);
        const std::string text = with_slack(digits, behind);
        const Digits read = read_digits(text.data());
        ASSERT_EQ(read.count, digits.size()) << text;
        ASSERT_EQ(read.value, expected) << text;
    }
    EXPECT_GT(read_digits(with_slack("12345678901234567890", ' ').data()).count, digits_max);
    EXPECT_GT(read_digits(with_slack("00000000000000000000000", ' ').data()).count, digits_max);
}

void expect_as_from_chars(const std::string& decimal) {
    double expected = 0;
    const char* end = decimal.data() + decimal.size();
    const auto [read, problem] = std::from_chars(decimal.data(), end, expected);
    ASSERT_TRUE(problem == std::errc() && read == end) << decimal;
    double value = 0;
    ASSERT_EQ(read_whole_decimal(decimal, value), DecimalReading::Good) << decimal;
    ASSERT_EQ(std::bit_cast<std::uint64_t>(value), std::bit_cast<std::uint64_t>(expected))
        << decimal;
    const std::string text = with_slack(decimal, ',');
    const char* fast_end = read_decimal(text.data(), value);
    if (fast_end != nullptr) {
        ASSERT_EQ(fast_end, text.data() + decimal.size()) << decimal;
        ASSERT_EQ(std::bit_cast<std::uint64_t>(value), std::bit_cast<std::uint64_t>(expected))
            << decimal;
    }
}

TEST(Numbers, DecimalsAreWhatFromCharsReadsBitForBit) {
    SeededRandom random(3);
    const auto digits = [&random](std::size_t most) {
        std::string out;
        for (std::size_t i = random.below(most + 1); i > 0; --i) {
            out += static_cast<char>('0' + random.below(10));
        }
        return out;
    };
    for (int trial = 0; trial < 300'000; ++trial) {
        std::string decimal = random.chance(0.3) ? "-" : "";
        const std::size_t most = trial % 2 == 0 ? 6 : 21;
        std::string whole = digits(most);
        const std::string fraction = digits(most);
        whole += whole.empty() && fraction.empty() ? "0" : "";
        decimal += whole;
        decimal += fraction.empty() && random.chance(0.9) ? "" : "." + fraction;
        if (random.chance(0.3)) {
            decimal += random.chance(0.5) ? "e" : "E";
            decimal += std::array{"", "+", "-"}[random.below(3)];
            decimal += std::to_string(random.below(trial % 3 == 0 ? 25 : 260));
        }
        ASSERT_NO_FATAL_FAILURE(expect_as_from_chars(decimal));
    }
}

TEST(Numbers, ShortestFormsOfAnyFloatComeBack) {
    SeededRandom random(4);
    for (int trial = 0; trial < 100'000; ++trial) {
        double value = std::bit_cast<double>(random.next());
        if (!std::isfinite(value)) {
            continue;
        }
        if (trial % 2 == 0) {
            value = std::round(random.fraction() * 1e6) / 1e3;
        }
        double back = 0;
        ASSERT_EQ(read_whole_decimal(std::format("{}", value), back), DecimalReading::Good);
        ASSERT_EQ(std::bit_cast<std::uint64_t>(back), std::bit_cast<std::uint64_t>(value));
    }
}

TEST(Numbers, TheFastWayIsTakenForWhatSensorsSay) {
    for (const std::string decimal :
         {"0", "21.5", "-3.25", "100000", "123456789.123456", "1e3", "2.5E-7", ".5", "7.",
          "9007199254740992", "0.000000000000001"}) {
        double value = 0;
        EXPECT_NE(read_decimal(with_slack(decimal, ' ').data(), value), nullptr) << decimal;
    }
}

TEST(Numbers, WhatIsTooSmallIsZeroAndWhatIsTooLargeIsRefused) {
    double value = 1;
    for (const char* tiny : {"1e-400", "0.001e-330", "1e-99999999999999999999"}) {
        EXPECT_EQ(read_whole_decimal(tiny, value), DecimalReading::Good) << tiny;
        EXPECT_EQ(value, 0) << tiny;
    }
    EXPECT_EQ(read_whole_decimal("-1e-400", value), DecimalReading::Good);
    EXPECT_TRUE(std::signbit(value));
    const std::string zeros(400, '0');
    EXPECT_EQ(read_whole_decimal("0." + zeros + "1", value), DecimalReading::Good);
    for (const std::string& large : {std::string("1e400"), "1" + zeros, "1" + zeros + "e-5",
                                     std::string("1e99999999999999999999")}) {
        EXPECT_EQ(read_whole_decimal(large, value), DecimalReading::TooLarge) << large;
    }
    for (const char* wrong :
         {"-", ".", "-.", "1e", "1e+", "1.2.3", "1-2", "--1", "1 ", "0x10", "1_0", "1f"}) {
        EXPECT_EQ(read_whole_decimal(wrong, value), DecimalReading::Malformed) << wrong;
    }
}

}  // namespace
}  // namespace gantry::lineprotocol::detail

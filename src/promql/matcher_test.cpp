// SPDX-License-Identifier: Apache-2.0
#include "promql/matcher.h"

#include "testing/testing.h"

namespace gantry::promql {
namespace {

using gantry::testing::failure;
using gantry::testing::must;

Matcher matcher(MatchKind kind, std::string value) {
    return must(Matcher::make("a", kind, std::move(value)));
}

TEST(Matcher, RegularExpressionsFitTheWholeValue) {
    const Matcher matches = matcher(MatchKind::Matches, "b.*|c");
    EXPECT_TRUE(matches.matches("bcd"));
    EXPECT_TRUE(matches.matches("c"));
    EXPECT_FALSE(matches.matches("abcd"));
    EXPECT_FALSE(matches.matches("cd"));
    EXPECT_FALSE(matcher(MatchKind::NotMatches, "b.*|c").matches("bcd"));
    EXPECT_TRUE(matcher(MatchKind::Matches, "").matches(""));
    EXPECT_TRUE(matcher(MatchKind::NotEqual, "b").matches_empty());
    EXPECT_FALSE(matcher(MatchKind::Matches, ".+").matches_empty());
}

TEST(Matcher, ListsTheValuesThatCanFit) {
    const auto values = [](std::string regex) {
        const Matcher made = matcher(MatchKind::Matches, std::move(regex));
        return std::vector<std::string>(made.values().begin(), made.values().end());
    };
    EXPECT_EQ(values("c|b|c"), (std::vector<std::string>{"b", "c"}));
    EXPECT_EQ(values("b|"), (std::vector<std::string>{"", "b"}));
    EXPECT_TRUE(values("b.|c").empty());
    EXPECT_TRUE(values("(?i)b").empty());
    EXPECT_TRUE(values("b\\.c").empty());
    EXPECT_EQ(matcher(MatchKind::Equal, "x|y").values()[0], "x|y");
    EXPECT_TRUE(matcher(MatchKind::NotMatches, "b|c").values().empty());
}

TEST(Matcher, KnowsWhatValuesBeginWith) {
    EXPECT_EQ(matcher(MatchKind::Matches, "pump-1[0-9]").prefix(), "pump-1");
    EXPECT_EQ(matcher(MatchKind::Matches, ".*pump").prefix(), "");
    EXPECT_EQ(matcher(MatchKind::Matches, "pump.*").prefix(), "pump");
}

TEST(Matcher, RefusesWhatWouldTakeTooMuch) {
    EXPECT_EQ(failure(Matcher::make("a", MatchKind::Matches, "(a{1000}){1000}")),
              Code::InvalidArgument);
    EXPECT_EQ(failure(Matcher::make("a", MatchKind::Matches, std::string(20'000, 'a'))),
              Code::InvalidArgument);
    EXPECT_EQ(failure(Matcher::make("a", MatchKind::Matches, "a\\1")), Code::InvalidArgument);
}

TEST(Matcher, TakesTimeInLineWithTheText) {
    // Years for an engine that tries one way after the other.
    const Matcher nested = matcher(MatchKind::Matches, "(a*)*(a*)*(a|aa)+b");
    EXPECT_FALSE(nested.matches(std::string(10'000, 'a')));
}

TEST(Labels, AreSortedAndUnique) {
    const Labels labels({{"b", "2"}, {"a", "1"}, {"b", "3"}, {"c", ""}});
    EXPECT_EQ(to_text(labels), R"({a="1", b="3"})");
    EXPECT_EQ(labels.get("b"), "3");
    EXPECT_EQ(labels.get("c"), "");
    EXPECT_EQ(labels, Labels({{"a", "1"}, {"b", "3"}}));
    EXPECT_EQ(labels.hash(), Labels({{"a", "1"}, {"b", "3"}}).hash());
    EXPECT_LT(labels, Labels({{"a", "2"}}));
    Labels changed = labels;
    changed.set("a", "");
    changed.set("__name__", "m");
    EXPECT_EQ(to_text(changed), R"(m{b="3"})");
}

}  // namespace
}  // namespace gantry::promql

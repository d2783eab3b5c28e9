// SPDX-License-Identifier: Apache-2.0
// What is an expression and what is none. The errors are those of Prometheus 2.53.
#include "promql/expression.h"
#include "promql/query.h"
#include "testing/testing.h"

namespace gantry::promql {
namespace {

using gantry::testing::failure;
using gantry::testing::must;

std::string error_of(std::string_view text) {
    const auto query = Query::parse(text);
    return query ? "no error" : query.error().message;
}

std::string read_again(std::string_view text) {
    const auto query = Query::parse(text);
    return query ? to_text(query->expression()) : query.error().message;
}

struct Wrong {
    std::string_view text;
    std::string_view error;
};

class Errors : public ::testing::TestWithParam<Wrong> {};

TEST_P(Errors, NameThePlaceAsPrometheusDoes) {
    const std::string wanted = std::string(GetParam().error);
    const std::size_t place = wanted.find(' ');
    EXPECT_EQ(error_of(GetParam().text),
              wanted.substr(0, place) + " parse error:" + wanted.substr(place))
        << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Text, Errors,
    ::testing::Values(Wrong{"", "1:1: no expression found in input"},
                      Wrong{"#bar", "1:1: no expression found in input"},
                      Wrong{"1 +", "1:4: unexpected end of input"},
                      Wrong{"1 + \n  )", "2:4: unexpected right parenthesis ')'"},
                      Wrong{"(1", "1:3: unclosed left parenthesis"},
                      Wrong{"\"abc", "1:1: unterminated quoted string"},
                      Wrong{"`abc", "1:1: unterminated raw string"},
                      Wrong{R"("\q")", "1:1: unknown escape sequence U+0071 'q'"},
                      Wrong{"1 1", "1:3: unexpected number \"1\""},
                      Wrong{"foo bar", "1:5: unexpected identifier \"bar\""},
                      Wrong{"foo.bar", "1:4: unexpected character: '.'"},
                      Wrong{"foo ! bar", "1:5: unexpected character after '!': ' '"},
                      Wrong{"foo !~ 1", "1:5: unexpected character after '!': '~'"},
                      Wrong{"foo = bar", "1:5: unexpected \"=\""},
                      Wrong{"foo & bar", "1:5: unexpected character: '&'"},
                      Wrong{"\xe2\x82\xac", "1:1: unexpected character: '\xe2\x82\xac'"},
                      Wrong{"5m3s", "1:1: unexpected duration \"5m3s\""},
                      Wrong{"1_000", "1:1: bad number or duration syntax: \"1\""},
                      Wrong{"1x", "1:1: bad number or duration syntax: \"1\""},
                      Wrong{"1..2", "1:3: unexpected number \".2\""},
                      Wrong{"on", "1:1: unexpected <on>"},
                      Wrong{"bool", "1:1: unexpected <bool>"}));

INSTANTIATE_TEST_SUITE_P(
    Selectors, Errors,
    ::testing::Values(
        Wrong{"foo{", "1:5: unexpected end of input inside braces"},
        Wrong{"foo{bar}",
              "1:8: unexpected \"}\" in label matching, expected label matching operator"},
        Wrong{"foo{bar=}", "1:9: unexpected \"}\" in label matching, expected string"},
        Wrong{"foo{bar=\"x\" baz}",
              "1:13: unexpected identifier \"baz\" in label matching, expected \",\" or \"}\""},
        Wrong{"foo{\"a\"}", "1:1: metric name must not be set twice: \"foo\" or \"a\""},
        Wrong{"foo{__name__=\"bar\"}",
              "1:1: metric name must not be set twice: \"foo\" or \"bar\""},
        Wrong{"foo{a=\"b\",,}",
              "1:11: unexpected \",\" in label matching, expected identifier or \"}\""},
        Wrong{"foo{a:b=\"x\"}", "1:6: unexpected character inside braces: ':'"},
        Wrong{"{}", "1:1: vector selector must contain at least one non-empty matcher"},
        Wrong{"{a=~\".*\"}", "1:1: vector selector must contain at least one non-empty matcher"},
        Wrong{"foo{a=~\"(\"}", "1:5: error parsing regexp: missing ): ("},
        Wrong{"foo{a=\"b\"}{c=\"d\"}", "1:11: unexpected \"{\""},
        Wrong{"foo offset", "1:11: unexpected end of input in offset, expected duration"},
        Wrong{"foo offset 5", "1:12: unexpected number \"5\" in offset, expected duration"},
        Wrong{"foo offset 5m offset 5m", "1:1: offset may not be set multiple times"},
        Wrong{"foo @ x", "1:7: unexpected identifier \"x\" in @, expected timestamp"},
        Wrong{"foo @ 1 @ 2", "1:1: @ <timestamp> may not be set multiple times"},
        Wrong{"foo @ end", "1:10: unexpected end of input in @, expected timestamp"},
        Wrong{"foo[", "1:5: missing unit character in duration"},
        Wrong{"foo[5]", "1:5: missing unit character in duration"},
        Wrong{"foo[5m", "1:7: unclosed left bracket"},
        Wrong{"foo[0s]", "1:5: duration must be greater than 0"},
        Wrong{"foo[30m1h]", "1:5: not a valid duration string: \"30m1h\""},
        Wrong{"foo[1.5h]", "1:5: unknown unit \".\" in duration \"1.5h\""},
        Wrong{"foo[300y]", "1:5: duration out of range"},
        Wrong{"foo offset 5m [5m]", "1:15: no offset modifiers allowed before range"},
        Wrong{"(foo)[5m]", "1:6: ranges only allowed for vector selectors"},
        Wrong{"(foo) offset 5m",
              "1:1: offset modifier must be preceded by an instant vector selector or range vector "
              "selector or a subquery"},
        Wrong{"1[5m:]", "1:1: subquery is only allowed on instant vector, got scalar instead"},
        Wrong{"foo[5m][5m:]",
              "1:1: subquery is only allowed on instant vector, got matrix instead"}));

INSTANTIATE_TEST_SUITE_P(
    Types, Errors,
    ::testing::Values(
        Wrong{"rate(foo)",
              "1:6: expected type range vector in call to function \"rate\", got instant vector"},
        Wrong{"rate(foo[5m],1)", "1:1: expected 1 argument(s) in call to \"rate\", got 2"},
        Wrong{"rate(foo[5m],)", "1:13: trailing commas not allowed in function call args"},
        Wrong{"label_join(foo,\"a\")",
              "1:1: expected at least 3 argument(s) in call to \"label_join\", got 2"},
        Wrong{"nosuch(foo)", "1:1: unknown function with name \"nosuch\""},
        Wrong{"RATE(foo[5m])", "1:1: unknown function with name \"RATE\""},
        Wrong{"sum()", "1:1: no arguments for aggregate expression provided"},
        Wrong{
            "topk(foo)",
            "1:1: wrong number of arguments for aggregate expression provided, expected 2, got 1"},
        Wrong{"topk(\"a\",foo)", "1:6: expected type scalar in aggregation parameter, got string"},
        Wrong{"sum(1)", "1:5: expected type instant vector in aggregation expression, got scalar"},
        Wrong{"sum by a (foo)",
              "1:8: unexpected identifier \"a\" in grouping opts, expected \"(\""},
        Wrong{"sum by (1) (foo)", "1:9: unexpected number \"1\" in grouping opts, expected label"},
        Wrong{"sum by (a) (foo) by (b)", "1:18: unexpected <by>"},
        Wrong{"foo + bool bar", "1:5: bool modifier can only be used on comparison operators"},
        Wrong{"1 > 2", "1:3: comparisons between scalars must use BOOL modifier"},
        Wrong{"foo and 1", "1:1: set operator \"and\" not allowed in binary scalar expression"},
        Wrong{"foo + group_left bar", "1:7: unexpected <group_left>"},
        Wrong{"foo and on(a) group_left bar", "1:1: no grouping allowed for \"and\" operation"},
        Wrong{"foo + on(a) group_left(a) bar",
              "1:5: label \"a\" must not occur in ON and GROUP clause at once"},
        Wrong{"foo + on(a) 1", "1:1: vector matching only allowed between instant vectors"},
        Wrong{"\"a\" + \"b\"",
              "1:1: binary expression must contain only scalar and instant vector types"},
        Wrong{"-foo[5m]",
              "1:1: unary expression only allowed on expressions of type scalar or instant vector, "
              "got \"range vector\""}));

TEST(Parser, OperatorsBindAsInPrometheus) {
    EXPECT_EQ(read_again("a + b * c"), R"({__name__="a"} + ({__name__="b"} * {__name__="c"}))");
    EXPECT_EQ(read_again("2 ^ 3 ^ 4"), "(2) ^ ((3) ^ (4))");
    EXPECT_EQ(read_again("-2 ^ 3"), "-((2) ^ (3))");
    EXPECT_EQ(read_again("1 - 2 - 3"), "((1) - (2)) - (3)");
    EXPECT_EQ(read_again("a or b and c unless d"),
              R"({__name__="a"} or (({__name__="b"} and {__name__="c"}) unless {__name__="d"}))");
    EXPECT_EQ(read_again("a == b + c > d"),
              R"(({__name__="a"} == ({__name__="b"} + {__name__="c"})) > {__name__="d"})");
}

TEST(Parser, ReadsWhatItPrints) {
    for (const std::string_view text :
         {"sum without (a, b) (rate(x{a=~\"b|c\",d!=\"e\"}[1h30m] offset -5m))",
          "topk by (a) (3, x @ start()) / on (a) group_left (b) (y > bool 2)",
          "max_over_time(deriv(x[5m])[1d:30s] @ 1234.5 offset 1w)",
          "label_replace(x, \"a\\n\", '$1\"', `b`, \"(.*)\\\\d\")", "-(-x ^ +2)",
          "NaN + Inf - -Inf", "count_values(\"v\", x) unless ignoring (b) y atan2 1e300"}) {
        const std::string once = read_again(text);
        EXPECT_EQ(read_again(once), once) << text;
        EXPECT_FALSE(once.contains("parse error")) << once;
    }
}

TEST(Parser, NumbersAreThoseOfGo) {
    const auto value = [](std::string_view text) {
        return std::get<Number>(must(Query::parse(text)).expression().node).value;
    };
    EXPECT_EQ(value("0755"), 493);
    EXPECT_EQ(value("08"), 8);
    EXPECT_EQ(value("0x1F"), 31);
    EXPECT_EQ(value(".5e1"), 5);
    EXPECT_EQ(value("1."), 1);
    EXPECT_EQ(value("-inf"), -std::numeric_limits<double>::infinity());
    EXPECT_TRUE(std::isnan(value("nAn")));
}

TEST(Parser, WordsNameMetricsWhereNothingElseIsMeant) {
    for (const std::string_view text :
         {"sum + 1", "sum{a=\"b\"}", "by", "offset", "start", "count / avg", ":a:b",
          "foo{on=\"x\",by=\"y\",sum=\"z\"}", "{\"a metric\",\"a label\"=\"x\"}"}) {
        EXPECT_EQ(error_of(text), "no error") << text;
    }
}

TEST(Parser, SaysWhatItDoesNotHave) {
    const auto query = Query::parse("1 + histogram_avg(x)");
    EXPECT_EQ(failure(query), Code::Unsupported);
    EXPECT_EQ(query.error().message,
              "1:5: parse error: function with name \"histogram_avg\" is not supported: native "
              "histograms are not stored");
}

TEST(Parser, NestingHasALimit) {
    const auto nested = [](std::size_t depth, std::string_view open, std::string_view close) {
        std::string text;
        for (std::size_t i = 0; i < depth; ++i) {
            text += open;
        }
        text += "1";
        for (std::size_t i = 0; i < depth; ++i) {
            text += close;
        }
        return text;
    };
    EXPECT_EQ(error_of(nested(90, "(", ")")), "no error");
    for (const auto& [open, close] :
         {std::pair("(", ")"), {"-", ""}, {"", "+1"}, {"1^", ""}, {"sum(", ")"}, {"abs(", ")"}}) {
        const std::string error = error_of(nested(5000, open, close));
        EXPECT_TRUE(error.contains("operators and brackets in each other")) << open << error;
    }
    EXPECT_TRUE(error_of(std::string(70'000, ' ')).contains("longer than 65536 bytes"));
    std::string regexes = "a{b=~\".\"";
    for (int i = 0; i < 200; ++i) {
        regexes += ",b=~\".\"";
    }
    EXPECT_TRUE(error_of(regexes + "}").contains("more than 100 regular expressions"));
}

TEST(Parser, SelectorsOfMetadataAreInstantSelectors) {
    const auto matchers = must(parse_selector("up{job=~\"a|b\"}"));
    ASSERT_EQ(matchers.size(), 2U);
    EXPECT_EQ(matchers[0].text(), "job=~\"a|b\"");
    EXPECT_EQ(matchers[1].text(), "__name__=\"up\"");
    for (const std::string_view text :
         {"up[5m]", "up offset 5m", "up @ 1", "sum(up)", "up + up", "", "{}"}) {
        EXPECT_EQ(failure(parse_selector(text)), Code::InvalidArgument) << text;
    }
}

TEST(Parser, TimesAndDurationsOfRequests) {
    EXPECT_EQ(must(parse_query_time("1435781451.781")), 1435781451781);
    EXPECT_EQ(must(parse_query_time("-1.5")), -1500);
    EXPECT_EQ(must(parse_query_time("2015-07-01T20:10:51.781Z")), 1435781451781);
    EXPECT_EQ(failure(parse_query_time("yesterday")), Code::InvalidArgument);
    EXPECT_EQ(failure(parse_query_time("1e300")), Code::InvalidArgument);
    EXPECT_EQ(failure(parse_query_time("nan")), Code::InvalidArgument);
    EXPECT_EQ(must(parse_query_duration("15")), 15'000);
    EXPECT_EQ(must(parse_query_duration("0.25")), 250);
    EXPECT_EQ(must(parse_query_duration("1h30m")), 5'400'000);
    EXPECT_EQ(failure(parse_query_duration("5x")), Code::InvalidArgument);
}

}  // namespace
}  // namespace gantry::promql

// SPDX-License-Identifier: Apache-2.0
#include "expression/expression.h"

#include <cmath>

#include "testing/testing.h"

namespace gantry::expression {
namespace {

using testing::must;

Column column(std::vector<std::optional<double>> values, std::vector<Quality> quality = {}) {
    Column out;
    for (const auto& value : values) {
        out.value.push_back(value.value_or(0));
        out.present.push_back(value ? 1 : 0);
    }
    out.quality = std::move(quality);
    return out;
}

struct Answer {
    std::vector<std::optional<double>> values;
    std::vector<Quality> quality;
    std::string unit;
    Type type = Type::Number;
};

Answer evaluate(std::string_view text, const std::vector<Variable>& variables = {},
                const std::vector<Column>& columns = {}) {
    const Formula formula = must(must(Expression::parse(text)).bind(variables));
    std::vector<const Column*> given;
    for (const Column& one : columns) {
        given.push_back(&one);
    }
    Column out;
    formula.evaluate(given, columns.empty() ? 1 : columns[0].size(), out);
    Answer answer{{}, out.quality, formula.unit(), formula.type()};
    for (std::size_t i = 0; i < out.size(); ++i) {
        answer.values.push_back(out.present[i] != 0 ? std::optional(out.value[i]) : std::nullopt);
    }
    return answer;
}

std::optional<double> value_of(std::string_view text) { return evaluate(text).values[0]; }

std::string complaint(std::string_view text, const std::vector<Variable>& variables = {}) {
    const auto parsed = Expression::parse(text);
    if (!parsed) {
        return parsed.error().message;
    }
    const auto bound = parsed->bind(variables);
    return bound ? "" : bound.error().message;
}

TEST(Expression, OperatorsBindAsInMathematics) {
    EXPECT_EQ(value_of("1 + 2 * 3"), 7);
    EXPECT_EQ(value_of("(1 + 2) * 3"), 9);
    EXPECT_EQ(value_of("10 - 4 - 3"), 3);
    EXPECT_EQ(value_of("100 / 10 / 2"), 5);
    EXPECT_EQ(value_of("2 ^ 3 ^ 2"), 512);
    EXPECT_EQ(value_of("-2 ^ 2"), -4);
    EXPECT_EQ(value_of("2 ^ -1"), 0.5);
    EXPECT_EQ(value_of("7 % 3"), 1);
    EXPECT_EQ(value_of("-1 % 24"), 23);
    EXPECT_EQ(value_of("1 < 2 and 2 < 1 or 3 = 3"), 1);
    EXPECT_EQ(value_of("not 1 > 2 and true"), 1);
    EXPECT_EQ(value_of("1 != 1 || !(2 <> 2) && 1e3 >= 1000"), 1);
    EXPECT_EQ(value_of("--3"), 3);
    EXPECT_EQ(value_of(".5 + 1.5e1"), 15.5);
}

TEST(Expression, FunctionsAreThere) {
    EXPECT_EQ(value_of("max(1, 5, 3) + min(4, 2)"), 7);
    EXPECT_EQ(value_of("clamp(7, 0, 5)"), 5);
    EXPECT_EQ(value_of("round(2.345, 2)"), 2.35);
    EXPECT_EQ(value_of("round(-2.5)"), -3);
    EXPECT_EQ(value_of("sqrt(16) + abs(-2) + floor(1.9) + ceil(1.1) + sign(-8)"), 8);
    EXPECT_NEAR(*value_of("exp(ln(5)) + log10(1000) + pow(2, 3)"), 16, 1e-12);
    EXPECT_NEAR(*value_of("sin(pi / 2) + cos(0) + atan2(0, 1)"), 2, 1e-12);
    EXPECT_NEAR(*value_of("sin(90[deg])"), 1, 1e-12);
    EXPECT_EQ(value_of("if(1 > 2, 10, 20)"), 20);
}

TEST(Expression, WhatIsNoNumberIsMissing) {
    EXPECT_EQ(value_of("1 / 0"), std::nullopt);
    EXPECT_EQ(value_of("sqrt(-1)"), std::nullopt);
    EXPECT_EQ(value_of("ln(0)"), std::nullopt);
    EXPECT_EQ(value_of("1e308 * 10"), std::nullopt);
    EXPECT_EQ(value_of("or_else(1 / 0, 7)"), 7);
    EXPECT_EQ(value_of("is_missing(1 / 0)"), 1);
}

TEST(Expression, MissingValuesSpreadOnlyWhereTheyAreNeeded) {
    const std::vector<Variable> names = {{"a"}, {"t", Type::Truth}};
    const auto run = [&](std::string_view text) {
        return evaluate(text, names, {column({1, std::nullopt, 3}), column({1, 1, std::nullopt})})
            .values;
    };
    using Values = std::vector<std::optional<double>>;
    EXPECT_EQ(run("a + 1"), (Values{2, std::nullopt, 4}));
    EXPECT_EQ(run("if(t, 5, a)"), (Values{5, 5, std::nullopt}));
    EXPECT_EQ(run("t or a > 0"), (Values{1, 1, 1}));
    EXPECT_EQ(run("t and a > 5"), (Values{0, std::nullopt, 0}));
    EXPECT_EQ(run("or_else(a, -1)"), (Values{1, -1, 3}));
    EXPECT_EQ(run("is_missing(a)"), (Values{0, 1, 0}));
}

TEST(Expression, TheWorstQualityCounts) {
    const std::vector<Variable> names = {{"a"}, {"b"}};
    const std::vector<Column> columns = {
        column({1, 1, 1}, {quality::good, quality::uncertain, quality::good}),
        column({2, 2, 2}, {quality::good, quality::good, quality::bad_timeout})};
    EXPECT_EQ(evaluate("a + b", names, columns).quality,
              (std::vector{quality::good, quality::uncertain, quality::bad_timeout}));
    EXPECT_EQ(evaluate("a * 2", names, columns).quality,
              (std::vector{quality::good, quality::uncertain, quality::good}));
    EXPECT_TRUE(evaluate("1 + 1", names, columns).quality.empty());
}

// A thousand rows and one are two lanes.
TEST(Expression, EveryRowIsEvaluated) {
    Column x;
    for (int i = 0; i < 2500; ++i) {
        x.value.push_back(i);
        x.present.push_back(i % 7 != 0 ? 1 : 0);
    }
    const Answer answer = evaluate("x * x + 1", {{"x"}}, {x});
    for (std::size_t i = 0; i < 2500; ++i) {
        const double root = static_cast<double>(i);
        EXPECT_EQ(answer.values[i], i % 7 != 0 ? std::optional(root * root + 1) : std::nullopt);
    }
}

TEST(Expression, UnitsAreCarriedThrough) {
    const std::vector<Variable> names = {
        {"flow", Type::Number, "m3/h"}, {"small", Type::Number, "L/min"},
        {"power", Type::Number, "kW"},  {"time", Type::Number, "h"},
        {"temp", Type::Number, "Cel"},  {"share", Type::Number, "%"},
        {"side", Type::Number, "m"},    {"x"}};
    const std::vector<Column> columns = {column({60}), column({1000}), column({30}), column({2}),
                                         column({20}), column({50}),   column({4}),  column({3})};
    const auto run = [&](std::string_view text) {
        const Answer answer = evaluate(text, names, columns);
        return std::format("{:.10g} {}", answer.values[0].value_or(NAN), answer.unit);
    };
    EXPECT_EQ(run("flow + small"), "120 m3/h");  // 1000 L/min are 60 m3/h
    EXPECT_EQ(run("power / flow"), "0.5 kW.h/m3");
    EXPECT_EQ(run("power * time"), "60 kW.h");
    EXPECT_EQ(run("flow * time"), "120 m3");
    EXPECT_EQ(run("flow * 2"), "120 m3/h");
    EXPECT_EQ(run("flow * x"), "180 ");
    EXPECT_EQ(run("to(flow, \"L/min\")"), "1000 L/min");
    EXPECT_EQ(run("to(x, \"bar\")"), "3 bar");
    EXPECT_EQ(run("to(temp, \"K\")"), "293.15 K");
    EXPECT_EQ(run("temp + 5"), "25 Cel");
    EXPECT_EQ(run("temp + 5[K]"), "25 Cel");
    EXPECT_EQ(run("temp - 15[Cel]"), "5 K");
    EXPECT_EQ(run("(temp + 10[Cel]) / 2"), "15 Cel");
    EXPECT_EQ(run("max(temp, 68[[degF]])"), "20 Cel");
    EXPECT_EQ(run("share * power"), "1500 %.kW");
    EXPECT_EQ(run("to(share * power, \"kW\")"), "15 kW");
    EXPECT_EQ(run("side ^ 2"), "16 m2");
    EXPECT_EQ(run("sqrt(side ^ 2)"), "4 m");
    EXPECT_EQ(run("1 / time"), "0.5 1/h");
    EXPECT_EQ(run("flow / small"), "0.06 m3/h/(L/min)");
    EXPECT_EQ(run("to(flow / small, \"1\")"), "1 1");
    EXPECT_EQ(run("flow > small"), "0 ");
    EXPECT_EQ(run("temp > 19[Cel] and temp < 70[[degF]]"), "1 ");
}

TEST(Expression, MistakesNamePlaceAndRemedy) {
    const std::vector<Variable> names = {{"p", Type::Number, "bar"},
                                         {"q", Type::Number, "m3/h"},
                                         {"temp", Type::Number, "Cel"},
                                         {"on", Type::Truth}};
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"", "column 1: the expression ends where a value is to follow"},
        {"1 +", "column 4: the expression ends"},
        {"(1", "column 3: ')' is missing"},
        {"1 2", "column 3: 'the number' is too much"},
        {"1 < 2 < 3", "column 7: '<' is too much"},
        {"a $ b", "column 3: '$' means nothing here"},
        {"温度 + x", "column 1: '温度' is not known: there are p, q, temp, on"},
        {"p + 温", "column 5: '温' is not known"},
        {"p + q", "column 3: 'bar' and 'm3/h' cannot be added"},
        {"p > q", "column 3: 'bar' and 'm3/h' cannot be compared"},
        {"p + on", "column 5: a number is wanted here"},
        {"p and on", "column 1: true or false is wanted here: compare"},
        {"temp * p", "column 6: 'Cel' * 'bar' has no meaning"},
        {"ln(p)", "column 4: ln must have no unit, it has 'bar'"},
        {"sqrt(p)", "has no unit"},
        {"p ^ 0.5", "column 3: 'bar' can be raised to a whole number"},
        {"to(p, \"m\")", "column 1: 'bar' cannot be converted to 'm'"},
        {"to(p, m)", "column 7: write the unit as a text"},
        {"1[nonsense]", "column 1: "},
        {"nothing(1)", "column 1: there is no function 'nothing': there are abs,"},
        {"abs(1, 2)", "column 1: abs takes 1 values, not 2"},
        {"max()", "column 1: max takes 1 to 16 values, not 0"},
        {"if(p, 1, 2)", "column 4: true or false is wanted"},
        {"if(on, 1, on)", "column 1: both values must be numbers"},
        {"`open", "column 1: a name in backticks does not end"},
        {"1e999", "column 1: the number is too large"},
    };
    for (const auto& [text, expected] : cases) {
        EXPECT_NE(complaint(text, names).find(expected), std::string::npos)
            << text << "\n"
            << complaint(text, names);
    }
    for (const char c : {'(', '-'}) {
        std::string deep(200, c);
        deep += '1';
        EXPECT_NE(complaint(deep).find("brackets and operators are nested deeper"),
                  std::string::npos);
    }
    std::string many = "1";
    for (int i = 0; i < 1500; ++i) {
        many += "+1";
    }
    EXPECT_NE(complaint(many).find("more than 1000 parts"), std::string::npos);
    EXPECT_NE(complaint(std::string(5000, ' ')).find("at most 4096"), std::string::npos);
}

TEST(Expression, NamesMayBeAnything) {
    const Expression parsed =
        must(Expression::parse("`plant/line 2.flow` + line2.p + 流量 + line2.p"));
    EXPECT_EQ(parsed.names(), (std::vector<std::string>{"plant/line 2.flow", "line2.p", "流量"}));
}

}  // namespace
}  // namespace gantry::expression

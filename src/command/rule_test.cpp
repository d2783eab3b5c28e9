// SPDX-License-Identifier: Apache-2.0
#include "command/rule.h"

#include <map>

#include "testing/testing.h"

namespace gantry::command {
namespace {

using testing::must;

constexpr Time now = 1'000'000'000'000;

struct Plant {
    std::map<std::string, Seen> points;

    void add(const std::string& path, ValueType type, std::optional<Sample> latest,
             std::string unit = {}) {
        Property property;
        property.type = type;
        property.unit = std::move(unit);
        points[path] = {property, std::move(latest)};
    }
    Look look() const {
        return [this](const std::string& path) -> std::optional<Seen> {
            const auto found = points.find(path);
            return found == points.end() ? std::nullopt : std::optional(found->second);
        };
    }
};

Sample good(Value value, Time time = now) { return {time, std::move(value), {}}; }

Rule rule_of(std::string condition, Duration max_age = Duration{0}) {
    RuleConfig config;
    config.key = "r";
    config.condition = std::move(condition);
    config.max_age = max_age;
    return must(Rule::compile(std::move(config)));
}

std::string objection(const Rule& rule, const Plant& plant, Value value,
                      ValueType type = ValueType::Float64) {
    Property property;
    property.type = type;
    return rule.objection({"a/b.x", property, std::move(value)}, plant.look(), now,
                          Language::English);
}

TEST(CommandRule, NamesArePointsOfTheSameAssetOrPaths) {
    Plant plant;
    plant.add("a/b.x", ValueType::Float64, good(2.0));
    plant.add("a/b.running", ValueType::Bool, good(false));
    plant.add("c.y", ValueType::Int64, good(std::int64_t{3}));
    EXPECT_EQ(objection(rule_of("not running"), plant, 1.0), "");
    EXPECT_EQ(objection(rule_of("`c.y` = 3 and value < current"), plant, 1.0), "");
    EXPECT_EQ(objection(rule_of("`c.y` = 3 and value < current"), plant, 5.0),
              "rule r forbids it: `c.y` = 3 and value < current (c.y = 3, value = 5, current = 2)");
    EXPECT_NE(objection(rule_of("y = 3"), plant, 1.0), "") << "c.y is of another asset";
}

TEST(CommandRule, ASwitchIsATruth) {
    const Plant plant;
    EXPECT_EQ(objection(rule_of("not value"), plant, false, ValueType::Bool), "");
    EXPECT_NE(objection(rule_of("not value"), plant, true, ValueType::Bool), "");
}

TEST(CommandRule, OnlyGoodValuesCount) {
    for (const Quality quality :
         {quality::uncertain_last_usable_value, quality::bad_no_communication}) {
        Plant plant;
        plant.add("a/b.running", ValueType::Bool, Sample{now, false, quality});
        EXPECT_NE(objection(rule_of("not running"), plant, 1.0), "") << quality.code;
    }
    Plant plant;
    plant.add("a/b.running", ValueType::Bool, std::nullopt);
    EXPECT_NE(objection(rule_of("not running"), plant, 1.0), "");
    EXPECT_NE(objection(rule_of("not nothing"), plant, 1.0), "");
    // Not even where the formula could do without it.
    EXPECT_NE(objection(rule_of("true or running"), plant, 1.0), "");
    EXPECT_NE(objection(rule_of("is_missing(running)"), plant, 1.0), "");
}

TEST(CommandRule, AgeIsLimitedWhereTheRuleSaysSo) {
    Plant plant;
    plant.add("a/b.running", ValueType::Bool,
              good(false, now - Duration(std::chrono::seconds(11)).count()));
    EXPECT_EQ(objection(rule_of("not running", std::chrono::seconds(11)), plant, 1.0), "");
    EXPECT_NE(objection(rule_of("not running", std::chrono::seconds(10)), plant, 1.0), "");
}

TEST(CommandRule, CoversByPathAndPattern) {
    RuleConfig config;
    config.key = "r";
    config.condition = "true";
    config.under = "a/b";
    config.points = "*.x";
    const Rule rule = must(Rule::compile(config));
    EXPECT_TRUE(rule.covers("a/b.x"));
    EXPECT_TRUE(rule.covers("a/b/c.x"));
    EXPECT_FALSE(rule.covers("a/b.y"));
    EXPECT_FALSE(rule.covers("a/bc.x"));
    config.enabled = false;
    EXPECT_FALSE(must(Rule::compile(config)).covers("a/b.x"));
}

TEST(CommandRule, ComesBackFromJsonAsItWas) {
    RuleConfig config;
    config.key = "r";
    config.name = {.en = "stop it", .zh = "先停"};
    config.under = "a";
    config.points = "*.x";
    config.condition = "value < 3";
    config.max_age = std::chrono::seconds(5);
    config.approval = true;
    config.wait = std::chrono::minutes(2);
    RuleConfig back;
    must(read_entity(to_json(config), back, ""));
    EXPECT_EQ(back, config);
}

}  // namespace
}  // namespace gantry::command

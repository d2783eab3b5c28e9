// SPDX-License-Identifier: Apache-2.0
#include "bridge/config.h"

#include "testing/testing.h"

namespace gantry::bridge {
namespace {

using gantry::testing::must;

Rule rule(Direction direction, std::string filter, std::string local, std::string remote) {
    return {direction, std::move(filter), std::move(local), std::move(remote), 1};
}

Error refused(std::string_view body) {
    Config config;
    SecretFields secrets;
    const auto read = read_bridge(must(parse_json(body)), config, secrets);
    EXPECT_FALSE(read) << body;
    return read ? Error{} : read.error();
}

TEST(BridgeRule, ChangesThePrefixAndNothingElse) {
    const Rule both = rule(Direction::Both, "#", "plant/", "hq/p7/");
    EXPECT_EQ(both.to_remote("plant/a/b"), "hq/p7/a/b");
    EXPECT_EQ(both.to_local("hq/p7/a/b"), "plant/a/b");
    EXPECT_EQ(both.to_remote("office/a"), std::nullopt);
    // plant/# is also for plant, which has nothing behind the prefix.
    EXPECT_EQ(both.to_remote("plant"), std::nullopt);
    EXPECT_EQ(both.to_remote("plant/"), "hq/p7/");
    const Rule one = rule(Direction::Out, "", "a/b", "c");
    EXPECT_EQ(one.to_remote("a/b"), "c");
    EXPECT_EQ(one.to_remote("a/b/c"), std::nullopt);
    EXPECT_EQ(one.to_local("c"), std::nullopt) << "it only goes out";
    EXPECT_EQ(rule(Direction::Out, "+/x", "", "r/").to_remote("a/x"), "r/a/x");
}

// What would be no topic, or one of the broker's own, goes nowhere.
TEST(BridgeRule, MakesOnlyTopics) {
    EXPECT_EQ(rule(Direction::Out, "#", "a/", "").to_remote("a/"), std::nullopt);
    EXPECT_EQ(rule(Direction::In, "#", "", "r/").to_local("r/$SYS/x"), std::nullopt);
    EXPECT_EQ(
        rule(Direction::In, "#", "", "r/").to_local("r/" + std::string(65'533, 'x')).has_value(),
        true);
    EXPECT_EQ(rule(Direction::Out, "#", "", "r/").to_remote(std::string(65'534, 'x')),
              std::nullopt);
}

TEST(BridgeConfig, IsStoredAsItWasRead) {
    const auto body = must(parse_json(
        R"({"key":"hq","address":"mqtts://b.example","ca":"C","user":"u","password":"p",
            "protocol":"3.1.1","keep_alive":"30s","version":7,"has_password":true,
            "rules":[{"direction":"in","filter":"a/+","qos":2},
                     {"direction":"both","local_prefix":"x","remote_prefix":"y"}]})"));
    Config config;
    SecretFields secrets;
    must(read_bridge(body, config, secrets));
    EXPECT_EQ(secrets.password->reveal(), "p");
    EXPECT_FALSE(secrets.client_key);
    const std::string stored = json::serialize(to_json(config));
    EXPECT_EQ(stored.find("password"), std::string::npos);
    EXPECT_EQ(must(read_config(stored)), config);
    EXPECT_EQ(config.rules.at(0).qos, 2);
    EXPECT_EQ(config.protocol, mqtt::Version::V311);
}

TEST(BridgeConfig, WhatIsWrongIsNamed) {
    const auto with_rule = [](std::string_view text) {
        return refused(std::format(R"({{"key":"k","address":"mqtt://h","rules":[{}]}})", text));
    };
    EXPECT_EQ(with_rule(R"({"direction":"up"})").field, "/rules/0/direction");
    EXPECT_EQ(with_rule(R"({"direction":"out","qos":3})").field, "/rules/0/qos");
    EXPECT_EQ(with_rule(R"({"direction":"out","filter":"#","local_prefix":"plant"})").field,
              "/rules/0/filter");
    EXPECT_EQ(with_rule(R"({"direction":"out"})").field, "/rules/0/filter") << "no topic at all";
    EXPECT_EQ(with_rule(R"({"direction":"out","filter":"a","remote_prefix":"+/"})").field,
              "/rules/0/remote_prefix");
    EXPECT_EQ(with_rule(R"({"direction":"in","filter":"a","local_prefix":"$SYS/"})").field,
              "/rules/0/local_prefix");
    EXPECT_EQ(with_rule(R"({"direction":"out","filter":"a","remote_prefix":"$SYS/"})").field,
              "/rules/0/remote_prefix");
    EXPECT_EQ(with_rule(R"({"direction":"in","filter":"$share/g/a"})").field, "/rules/0/filter");
    EXPECT_EQ(refused(R"({"key":"k","address":"mqtt://h","rules":[]})").field, "/rules");
    EXPECT_EQ(refused(R"({"key":"a/b","address":"mqtt://h","rules":[]})").field, "/key");
    EXPECT_EQ(refused(R"({"key":"k","address":"mqtt://h","ca":"x","rules":[]})").field, "/address");
    EXPECT_EQ(refused(R"({"key":"k","address":"mqtt://h","keep_alive":"0s","rules":[]})").field,
              "/keep_alive");
    EXPECT_EQ(refused(R"({"key":"k","address":"mqtt://h","protocol":"3","rules":[]})").field,
              "/protocol");
    for (const auto* address : {"h:1883", "tcp://h", "mqtt://", "mqtt://h:0", "mqtt://u:p@h",
                                "mqtt://h:99999", "mqtt://h/path"}) {
        EXPECT_EQ(refused(std::format(R"({{"key":"k","address":"{}","rules":[]}})", address)).field,
                  "/address")
            << address;
    }
}

TEST(BridgeConfig, AddressesHaveTheirPorts) {
    EXPECT_EQ(must(parse_address("mqtt://h")).where.port, 1883);
    EXPECT_EQ(must(parse_address("mqtts://h")).where.port, 8883);
    EXPECT_TRUE(must(parse_address("mqtts://h")).tls);
    EXPECT_EQ(must(parse_address("mqtt://[::1]")).where.host, "::1");
    EXPECT_EQ(must(parse_address("mqtt://[::1]:1884")).where.port, 1884);
}

TEST(BridgeConfig, FiltersOverlapWhereATopicMatchesBoth) {
    for (const auto& [one, other, expected] :
         std::vector<std::tuple<std::string, std::string, bool>>{{"a", "a", true},
                                                                 {"a", "b", false},
                                                                 {"a/#", "a", true},
                                                                 {"a/#", "a/b/c", true},
                                                                 {"a/+", "a", false},
                                                                 {"+/b", "a/+", true},
                                                                 {"+/b", "a/c", false},
                                                                 {"#", "x/y", true},
                                                                 {"a/b", "a/b/c", false},
                                                                 {"a/+/c", "a/b/#", true}}) {
        EXPECT_EQ(filters_overlap(one, other), expected) << one << " " << other;
        EXPECT_EQ(filters_overlap(other, one), expected) << other << " " << one;
    }
    EXPECT_FALSE(
        find_loop({rule(Direction::Out, "#", "", "up/"), rule(Direction::In, "#", "", "down/")}));
    EXPECT_TRUE(find_loop({rule(Direction::Both, "#", "", "up/")}));
}

}  // namespace
}  // namespace gantry::bridge

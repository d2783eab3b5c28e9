// SPDX-License-Identifier: Apache-2.0
// What mappings may say, and which of them a topic has.
#include <gtest/gtest.h>

#include <thread>

#include "payload/dead_letters.h"
#include "payload/router.h"
#include "payload/testing.h"

namespace gantry::payload {
namespace {

using Texts = std::vector<std::string>;

MappingPtr mapping(std::string_view key, std::string_view topic, std::string_view more = "") {
    auto compiled =
        testing::compile(std::format(R"({{"key": "{}", "topic": "{}"{}}})", key, topic, more));
    EXPECT_TRUE(compiled) << compiled.error().message;
    return std::make_shared<const Mapping>(std::move(*compiled));
}

std::string refusal(std::string_view text) {
    const auto compiled = testing::compile(text);
    return compiled ? "none" : compiled.error().field;
}

std::string rule_refusal(std::string_view rule) {
    return refusal(std::format(R"({{"key": "m", "topic": "a/{{b}}", "rules": [{{}}, {}]}})", rule));
}

TEST(Mapping, AComplaintNamesItsField) {
    EXPECT_EQ(refusal(R"({"topic": "a"})"), "/key");
    EXPECT_EQ(refusal(R"({"key": "a b", "topic": "a"})"), "/key");
    EXPECT_EQ(refusal(R"({"key": "a"})"), "/topic");
    EXPECT_EQ(refusal(R"({"key": "a", "topic": "a/#/b"})"), "/topic");
    EXPECT_EQ(refusal(R"({"key": "a", "topic": "a/{b}/{b}"})"), "/topic");
    EXPECT_EQ(refusal(R"({"key": "a", "topic": "a/{topic}"})"), "/topic");
    EXPECT_EQ(refusal(R"({"key": "a", "topic": "a/x{b}"})"), "/topic");
    EXPECT_EQ(refusal(R"({"key": "a", "topic": ""})"), "/topic");
    EXPECT_EQ(refusal(R"({"key": "a", "topic": "a", "format": "xml"})"), "/format");
    EXPECT_EQ(refusal(R"({"key": "a", "topic": "a", "precision": "weeks"})"), "/precision");
    EXPECT_EQ(refusal(R"({"key": "a", "topic": "a", "csv": {"separator": "\""}})"),
              "/csv/separator");
    EXPECT_EQ(refusal(R"({"key": "a", "topic": "a", "csv": {"separator": ";;"}})"),
              "/csv/separator");
    EXPECT_EQ(refusal(R"({"key": "a", "topic": "a", "colour": 1})"), "/colour");
    EXPECT_EQ(rule_refusal(R"({"value": "a.b"})"), "/rules/1/value");
    EXPECT_EQ(rule_refusal(R"({"value": "$..*.b"})"), "/rules/1/value");
    EXPECT_EQ(rule_refusal(R"({"value": "$..b"})"), "/rules/1/value");
    EXPECT_EQ(rule_refusal(R"({"value": "$['a"})"), "/rules/1/value");
    EXPECT_EQ(rule_refusal(R"({"value": "$[-1]"})"), "/rules/1/value");
    EXPECT_EQ(rule_refusal(R"({"value": "$[1"})"), "/rules/1/value");
    EXPECT_EQ(rule_refusal(R"({"value": "@.a"})"), "/rules/1/value");
    EXPECT_EQ(rule_refusal(R"({"value": "$.a", "each": "$.b"})"), "/rules/1/value");
    EXPECT_EQ(rule_refusal(R"({"each": "@.b"})"), "/rules/1/each");
    EXPECT_EQ(rule_refusal(R"({"point": "{c}"})"), "/rules/1/point");
    EXPECT_EQ(rule_refusal(R"({"point": "{rest}"})"), "/rules/1/point");
    EXPECT_EQ(rule_refusal(R"({"point": "a}"})"), "/rules/1/point");
    EXPECT_EQ(rule_refusal(R"({"point": "{a"})"), "/rules/1/point");
    EXPECT_EQ(rule_refusal(R"({"point": "{$.}"})"), "/rules/1/point");
    EXPECT_EQ(rule_refusal(R"({"unit": "furlong"})"), "/rules/1/unit");
    EXPECT_EQ(rule_refusal(R"({"type": "int32"})"), "/rules/1/type");
    EXPECT_EQ(rule_refusal(R"({"time": {"path": "a"}})"), "/rules/1/time/path");
    EXPECT_EQ(rule_refusal(R"({"time": {"path": "$.a", "format": "unix"}})"),
              "/rules/1/time/format");
    EXPECT_EQ(rule_refusal(R"({"quality": {"path": "$.q", "map": {"1": "fine"}}})"),
              "/rules/1/quality/map/1");
    EXPECT_EQ(rule_refusal(R"({"quality": {"path": "$.q", "otherwise": "fine"}})"),
              "/rules/1/quality/otherwise");
    EXPECT_EQ(rule_refusal(R"({"unit": "mm/s", "type": "float64"})"), "none");
}

TEST(Mapping, ConfigurationGoesThroughJsonUnchanged) {
    constexpr std::string_view text =
        R"({"key":"m","enabled":false,"create_points":true,"topic":"a/{b}","format":"csv",)"
        R"("csv":{"separator":";","columns":["x"],"header":true},)"
        R"("rules":[{"each":"$[*]","value":"@.x","point":"p","type":"int64","unit":"bar",)"
        R"("time":{"path":"@.t","format":"unix_us"},)"
        R"("quality":{"path":"@.q","map":{"1":"good"},"otherwise":"bad"}}]})";
    MappingConfig config;
    ASSERT_TRUE(read_entity(*parse_json(text), config, ""));
    EXPECT_EQ(json::serialize(to_json(config)), text);
    MappingConfig again;
    ASSERT_TRUE(read_entity(to_json(config), again, ""));
    EXPECT_EQ(again, config);
}

TEST(Mapping, ATopicIsSubscribedToWithoutNames) {
    EXPECT_EQ(mapping("m", "a/{b}/+/#")->topic().subscription(), "a/+/+/#");
}

// What the index finds is what the filters say one by one, for all small topics and filters.
TEST(MappingSet, FindsWhatTheFiltersSay) {
    std::vector<MappingPtr> all;
    const Texts levels = {"a", "b", "+", "", "$s"};
    int number = 0;
    for (const std::string& first : levels) {
        for (const std::string& second : levels) {
            for (const std::string& end : Texts{"", "/a", "/+", "/#"}) {
                all.push_back(mapping(std::format("m{}", number++), first + "/" + second + end));
            }
        }
    }
    all.push_back(mapping("all", "#"));
    all.push_back(mapping("off", "#", R"(, "enabled": false)"));
    const MappingSet set(all);
    EXPECT_EQ(set.size(), all.size() - 1);
    std::size_t matched = 0;
    for (const std::string& first : Texts{"a", "b", "c", "", "$s"}) {
        for (const std::string& second :
             Texts{"", "/", "/a", "/b", "/a/a", "/a/", "/b/c/d", "/$s/a"}) {
            const std::string topic = first + second;
            if (topic.empty()) {
                continue;
            }
            std::vector<std::uint32_t> expected;
            Captures captures;
            for (std::uint32_t i = 0; i < set.size(); ++i) {
                if (set[i].topic().match(topic, captures)) {
                    expected.push_back(i);
                }
            }
            std::vector<std::uint32_t> found;
            set.match(topic, found);
            EXPECT_EQ(found, expected) << topic;
            matched += found.size();
        }
    }
    EXPECT_GT(matched, 100);
}

TEST(Router, EveryMappingOfATopicHasItsSay) {
    SeededRandom random(1);
    Router router(random);
    ReadingBatch batch;
    EXPECT_EQ(router.route("a/b", "1", 7, batch).mappings, 0);
    const std::vector<MappingPtr> all = {
        mapping("first", "a/{x}", R"(, "rules": [{"point": "one/{x}"}])"),
        mapping("second", "a/#", R"(, "format": "cbor")"),
        mapping("third", "a/b",
                R"(, "format": "text", "rules": [{"type": "bool", "point": "three"}])"),
        mapping("other", "b/#")};
    router.use(std::make_shared<const MappingSet>(all));
    for (int i = 0; i < 2; ++i) {  // the second time from memory
        batch.clear();
        const Routed& routed = router.route("a/b", "21", 7, batch);
        EXPECT_EQ(routed.mappings, 3);
        EXPECT_EQ(routed.readings, 2);
        EXPECT_EQ(routed.bad, 1);
        EXPECT_EQ(testing::texts(batch, 7),
                  (Texts{"one/b = float64 21", "three = null BadTypeMismatch"}));
        ASSERT_EQ(routed.failures.size(), 2);
        EXPECT_EQ(routed.failures[0].mapping->config().key, "second");
        EXPECT_TRUE(routed.failures[0].whole);
        EXPECT_EQ(routed.failures[1].mapping->config().key, "third");
        EXPECT_FALSE(routed.failures[1].whole);
    }
    router.use(std::make_shared<const MappingSet>(std::span(all).last(1)));
    EXPECT_EQ(router.route("a/b", "21", 7, batch).mappings, 0);
}

TEST(Router, RemembersNoMoreTopicsThanItMay) {
    SeededRandom random(1);
    Router router(random);
    const std::string longer(1000, 'x');
    for (int i = 0; i < 20'000; ++i) {
        EXPECT_TRUE(router.match(std::format("{}/{}", longer, i)).empty());
    }
    EXPECT_EQ(router.started_over(), 2);
}

DeadLetters::Letter letter(std::string_view topic, std::string_view payload, const Error& error) {
    return {.time = 1,
            .reason = DeadReason::Value,
            .topic = topic,
            .client = "c",
            .mapping = "m",
            .payload = payload,
            .error = error};
}

TEST(DeadLetters, TheOldestGoAndAreCounted) {
    DeadLetters letters({.letters_max = 3, .bytes_max = 1 << 20, .payload_bytes_max = 4});
    const Error error{Code::InvalidArgument, "why", {}};
    for (const std::string_view topic : {"a", "b", "c", "d"}) {
        letters.add(letter(topic, "123456", error));
    }
    const auto all = letters.list(10);
    ASSERT_EQ(all.size(), 3);
    EXPECT_EQ(all[0].topic, "d");
    EXPECT_EQ(all[0].number, 4);
    EXPECT_EQ(all[2].topic, "b");
    EXPECT_EQ(all[0].payload, "1234");
    EXPECT_EQ(all[0].payload_bytes, 6);
    EXPECT_EQ(all[0].error, error);
    EXPECT_EQ(letters.list(1, 4).at(0).topic, "c");
    EXPECT_EQ(letters.counts()[static_cast<std::size_t>(DeadReason::Value)], 4);
    letters.clear();
    EXPECT_EQ(letters.size(), 0);
    EXPECT_EQ(letters.bytes(), 0);
    EXPECT_EQ(letters.counts()[static_cast<std::size_t>(DeadReason::Value)], 4);
}

TEST(DeadLetters, BytesAreBoundedToo) {
    DeadLetters letters({.letters_max = 1000, .bytes_max = 10'000, .payload_bytes_max = 1000});
    const Error error{Code::InvalidArgument, std::string(100'000, 'e'), {}};
    const std::string payload(5000, 'p');
    for (int i = 0; i < 100; ++i) {
        letters.add(letter("t", payload, error));
        EXPECT_LE(letters.bytes(), 10'000);
    }
    EXPECT_GT(letters.size(), 1);
}

TEST(DeadLetters, AnyThreadMayAddAndLook) {
    DeadLetters letters;
    const Error error{Code::InvalidArgument, "why", {}};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                for (int k = 0; k < 500; ++k) {
                    letters.add(letter("t", "p", error));
                    static_cast<void>(letters.list(2));
                }
            });
        }
    }
    EXPECT_EQ(letters.counts()[static_cast<std::size_t>(DeadReason::Value)], 2000);
    EXPECT_EQ(letters.size(), 1000);
}

}  // namespace
}  // namespace gantry::payload

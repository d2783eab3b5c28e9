// SPDX-License-Identifier: Apache-2.0
#include "mqtt/subscription_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/clock.h"
#include "mqtt/codec/topic.h"
#include "mqtt/retained_store.h"

namespace gantry::mqtt {
namespace {

using Added = SubscriptionTree::Added;
using Kept = RetainedStore::Kept;

Subscription of(SubscriberId subscriber, std::uint8_t qos = 0, std::uint32_t id = 0) {
    return {subscriber, id, {.qos = qos}};
}

class SubscriptionTreeTest : public ::testing::Test {
public:
    std::multiset<SubscriberId> match(std::string_view topic) {
        tree.match(topic, matches);
        std::multiset<SubscriberId> out;
        for (const Subscription& one : matches.subscriptions) {
            out.insert(one.subscriber);
        }
        return out;
    }

    SeededRandom random{1};
    SubscriptionTree tree{random};
    Matches matches;
};

using Ids = std::multiset<SubscriberId>;

TEST_F(SubscriptionTreeTest, FindsSubscribersOfATopic) {
    EXPECT_EQ(tree.add("a/b", of(1)), Added::New);
    EXPECT_EQ(tree.add("a/+", of(2)), Added::New);
    EXPECT_EQ(tree.add("#", of(3)), Added::New);
    EXPECT_EQ(tree.add("a/b/#", of(4)), Added::New);
    EXPECT_EQ(tree.add("+/b", of(1)), Added::New);
    EXPECT_EQ(match("a/b"), (Ids{1, 1, 2, 3, 4}));
    EXPECT_EQ(match("a/c"), (Ids{2, 3}));
    EXPECT_EQ(match("a"), (Ids{3}));
    EXPECT_EQ(match("a/b/c"), (Ids{3, 4}));
    EXPECT_EQ(match("$SYS/b"), (Ids{}));
    EXPECT_EQ(tree.size(), 5U);
}

// [MQTT-4.7.2-1]
TEST_F(SubscriptionTreeTest, WildcardsInFrontAreNotForDollarTopics) {
    tree.add("#", of(1));
    tree.add("+/x", of(2));
    tree.add("$SYS/#", of(3));
    tree.add("$SYS/+", of(4));
    EXPECT_EQ(match("$SYS/x"), (Ids{3, 4}));
    EXPECT_EQ(match("$SYS"), (Ids{3}));
    EXPECT_EQ(match("a/$x"), (Ids{1}));
}

// [MQTT-3.8.4-3] [MQTT-3.10.4-1]
TEST_F(SubscriptionTreeTest, ReplacesAndRemovesBySubscriberAndFilter) {
    EXPECT_EQ(tree.add("a/+", of(1, 0)), Added::New);
    EXPECT_EQ(tree.add("a/+", of(1, 2, 7)), Added::Replaced);
    for (SubscriberId i = 10; i < 20; ++i) {
        EXPECT_EQ(tree.add("a/+", of(i)), Added::New);
    }
    EXPECT_EQ(tree.add("a/+", of(15, 1)), Added::Replaced);
    tree.match("a/b", matches);
    EXPECT_EQ(matches.subscriptions[0], of(1, 2, 7));
    EXPECT_FALSE(tree.remove("a/b", 1));
    EXPECT_FALSE(tree.remove("a/+", 5));
    EXPECT_FALSE(tree.remove("b/+", 1));
    const std::uint64_t generation = tree.generation();
    EXPECT_TRUE(tree.remove("a/+", 1));
    EXPECT_NE(tree.generation(), generation);
    EXPECT_TRUE(tree.remove("a/+", 15));
    EXPECT_FALSE(tree.remove("a/+", 15));
    EXPECT_EQ(match("a/b").size(), 9U);
    // A place that became free in front is filled by a new one; the others stay who they are.
    EXPECT_EQ(tree.add("a/+", of(16)), Added::Replaced);
    EXPECT_EQ(match("a/b").size(), 9U);
    EXPECT_EQ(tree.size(), 9U);
}

// [MQTT-4.8.2-1] [MQTT-4.8.2-2]; SECURITY 7: unsubscribing the one does not remove the other.
TEST_F(SubscriptionTreeTest, SharesAreGroupsBesideTheOthers) {
    tree.add("$share/g/a/#", of(1));
    tree.add("$share/g/a/#", of(2));
    tree.add("$share/h/a/#", of(2));
    tree.add("a/#", of(1));
    EXPECT_EQ(match("a/b"), (Ids{1}));
    ASSERT_EQ(matches.groups.size(), 2U);
    EXPECT_EQ(matches.groups[0].members.size(), 2U);
    EXPECT_FALSE(tree.remove("$share/h/a/#", 1));
    EXPECT_TRUE(tree.remove("$share/g/a/#", 1));
    EXPECT_EQ(match("a/b"), (Ids{1}));
    EXPECT_TRUE(tree.remove("a/#", 1));
    EXPECT_EQ(match("a/b"), (Ids{}));
    EXPECT_EQ(matches.groups.size(), 2U);
    EXPECT_TRUE(tree.remove("$share/g/a/#", 2));
    EXPECT_TRUE(tree.remove("$share/h/a/#", 2));
    tree.match("a/b", matches);
    EXPECT_TRUE(matches.groups.empty());
    EXPECT_EQ(tree.size(), 0U);
}

TEST_F(SubscriptionTreeTest, DepthIsBounded) {
    std::string deep = "a";
    for (std::size_t i = 1; i < levels_max; ++i) {
        deep += "/a";
    }
    EXPECT_EQ(tree.add(deep, of(1)), Added::New);
    EXPECT_EQ(tree.add(deep + "/a", of(1)), Added::TooDeep);
    EXPECT_EQ(tree.add("$share/g/" + deep, of(2)), Added::New);
    tree.add("#", of(3));
    EXPECT_EQ(match(deep), (Ids{1, 3}));
    EXPECT_EQ(match(deep + "/a"), (Ids{}));
}

std::string random_levels(SeededRandom& random, bool filter) {
    constexpr std::string_view plain[] = {"a", "b", "", "$x", "long level of a topic"};
    std::string out;
    const std::uint64_t count = 1 + random.below(4);
    for (std::uint64_t i = 0; i < count; ++i) {
        out += i > 0 ? "/" : "";
        if (filter && random.chance(0.25)) {
            out += "+";
        } else if (filter && i + 1 == count && random.chance(0.3)) {
            out += "#";
        } else {
            out += plain[random.below(std::size(plain))];
        }
    }
    return out.empty() ? "a" : out;
}

// [MQTT-3.3.2-3] [MQTT-4.7.3-4] What it finds is what the plain way finds.
TEST_F(SubscriptionTreeTest, AgreesWithThePlainMatcher) {
    std::map<std::pair<std::string, SubscriberId>, Subscription> all;
    SeededRandom choice(7);
    for (int step = 0; step < 8'000; ++step) {
        const std::uint64_t what = choice.below(10);
        const SubscriberId subscriber = static_cast<SubscriberId>(choice.below(6));
        if (what < 4 || all.size() < 10) {
            std::string filter = random_levels(choice, true);
            filter = choice.chance(0.2) ? "$share/g/" + filter : filter;
            const Subscription one = of(subscriber, static_cast<std::uint8_t>(choice.below(3)));
            const bool fresh = all.insert_or_assign({filter, subscriber}, one).second;
            ASSERT_EQ(tree.add(filter, one), fresh ? Added::New : Added::Replaced);
        } else if (what < 7) {
            auto one = all.begin();
            std::advance(one, static_cast<long>(choice.below(all.size())));
            ASSERT_TRUE(tree.remove(one->first.first, one->first.second));
            ASSERT_FALSE(tree.remove(one->first.first, one->first.second));
            all.erase(one);
        } else {
            const std::string topic = random_levels(choice, false);
            std::multiset<std::pair<SubscriberId, int>> expected;
            std::set<std::string> groups;
            for (const auto& [key, one] : all) {
                const auto [group, filter] = split_shared(key.first);
                if (!mqtt::matches(filter, topic)) {
                    continue;
                }
                if (group.empty()) {
                    expected.emplace(one.subscriber, one.options.qos);
                } else {
                    groups.insert(key.first);
                }
            }
            Matches got;
            tree.match(topic, got);
            std::multiset<std::pair<SubscriberId, int>> found;
            for (const Subscription& one : got.subscriptions) {
                found.emplace(one.subscriber, one.options.qos);
            }
            ASSERT_EQ(found, expected) << topic;
            ASSERT_EQ(got.groups.size(), groups.size()) << topic;
        }
        ASSERT_EQ(tree.size(), all.size());
    }
    for (const auto& [key, one] : all) {
        ASSERT_TRUE(tree.remove(key.first, key.second));
    }
    EXPECT_EQ(tree.size(), 0U);
    EXPECT_EQ(match("a"), (Ids{}));
}

// What came and went leaves nothing behind (SECURITY 7).
TEST_F(SubscriptionTreeTest, DoesNotGrowByWhatCameAndWent) {
    std::size_t bytes = 0;
    for (int round = 0; round < 20; ++round) {
        for (SubscriberId i = 0; i < 2000; ++i) {
            tree.add("r" + std::to_string(round) + "/" + std::to_string(i) + "/+", of(i));
        }
        for (SubscriberId i = 0; i < 2000; ++i) {
            tree.remove("r" + std::to_string(round) + "/" + std::to_string(i) + "/+", i);
        }
        bytes = round == 0 ? tree.bytes() : bytes;
    }
    EXPECT_LE(tree.bytes(), bytes);
}

// ---- retained messages

MessagePtr message(std::string_view topic, std::string_view payload, std::uint32_t expiry = 0,
                   Time now = 0) {
    Publish publish;
    publish.topic = topic;
    publish.payload = payload;
    publish.retain = true;
    if (expiry > 0) {
        publish.properties.set(Property::MessageExpiry, expiry);
    }
    return std::make_shared<const Message>(publish, now);
}

std::set<std::string> found(const RetainedStore& store, std::string_view filter, Time now = 0) {
    std::vector<MessagePtr> messages;
    store.match(filter, now, messages);
    std::set<std::string> out;
    for (const MessagePtr& one : messages) {
        out.insert(std::string(one->topic()) + "=" + std::string(one->payload()));
    }
    return out;
}

using Texts = std::set<std::string>;

// [MQTT-3.3.1-5] [MQTT-3.3.1-6] [MQTT-3.3.1-7]
TEST(RetainedStore, KeepsTheLastOfEachTopic) {
    SeededRandom random(1);
    RetainedStore store(random);
    EXPECT_EQ(store.put(message("a/b", "1")), Kept::Stored);
    EXPECT_EQ(store.put(message("a/b", "2")), Kept::Stored);
    EXPECT_EQ(store.put(message("a", "3")), Kept::Stored);
    EXPECT_EQ(store.put(message("$SYS/x", "4")), Kept::Stored);
    EXPECT_EQ(found(store, "#"), (Texts{"a/b=2", "a=3"}));
    EXPECT_EQ(found(store, "a/#"), (Texts{"a/b=2", "a=3"}));
    EXPECT_EQ(found(store, "+"), (Texts{"a=3"}));
    EXPECT_EQ(found(store, "a/+"), (Texts{"a/b=2"}));
    EXPECT_EQ(found(store, "+/x"), (Texts{}));
    EXPECT_EQ(found(store, "$SYS/#"), (Texts{"$SYS/x=4"}));
    EXPECT_EQ(store.put(message("a/b", "")), Kept::Removed);
    EXPECT_EQ(store.put(message("a/b", "")), Kept::Nothing);
    EXPECT_EQ(store.put(message("never", "")), Kept::Nothing);
    EXPECT_EQ(found(store, "#"), (Texts{"a=3"}));
    EXPECT_EQ(store.size(), 2U);
}

// [MQTT-3.3.2-5]
TEST(RetainedStore, ForgetsWhatHasExpired) {
    constexpr Time second = 1'000'000'000;
    SeededRandom random(1);
    RetainedStore store(random);
    store.put(message("a", "1", 10));
    store.put(message("b", "2", 20));
    store.put(message("b", "3", 40));
    store.put(message("c", "4"));
    EXPECT_EQ(found(store, "#", 10 * second), (Texts{"b=3", "c=4"}));
    EXPECT_FALSE(store.sweep(9 * second, 10));
    EXPECT_EQ(store.size(), 3U);
    EXPECT_FALSE(store.sweep(20 * second, 10));
    EXPECT_EQ(store.size(), 2U);
    EXPECT_TRUE(store.sweep(100 * second, 0));
    EXPECT_FALSE(store.sweep(100 * second, 1));
    EXPECT_EQ(store.size(), 1U);
    // A node that another topic has got since is not taken for the old one.
    store.put(message("d", "5", 10));
    store.put(message("d", ""));
    store.put(message("e", "6"));
    EXPECT_FALSE(store.sweep(1000 * second, 10));
    EXPECT_EQ(found(store, "#", 1000 * second), (Texts{"c=4", "e=6"}));
}

TEST(RetainedStore, IsBounded) {
    SeededRandom random(1);
    RetainedStore store(random, {.messages_max = 2, .bytes_max = 10'000});
    EXPECT_EQ(store.put(message("a", "1")), Kept::Stored);
    EXPECT_EQ(store.put(message("b", "1")), Kept::Stored);
    EXPECT_EQ(store.put(message("c", "1")), Kept::Full);
    EXPECT_EQ(store.put(message("a", std::string(20'000, 'x'))), Kept::Full);
    EXPECT_EQ(store.put(message("a", "2")), Kept::Stored);
    EXPECT_EQ(found(store, "#"), (Texts{"a=2", "b=1"}));
    store.put(message("a", ""));
    EXPECT_EQ(store.put(message("c", "1")), Kept::Stored);
    store.put(message("b", ""));
    store.put(message("c", ""));
    EXPECT_EQ(store.message_bytes(), 0U);
    std::string deep = "a";
    for (std::size_t i = 0; i < levels_max; ++i) {
        deep += "/a";
    }
    EXPECT_EQ(store.put(message(deep, "1")), Kept::TooDeep);
}

TEST(RetainedStore, AgreesWithThePlainMatcher) {
    SeededRandom random(3);
    RetainedStore store(random);
    std::map<std::string, std::string> all;
    for (int step = 0; step < 5'000; ++step) {
        const std::string topic = random_levels(random, false);
        if (random.chance(0.4)) {
            all[topic] = std::to_string(step);
            ASSERT_EQ(store.put(message(topic, all[topic])), Kept::Stored);
        } else if (random.chance(0.5)) {
            ASSERT_EQ(store.put(message(topic, "")),
                      all.erase(topic) > 0 ? Kept::Removed : Kept::Nothing);
        } else {
            const std::string filter = random_levels(random, true);
            Texts expected;
            for (const auto& [name, payload] : all) {
                if (mqtt::matches(filter, name)) {
                    expected.insert(name + "=" + payload);
                }
            }
            ASSERT_EQ(found(store, filter), expected) << filter;
        }
        ASSERT_EQ(store.size(), all.size());
    }
}

}  // namespace
}  // namespace gantry::mqtt

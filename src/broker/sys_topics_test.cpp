// SPDX-License-Identifier: Apache-2.0
#include "broker/sys_topics.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace gantry::broker {
namespace {

using namespace std::chrono_literals;

std::map<std::string, std::string> all(const SysTopics& topics, const SysFigures& figures) {
    std::map<std::string, std::string> out;
    topics.visit(figures, [&](std::string_view topic, std::string_view payload) {
        EXPECT_TRUE(out.emplace(topic, payload).second) << topic << " is said twice";
    });
    return out;
}

TEST(SysTopics, SayWhatThereIs) {
    SysFigures figures{.version = "1.2.3", .uptime = 90'500ms};
    figures.connected = 2;
    figures.sessions = 5;
    figures.retained = 7;
    figures.counters.dropped_slow = 3;
    figures.counters.dropped_away = 4;
    const auto said = all(SysTopics(), figures);
    EXPECT_EQ(said.at("$SYS/broker/version"), "gantry version 1.2.3");
    EXPECT_EQ(said.at("$SYS/broker/uptime"), "90 seconds");
    EXPECT_EQ(said.at("$SYS/broker/clients/connected"), "2");
    EXPECT_EQ(said.at("$SYS/broker/clients/disconnected"), "3");
    EXPECT_EQ(said.at("$SYS/broker/clients/total"), "5");
    EXPECT_EQ(said.at("$SYS/broker/retained messages/count"), "7");
    EXPECT_EQ(said.at("$SYS/broker/publish/messages/dropped"), "7");
    EXPECT_EQ(said.at("$SYS/broker/load/messages/received/15min"), "0.00");
}

// What was before the first look is no load of now.
TEST(SysTopics, AverageLoadsByTheMinute) {
    SysTopics topics;
    SysFigures figures;
    figures.counters.messages_in = 1'000'000;
    Duration now = 1h;
    topics.update(figures, now);
    for (int i = 0; i < 6; ++i) {
        now += 10s;
        figures.counters.messages_in += 10;
        topics.update(figures, now);
    }
    // 60 a minute since a minute: 60 (1 - e^-1), 60 (1 - e^-1/5), 60 (1 - e^-1/15).
    auto said = all(topics, figures);
    EXPECT_EQ(said.at("$SYS/broker/load/publish/received/1min"), "37.93");
    EXPECT_EQ(said.at("$SYS/broker/load/publish/received/5min"), "10.88");
    EXPECT_EQ(said.at("$SYS/broker/load/publish/received/15min"), "3.87");
    EXPECT_EQ(said.at("$SYS/broker/load/publish/sent/1min"), "0.00");
    now += 1h;
    topics.update(figures, now);
    said = all(topics, figures);
    EXPECT_EQ(said.at("$SYS/broker/load/publish/received/15min"), "0.07");
}

TEST(SysTopics, RememberTheMostThatWereConnected) {
    SysTopics topics;
    SysFigures figures;
    figures.connected = figures.sessions = 9;
    topics.update(figures, 1s);
    figures.connected = figures.sessions = 1;
    topics.update(figures, 2s);
    EXPECT_EQ(all(topics, figures).at("$SYS/broker/clients/maximum"), "9");
}

}  // namespace
}  // namespace gantry::broker

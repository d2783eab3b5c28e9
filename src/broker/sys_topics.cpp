// SPDX-License-Identifier: Apache-2.0
#include "broker/sys_topics.h"

#include <algorithm>
#include <cmath>
#include <format>

namespace gantry::broker {
namespace {

struct Load {
    std::string_view name;
    std::uint64_t (*count)(const mqtt::CoreCounters&);
};

using Counters = mqtt::CoreCounters;

constexpr std::array<Load, SysTopics::loads> all_loads = {{
    {"connections", [](const Counters& of) { return of.connects; }},
    {"messages/received", [](const Counters& of) { return of.packets_in; }},
    {"messages/sent", [](const Counters& of) { return of.packets_out; }},
    {"publish/received", [](const Counters& of) { return of.messages_in; }},
    {"publish/sent", [](const Counters& of) { return of.messages_out; }},
    {"publish/dropped", [](const Counters& of) { return of.dropped(); }},
    {"bytes/received", [](const Counters& of) { return of.bytes_in; }},
    {"bytes/sent", [](const Counters& of) { return of.bytes_out; }},
}};

struct Window {
    std::string_view name;
    double seconds;
};

constexpr std::array<Window, 3> all_windows = {{{"1min", 60}, {"5min", 300}, {"15min", 900}}};

}  // namespace

void SysTopics::update(const SysFigures& figures, Duration now) {
    connected_most_ = std::max(connected_most_, figures.connected);
    const double seconds = std::chrono::duration<double>(now - updated_).count();
    for (std::size_t i = 0; i < loads; ++i) {
        const std::uint64_t count = all_loads[i].count(figures.counters);
        if (begun_ && seconds > 0) {
            const double rate = static_cast<double>(count - last_[i]) * 60 / seconds;
            for (std::size_t w = 0; w < windows; ++w) {
                double& average = averages_[i][w];
                average = rate + std::exp(-seconds / all_windows[w].seconds) * (average - rate);
            }
        }
        last_[i] = count;
    }
    begun_ = true;
    updated_ = now;
}

void SysTopics::visit(const SysFigures& figures, const Visit& visit) const {
    const auto say = [&](std::string_view name, std::string_view payload) {
        visit(std::format("$SYS/broker/{}", name), payload);
    };
    const auto count = [&](std::string_view name, std::uint64_t value) {
        say(name, std::to_string(value));
    };
    const Counters& counters = figures.counters;
    say("version", std::format("gantry version {}", figures.version));
    say("uptime",
        std::format("{} seconds",
                    std::chrono::duration_cast<std::chrono::seconds>(figures.uptime).count()));
    count("clients/total", figures.sessions);
    count("clients/connected", figures.connected);
    count("clients/disconnected", figures.sessions - figures.connected);
    count("clients/maximum", std::max(connected_most_, figures.connected));
    count("clients/expired", counters.sessions_expired);
    count("subscriptions/count", figures.subscriptions);
    count("retained messages/count", figures.retained);
    count("messages/received", counters.packets_in);
    count("messages/sent", counters.packets_out);
    count("publish/messages/received", counters.messages_in);
    count("publish/messages/sent", counters.messages_out);
    count("publish/messages/dropped", counters.dropped());
    count("bytes/received", counters.bytes_in);
    count("bytes/sent", counters.bytes_out);
    for (std::size_t i = 0; i < loads; ++i) {
        for (std::size_t w = 0; w < windows; ++w) {
            say(std::format("load/{}/{}", all_loads[i].name, all_windows[w].name),
                std::format("{:.2f}", averages_[i][w]));
        }
    }
}

}  // namespace gantry::broker

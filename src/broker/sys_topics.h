// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>

#include "base/time.h"
#include "mqtt/limits.h"

namespace gantry::broker {

// What there is to be said of a tenant's broker.
struct SysFigures {
    std::string_view version = {};
    Duration uptime{0};
    std::size_t connected = 0;
    std::size_t sessions = 0;
    std::size_t subscriptions = 0;
    std::size_t retained = 0;
    mqtt::CoreCounters counters = {};
};

// The topics below $SYS/broker, with the names and the payloads that Mosquitto's have
// (mosquitto(8)), and the averages of loads among them. One thread.
class SysTopics {
public:
    // What was a minute ago, and so on, counts e^-1 of what is now. To be called about as often as
    // the averages are to change.
    void update(const SysFigures& figures, Duration now);

    using Visit = std::function<void(std::string_view topic, std::string_view payload)>;
    void visit(const SysFigures& figures, const Visit& visit) const;

    // Those whose loads are averaged.
    static constexpr std::size_t loads = 8;

private:
    static constexpr std::size_t windows = 3;

    bool begun_ = false;
    Duration updated_{0};
    std::size_t connected_most_ = 0;
    std::array<std::uint64_t, loads> last_{};
    std::array<std::array<double, windows>, loads> averages_{};  // a minute
};

}  // namespace gantry::broker

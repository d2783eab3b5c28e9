// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

#include "broker/gate.h"
#include "broker/link.h"
#include "broker/sys_topics.h"
#include "mqtt/core.h"
#include "mqtt/record_log.h"

namespace gantry::broker {

// The broker of one tenant: its core, who is connected to it, and what of it is on its way to the
// disk. On the broker's thread.
class Space {
public:
    Space(TenantId of, const Clock& clock, Random& random, TopicGate::Rights rights,
          const mqtt::CoreLimits& limits)
        : tenant(std::move(of)), gate(std::move(rights)), core(clock, random, gate, limits) {}

    const TenantId tenant;
    TopicGate gate;
    mqtt::Core core;
    std::unordered_map<mqtt::ConnectionId, std::shared_ptr<Link>> links;
    bool dirty = false;  // something is to be done in the next turn

    // Records that the log has not taken yet: there is no space. Nobody is read from meanwhile.
    std::vector<mqtt::Record> unlogged;
    // Numbers of records, and what must be durable so that they are.
    std::deque<std::pair<std::uint64_t, mqtt::Lsn>> logged;
    // Messages that were handed over, and whether they are where they belong.
    struct HandedOver {
        std::uint64_t last = 0;
        std::size_t bytes = 0;
        bool done = false;
    };
    std::deque<std::shared_ptr<HandedOver>> handed;
    std::size_t handed_bytes = 0;
    // Who waits for something to become durable.
    std::vector<std::shared_ptr<asio::steady_timer>> waiting;
    mqtt::CoreCounters counted;  // what of its counters is in the metrics
    SysTopics sys;
};

}  // namespace gantry::broker

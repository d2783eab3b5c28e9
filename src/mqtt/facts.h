// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "mqtt/codec/packet.h"
#include "mqtt/gate.h"

namespace gantry::mqtt {

// What there is to be said of a session, for people who look after a broker.
struct SessionFacts {
    std::string client_id;
    std::string principal;
    ConnectionId connection = 0;    // 0: away
    Version version = Version::V5;  // of the connection
    std::uint32_t expiry = 0;       // seconds after the connection; UINT32_MAX: never
    bool has_will = false;
    std::size_t subscriptions = 0;
    std::size_t queued = 0;  // messages that wait
    std::size_t queued_bytes = 0;
    std::size_t inflight = 0;   // messages that are sent and not acknowledged
    std::uint64_t dropped = 0;  // messages that it did not get, since the program began
};

using Subscriptions = std::vector<std::pair<std::string, SubscriptionOptions>>;

}  // namespace gantry::mqtt

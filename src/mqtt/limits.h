// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/time.h"
#include "mqtt/retained_store.h"

namespace gantry::mqtt {

// What becomes of a message of QoS 1 or 2 for a session whose queue is full. Each is counted.
enum class QueueFull : std::uint8_t {
    DropOldest,  // that which has waited longest goes
    DropNewest,  // the new one is not taken
};

struct CoreLimits {
    std::size_t packet_bytes_max = std::size_t{1} << 20;  // from a client
    // Messages of QoS 1 and 2 under way, from a client and to one.
    std::uint16_t receive_maximum = 1024;
    std::uint16_t inflight_max = 1024;
    // Topic aliases, from a client and to one.
    std::uint16_t aliases_in_max = 64;
    std::uint16_t aliases_out_max = 64;
    std::uint32_t session_expiry_max = 7 * 24 * 3600;  // seconds; also that of 3.1.1
    std::uint16_t keep_alive_max = 0;                  // seconds; 0: as the client says
    Duration connect_within = std::chrono::seconds(10);
    std::size_t sessions_max = 1'000'000;
    std::size_t subscriptions_max = 10'000;  // of a session
    // Messages of QoS 1 and 2 that wait for a client, which may be away. Those of QoS 0 do not wait
    // for one that is away.
    std::size_t queue_messages_max = 10'000;
    std::size_t queue_bytes_max = std::size_t{64} << 20;
    QueueFull queue_full = QueueFull::DropOldest;
    // Bytes of a connection that nobody has taken yet; beyond them messages of QoS 0 are dropped
    // and others wait in the queue.
    std::size_t output_bytes_max = std::size_t{1} << 20;
    RetainedLimits retained;
};

// What has happened since the beginning.
struct CoreCounters {
    std::uint64_t messages_in = 0;
    std::uint64_t messages_out = 0;        // sent the first time
    std::uint64_t dropped_queue_full = 0;  // for a session
    std::uint64_t dropped_slow = 0;        // QoS 0, for a connection that does not read
    std::uint64_t dropped_away = 0;        // QoS 0, for a session without a connection
    std::uint64_t dropped_expired = 0;     // for a session
    std::uint64_t dropped_too_large = 0;   // for what the client takes
    std::uint64_t dropped_forbidden = 0;   // for a session that may not have it (any more)
    std::uint64_t refused_publishes = 0;
    std::uint64_t refused_connects = 0;
    std::uint64_t protocol_errors = 0;
    std::uint64_t takeovers = 0;
    std::uint64_t connects = 0;  // that were let in
    std::uint64_t sessions_expired = 0;
    std::uint64_t packets_in = 0;  // of every type
    std::uint64_t packets_out = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;

    std::uint64_t dropped() const {
        return dropped_queue_full + dropped_slow + dropped_away + dropped_expired +
               dropped_too_large + dropped_forbidden;
    }
};

}  // namespace gantry::mqtt

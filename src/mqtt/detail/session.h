// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "mqtt/gate.h"
#include "mqtt/message.h"
#include "mqtt/subscription_tree.h"

namespace gantry::mqtt::detail {

inline constexpr Duration never = Duration::max();
inline constexpr std::uint32_t never_expires = UINT32_MAX;

// A message on its way to one client.
struct Outgoing {
    MessagePtr message;
    std::uint64_t sequence = 0;  // 0: of QoS 0
    std::vector<std::uint32_t> subscription_ids;
    PacketId id = 0;  // 0: not sent yet
    std::uint8_t qos = 0;
    bool retain = false;
    bool released = false;  // QoS 2: its PUBREC came
};

// What a message in a queue costs: others may share its bytes.
inline std::size_t cost_of(const Outgoing& one) { return sizeof(Outgoing) + one.message->bytes(); }

// What the broker keeps of a client, whether it is connected or not (4.1).
struct Session {
    SubscriberId number = no_subscriber;
    std::string client_id;
    std::string principal;
    std::uint32_t expiry = 0;     // seconds after the connection; never_expires
    ConnectionId connection = 0;  // 0: away
    std::map<std::string, Subscription, std::less<>> subscriptions;
    std::deque<Outgoing> queue;     // QoS 1 and 2, not sent yet
    std::deque<Outgoing> inflight;  // sent, in that order, not acknowledged
    std::deque<Outgoing> retained;  // QoS 0, from a subscription, for this connection
    std::size_t queue_bytes = 0;
    std::uint64_t dropped = 0;  // messages that it did not get, since the program began
    std::uint64_t last_sequence = 0;
    PacketId last_id = 0;
    std::vector<PacketId> received;  // QoS 2, whose PUBREL has not come; sorted
    MessagePtr will;                 // without the time at which it expires; null: none
    std::uint32_t will_delay = 0;    // seconds
    Duration will_at = never;        // monotonic
    Duration ends_at = never;
    Time away_since = time_min;  // time_min: it is connected

    bool recorded = false;  // the records tell of it, so what happens to it is recorded

    // Whether it outlives its connection, and so the program.
    bool kept() const { return expiry > 0; }
};

// Bytes that may leave once a record is durable.
struct Segment {
    std::uint64_t after = 0;
    std::uint64_t handed = 0;  // and once that message is where it belongs
    std::string bytes;
    std::uint32_t acks = 0;  // PUBACKs among them
};

struct Connection {
    enum class State : std::uint8_t { Connecting, Authenticating, Connected, Closing };

    ConnectionId id = 0;
    State state = State::Connecting;
    Version version = Version::V5;
    Session* session = nullptr;
    std::string connect;               // the CONNECT, until it is answered
    std::string method;                // of enhanced authentication
    bool challenged = false;           // an AUTH of the client is awaited
    bool authenticating = false;       // the gate has not answered yet
    std::uint32_t connect_expiry = 0;  // what CONNECT asked for
    Duration keep_alive{0};            // with the half on top; 0: none
    Duration heard_at{0};
    Duration deadline = never;
    // What the client takes.
    std::uint16_t receive_maximum = 65'535;
    std::uint32_t packet_bytes_max = UINT32_MAX;
    std::uint16_t aliases_out_max = 0;
    std::vector<std::string> aliases_in;  // alias 1 first; empty: not set
    std::unordered_map<std::string, std::uint16_t> aliases_out;
    std::deque<Segment> output;
    std::size_t output_bytes = 0;
    std::uint32_t acks_waiting = 0;
    bool ready = false;
};

}  // namespace gantry::mqtt::detail

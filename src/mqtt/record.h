// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "mqtt/message.h"
#include "mqtt/subscription_tree.h"

namespace gantry::mqtt {

// A change of what must outlive the program: of sessions that are kept when their connection is
// gone, and of retained messages. Which fields it has is said beside its type.
enum class RecordType : std::uint8_t {
    SessionOpened,    // client_id, principal, expiry; what was of that client before is over
    SessionResumed,   // client_id, expiry: connected again
    SessionAway,      // client_id, expiry, at: its connection is gone
    SessionEnded,     // client_id
    Subscribed,       // client_id, filter, subscription
    Unsubscribed,     // client_id, filter
    Queued,           // client_id, sequence, qos, retain, subscription_ids, message
    Sent,             // client_id, sequence, packet_id
    Released,         // client_id, sequence: the client has it (PUBREC)
    Done,             // client_id, sequence: acknowledged, expired or dropped
    Received,         // client_id, packet_id: a message of QoS 2 came in
    Forgotten,        // client_id, packet_id: its PUBREL came
    Retained,         // message
    RetainedCleared,  // filter: the topic
};

struct Record {
    std::uint64_t number = 0;  // 1, 2, 3 …
    RecordType type{};
    // The next one belongs to the same change: both count, or neither. A change is at an end when
    // bytes wait for it.
    bool more = false;
    std::string client_id = {};
    std::string principal = {};
    std::string filter = {};
    Subscription subscription = {};
    std::uint32_t expiry = 0;  // seconds, UINT32_MAX: never
    Time at = 0;
    std::uint64_t sequence = 0;  // of a message in its session's queue: 1, 2, 3 …
    PacketId packet_id = 0;
    std::uint8_t qos = 0;
    bool retain = false;
    std::vector<std::uint32_t> subscription_ids = {};
    MessagePtr message = {};
};

std::string_view record_name(RecordType type);

}  // namespace gantry::mqtt

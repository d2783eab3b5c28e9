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
// gone, of wills, and of retained messages. Which fields it has is said beside its type. The
// numbers of the types are those on disk.
enum class RecordType : std::uint8_t {
    SessionOpened = 1,     // client_id, principal, expiry; what was of that client before is over
    SessionResumed = 2,    // client_id, expiry: connected again
    SessionAway = 3,       // client_id, expiry, at: its connection is gone
    SessionEnded = 4,      // client_id
    Subscribed = 5,        // client_id, filter, subscription
    Unsubscribed = 6,      // client_id, filter
    Queued = 7,            // client_id, sequence, qos, retain, subscription_ids, message
    Sent = 8,              // client_id, sequence, packet_id
    Released = 9,          // client_id, sequence: the client has it (PUBREC)
    Done = 10,             // client_id, sequence: acknowledged, expired or dropped
    Received = 11,         // client_id, packet_id: a message of QoS 2 came in
    Forgotten = 12,        // client_id, packet_id: its PUBREL came
    Retained = 13,         // message
    RetainedCleared = 14,  // filter: the topic
    WillSet = 15,          // client_id, principal, expiry: the delay; message: not published yet
    WillCleared = 16,      // client_id: published, or not wanted any more
    // Of snapshots only. Their records have the number of the last one whose effect is in them.
    SnapshotBegan = 17,  // what was before does not count
    Counted = 18,        // client_id, sequence, packet_id: the last that the session gave out
    SnapshotPart = 19,   // client_id: sessions up to it, by their bytes, are as of that number
    SnapshotEnded = 20,  // so are all behind the last part
};

struct Record {
    std::uint64_t number = 0;  // 1, 2, 3 …, except in a snapshot
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

// SPDX-License-Identifier: Apache-2.0
// The packets of MQTT 3.1.1 and 5.0 (chapter 3 of the standards). Texts are views into the bytes
// that a packet was decoded from, or into what it is to be encoded from; nothing is copied.
// Of 3.1.1 properties are always empty.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "mqtt/codec/properties.h"
#include "mqtt/codec/reason.h"

namespace gantry::mqtt {

using PacketId = std::uint16_t;  // never 0 where there is one

struct Will {
    std::string_view topic;
    std::string_view payload;
    std::uint8_t qos = 0;
    bool retain = false;
    Properties properties;
};

struct Connect {
    Version version = Version::V5;
    // Of 3.1.1: bit 7 of the protocol level, by which brokers such as Mosquitto know that another
    // broker is connecting. For encode() only: nobody connects to us that way.
    bool bridge = false;
    bool clean_start = true;       // "clean session" of 3.1.1
    std::uint16_t keep_alive = 0;  // seconds, 0: none
    std::string_view client_id;
    std::optional<Will> will;
    std::optional<std::string_view> user_name;
    std::optional<std::string_view> password;
    Properties properties;
};

struct Connack {
    bool session_present = false;
    // Of 3.1.1: its return code, 0 to 5.
    std::uint8_t reason = 0;
    Properties properties;
};

struct Publish {
    bool dup = false;
    std::uint8_t qos = 0;
    bool retain = false;
    PacketId id = 0;         // 0 with QoS 0
    std::string_view topic;  // empty: the topic alias says which
    std::string_view payload;
    Properties properties;
};

// PUBACK, PUBREC, PUBREL, PUBCOMP.
struct Ack {
    PacketType type = PacketType::Puback;
    PacketId id = 0;
    Reason reason = Reason::Success;
    Properties properties;
};

enum class RetainHandling : std::uint8_t { Send = 0, SendIfNew = 1, DoNotSend = 2 };

struct SubscriptionOptions {
    std::uint8_t qos = 0;
    bool no_local = false;
    bool retain_as_published = false;
    RetainHandling retain_handling = RetainHandling::Send;

    bool operator==(const SubscriptionOptions&) const = default;
};

struct SubscriptionRequest {
    std::string_view filter;
    SubscriptionOptions options;
};

struct Subscribe {
    PacketId id = 0;
    std::vector<SubscriptionRequest> requests;
    Properties properties;
};

struct Unsubscribe {
    PacketId id = 0;
    std::vector<std::string_view> filters;
    Properties properties;
};

// SUBACK and UNSUBACK. An UNSUBACK of 3.1.1 has no reasons.
struct SubscriptionAck {
    PacketType type = PacketType::Suback;
    PacketId id = 0;
    std::string_view reasons;  // a byte each
    Properties properties;
};

struct Ping {
    PacketType type = PacketType::Pingreq;  // or Pingresp
};

struct Disconnect {
    Reason reason = Reason::Success;
    Properties properties;
};

struct Auth {
    Reason reason = Reason::Success;
    Properties properties;
};

using Packet = std::variant<Connect, Connack, Publish, Ack, Subscribe, SubscriptionAck, Unsubscribe,
                            Ping, Disconnect, Auth>;

PacketType type_of(const Packet& packet);

}  // namespace gantry::mqtt

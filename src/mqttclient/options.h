// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/secret.h"
#include "base/time.h"
#include "mqtt/codec/packet.h"

namespace gantry::mqttclient {

// What the server publishes when the client is lost.
struct WillMessage {
    std::string topic;
    std::string payload;
    std::uint8_t qos = 0;
    bool retain = false;
    std::uint32_t delay = 0;  // seconds; 5.0
};

// How a client introduces itself.
struct ConnectOptions {
    mqtt::Version version = mqtt::Version::V5;
    bool bridge = false;    // see mqtt::Connect
    std::string client_id;  // empty: the server gives one, and the session starts clean
    bool clean_start = true;
    std::uint32_t session_expiry = 0;  // seconds; of 3.1.1 the server decides
    std::uint16_t keep_alive = 60;     // seconds; 0: a dead server is not noticed
    std::optional<std::string> user_name;
    std::optional<Secret> password;
    std::optional<WillMessage> will;
    std::uint16_t receive_maximum = 100;  // messages of QoS 1 and 2 that are not acknowledged; 5.0
    std::size_t packet_bytes_max = std::size_t{1} << 20;  // from the server
    // For each answer that the server owes: CONNACK, PINGRESP.
    Duration answer_within = std::chrono::seconds(10);
};

// What a server has said of itself.
struct ServerFacts {
    bool session_present = false;
    std::string client_id;         // the given one, or the client's own
    std::uint16_t keep_alive = 0;  // seconds
    std::uint16_t receive_maximum = 65'535;
    std::uint8_t qos_max = 2;
    bool retain = true;
    std::size_t packet_bytes_max = mqtt::varint_max;
};

}  // namespace gantry::mqttclient

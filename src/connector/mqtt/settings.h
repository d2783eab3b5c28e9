// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/secret.h"
#include "connector/form.h"
#include "mqtt/codec/reason.h"

namespace gantry::connector::mqtt {

// How to talk to one broker, and as who.
struct Settings {
    std::string host;
    std::int64_t port = 0;  // 0: the usual one
    bool tls = false;
    std::string ca;           // PEM; empty: the operating system's
    std::string certificate;  // PEM, of ours
    Secret key;               // PEM
    std::string username;
    Secret password;
    std::string client_id;         // empty: one that follows from the connection
    std::string version = "auto";  // or "5.0", "3.1.1"
    Duration keep_alive = std::chrono::seconds(60);
    Duration session_expiry = std::chrono::hours(1);  // how long the broker is to keep messages
    std::int64_t qos = 1;                             // of tags that do not say it
    std::string status_topic;  // where the source says whether it is there; empty: nowhere
    std::string status_offline = "offline";
    Duration connect_timeout = std::chrono::seconds(10);
    Duration command_timeout = std::chrono::seconds(10);
    Duration stale_after = std::chrono::seconds(30);

    void describe(Form& form);

    std::uint16_t port_number() const;
    std::string where() const;  // "192.168.0.5:1883"
    // Nothing: 5.0, or 3.1.1 with a broker that refuses it.
    std::optional<gantry::mqtt::Version> only() const;
};

// Errors have their field: "/settings/port".
Result<Settings> read_settings(std::string_view text);

}  // namespace gantry::connector::mqtt

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "model/json.h"
#include "mqtt/codec/packet.h"
#include "runtime/stream.h"

namespace gantry::bridge {

enum class Direction : std::uint8_t { Out, In, Both };

// Which messages go over a bridge, and under which topics: those of local_prefix + filter here are
// those of remote_prefix + filter there. As a `topic` line of Mosquitto's.
struct Rule {
    Direction direction = Direction::Both;
    std::string filter;  // empty: one topic, whose names are the prefixes
    std::string local_prefix;
    std::string remote_prefix;
    std::uint8_t qos = 1;  // at most

    std::string local_filter() const { return local_prefix + filter; }
    std::string remote_filter() const { return remote_prefix + filter; }
    bool goes_out() const { return direction != Direction::In; }
    bool comes_in() const { return direction != Direction::Out; }
    // The other side's name for a topic; nothing if the rule is not for it, or it would be none.
    std::optional<std::string> to_remote(std::string_view topic) const;
    std::optional<std::string> to_local(std::string_view topic) const;

    bool operator==(const Rule&) const = default;
};

// What its owner says of a bridge, but for its secrets.
struct Config {
    std::string key;
    bool enabled = true;
    std::string address;      // "mqtt://host:1883", "mqtts://host:8883"
    std::string ca;           // PEM; empty: the authorities of the operating system
    std::string certificate;  // PEM; of the client, if it shows one
    std::string client_id;    // empty: one that follows from the id
    std::string user;
    std::optional<mqtt::Version> protocol;  // none: 5.0, or 3.1.1 if that is refused
    Duration keep_alive = std::chrono::seconds(60);
    std::vector<Rule> rules;

    bool operator==(const Config&) const = default;
};

// Fields that are written and never shown. None: stays as it is; empty: is taken away.
struct SecretFields {
    std::optional<Secret> password;
    std::optional<Secret> client_key;
};

// Of a request. InvalidArgument names the field. What is shown and cannot be set is ignored.
Result<> read_bridge(const json::value& body, Config& out, SecretFields& secrets);
// As it is stored.
Result<Config> read_config(std::string_view stored);
json::object to_json(const Config& config);

struct Address {
    bool tls = false;
    HostPort where;
};
Result<Address> parse_address(std::string_view text);

// Rules by which what goes out may come back in: of a server that cannot be told to keep from a
// client what that has published itself. The first two; none: all is well.
std::optional<std::pair<std::string, std::string>> find_loop(const std::vector<Rule>& rules);
// Whether there is a topic that both filters match.
bool filters_overlap(std::string_view one, std::string_view other);

}  // namespace gantry::bridge

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/options.h"

namespace gantry::opcua {

struct ServerOptions {
    std::vector<std::string> endpoints;
    std::vector<std::string> trusted_clients;
    std::vector<std::string> users;
    bool basic256sha256 = true;
    std::int64_t sessions_max = 100;
    std::int64_t connections_max = 200;
    Duration session_timeout_max = std::chrono::hours(1);
    std::int64_t subscriptions_max = 1'000;
    std::int64_t subscriptions_per_session = 50;
    std::int64_t monitored_items_max = 100'000;
    std::int64_t queue_size_max = 100;
    std::int64_t publish_requests_per_session = 20;
    Duration interval_least = std::chrono::milliseconds(100);
    std::int64_t message_bytes_max = 16 * 1024 * 1024;
    std::int64_t nodes_per_request = 1'000;
    std::int64_t history_values_max = 10'000;
    std::int64_t writes_waiting_max = 100;

    bool enabled() const { return !endpoints.empty(); }
    void describe(OptionVisitor& options);
};

// Where a tenant is served.
struct EndpointOptions {
    std::string tenant;  // its key or id
    std::string listen;  // "127.0.0.1:4840"
};

// "main=127.0.0.1:4840". InvalidArgument says what is wrong with it.
Result<EndpointOptions> read_endpoint(const std::string& text);

// Fingerprint and login of "3a9f…=operator", the fingerprint as 64 lower-case digits.
Result<std::pair<std::string, std::string>> read_user(const std::string& text);

// 64 lower-case digits of a SHA-256 fingerprint, which people write with ':' or spaces in between.
Result<std::string> read_fingerprint(std::string_view text);

}  // namespace gantry::opcua

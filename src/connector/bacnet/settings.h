// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/bacnet/frame.h"
#include "connector/form.h"

namespace gantry::connector::bacnet {

// How to talk to one BACnet/IP device.
struct Settings {
    std::string host;
    std::int64_t port = 47'808;
    std::int64_t device = -1;  // instance; -1: whoever is there
    std::int64_t network = 0;  // behind a router; 0: none
    std::string station;       // its address there, in hexadecimal
    NamedDurations groups = {{"default", std::chrono::seconds(5)}};
    Duration timeout = std::chrono::seconds(3);  // of one attempt
    std::int64_t retries = 3;
    Duration stale_after = std::chrono::seconds(60);
    std::int64_t max_apdu = 1476;
    std::int64_t max_requests = 2;  // under way at once
    std::int64_t priority = 8;
    Duration cov_lifetime = std::chrono::minutes(5);
    bool report_on_change = false;

    void describe(Form& form);

    std::string where() const;  // "192.168.0.5:47808"
    Station to() const;
};

// Errors have their field: "/settings/port".
Result<Settings> read_settings(std::string_view text);

}  // namespace gantry::connector::bacnet

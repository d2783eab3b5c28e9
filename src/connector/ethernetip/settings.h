// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "connector/form.h"

namespace gantry::connector::ethernetip {

// How to talk to one Logix controller.
struct Settings {
    std::string host;
    std::int64_t port = 44818;
    std::int64_t slot = 0;
    std::string route;  // "1,0"; empty: by slot; "none": the device itself
    NamedDurations groups = {{"default", std::chrono::seconds(1)}};
    Duration timeout = std::chrono::seconds(2);  // of one request
    Duration connect_timeout = std::chrono::seconds(5);
    Duration stale_after = std::chrono::seconds(30);
    bool connected = true;          // by connections of CIP, if the controller has them
    std::int64_t max_requests = 2;  // under way at once, each on a connection of its own
    std::int64_t max_gap = 32;      // bytes that nobody wants, to save a request
    bool report_on_change = false;

    void describe(Form& form);

    std::string where() const;  // "192.168.0.5:44818"
    Bytes way() const;          // the route, as it goes over the wire
};

// Errors have their field: "/settings/port".
Result<Settings> read_settings(std::string_view text);

}  // namespace gantry::connector::ethernetip

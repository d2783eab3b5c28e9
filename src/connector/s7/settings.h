// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/form.h"

namespace gantry::connector::s7 {

// How to talk to one S7 controller.
struct Settings {
    std::string host;
    std::int64_t port = 102;
    std::int64_t rack = 0;
    std::int64_t slot = 1;
    std::string resource = "op";  // of the controller: "pg", "op" or "basic"
    std::string local_tsap;       // "10.00"; empty: 01.00
    std::string remote_tsap;      // empty: by resource, rack and slot
    NamedDurations groups = {{"default", std::chrono::seconds(1)}};
    Duration timeout = std::chrono::seconds(2);  // of one request
    Duration connect_timeout = std::chrono::seconds(5);
    Duration stale_after = std::chrono::seconds(30);
    std::int64_t pdu_bytes = 480;  // asked for; the controller decides
    std::int64_t max_jobs = 4;     // the same
    std::int64_t max_gap = 16;     // bytes that nobody wants, to save an item
    bool report_on_change = false;

    void describe(Form& form);

    std::string where() const;  // "192.168.0.5:102"
    std::uint16_t local() const;
    std::uint16_t remote() const;
};

// Errors have their field: "/settings/port".
Result<Settings> read_settings(std::string_view text);

}  // namespace gantry::connector::s7

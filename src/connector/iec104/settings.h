// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.h"
#include "connector/form.h"
#include "connector/iec104/session.h"

namespace gantry::connector::iec104 {

// How to talk to one controlled station.
struct Settings {
    std::string host;
    std::int64_t port = 2404;
    std::int64_t common_address = 1;  // of tags that do not name one
    std::int64_t originator = 0;
    Duration interrogation_period{0};     // again so often; 0: only at the beginning
    bool counters = false;                // interrogate them too
    bool clock = false;                   // set the station's
    std::int64_t utc_offset_minutes = 0;  // of the station's clock, without summer time
    Duration connect_timeout = std::chrono::seconds(30);  // t0
    Duration t1 = std::chrono::seconds(15);
    Duration t2 = std::chrono::seconds(10);
    Duration t3 = std::chrono::seconds(20);
    std::int64_t k = 12;
    std::int64_t w = 8;
    Duration command_timeout = std::chrono::seconds(10);
    Duration stale_after = std::chrono::seconds(30);
    bool tls = false;
    std::string ca;           // PEM; empty: the operating system's
    std::string certificate;  // PEM, of ours
    Secret key;               // PEM

    void describe(Form& form);

    Session::Limits limits() const;
    std::string where() const;  // "192.168.0.5:2404"
    std::uint16_t common() const { return static_cast<std::uint16_t>(common_address); }
};

// Errors have their field: "/settings/port".
Result<Settings> read_settings(std::string_view text);

}  // namespace gantry::connector::iec104

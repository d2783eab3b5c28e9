// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/form.h"
#include "http/client.h"

namespace gantry::connector::http_json {

// How to talk to one HTTP server, and as who.
struct Settings {
    std::string url;  // "https://192.168.0.5:8443"
    std::string username;
    Secret password;
    Secret token;             // Authorization: Bearer …
    Secret header;            // a whole one: "X-Api-Key: …"
    std::string ca;           // PEM; empty: the operating system's
    std::string certificate;  // PEM, of ours
    Secret key;               // PEM
    NamedDurations groups = {{"default", std::chrono::seconds(1)}};
    Duration timeout = std::chrono::seconds(5);  // of one request
    Duration connect_timeout = std::chrono::seconds(5);
    Duration stale_after = std::chrono::seconds(30);
    bool report_on_change = false;

    void describe(Form& form);

    // Of settings that were checked.
    gantry::http::Url server() const;
    gantry::http::ClientOptions client_options() const;
    // What every request says of who asks.
    gantry::http::Headers credentials() const;
};

// Errors have their field: "/settings/url".
Result<Settings> read_settings(std::string_view text);

}  // namespace gantry::connector::http_json

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/connector.h"
#include "connector/http_json/settings.h"

namespace gantry::connector::http_json {

// An answer that says how the server is, whether it was wanted or not.
struct Fetched {
    int status = 0;
    std::string body;
    std::string type;     // Content-Type
    std::string trouble;  // why there is no value in it; empty: there may be
    Quality quality = quality::good;
};

// Asks one server, over one connection that is kept. One question at a time. An error is that
// nobody was reached, or that no whole answer came.
class Asker {
public:
    Asker(const Surroundings& around, const Settings& settings);

    // A connection that the server has closed meanwhile is made anew.
    Async<Fetched> get(const std::string& path);
    Async<Fetched> send(gantry::http::Method method, const std::string& path, std::string body,
                        std::string_view type);

    static constexpr std::size_t body_bytes_max = std::size_t{4} << 20;

private:
    Async<Fetched> call(gantry::http::Outgoing request);

    const Timers& timers_;
    const Duration patience_;
    gantry::http::Client client_;
    const gantry::http::Headers credentials_;
    bool kept_ = false;  // a question was answered over the connection
};

}  // namespace gantry::connector::http_json

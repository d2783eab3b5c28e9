// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <set>

#include "api/services.h"
#include "base/json_writer.h"
#include "http/websocket.h"
#include "security/context.h"

namespace gantry::api {

// One conversation on /v1/live: the client says which points it follows, the server sends their
// samples as they come (docs/guide/live.md). On the shard of the connection.
class LiveSession {
public:
    static constexpr std::string_view path = "/v1/live";

    // The context is filled in by the first message where the request had no token, because a
    // browser cannot set headers of a WebSocket.
    LiveSession(Services& services, http::WebSocket& socket, security::Context& context,
                std::string token);

    asio::awaitable<void> run();

private:
    asio::awaitable<void> read_loop();
    asio::awaitable<void> write_loop();
    asio::awaitable<void> watch_identity();
    // False to end the conversation.
    asio::awaitable<bool> on_message(const std::string& text);
    Async<> handle(const std::string& text);
    Async<> authorize(const std::string& token);
    Result<> subscribe(const json::value& wish, bool add);
    std::string render(const pipeline::Subscription::Taken& taken);
    void append_sample(JsonWriter& json, const directory::PointEntry& entry, const Sample& sample);

    Services& services_;
    http::WebSocket& socket_;
    security::Context& context_;
    Secret token_;  // asked about again and again: it may be taken back
    std::shared_ptr<pipeline::Subscription> subscription_;
    std::shared_ptr<asio::steady_timer> woken_;  // cancelled when there is something to send
    std::set<SeriesId> followed_;
    std::vector<std::string> outbox_;  // answers to messages, sent before samples
    Duration pause_{0};                // least time between two sends: 1 s / rate
    std::uint64_t sequence_ = 0;
    bool with_code_ = false;
};

}  // namespace gantry::api

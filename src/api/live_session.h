// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>

#include "api/call.h"
#include "api/live_conversation.h"
#include "http/websocket.h"

namespace gantry::api {

// Wakes a coroutine of one shard from any thread, as often as wanted.
class LiveSignal {
public:
    explicit LiveSignal(const asio::any_io_executor& executor);
    // What a conversation is to call; harmless when the signal is gone.
    std::function<void()> waker() const;
    void wake() { timer_->cancel(); }
    // Until woken, or that long.
    asio::awaitable<void> wait(Duration at_most);

private:
    asio::any_io_executor executor_;
    std::shared_ptr<asio::steady_timer> timer_;
};

// One connection on /v1/live by WebSocket: the client says which points it follows, the server
// sends their samples as they come (docs/guide/live.md). On the shard of the connection.
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
    // Ends when somebody comes back for this conversation by another connection.
    asio::awaitable<void> watch_leave();
    // False to end the conversation.
    asio::awaitable<bool> on_message(const std::string& text);
    Async<> handle(const std::string& text);
    Async<> authorize(const std::string& token);
    Result<> subscribe(const json::value& wish, bool add);
    asio::awaitable<void> resume(const std::string& token, std::uint64_t sequence);
    Result<> announce();

    Services& services_;
    http::WebSocket& socket_;
    security::Context& context_;
    Secret token_;  // asked about again and again: it may be taken back
    std::unique_ptr<LiveConversation> conversation_;
    std::optional<LiveSignal> signal_;
    std::optional<LiveSignal> leave_;
    std::vector<std::string> outbox_;  // answers to messages, sent before samples
};

// The conversation of that token, from where it is kept or from a connection that has broken
// without being noticed, and what was sent after `sequence`; null when it is not to be had.
asio::awaitable<std::unique_ptr<LiveConversation>> take_up(
    Services& services, const security::Context& context, std::string token, std::uint64_t sequence,
    std::vector<LiveConversation::Message>& missed);

// The same as server-sent events (HTML standard, 9.2): one request, one answer that goes on. An
// event's id is what `Last-Event-ID` brings back.
Async<http::Response> serve_live_events(Services& services, const Call& call);

}  // namespace gantry::api

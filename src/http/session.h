// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "http/server.h"

namespace gantry::http {

// One connection of a client, from its first byte to its last.
class ServerSession {
public:
    ServerSession(std::unique_ptr<Stream> stream, Application& application,
                  const HttpOptions& options, ByteBudget& bodies, ByteBudget& answers, Log& log,
                  std::function<void()> ended);
    ServerSession(const ServerSession&) = delete;
    ServerSession& operator=(const ServerSession&) = delete;
    ~ServerSession();

    static asio::awaitable<void> run(std::unique_ptr<ServerSession> session);

private:
    struct Incoming;

    asio::awaitable<void> serve_all();
    // False when the connection is to be closed.
    asio::awaitable<bool> read_request(Request& request);
    asio::awaitable<bool> read_more(Duration limit);
    asio::awaitable<bool> read_body(std::string& body, std::size_t length);
    void charge_answer(const Request& request, Response& response);
    // How long the next bytes of the body may take, with so many there; nothing when it is too
    // slow.
    Duration pace(std::size_t body_bytes);
    asio::awaitable<bool> refuse(int status, std::string_view detail);
    asio::awaitable<void> linger();
    asio::awaitable<bool> write(const Request& request, Response& response);
    asio::awaitable<bool> write_stream(Response& response, bool chunked);
    asio::awaitable<bool> write_all(std::string_view first, std::string_view second);
    asio::awaitable<bool> hand_over(Request& request);

    std::unique_ptr<Stream> stream_;
    Application& application_;
    const HttpOptions& options_;
    ByteCharge body_charge_;
    ByteCharge answer_charge_;
    // When the client must have sent so much more of the body.
    std::chrono::steady_clock::time_point pace_until_;
    std::int64_t pace_bytes_ = 0;
    Log& log_;
    std::function<void()> ended_;
    std::string buffer_;  // bytes read and not used yet
    bool keep_alive_ = true;
    bool http_1_0_ = false;
};

}  // namespace gantry::http

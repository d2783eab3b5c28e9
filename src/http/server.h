// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/options.h"
#include "http/byte_budget.h"
#include "http/message.h"
#include "http/websocket.h"
#include "runtime/shards.h"
#include "runtime/stream.h"
#include "runtime/task_group.h"

namespace gantry::http {

struct HttpOptions {
    std::string listen = "127.0.0.1:8080";
    std::string tls_certificate;
    std::string tls_key;
    std::int64_t connections_max = 10'000;
    std::int64_t body_bytes_max = 64 * 1024 * 1024;
    std::int64_t body_bytes_total = 256 * 1024 * 1024;
    std::int64_t answer_bytes_total = 512 * 1024 * 1024;
    Duration idle_timeout = std::chrono::seconds(75);
    Duration header_timeout = std::chrono::seconds(15);
    Duration progress_timeout = std::chrono::seconds(30);

    void describe(OptionVisitor& options);
};

// What a server serves. Called on the shard of the connection; any number at once.
class Application {
public:
    virtual ~Application() = default;
    // How many bytes of body this request may have; asked when its head has been read.
    virtual std::size_t body_limit(const Request& head) const = 0;
    // On whose account the body of this request is, or its answer, when they are large.
    virtual std::string payer(const Request& head) const = 0;
    virtual asio::awaitable<Response> serve(Request& request) = 0;
    // For a request to upgrade: what to answer instead, or nothing to let `converse` have it.
    virtual asio::awaitable<std::optional<Response>> upgrade(Request& request) = 0;
    // The subprotocol of a WebSocket that it lets through; empty for none.
    virtual std::string subprotocol(const Request& /*request*/) const { return {}; }
    virtual asio::awaitable<void> converse(Request& request, WebSocket& socket) = 0;
    // The answer to what is not HTTP, or breaks a limit.
    virtual Response reject(int status, std::string_view detail) const = 0;
};

// HTTP/1.1 with keep-alive and pipelining, and WebSocket, over TCP or TLS. One accept loop; each
// connection lives on one shard. Everything that a client can make it hold is bounded, and nothing
// waits for a client without end.
class Server {
public:
    Server(Shards& shards, Network& network, Application& application, Log& log, Metrics& metrics,
           HttpOptions options);
    ~Server();

    // Conflict if the port is taken.
    Result<> start();
    // Ends the accept loop and all connections. Blocks; not from a shard's thread.
    void stop();
    // "127.0.0.1:8080", with the port that was chosen.
    std::string address() const;
    bool encrypted() const { return !options_.tls_certificate.empty(); }

private:
    struct Shard;
    class Session;

    asio::awaitable<void> accept_loop();
    asio::awaitable<void> turn_away(Stream& stream);

    Shards& shards_;
    Network& network_;
    Application& application_;
    Log& log_;
    const HttpOptions options_;
    ByteBudget bodies_;   // of requests, from their first byte to the answer
    ByteBudget answers_;  // until they are taken
    Gauge& connections_;
    Counter& refused_;
    std::unique_ptr<Listener> listener_;
    std::vector<std::unique_ptr<TaskGroup>> groups_;  // the sessions of each shard
    std::unique_ptr<TaskGroup> acceptor_;
};

}  // namespace gantry::http

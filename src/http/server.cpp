// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <format>
#include <future>

#include "base/assert.h"
#include "http/session.h"

namespace gantry::http {

void HttpOptions::describe(OptionVisitor& options) {
    options.text("listen", listen, "Address and port of the console and the API.");
    options.text("tls_certificate", tls_certificate,
                 "PEM file with the certificate chain; empty for HTTP without TLS, which is for "
                 "loopback only.");
    options.text("tls_key", tls_key, "PEM file with the certificate's private key.");
    options.number("connections_max", connections_max, 1, 1'000'000,
                   "Connections at one time; more are refused.");
    options.number("body_bytes_max", body_bytes_max, 1024, std::int64_t{1} << 32,
                   "Largest body of a request.");
    options.number("body_bytes_total", body_bytes_total, 1024, std::int64_t{1} << 36,
                   "Bytes of bodies that may be read at one time, of all requests; of one "
                   "principal at most half of them.");
    options.number("answer_bytes_total", answer_bytes_total, 1024, std::int64_t{1} << 36,
                   "Bytes of answers that may wait for their clients to take them; of one "
                   "principal at most half of them, unless it is alone. What is streamed does not "
                   "count.");
    options.duration("idle_timeout", idle_timeout, std::chrono::seconds(1), std::chrono::hours(1),
                     "How long a connection may stay open without a request.");
    options.duration("header_timeout", header_timeout, std::chrono::seconds(1),
                     std::chrono::minutes(10),
                     "How long a client may take to send a request's head.");
    options.duration("progress_timeout", progress_timeout, std::chrono::seconds(1),
                     std::chrono::minutes(10),
                     "How long a client may send or take nothing in the middle of a message, or be "
                     "slower than 32 KiB in that time.");
}

Server::Server(Shards& shards, Network& network, Application& application, Log& log,
               Metrics& metrics, HttpOptions options)
    : shards_(shards),
      network_(network),
      application_(application),
      log_(log),
      options_(std::move(options)),
      bodies_(options_.body_bytes_total),
      answers_(options_.answer_bytes_total),
      connections_(metrics.gauge("gantry_http_connections", "Open HTTP connections.")),
      refused_(metrics.counter("gantry_http_refused_total",
                               "Connections refused because there were too many.")) {}

Server::~Server() { ASSERT(!acceptor_); }

Result<> Server::start() {
    const TlsFiles tls{options_.tls_certificate, options_.tls_key, ""};
    TRY_ASSIGN(const HostPort where, parse_host_port(options_.listen));
    const bool loopback =
        where.host == "::1" || where.host == "localhost" || where.host.starts_with("127.");
    if (!tls.enabled() && !loopback) {
        return fail(Code::InvalidArgument,
                    "http.listen = {} can be reached from other machines: set http.tls_certificate "
                    "and http.tls_key, or listen on 127.0.0.1",
                    options_.listen);
    }
    TRY_ASSIGN(listener_, network_.listen(shards_.executor(0), options_.listen, tls));
    for (std::size_t i = 0; i < shards_.count(); ++i) {
        groups_.push_back(std::make_unique<TaskGroup>(shards_.executor(i), log_, "http"));
    }
    acceptor_ = std::make_unique<TaskGroup>(shards_.executor(0), log_, "http accept");
    asio::post(shards_.executor(0), [this] { acceptor_->spawn(accept_loop()); });
    return {};
}

std::string Server::address() const { return listener_->address(); }

asio::awaitable<void> Server::accept_loop() {
    std::size_t next = 0;
    while (true) {
        TaskGroup& group = *groups_[next++ % groups_.size()];
        auto stream = co_await listener_->accept(group.executor());
        if (!stream) {
            if (stream.error().code == Code::Cancelled) {
                co_return;
            }
            // Out of descriptors: it passes, but not at once.
            log_.error("http", "cannot accept", {{"detail", stream.error().message}});
            asio::steady_timer pause(co_await asio::this_coro::executor, std::chrono::seconds(1));
            co_await pause.async_wait(asio::use_awaitable);
            continue;
        }
        if (connections_.value() >= options_.connections_max) {
            refused_.add();
            co_await turn_away(**stream);
            continue;
        }
        connections_.add(1);
        auto session =
            std::make_unique<ServerSession>(std::move(*stream), application_, options_, bodies_,
                                            answers_, log_, [this] { connections_.add(-1); });
        asio::post(group.executor(), [&group, session = std::move(session)]() mutable {
            group.spawn(ServerSession::run(std::move(session)));
        });
    }
}

// It may be a burst, so this waits for nobody: the answer fits what the system keeps for a
// connection.
asio::awaitable<void> Server::turn_away(Stream& stream) {
    if (!stream.encrypted()) {
        const Response answer = application_.reject(
            503, std::format("there are {} connections, which is the most: try again shortly",
                             options_.connections_max));
        const std::string text =
            std::format("HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json"
                        "\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
                        answer.body.size(), answer.body);
        (void)co_await stream.async_write_some(
            asio::buffer(text), asio::cancel_after(std::chrono::milliseconds(10), as_result));
    }
    stream.close();
}

void Server::stop() {
    if (!acceptor_) {
        return;
    }
    // An executor of its own thread each: the futures are waited for here, outside.
    asio::co_spawn(acceptor_->executor(), acceptor_->stop(), asio::use_future).get();
    acceptor_.reset();
    for (const auto& group : groups_) {
        asio::co_spawn(group->executor(), group->stop(), asio::use_future).get();
    }
    groups_.clear();
    listener_.reset();
}

}  // namespace gantry::http

// SPDX-License-Identifier: Apache-2.0
#include "pgwire/server.h"

#include <boost/asio/cancel_after.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <format>
#include <future>

#include "base/assert.h"
#include "pgwire/catalogue.h"
#include "pgwire/messages.h"
#include "pgwire/session.h"

namespace gantry::pgwire {
namespace {

// How often idle sessions are looked after: whether their time is over or their token was taken
// back.
constexpr auto watch_period = std::chrono::seconds(1);

}  // namespace

void PostgresOptions::describe(OptionVisitor& options) {
    options.text("listen", listen,
                 "Address and port of the PostgreSQL door, as in 127.0.0.1:5432; empty: closed.");
    options.text("tls_certificate", tls_certificate,
                 "PEM file with the certificate chain; empty for connections without TLS, which "
                 "are for loopback only. With it every client must use TLS.");
    options.text("tls_key", tls_key, "PEM file with the certificate's private key.");
    options.number("connections_max", connections_max, 1, 100'000,
                   "Connections at one time; more are refused.");
    options.number("connections_per_tenant", connections_per_tenant, 1, 100'000,
                   "Connections of one tenant at one time.");
    options.number("threads", threads, 1, 1024,
                   "Queries that run at one time; others wait. Tenants and their principals take "
                   "turns; one principal has half of the threads at most.");
    options.number("message_bytes_max", message_bytes_max, 64 * 1024, 1024 * 1024 * 1024,
                   "Largest message of a client, and all statements that one keeps prepared.");
    options.duration("idle_timeout", idle_timeout, std::chrono::seconds(1),
                     std::chrono::hours(24 * 30),
                     "How long a connection may stay open without a statement.");
    options.duration("sign_in_timeout", sign_in_timeout, std::chrono::seconds(1),
                     std::chrono::minutes(10), "How long a client may take to sign in.");
    options.duration("progress_timeout", progress_timeout, std::chrono::seconds(1),
                     std::chrono::hours(1),
                     "How long a client may send or take nothing in the middle of a message or a "
                     "result.");
}

Connections::Key Connections::enter(query::SqlStop& stop) {
    const std::lock_guard lock(mutex_);
    while (entries_.contains(++last_process_) || last_process_ == 0) {
    }
    const Key key{last_process_, static_cast<std::uint32_t>(random_.number())};
    entries_[key.process] = {key.secret, &stop};
    return key;
}

void Connections::leave(std::uint32_t process) {
    const std::lock_guard lock(mutex_);
    entries_.erase(process);
}

void Connections::cancel(Key key) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key.process);
    if (found != entries_.end() && found->second.secret == key.secret) {
        found->second.stop->request();
    }
}

bool Connections::begin(query::SqlStop& stop) {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
        stop.clear();
    }
    return !stopping_;
}

void Connections::stop_all() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& [process, entry] : entries_) {
        entry.stop->request();
    }
}

bool Connections::take_place(const TenantId& tenant, std::int64_t most) {
    const std::lock_guard lock(mutex_);
    std::int64_t& count = by_tenant_[tenant];
    if (count >= most) {
        return false;
    }
    ++count;
    return true;
}

void Connections::give_back(const TenantId& tenant) {
    const std::lock_guard lock(mutex_);
    const auto found = by_tenant_.find(tenant);
    if (found != by_tenant_.end() && --found->second == 0) {
        by_tenant_.erase(found);
    }
}

Meters::Meters(Metrics& metrics)
    : connections(metrics.gauge("gantry_postgres_connections", "Open PostgreSQL connections.")),
      refused(metrics.counter("gantry_postgres_refused_total",
                              "Connections refused because there were too many.")),
      denied(metrics.counter("gantry_postgres_denied_total", "Sign-ins that failed.")),
      statements(metrics.counter("gantry_postgres_statements_total", "Queries that were run.")),
      failures(metrics.counter("gantry_postgres_failures_total", "Statements that failed.")),
      rows(metrics.counter("gantry_postgres_rows_total", "Rows that were sent.")),
      bytes(metrics.counter("gantry_postgres_sent_bytes_total", "Bytes that were sent.")),
      seconds(metrics.latency("gantry_postgres_query_seconds",
                              "Time from a query's start to its last row.")) {}

Server::Server(Shards& shards, Surroundings around, PostgresOptions options)
    : shards_(shards),
      around_(around),
      options_(std::move(options)),
      meters_(around.metrics),
      connections_(around.random),
      queries_({.threads = static_cast<std::size_t>(options_.threads),
                .waiting_max = static_cast<std::size_t>(options_.connections_max) + 1,
                .all_waiting_max = static_cast<std::size_t>(options_.connections_max) + 1}) {}

Server::~Server() { ASSERT(!acceptor_); }

Result<> Server::start() {
    if (options_.listen.empty()) {
        return {};
    }
    TRY_ASSIGN(const HostPort where, parse_host_port(options_.listen));
    const TlsFiles tls{options_.tls_certificate, options_.tls_key, ""};
    const bool loopback =
        where.host == "::1" || where.host == "localhost" || where.host.starts_with("127.");
    if (!tls.enabled() && !loopback) {
        return fail(Code::InvalidArgument,
                    "postgres.listen = {} can be reached from other machines: set "
                    "postgres.tls_certificate and postgres.tls_key, or listen on 127.0.0.1",
                    options_.listen);
    }
    if (tls.enabled()) {
        TRY_ASSIGN(tls_, TlsServer::load(tls));
    }
    around_.sql.extend(catalogue());
    // In the clear: a client asks for TLS by its first message.
    TRY_ASSIGN(listener_, around_.network.listen(shards_.executor(0), options_.listen, {}));
    for (std::size_t i = 0; i < shards_.count(); ++i) {
        homes_.push_back(std::make_unique<Home>());
        homes_.back()->group =
            std::make_unique<TaskGroup>(shards_.executor(i), around_.log, "postgres");
        asio::post(shards_.executor(i),
                   [this, home = homes_.back().get()] { home->group->spawn(watch(*home)); });
    }
    acceptor_ = std::make_unique<TaskGroup>(shards_.executor(0), around_.log, "postgres accept");
    asio::post(shards_.executor(0), [this] { acceptor_->spawn(accept_loop()); });
    around_.log.info("postgres", "listening", {{"address", address()}, {"tls", tls.enabled()}});
    return {};
}

std::string Server::address() const { return listener_ ? listener_->address() : std::string(); }

asio::awaitable<void> Server::accept_loop() {
    std::size_t next = 0;
    while (true) {
        Home& home = *homes_[next++ % homes_.size()];
        auto stream = co_await listener_->accept(home.group->executor());
        if (!stream) {
            if (stream.error().code == Code::Cancelled) {
                co_return;
            }
            // Out of descriptors: it passes, but not at once.
            around_.log.error("postgres", "cannot accept", {{"detail", stream.error().message}});
            asio::steady_timer pause(co_await asio::this_coro::executor, std::chrono::seconds(1));
            co_await pause.async_wait(asio::use_awaitable);
            continue;
        }
        if (meters_.connections.value() >= options_.connections_max) {
            meters_.refused.add();
            co_await turn_away(**stream);
            continue;
        }
        auto session = std::make_shared<Session>(std::move(*stream), *this);
        asio::post(home.group->executor(), [&home, session = std::move(session)]() mutable {
            home.sessions.push_back(session);
            home.group->spawn(Session::run(std::move(session)));
        });
    }
}

// It may be a burst, so this waits for nobody: the message fits what the system keeps for a
// connection. A client takes it for the answer to whatever it says first.
asio::awaitable<void> Server::turn_away(Stream& stream) {
    std::string text;
    MessageWriter(text).error(
        {.severity = "FATAL",
         .state = "53300",
         .message = std::format("there are {} connections, which is the most: try again shortly",
                                options_.connections_max)});
    (void)co_await stream.async_write_some(
        asio::buffer(text), asio::cancel_after(std::chrono::milliseconds(10), as_result));
    stream.close();
}

asio::awaitable<void> Server::watch(Home& home) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (true) {
        timer.expires_after(watch_period);
        co_await timer.async_wait(asio::use_awaitable);
        std::erase_if(home.sessions, [](const auto& session) { return session.expired(); });
        // A copy: while one is looked after, others come and go.
        const auto sessions = home.sessions;
        for (const auto& weak : sessions) {
            if (const auto session = weak.lock()) {
                co_await session->look_after();
            }
        }
    }
}

void Server::stop() {
    if (!acceptor_) {
        return;
    }
    asio::co_spawn(acceptor_->executor(), acceptor_->stop(), asio::use_future).get();
    acceptor_.reset();
    connections_.stop_all();
    for (const auto& home : homes_) {
        asio::co_spawn(home->group->executor(), home->group->stop(), asio::use_future).get();
    }
    queries_.stop();
    homes_.clear();
    listener_.reset();
}

}  // namespace gantry::pgwire

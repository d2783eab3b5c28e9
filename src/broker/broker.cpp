// SPDX-License-Identifier: Apache-2.0
#include "broker/broker.h"

#include <boost/asio/cancel_after.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <future>

#include "base/assert.h"
#include "runtime/relayed_stream.h"

namespace gantry::broker {
namespace {

// How often connections are looked after: clients that take nothing, tokens that were taken back.
constexpr auto watch_period = std::chrono::seconds(1);

security::Rate connect_rate(const BrokerOptions& options) {
    if (options.connects_per_second == 0) {
        return {};
    }
    const Duration interval = Duration(std::chrono::seconds(1)) / options.connects_per_second;
    return {interval, std::max<std::int64_t>(1, options.rate_burst / interval)};
}

}  // namespace

Meters::Meters(Metrics& metrics)
    : connections(metrics.gauge("gantry_mqtt_connections", "Open MQTT connections.")),
      sessions(metrics.gauge("gantry_mqtt_sessions", "Sessions, also of clients that are away.")),
      subscriptions(metrics.gauge("gantry_mqtt_subscriptions", "Subscriptions of all sessions.")),
      retained(metrics.gauge("gantry_mqtt_retained_messages", "Retained messages.")),
      refused(metrics.counter("gantry_mqtt_refused_total",
                              "Connections refused because there were too many.")),
      denied(metrics.counter("gantry_mqtt_denied_total", "Connections whose sign-in failed.")),
      received(metrics.counter("gantry_mqtt_messages_received_total", "Messages from clients.")),
      sent(metrics.counter("gantry_mqtt_messages_sent_total", "Messages sent to clients.")),
      dropped(metrics.counter("gantry_mqtt_messages_dropped_total",
                              "Messages that a client did not get: its queue was full, it was "
                              "away or slow, they had expired, were too large or forbidden.")),
      throttled(metrics.counter("gantry_mqtt_throttled_total",
                                "Times that a client was not read from for a while because it "
                                "sent more than it may.")),
      protocol_errors(metrics.counter("gantry_mqtt_protocol_errors_total",
                                      "Connections that were closed for what they sent.")),
      bytes_in(metrics.counter("gantry_mqtt_received_bytes_total", "Bytes from clients.")),
      bytes_out(metrics.counter("gantry_mqtt_sent_bytes_total", "Bytes sent to clients.")) {}

Broker::Broker(Surroundings around, std::string folder, BrokerOptions options)
    : around_(around),
      folder_(std::move(folder)),
      options_(std::move(options)),
      limits_(options_.limits()),
      connects_(around.clock, connect_rate(options_)),
      meters_(around.metrics),
      nobody_([](std::string_view) { return std::vector<security::Statement>(); }) {}

Broker::~Broker() { ASSERT(!thread_); }

Result<std::unique_ptr<Listener>> Broker::listen(const std::string& address, const TlsFiles& tls) {
    TRY_ASSIGN(const HostPort where, parse_host_port(address));
    const bool loopback =
        where.host == "::1" || where.host == "localhost" || where.host.starts_with("127.");
    if (!tls.enabled() && !loopback) {
        return fail(Code::InvalidArgument,
                    "mqtt.listen = {} can be reached from other machines: use mqtt.listen_tls with "
                    "a certificate, or listen on 127.0.0.1",
                    address);
    }
    TRY_ASSIGN(auto listener, around_.network.listen(thread_->executor(0), address, tls));
    around_.log.info("mqtt", "listening",
                     {{"address", listener->address()}, {"tls", tls.enabled()}});
    return listener;
}

Result<> Broker::open_log() {
    TRY_ASSIGN(log_, mqtt::RecordLog::open(
                         around_.disk, folder_, around_.random, around_.log, options_.log,
                         [this](std::string_view space, std::span<const mqtt::Record> records) {
                             space_of(TenantId(std::string(space))).core.restore(records);
                             return Result<>();
                         }));
    for (const auto& [tenant, space] : spaces_) {
        const mqtt::Restored restored = space->core.restored();
        if (restored.skipped > 0) {
            around_.log.error("mqtt", "records that build on damaged ones were left out",
                              {{"tenant", tenant.text()},
                               {"records", restored.records},
                               {"skipped", restored.skipped},
                               {"first", restored.first_skipped}});
        }
    }
    return {};
}

Result<> Broker::start() {
    TRY(options_.check());
    if (!options_.enabled()) {
        return {};
    }
    started_ = around_.clock.monotonic();
    thread_ = std::make_unique<Shards>(1, around_.log);
    const auto begun = [this]() -> Result<> {
        TRY(open_log());
        if (!options_.listen.empty()) {
            TRY_ASSIGN(plain_, listen(options_.listen, {}));
        }
        if (!options_.listen_tls.empty()) {
            TRY_ASSIGN(
                tls_, listen(options_.listen_tls,
                             {options_.tls_certificate, options_.tls_key, options_.tls_client_ca}));
        }
        return {};
    }();
    if (!begun) {
        spaces_.clear();
        thread_.reset();
        return begun;
    }
    lobby_ = std::make_unique<mqtt::Core>(around_.clock, around_.random, nobody_, limits_);
    const auto executor = thread_->executor(0);
    timer_ = std::make_unique<asio::steady_timer>(executor);
    acceptors_ = std::make_unique<TaskGroup>(executor, around_.log, "mqtt accept");
    tasks_ = std::make_unique<TaskGroup>(executor, around_.log, "mqtt");
    syncer_ = std::make_unique<Syncer>(*log_, [this, executor](Result<mqtt::Lsn> up_to) {
        asio::post(executor, [this, up_to = std::move(up_to)] { durable(up_to); });
    });
    asio::post(executor, [this] {
        for (const auto& [tenant, space] : spaces_) {
            touch(*space);
        }
        for (const auto* listener : {&plain_, &tls_}) {
            if (*listener) {
                acceptors_->spawn(accept_loop(**listener));
            }
        }
        tasks_->spawn(watch());
    });
    return {};
}

asio::awaitable<void> Broker::accept_loop(Listener& listener) {
    while (true) {
        auto stream = co_await listener.accept(tasks_->executor());
        if (!stream) {
            if (stream.error().code == Code::Cancelled) {
                co_return;
            }
            // Out of descriptors: it passes, but not at once.
            around_.log.error("mqtt", "cannot accept", {{"detail", stream.error().message}});
            asio::steady_timer pause(co_await asio::this_coro::executor, std::chrono::seconds(1));
            co_await pause.async_wait(asio::use_awaitable);
            continue;
        }
        if (connections_ >= options_.connections_max) {
            meters_.refused.add();
            (*stream)->close();
            continue;
        }
        tasks_->spawn(serve(std::move(*stream)));
    }
}

asio::awaitable<void> Broker::serve(std::unique_ptr<Stream> stream,
                                    std::shared_ptr<const security::Identity> inner) {
    struct Counted {
        Broker& broker;
        explicit Counted(Broker& of) : broker(of) {
            ++broker.connections_;
            broker.meters_.connections.add(1);
        }
        ~Counted() {
            --broker.connections_;
            broker.meters_.connections.add(-1);
        }
    };
    const Counted counted(*this);
    auto link = std::make_shared<Link>(std::move(stream));
    link->since = around_.clock.now();
    link->inner = std::move(inner);
    const auto shaken = co_await link->stream->handshake(options_.connect_timeout);
    if (!shaken) {
        around_.log.debug("mqtt", "handshake failed", {{"detail", shaken.error().message}});
        link->stream->close();
        co_return;
    }
    if (co_await enter(*link)) {
        link->space->links.emplace(link->id, link);
        co_await read_all(link);
    }
}

asio::awaitable<void> Broker::converse(std::unique_ptr<Stream> stream,
                                       std::shared_ptr<const security::Identity> inner) {
    const auto home = thread_->executor(0);
    co_await run_on(home, serve(relay_stream(std::move(stream), home), std::move(inner)));
}

asio::awaitable<void> Broker::watch() {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (true) {
        timer.expires_after(watch_period);
        co_await timer.async_wait(asio::use_awaitable);
        const Duration now = around_.clock.monotonic();
        for (const auto& [tenant, space] : spaces_) {
            for (const auto& [id, link] : space->links) {
                if (link->writing && now - link->taken_at > options_.progress_timeout) {
                    link->stream->close();
                }
            }
            if (!space->unlogged.empty()) {
                if (const auto ready = log_->prepare(); ready) {
                    touch(*space);
                }
            }
        }
        if (now - audited_since_ > std::chrono::hours(1)) {
            audited_.clear();
            audited_since_ = now;
        }
        count();
        say_figures(now);
        start_checkpoints();
        co_await check_tokens();
    }
}

// What the cores have counted goes to the metrics.
void Broker::count() {
    std::int64_t sessions = 0;
    std::int64_t subscriptions = 0;
    std::int64_t retained = 0;
    const auto add = [](Counter& counter, std::uint64_t now, std::uint64_t before) {
        counter.add(now - before);
    };
    for (const auto& [tenant, space] : spaces_) {
        sessions += static_cast<std::int64_t>(space->core.sessions());
        subscriptions += static_cast<std::int64_t>(space->core.subscriptions().size());
        retained += static_cast<std::int64_t>(space->core.retained().size());
        const mqtt::CoreCounters& now = space->core.counters();
        mqtt::CoreCounters& before = space->counted;
        add(meters_.received, now.messages_in, before.messages_in);
        add(meters_.sent, now.messages_out, before.messages_out);
        add(meters_.dropped, now.dropped(), before.dropped());
        add(meters_.protocol_errors, now.protocol_errors, before.protocol_errors);
        before = now;
    }
    meters_.sessions.set(sessions);
    meters_.subscriptions.set(subscriptions);
    meters_.retained.set(retained);
}

void Broker::close_all(mqtt::Reason reason, std::string_view why) {
    for (const auto& [tenant, space] : spaces_) {
        for (const auto& [id, link] : space->links) {
            space->core.close(id, reason, why);
        }
        touch(*space);
    }
}

void Broker::hang_up() {
    if (!acceptors_ || std::exchange(hung_up_, true)) {
        return;
    }
    const auto executor = thread_->executor(0);
    asio::co_spawn(executor, acceptors_->stop(), asio::use_future).get();
    // What they are told leaves in the turn that follows; nobody waits long for who does not read.
    static constexpr Duration pause = std::chrono::milliseconds(10);
    static constexpr int pauses_max = 50;
    asio::co_spawn(
        executor,
        [this]() -> asio::awaitable<void> {
            close_all(mqtt::Reason::ServerShuttingDown, "the server stops");
            turn();
            asio::steady_timer timer(co_await asio::this_coro::executor);
            for (int i = 0; i < pauses_max && connections_ > 0; ++i) {
                timer.expires_after(pause);
                (void)co_await timer.async_wait(as_result);
            }
        },
        asio::use_future)
        .get();
}

void Broker::stop() {
    if (!thread_) {
        return;
    }
    const auto executor = thread_->executor(0);
    if (acceptors_) {
        hang_up();
        asio::co_spawn(executor, tasks_->stop(), asio::use_future).get();
        syncer_.reset();
    }
    thread_->stop();
    timer_.reset();
    tasks_.reset();
    acceptors_.reset();
    spaces_.clear();
    plain_.reset();
    tls_.reset();
    thread_.reset();
    log_.reset();
}

}  // namespace gantry::broker

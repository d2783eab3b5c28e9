// SPDX-License-Identifier: Apache-2.0
// One life of a bridge: from nothing to two connections, and their end.
#include <utility>

#include "base/encoding.h"
#include "bridge/runner.h"
#include "runtime/either.h"
#include "runtime/pipe.h"
#include "runtime/tls_client.h"

namespace gantry::bridge {

using mqttclient::Connection;
using mqttclient::ConnectOptions;

namespace {

constexpr Duration connect_within = std::chrono::seconds(10);
// Of messages between us and our own broker.
constexpr std::size_t pipe_bytes = std::size_t{64} << 10;
// How long the other broker is to keep what waits for us.
constexpr std::uint32_t session_seconds = 7 * 24 * 3600;
// Our own session lives as long as the broker lets any live, so it is used now and then.
constexpr Duration renew_after = std::chrono::hours(1);
constexpr std::size_t packet_bytes_max = std::size_t{256} << 20;

// Only that a connection to our own broker was made, and what it was told.
struct Quiet final : mqttclient::Receiver {
    void connected(const mqttclient::ServerFacts& facts) override {
        fresh = !facts.session_present;
        on_connected();
    }
    void message(const mqtt::Publish&) override {}
    void acknowledged(const mqtt::Ack&) override {}
    void answered(const mqtt::SubscriptionAck& packet) override {
        for (const char reason : packet.reasons) {
            refused = refused || mqtt::is_failure(static_cast<mqtt::Reason>(reason));
        }
        on_answered();
    }
    std::function<void()> on_connected;
    std::function<void()> on_answered;
    bool fresh = false;
    bool refused = false;
};

Result<std::optional<Secret>> secret_of(const security::Sealer& sealer, const Plan& plan,
                                        std::string_view field) {
    TRY_ASSIGN(const json::value stored, parse_json(plan.secrets));
    const json::value* const found =
        stored.is_object() ? stored.as_object().if_contains(field) : nullptr;
    if (found == nullptr || !found->is_string()) {
        return std::nullopt;
    }
    const auto sealed = from_base64url(std::string_view(found->as_string()));
    if (!sealed) {
        return fail(Code::Corrupt, "{}: a sealed secret is damaged: enter it again", field);
    }
    auto open = sealer.unseal(
        *sealed, security::Sealer::context_of(plan.tenant.text(), plan.id.text(), field));
    if (!open) {
        return within(field, open.error());
    }
    return std::move(*open);
}

}  // namespace

asio::awaitable<std::optional<Error>> Runner::run_once() {
    // However it ends, also when it is cancelled.
    struct Cleared {
        Runner& runner;
        ~Cleared() {
            runner.remote_line_.reset();
            runner.local_line_.reset();
            runner.relay_.reset();
        }
    };
    const Cleared cleared{*this};
    connected_at_.reset();
    refused_ = false;
    again_at_once_ = false;
    try {
        const std::optional<Result<>> opened = co_await either(open(), wait_for_wish());
        if (!opened) {
            co_return std::nullopt;
        }
        if (!*opened) {
            co_return opened->error();
        }
        std::vector<asio::awaitable<void>> both;
        both.push_back(converse());
        both.push_back(wait_for_wish());
        co_await until_one_ends(std::move(both));
        const std::optional<Error> error = relay_->failure();
        if (has_wish() || !error) {
            co_await say_goodbye();
            co_return std::nullopt;
        }
        refused_ = relay_->refused();
        again_at_once_ = relay_->remote().version_refused() && choice_.next();
        co_return error;
    } catch (const boost::system::system_error&) {
        throw;  // cancelled
    } catch (const std::exception& failure) {
        co_return Error{Code::Internal, failure.what(), {}};
    }
}

// As far as the other broker's door, with our session ready.
Async<> Runner::open() {
    if (!around_.broker.running()) {
        co_return fail(Code::Unsupported,
                       "our own MQTT broker is off: set mqtt.listen or mqtt.listen_tls");
    }
    CO_TRY(co_await prepare());
    CO_TRY_ASSIGN(ConnectOptions remote, remote_options());
    CO_TRY_ASSIGN(auto stream, co_await dial());
    relay_ = std::make_unique<Relay>(
        Relay::Plan{plan_->config.rules, std::move(remote), local_options(), all_retained_}, known_,
        counters_);
    remote_line_ = std::make_unique<Line>(std::move(stream), relay_->remote(), around_.timers,
                                          [this] { wake(); });
    relay_->remote().open(around_.timers.now());
    co_return Result<>{};
}

Async<std::unique_ptr<Stream>> Runner::dial() {
    CO_TRY_ASSIGN(const Address address, parse_address(plan_->config.address));
    const auto connect = [](Runner& self, Address to) -> Async<std::unique_ptr<Stream>> {
        CO_TRY_ASSIGN(auto plain,
                      co_await self.around_.network.connect(to.where.host, to.where.port));
        if (!to.tls) {
            co_return std::move(plain);
        }
        CO_TRY_ASSIGN(auto key, secret_of(self.around_.sealer, *self.plan_, "client_key"));
        TlsTrust trust;
        trust.ca = self.plan_->config.ca;
        trust.certificate = self.plan_->config.certificate;
        if (key) {
            trust.key = std::move(*key);
        }
        co_return co_await encrypt_as_client(std::move(plain), to.where.host, std::move(trust));
    };
    co_return co_await with_deadline(
        around_.timers, connect_within, connect(*this, address),
        std::format("{} does not answer within 10s", plan_->config.address));
}

Result<ConnectOptions> Runner::remote_options() {
    const Config& config = plan_->config;
    ConnectOptions out;
    choice_.apply(out);
    out.client_id = config.client_id.empty() ? "gantry-" + plan_->id.text() : config.client_id;
    out.clean_start = clean_remote_;
    out.session_expiry = session_seconds;
    out.keep_alive = static_cast<std::uint16_t>(
        std::chrono::duration_cast<std::chrono::seconds>(config.keep_alive).count());
    if (!config.user.empty()) {
        out.user_name = config.user;
    }
    TRY_ASSIGN(auto password, secret_of(around_.sealer, *plan_, "password"));
    if (password) {
        out.password = std::move(*password);
    }
    out.packet_bytes_max = packet_bytes_max;
    return out;
}

ConnectOptions Runner::local_options() const {
    ConnectOptions out;
    out.client_id = session_of(plan_->id);
    out.clean_start = false;
    out.session_expiry = UINT32_MAX;  // as long as the broker lets it
    out.keep_alive = 0;               // no network in between
    out.packet_bytes_max = packet_bytes_max;
    return out;
}

std::unique_ptr<Stream> Runner::call_local() {
    auto [ours, theirs] = make_pipe(tasks_.executor(), pipe_bytes, "bridge");
    tasks_.spawn(around_.broker.converse(std::move(theirs),
                                         broker::inner_identity(plan_->tenant, plan_->config.key)));
    return std::move(ours);
}

// ---- the session at our own broker, which collects also while the other one is away

asio::awaitable<bool> Runner::prepared() {
    if (!prepared_at_ || around_.timers.now() - *prepared_at_ > renew_after) {
        co_return false;
    }
    const auto session = co_await around_.broker.session(plan_->tenant, session_of(plan_->id));
    co_return session.has_value();
}

Async<> Runner::prepare() {
    const bool done = co_await prepared();
    if (done) {
        co_return Result<>{};
    }
    const auto wanted = Relay::local_subscriptions(plan_->config.rules);
    std::vector<std::string> gone;
    if (const auto session =
            co_await around_.broker.session(plan_->tenant, session_of(plan_->id))) {
        for (const auto& [filter, options] : session->subscriptions) {
            if (!wanted.contains(filter)) {
                gone.push_back(filter);
            }
        }
    }
    Quiet quiet;
    Connection connection(local_options(), quiet);
    Line line(call_local(), connection, around_.timers, [&line] { line.wake(); });
    int answers = 0;
    quiet.on_connected = [&] {
        std::vector<mqtt::SubscriptionRequest> requests;
        for (const auto& [filter, options] : wanted) {
            requests.push_back({filter, options});
        }
        answers += connection.subscribe(requests) != 0 ? 1 : 0;
        answers += connection.unsubscribe(gone) != 0 ? 1 : 0;
        if (answers == 0) {
            connection.disconnect();
        }
    };
    quiet.on_answered = [&] {
        if (--answers == 0) {
            connection.disconnect();
        }
    };
    connection.open(around_.timers.now());
    std::vector<asio::awaitable<void>> tasks;
    tasks.push_back(line.read([] { return false; }));
    tasks.push_back(line.write());
    co_await until_one_ends(std::move(tasks));
    co_await line.finish();
    if (connection.failure() || quiet.refused) {
        co_return fail(Code::Unavailable, "our own broker: {}",
                       quiet.refused ? "it refuses a subscription: there are too many, or a filter "
                                       "has too many levels"
                                     : connection.failure()->message);
    }
    if (quiet.fresh) {
        clean_remote_ = true;
        all_retained_ = true;
    }
    prepared_at_ = around_.timers.now();
    co_return Result<>{};
}

// ---- both connections

asio::awaitable<void> Runner::converse() {
    std::vector<asio::awaitable<void>> tasks;
    remote_ready_ = std::make_unique<Event>(tasks_.executor());
    tasks.push_back(remote_line_->read([this] {
        return relay_->remote().connected() &&
               (!relay_->local().connected() || Relay::full(relay_->local()));
    }));
    tasks.push_back(remote_line_->write());
    tasks.push_back(open_local_when_due());
    tasks.push_back(tick());
    co_await until_one_ends(std::move(tasks));
}

// The other broker has let us in: now ours may give what it has.
asio::awaitable<void> Runner::open_local_when_due() {
    while (!relay_->remote().connected() || relay_->failure()) {
        co_await remote_ready_->wait();
    }
    if (std::exchange(clean_remote_, false) && relay_->remote().version() == mqtt::Version::V311) {
        // There a clean session ends with its connection, and with it what it had of ours. This one
        // was only to make away with what was before; the next one stays.
        relay_->remote().disconnect();
        co_return;
    }
    local_line_ =
        std::make_unique<Line>(call_local(), relay_->local(), around_.timers, [this] { wake(); });
    relay_->open_local(around_.timers.now());
    std::vector<asio::awaitable<void>> tasks;
    tasks.push_back(local_line_->read([this] { return Relay::full(relay_->remote()); }));
    tasks.push_back(local_line_->write());
    co_await until_one_ends(std::move(tasks));
}

asio::awaitable<void> Runner::tick() {
    while (true) {
        const Duration now = around_.timers.now();
        remote_line_->excuse(now);
        if (local_line_) {
            local_line_->excuse(now);
        }
        relay_->remote().tick(now);
        relay_->local().tick(now);
        if (relay_->failure()) {
            co_return;
        }
        wake();
        const Duration due =
            std::min(relay_->remote().next_deadline(), relay_->local().next_deadline());
        co_await around_.timers.sleep_until(std::min(due, now + std::chrono::seconds(1)));
    }
}

void Runner::wake() {
    remote_line_->wake();
    if (local_line_) {
        local_line_->wake();
    }
    if (remote_ready_) {
        remote_ready_->set();
    }
    note_standing();
}

void Runner::note_standing() {
    if (connected_at_ || !relay_->standing() || relay_->failure()) {
        return;
    }
    connected_at_ = around_.timers.now();
    all_retained_ = false;
    enter(State::Connected, relay_->complaint());
    const std::lock_guard lock(mutex_);
    view_.version = relay_->remote().version() == mqtt::Version::V5 ? "5.0" : "3.1.1";
    around_.log.info("bridge", "connected",
                     {{"tenant", tenant_.text()}, {"bridge", key_}, {"mqtt", view_.version}});
}

asio::awaitable<void> Runner::say_goodbye() {
    bool removed = false;
    {
        const std::lock_guard lock(mutex_);
        removed = wish_ && !wish_->plan;
    }
    // Nobody comes back for what the other broker would keep.
    relay_->remote().disconnect(removed ? std::optional<std::uint32_t>(0) : std::nullopt);
    co_await remote_line_->finish();
}

}  // namespace gantry::bridge

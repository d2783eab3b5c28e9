// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "bridge/line.h"
#include "bridge/relay.h"
#include "broker/broker.h"
#include "mqttclient/version_choice.h"
#include "runtime/backoff.h"
#include "security/sealer.h"

namespace gantry::bridge {

// What bridges use. All of it outlives them.
struct Surroundings {
    registry::Registry& registry;
    const security::Sealer& sealer;
    broker::Broker& broker;
    Network& network;
    Timers& timers;
    const Clock& clock;
    Random& random;
    Log& log;
    Metrics& metrics;
};

enum class State : std::uint8_t {
    Disabled,
    Connecting,
    Connected,
    Refused,  // the other broker has said no
    Failed,
};
std::string_view state_name(State state);

// How a bridge does.
struct View {
    State state = State::Connecting;
    std::string reason;  // of Refused and Failed; of Connected what is not as it should be
    Time since = 0;
    std::string version;  // of MQTT, while it is connected
    std::uint64_t messages_in = 0;
    std::uint64_t messages_out = 0;
    std::uint64_t dropped = 0;
    std::size_t queued = 0;  // messages that wait for the other broker
};

// Everything that there is to know to run a bridge.
struct Plan {
    TenantId tenant;
    registry::BridgeId id;
    Config config;
    std::string secrets;  // sealed, as they are stored
};

// The session of a bridge at our own broker.
std::string session_of(const registry::BridgeId& id);

// Keeps one bridge as it is wanted: connected, or trying to be, with back-off. keep() and watch()
// on its shard, the others on any thread.
class Runner {
public:
    Runner(const Surroundings& around, TaskGroup& tasks);

    // From now on it shall be like this; or, without a plan, be gone, and its session with it. The
    // last word counts.
    void want(const std::shared_ptr<Runner>& self, std::optional<Plan> plan);
    View view() const;

    // Runs until the bridge is not wanted any more or the coroutine is cancelled. Holds on to the
    // runner, as watch() does, which asks now and then what waits.
    static asio::awaitable<void> keep(std::shared_ptr<Runner> self);
    static asio::awaitable<void> watch(std::shared_ptr<Runner> self);

    // A connection that stood so long was a good one: the next pause is short again.
    static constexpr Duration stable_after = std::chrono::minutes(1);

private:
    struct Wish {
        std::optional<Plan> plan;
    };

    bool has_wish() const;
    std::optional<Wish> take_wish();
    asio::awaitable<void> wait_for_wish();
    asio::awaitable<bool> wished();
    asio::awaitable<void> loop();
    void adopt(Plan plan);
    asio::awaitable<void> leave();
    void enter(State state, std::string reason = {});
    asio::awaitable<void> fall_over(const Error& error);

    // runner_run.cpp: from nothing to two connections, and their end. The reason why it ended;
    // nothing if there is a new wish.
    asio::awaitable<std::optional<Error>> run_once();
    Async<> open();
    Async<std::unique_ptr<Stream>> dial();
    Async<> prepare();
    asio::awaitable<bool> prepared();
    Result<mqttclient::ConnectOptions> remote_options();
    mqttclient::ConnectOptions local_options() const;
    std::unique_ptr<Stream> call_local();
    asio::awaitable<void> converse();
    asio::awaitable<void> tick();
    asio::awaitable<void> open_local_when_due();
    void note_standing();
    asio::awaitable<void> say_goodbye();
    void wake();

    const Surroundings around_;
    TaskGroup& tasks_;
    Counters counters_;

    mutable std::mutex mutex_;
    std::optional<Wish> wish_;
    View view_;
    std::uint64_t session_dropped_ = 0;

    // Only on the shard.
    Event wished_;
    bool gone_ = false;
    bool refused_ = false;        // the last try, by the other broker's own word
    bool again_at_once_ = false;  // with another version of MQTT
    std::optional<Plan> plan_;    // none while it is disabled, or cannot be used
    TenantId tenant_;             // of the last plan
    registry::BridgeId id_;
    std::string key_;
    std::vector<Rule> rules_;
    Known known_;
    mqttclient::VersionChoice choice_;
    bool clean_remote_ = false;  // our session is new, so what the other broker kept is of another
    bool all_retained_ = false;
    std::optional<Duration> prepared_at_;
    std::optional<Duration> connected_at_;
    Backoff backoff_;
    std::unique_ptr<Relay> relay_;
    std::unique_ptr<Line> remote_line_;
    std::unique_ptr<Line> local_line_;
    std::unique_ptr<Event> remote_ready_;
};

}  // namespace gantry::bridge

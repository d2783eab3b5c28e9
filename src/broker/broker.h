// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <unordered_set>

#include "base/disk.h"
#include "base/metrics.h"
#include "broker/options.h"
#include "broker/space.h"
#include "broker/syncer.h"
#include "broker/tap.h"
#include "registry/registry.h"
#include "runtime/offload.h"
#include "runtime/shards.h"
#include "runtime/task_group.h"
#include "security/audit.h"
#include "security/rate_limit.h"

namespace gantry::broker {

// What a broker uses. All of it outlives the broker.
struct Surroundings {
    registry::Registry& registry;
    security::AuditLog& audit;
    OffloadPool& offload;  // for signing in
    Network& network;
    Disk& disk;
    Tap* tap;  // null: nobody else wants messages
    const Clock& clock;
    Random& random;
    Log& log;
    Metrics& metrics;
    std::string version;  // of the program, as it is told to clients
};

struct Meters {
    explicit Meters(Metrics& metrics);

    Gauge& connections;
    Gauge& sessions;
    Gauge& subscriptions;
    Gauge& retained;
    Counter& refused;
    Counter& denied;
    Counter& received;
    Counter& sent;
    Counter& dropped;
    Counter& throttled;
    Counter& protocol_errors;
    Counter& bytes_in;
    Counter& bytes_out;
};

// What a tenant sees of its broker.
struct BrokerFacts {
    std::vector<std::string> addresses;  // "mqtt://127.0.0.1:1883"; none: it is off
    std::size_t connections = 0;
    std::size_t sessions = 0;
    std::size_t subscriptions = 0;
    std::size_t retained = 0;
    mqtt::CoreCounters counters;
};

// A session, and the connection that it has now.
struct SessionView {
    mqtt::SessionFacts facts;
    std::string login;  // empty without a connection
    std::string address;
    bool encrypted = false;
    Time since = 0;
    mqtt::Subscriptions subscriptions;  // of one that was asked for alone
};

// What the client identifiers of parts of this program begin with.
inline constexpr std::string_view inner_prefix = "$bridge/";
// A part of this program as a client of its own broker: it may use all topics of the tenant.
// `name` is what people see.
std::shared_ptr<const security::Identity> inner_identity(const TenantId& tenant, std::string name);

// A message that somebody publishes without being a client.
struct Outgoing {
    std::string topic;
    std::string payload;
    std::uint8_t qos = 0;
    bool retain = false;
};

// The MQTT broker: connections over TCP and TLS to the core of whose tenant it is. All cores and
// connections live on one thread of the broker's own; another one syncs the log of records, and
// acknowledgements leave when it has.
class Broker {
public:
    Broker(Surroundings around, std::string folder, BrokerOptions options);
    ~Broker();
    Broker(const Broker&) = delete;
    Broker& operator=(const Broker&) = delete;

    // Does nothing if it is to listen nowhere. Conflict if a port is taken.
    Result<> start();
    // Takes no more connections, tells all clients that the server stops, and waits a moment until
    // they have been told; before what carries them stops. Blocks.
    void hang_up();
    // Ends all connections, syncs what is left. Blocks.
    void stop();
    // "127.0.0.1:1883", with the port that was chosen; empty if it does not listen there.
    std::string address() const { return plain_ ? plain_->address() : std::string(); }
    std::string tls_address() const { return tls_ ? tls_->address() : std::string(); }

    bool running() const { return thread_ != nullptr; }
    // Whether nothing can be kept any more, until a restart. Any thread.
    bool failed() const { return failed_; }
    // A client that comes another way than by its listeners; returns when it is gone. One that is
    // part of this program says who it is (inner_identity()) and shows nothing; only such a one may
    // have a client identifier that begins with inner_prefix.
    asio::awaitable<void> converse(std::unique_ptr<Stream> stream,
                                   std::shared_ptr<const security::Identity> inner = nullptr);

    // For who looks after it; from any executor. Unsupported: it is off.
    Async<BrokerFacts> facts(TenantId tenant);
    // Those behind that client identifier, by identifier.
    Async<std::vector<SessionView>> sessions(TenantId tenant, std::string after, std::size_t most);
    // NotFound: no such client.
    Async<SessionView> session(TenantId tenant, std::string client_id);
    // Closes the connection and forgets the session.
    Async<> end_session(TenantId tenant, std::string client_id);
    // Retained messages of topics that a filter matches, the first of them.
    Async<std::vector<mqtt::MessagePtr>> retained(TenantId tenant, std::string filter,
                                                  std::size_t most);
    // A message in the name of the server. How many sessions it is for. InvalidArgument: no topic.
    Async<std::size_t> publish(TenantId tenant, Outgoing message);
    // Messages to topics that are some, which mappings do not take in; returns when the broker has
    // all of them, and what is kept is durable. Unavailable: nothing can be kept any more.
    Async<> publish_all(TenantId tenant, std::vector<Outgoing> messages);
    // One of them, without an answer.
    void say(const TenantId& tenant, Outgoing message);

private:
    // broker_facts.cpp
    template <class T, class Ask>
    Async<T> ask(TenantId tenant, Ask ask);
    Async<std::size_t> publish_here(TenantId tenant, Outgoing message);
    Async<> publish_all_here(TenantId tenant, std::vector<Outgoing> messages);
    Async<> settled(Space& space, std::uint64_t record, std::uint64_t handed);
    SessionView view_of(const Space& space, mqtt::SessionFacts facts) const;

    // broker.cpp: its life
    Result<> open_log();
    Result<std::unique_ptr<Listener>> listen(const std::string& address, const TlsFiles& tls);
    asio::awaitable<void> accept_loop(Listener& listener);
    asio::awaitable<void> serve(std::unique_ptr<Stream> stream,
                                std::shared_ptr<const security::Identity> inner = nullptr);
    asio::awaitable<void> watch();
    void close_all(mqtt::Reason reason, std::string_view why);
    void count();

    // broker_connect.cpp: from the first byte to the core of a tenant
    struct Admitted {
        std::shared_ptr<const security::Identity> identity = nullptr;  // null: for that reason
        mqtt::Reason reason = mqtt::Reason::Success;
        std::string data = {};  // of enhanced authentication, for the answer
        bool closed = false;    // there is nobody any more to be answered
    };
    bool may_connect(const Link& link);
    asio::awaitable<bool> enter(Link& link);
    asio::awaitable<bool> read_connect(Link& link, mqtt::Reason& wrong);
    asio::awaitable<Admitted> admit(Link& link, std::string& connect);
    Async<std::shared_ptr<const security::Identity>> identify(std::string login, std::string token,
                                                              std::string peer);
    static Admitted judge(Result<std::shared_ptr<const security::Identity>> identity);
    asio::awaitable<void> audit(std::string login, const Link& link, const Admitted& admitted);
    asio::awaitable<void> turn_away(Link& link, std::string_view connect, mqtt::Reason reason);
    static asio::awaitable<bool> write_out(Link& link, const std::string& bytes);
    asio::awaitable<void> check_tokens();
    Space& space_of(const TenantId& tenant);

    // broker_auth.cpp: enhanced authentication
    std::unique_ptr<ScramSignIn> make_sign_in(const Link& link);
    asio::awaitable<Admitted> admit_by_scram(Link& link, std::string login, std::string& connect);
    asio::awaitable<std::optional<std::string>> hear_auth(Link& link, mqtt::ConnectionId id);
    asio::awaitable<void> authenticate_anew(Link& link, std::string data);

    // broker_sys.cpp
    SysFigures figures_of(const Space& space) const;
    void own_messages(const Space& space, std::string_view filter,
                      std::vector<mqtt::MessagePtr>& out) const;
    void say_figures(Duration now);

    // broker_checkpoint.cpp
    asio::awaitable<void> checkpoint(Space& space);
    void start_checkpoints();

    // broker_turn.cpp: what comes in, what goes out, what is written to the disk
    asio::awaitable<void> read_all(std::shared_ptr<Link> link);
    bool must_hold(const Link& link) const;
    asio::awaitable<bool> hold_back(Link& link);
    void touch(Space& space);
    void turn();
    void run(Space& space);
    void keep_records(Space& space);
    void hand_over(Space& space);
    void settle(Space& space);
    void durable(const Result<mqtt::Lsn>& up_to);
    void fail_for_good(const Error& error);
    void arm_timer();
    void send(const std::shared_ptr<Link>& link);
    void write_on(const std::shared_ptr<Link>& link);

    const Surroundings around_;
    const std::string folder_;
    const BrokerOptions options_;
    const mqtt::CoreLimits limits_;
    security::RateLimiter connects_;  // of an address
    Meters meters_;
    std::unique_ptr<mqtt::RecordLog> log_;
    std::unique_ptr<Shards> thread_;
    std::unique_ptr<Listener> plain_;
    std::unique_ptr<Listener> tls_;

    // On the thread.
    bool hung_up_ = false;  // of who stops it
    std::unique_ptr<TaskGroup> acceptors_;
    std::unique_ptr<TaskGroup> tasks_;
    TopicGate nobody_;
    std::unique_ptr<mqtt::Core> lobby_;  // answers who does not get in
    std::map<TenantId, std::unique_ptr<Space>> spaces_;
    std::vector<Space*> dirty_;
    bool turn_due_ = false;
    bool broken_ = false;               // the log has failed: nothing can be acknowledged any more
    std::atomic<bool> failed_ = false;  // the same, for other threads
    std::unique_ptr<asio::steady_timer> timer_;
    Duration timer_at_ = Duration::max();
    std::uint64_t tap_version_ = 0;
    std::uint64_t epoch_ = 0;            // of the identities that are known
    Time tokens_good_until_ = time_max;  // of those whose time is over first
    std::int64_t connections_ = 0;
    std::unordered_set<std::string> audited_;  // who has been recorded lately, and from where
    Duration audited_since_{0};
    Duration started_{0};
    Duration figures_at_{0};  // when they are said next

    std::unique_ptr<Syncer> syncer_;
};

}  // namespace gantry::broker

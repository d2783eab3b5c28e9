// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/metrics.h"
#include "base/options.h"
#include "base/random.h"
#include "query/sql.h"
#include "registry/registry.h"
#include "runtime/fair_pool.h"
#include "runtime/shards.h"
#include "runtime/stream.h"
#include "runtime/task_group.h"
#include "runtime/tls_server.h"
#include "security/audit.h"

namespace gantry::pgwire {

struct PostgresOptions {
    std::string listen;
    std::string tls_certificate;
    std::string tls_key;
    std::int64_t connections_max = 100;
    std::int64_t connections_per_tenant = 50;
    std::int64_t threads = 4;
    std::int64_t message_bytes_max = 1024 * 1024;
    Duration idle_timeout = std::chrono::hours(1);
    Duration sign_in_timeout = std::chrono::seconds(15);
    Duration progress_timeout = std::chrono::seconds(60);

    void describe(OptionVisitor& options);
};

// Which connections there are: for cancelling what one of them runs from another, and for the limit
// of each tenant. Any thread.
class Connections {
public:
    explicit Connections(Random& random) : random_(random) {}

    struct Key {
        std::uint32_t process = 0;
        std::uint32_t secret = 0;
    };
    Key enter(query::SqlStop& stop);
    void leave(std::uint32_t process);
    // Whoever knows both numbers may.
    void cancel(Key key);
    // Before a statement: what was to be cancelled is forgotten. False when the server stops.
    bool begin(query::SqlStop& stop);
    void stop_all();

    // False when the tenant has as many as it may.
    bool take_place(const TenantId& tenant, std::int64_t most);
    void give_back(const TenantId& tenant);

private:
    struct Entry {
        std::uint32_t secret = 0;
        query::SqlStop* stop = nullptr;
    };

    Random& random_;
    std::mutex mutex_;
    std::map<std::uint32_t, Entry> entries_;
    std::unordered_map<TenantId, std::int64_t> by_tenant_;
    std::uint32_t last_process_ = 0;
    bool stopping_ = false;
};

// What a session may use. All of it outlives the server.
struct Surroundings {
    registry::Registry& registry;
    query::SqlEngine& sql;
    security::AuditLog& audit;
    OffloadPool& offload;  // for signing in
    Network& network;
    const Clock& clock;
    Random& random;
    Log& log;
    Metrics& metrics;
};

struct Meters {
    explicit Meters(Metrics& metrics);

    Gauge& connections;
    Counter& refused;
    Counter& denied;
    Counter& statements;
    Counter& failures;
    Counter& rows;
    Counter& bytes;
    LatencyHistogram& seconds;
};

class Session;

// PostgreSQL's protocol, version 3, over the SQL engine; read only. One accept loop; each
// connection lives on one shard. Queries run in a pool of their own, so that they never hold up
// what else is offloaded; what a client does not read waits in the engine, in bounded memory.
class Server {
public:
    Server(Shards& shards, Surroundings around, PostgresOptions options);
    ~Server();

    // Does nothing without options.listen. Conflict if the port is taken.
    Result<> start();
    // Ends the accept loop, what runs and all connections. Blocks; not from a shard's thread.
    void stop();
    // "127.0.0.1:5432", with the port that was chosen; empty if it does not listen.
    std::string address() const;

    // For sessions.
    const Surroundings& around() const { return around_; }
    const PostgresOptions& options() const { return options_; }
    const TlsServer* tls() const { return tls_.get(); }
    Connections& connections() { return connections_; }
    FairPool& queries() { return queries_; }
    Meters& meters() { return meters_; }

private:
    // On one shard, and touched there only.
    struct Home {
        std::unique_ptr<TaskGroup> group;
        std::list<std::weak_ptr<Session>> sessions;
    };

    asio::awaitable<void> accept_loop();
    asio::awaitable<void> turn_away(Stream& stream);
    asio::awaitable<void> watch(Home& home);

    Shards& shards_;
    const Surroundings around_;
    const PostgresOptions options_;
    Meters meters_;
    Connections connections_;
    FairPool queries_;
    std::unique_ptr<TlsServer> tls_;
    std::unique_ptr<Listener> listener_;
    std::vector<std::unique_ptr<Home>> homes_;
    std::unique_ptr<TaskGroup> acceptor_;
};

}  // namespace gantry::pgwire

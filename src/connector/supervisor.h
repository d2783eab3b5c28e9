// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>

#include "connector/keeper.h"
#include "runtime/task_group.h"

namespace gantry::connector {

struct ConnectionStatus {
    ConnectionId id;
    TenantId tenant;
    std::string key;
    std::string protocol;
    Health health;
};

// Owns all connections and keeps them running. Each lives on one shard for life. A connection that
// breaks is started again after a pause, exponential with full jitter from 0.5 s to 60 s, which is
// short again once it has stood for a minute; one whose configuration is wrong waits until it is
// changed. Any thread, apart from what says otherwise.
class Supervisor final : public CommandSink {
public:
    // Everything that it is given outlives it, the threads behind the executors too. At least one.
    Supervisor(const Protocols& protocols, SampleSink& sink, const Surroundings& around,
               std::vector<asio::any_io_executor> shards);
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;
    // stop() before, unless the shards have ended.
    ~Supervisor() override;

    // Makes the connection, or changes it to be like this; nothing happens if it is so already.
    // Returns at once: what becomes of it shows in status(). The values of tags that stay the same
    // go on; tags that are gone, or all of a disabled connection, become BadOutOfService.
    void apply(ConnectionPlan plan);
    void remove(const ConnectionId& id);

    const Surroundings& around() const { return around_; }

    Result<ConnectionStatus> status(const ConnectionId& id) const;
    std::vector<ConnectionStatus> statuses() const;

    // On whatever executor it is called. Writes under way when the connection breaks or stop() is
    // called end as Unknown or Refused.
    Async<CommandResult> write(PointId point, Value value) override;

    // Ends all connections and waits for it; apply() does nothing from then on.
    asio::awaitable<void> stop();

private:
    struct Shard {
        asio::any_io_executor executor;
        std::unique_ptr<TaskGroup> tasks;
        std::size_t load = 0;  // tags and connections
    };
    struct Entry {
        ConnectionPlan plan;
        std::size_t shard = 0;
        std::shared_ptr<Keeper> keeper;
    };

    static ConnectionStatus status_of(const Entry& entry);
    static std::size_t load_of(const ConnectionPlan& plan) { return plan.tags.size() + 10; }
    void add_points(const Entry& entry);
    void drop_points(const Entry& entry);

    const Protocols& protocols_;
    SampleSink& sink_;
    Surroundings around_;
    StateGauges gauges_;
    Counter& restarts_;

    mutable std::mutex mutex_;
    std::vector<Shard> shards_;
    std::map<ConnectionId, Entry> entries_;
    std::unordered_map<PointId, std::shared_ptr<Keeper>> keeper_of_point_;
    bool stopping_ = false;
};

}  // namespace gantry::connector

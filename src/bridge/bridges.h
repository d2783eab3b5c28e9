// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "bridge/runner.h"
#include "runtime/shards.h"

namespace gantry::bridge {

// The bridges of all tenants, in line with the registry: a change counts when it has been answered.
// Any thread.
class Bridges {
public:
    Bridges(const Surroundings& around, Shards& shards);
    ~Bridges();

    // Begins all that there are. Once, and when the broker runs.
    Result<> start();
    // Ends them; what waits stays in their sessions. Blocks. Before the broker stops.
    void stop();

    // Of one that the registry knows.
    View view(const registry::BridgeId& id) const;

private:
    struct Entry {
        TenantId tenant;
        std::shared_ptr<Runner> runner;
    };

    void follow(const std::vector<registry::Change>& changes);
    void apply(const TenantId& tenant, const registry::BridgeDocument& document);
    void remove(const registry::BridgeId& id);
    asio::awaitable<void> end_orphans(std::vector<TenantId> tenants);

    const Surroundings around_;
    std::vector<std::unique_ptr<TaskGroup>> groups_;  // of each shard
    mutable std::mutex mutex_;
    std::map<registry::BridgeId, Entry> entries_;
    std::size_t next_ = 0;
};

}  // namespace gantry::bridge

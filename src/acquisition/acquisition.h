// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>

#include "connector/supervisor.h"
#include "directory/directory.h"
#include "registry/registry.h"
#include "security/sealer.h"

namespace gantry::acquisition {

// Keeps what the supervisor runs in line with what the registry says: every connection with its
// tags, and with the points and series behind them. Follows the change feed on a thread of its own.
class Acquisition {
public:
    Acquisition(registry::Registry& registry, directory::Directory& directory,
                connector::Supervisor& supervisor, const connector::Protocols& protocols,
                const security::Sealer& sealer, Log& log);
    Acquisition(const Acquisition&) = delete;
    Acquisition& operator=(const Acquisition&) = delete;
    ~Acquisition();

    // Starts all connections. Once.
    Result<> start();
    // Ends following; the supervisor's connections go on.
    void stop();

private:
    struct Wanted {
        TenantId tenant;
        std::string connection;
        auto operator<=>(const Wanted&) const = default;
    };

    void follow(const std::vector<registry::Change>& changes);
    void run(const std::stop_token& stop);
    Result<> bring_up_to_date(const Wanted& wanted);
    Result<connector::ConnectionPlan> plan_of(const TenantId& tenant, const Connection& connection);

    registry::Registry& registry_;
    directory::Directory& directory_;
    connector::Supervisor& supervisor_;
    const connector::Protocols& protocols_;
    const security::Sealer& sealer_;
    Log& log_;

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::set<Wanted> queue_;                            // connections to look at again
    std::unordered_map<std::string, Wanted> by_point_;  // which connection feeds a point
    std::jthread worker_;
};

}  // namespace gantry::acquisition

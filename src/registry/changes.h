// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "model/entities.h"
#include "registry/database.h"

namespace gantry::registry {

enum class EntityKind : unsigned char {
    Tenant,
    Principal,
    Role,
    Token,
    Model,
    Asset,
    Point,
    Connection,
    Tag,
    Mapping,
    Bridge,
    Publication,
    CommandRule
};
enum class ChangeAction : unsigned char { Created, Updated, Deleted };

std::string_view kind_name(EntityKind kind);
std::string_view action_name(ChangeAction action);

struct Change {
    std::int64_t sequence = 0;
    TenantId tenant;
    EntityKind kind = EntityKind::Asset;
    std::string id;
    ChangeAction action = ChangeAction::Created;
};

using ChangeListener = std::function<void(const std::vector<Change>&)>;

// The changes of one transaction, gathered while it runs.
class ChangeSet {
public:
    void add(const TenantId& tenant, EntityKind kind, std::string id, ChangeAction action) {
        changes_.push_back({0, tenant, kind, std::move(id), action});
    }

private:
    friend class ChangeFeed;
    std::vector<Change> changes_;
};

// What other modules follow: every change, numbered, in the order in which it was committed. Kept
// in the database, so that a follower that was away can read what it missed.
class ChangeFeed {
public:
    ChangeFeed(Database& database, const Clock& clock) : database_(database), clock_(clock) {}

    // Listeners are called on the thread that committed, one commit after the other. They must be
    // quick and must not write to the registry.
    void listen(ChangeListener listener);

    // Runs `work` in a transaction; the changes it gathers are committed with it and then told.
    template <class T>
    Result<T> write(const std::function<Result<T>(Sql&, ChangeSet&)>& work) {
        const std::lock_guard order(order_);
        ChangeSet changes;
        auto result = database_.write<T>([&](Sql& sql) -> Result<T> {
            Result<T> inner = work(sql, changes);
            if (inner) {
                TRY(store(sql, changes));
            }
            return inner;
        });
        if (result) {
            tell(changes);
        }
        return result;
    }

    Result<std::vector<Change>> after(std::int64_t sequence, std::size_t limit);

    static constexpr std::int64_t kept = 100'000;

private:
    Result<> store(Sql& sql, ChangeSet& changes);
    void tell(const ChangeSet& changes);

    Database& database_;
    const Clock& clock_;
    std::mutex order_;  // the order of commits is the order of telling
    std::mutex listeners_mutex_;
    std::vector<ChangeListener> listeners_;
};

}  // namespace gantry::registry

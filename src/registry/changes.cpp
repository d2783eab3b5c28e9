// SPDX-License-Identifier: Apache-2.0
#include "registry/changes.h"

#include <array>

namespace gantry::registry {
namespace {

constexpr std::array<std::string_view, 13> kinds = {
    "tenant",     "principal", "role",    "token",  "model",       "asset",       "point",
    "connection", "tag",       "mapping", "bridge", "publication", "command_rule"};
constexpr std::array<std::string_view, 3> actions = {"created", "updated", "deleted"};

template <class Enum, std::size_t N>
Enum by_name(const std::array<std::string_view, N>& names, std::string_view name) {
    for (std::size_t i = 0; i < N; ++i) {
        if (names[i] == name) {
            return static_cast<Enum>(i);
        }
    }
    return Enum{};
}

}  // namespace

std::string_view kind_name(EntityKind kind) { return kinds[static_cast<std::size_t>(kind)]; }
std::string_view action_name(ChangeAction action) {
    return actions[static_cast<std::size_t>(action)];
}

void ChangeFeed::listen(ChangeListener listener) {
    const std::lock_guard lock(listeners_mutex_);
    listeners_.push_back(std::move(listener));
}

Result<> ChangeFeed::store(Sql& sql, ChangeSet& changes) {
    if (changes.changes_.empty()) {
        return {};
    }
    TRY_ASSIGN(const auto row, sql.first("SELECT sequence FROM changes ORDER BY sequence DESC "
                                         "LIMIT 1"));
    std::int64_t sequence = row ? row->number(0) : 0;
    for (Change& change : changes.changes_) {
        change.sequence = ++sequence;
        TRY(sql.execute("INSERT INTO changes (sequence, tenant, kind, id, action, time) "
                        "VALUES (:sequence, :tenant, :kind, :id, :action, :time)",
                        {{"sequence", sequence},
                         {"tenant", change.tenant.text()},
                         {"kind", kind_name(change.kind)},
                         {"id", change.id},
                         {"action", action_name(change.action)},
                         {"time", clock_.now()}}));
    }
    TRY(sql.execute("DELETE FROM changes WHERE sequence <= :old", {{"old", sequence - kept}}));
    return {};
}

void ChangeFeed::tell(const ChangeSet& changes) {
    if (changes.changes_.empty()) {
        return;
    }
    std::vector<ChangeListener> listeners;
    {
        const std::lock_guard lock(listeners_mutex_);
        listeners = listeners_;
    }
    for (const ChangeListener& listener : listeners) {
        listener(changes.changes_);
    }
}

Result<std::vector<Change>> ChangeFeed::after(std::int64_t sequence, std::size_t limit) {
    return database_.read<std::vector<Change>>([&](Sql& sql) -> Result<std::vector<Change>> {
        TRY_ASSIGN(
            const auto rows,
            sql.query("SELECT sequence, tenant, kind, id, action FROM changes WHERE sequence "
                      "> :after ORDER BY sequence LIMIT :limit",
                      {{"after", sequence}, {"limit", limit}}));
        std::vector<Change> out;
        for (const SqlRow& row : rows) {
            out.push_back({row.number(0), TenantId(row.text(1)),
                           by_name<EntityKind>(kinds, row.text(2)), row.text(3),
                           by_name<ChangeAction>(actions, row.text(4))});
        }
        return out;
    });
}

}  // namespace gantry::registry

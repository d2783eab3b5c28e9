// SPDX-License-Identifier: Apache-2.0
#include "connector/supervisor.h"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "base/assert.h"

namespace gantry::connector {
namespace {

constexpr std::string_view writes_name = "gantry_connector_writes_total";
constexpr std::string_view writes_help = "Values sent to devices, by what became of them";

}  // namespace

Supervisor::Supervisor(const Protocols& protocols, SampleSink& sink, const Surroundings& around,
                       std::vector<asio::any_io_executor> shards)
    : protocols_(protocols),
      sink_(sink),
      around_(around),
      gauges_(around.metrics),
      restarts_(around.metrics.counter("gantry_connector_restarts_total",
                                       "Connections that were started again")) {
    ASSERT(!shards.empty());
    for (asio::any_io_executor& executor : shards) {
        auto tasks = std::make_unique<TaskGroup>(executor, around.log, "connections");
        shards_.push_back({std::move(executor), std::move(tasks), 0});
    }
}

Supervisor::~Supervisor() = default;

void Supervisor::apply(ConnectionPlan plan) {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
        return;
    }
    const auto [place, added] = entries_.try_emplace(plan.id);
    Entry& entry = place->second;
    if (!added && entry.plan == plan) {
        return;
    }
    if (added) {
        const auto shard = std::ranges::min_element(shards_, {}, &Shard::load);
        entry.shard = static_cast<std::size_t>(shard - shards_.begin());
        entry.keeper = std::make_shared<Keeper>(protocols_, sink_, around_, gauges_, restarts_,
                                                shard->executor);
        asio::post(shard->executor, [tasks = shard->tasks.get(), keeper = entry.keeper] {
            tasks->spawn(Keeper::keep(keeper));
        });
    } else {
        drop_points(entry);
        shards_[entry.shard].load -= load_of(entry.plan);
    }
    entry.plan = std::move(plan);
    shards_[entry.shard].load += load_of(entry.plan);
    add_points(entry);
    entry.keeper->want(entry.keeper, entry.plan);
}

void Supervisor::remove(const ConnectionId& id) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end() || stopping_) {
        return;
    }
    Entry& entry = found->second;
    drop_points(entry);
    shards_[entry.shard].load -= load_of(entry.plan);
    entry.keeper->want(entry.keeper, std::nullopt);
    entries_.erase(found);
}

void Supervisor::add_points(const Entry& entry) {
    if (entry.plan.enabled) {
        for (const TagBinding& tag : entry.plan.tags) {
            keeper_of_point_[tag.point] = entry.keeper;
        }
    }
}

void Supervisor::drop_points(const Entry& entry) {
    for (const TagBinding& tag : entry.plan.tags) {
        const auto found = keeper_of_point_.find(tag.point);
        if (found != keeper_of_point_.end() && found->second == entry.keeper) {
            keeper_of_point_.erase(found);
        }
    }
}

ConnectionStatus Supervisor::status_of(const Entry& entry) {
    return {.id = entry.plan.id,
            .tenant = entry.plan.tenant,
            .key = entry.plan.key,
            .protocol = entry.plan.protocol,
            .health = entry.keeper->vitals().health()};
}

Result<ConnectionStatus> Supervisor::status(const ConnectionId& id) const {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end()) {
        return fail(Code::NotFound, "there is no connection '{}'", id.text());
    }
    return status_of(found->second);
}

std::vector<ConnectionStatus> Supervisor::statuses() const {
    const std::lock_guard lock(mutex_);
    std::vector<ConnectionStatus> out;
    out.reserve(entries_.size());
    for (const auto& [id, entry] : entries_) {
        out.push_back(status_of(entry));
    }
    return out;
}

Async<CommandResult> Supervisor::write(PointId point, Value value) {
    std::shared_ptr<Keeper> keeper;
    {
        const std::lock_guard lock(mutex_);
        const auto found = keeper_of_point_.find(point);
        if (found != keeper_of_point_.end()) {
            keeper = found->second;
        }
    }
    if (!keeper) {
        co_return fail(Code::NotFound, "no enabled connection has the point '{}'", point.text());
    }
    const auto shard = keeper->shard();
    CO_TRY_ASSIGN(const CommandResult result,
                  co_await run_on(
                      shard, Keeper::write(std::move(keeper), std::move(point), std::move(value))));
    around_.metrics
        .counter(writes_name, writes_help,
                 {{"outcome", std::string(command_outcome_name(result.outcome))}})
        .add();
    co_return result;
}

asio::awaitable<void> Supervisor::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    for (Shard& shard : shards_) {
        co_await run_on(shard.executor, shard.tasks->stop());
    }
}

}  // namespace gantry::connector

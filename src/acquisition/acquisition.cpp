// SPDX-License-Identifier: Apache-2.0
#include "acquisition/acquisition.h"

#include "acquisition/secrets.h"

namespace gantry::acquisition {

Acquisition::Acquisition(registry::Registry& registry, directory::Directory& directory,
                         connector::Supervisor& supervisor, const connector::Protocols& protocols,
                         const security::Sealer& sealer, Log& log)
    : registry_(registry),
      directory_(directory),
      supervisor_(supervisor),
      protocols_(protocols),
      sealer_(sealer),
      log_(log) {
    registry_.changes().listen(
        [this](const std::vector<registry::Change>& changes) { follow(changes); });
}

Acquisition::~Acquisition() { stop(); }

void Acquisition::stop() {
    if (worker_.joinable()) {
        worker_.request_stop();
        worker_.join();
    }
}

Result<> Acquisition::start() {
    TRY_ASSIGN(const auto connections, registry_.connections().all());
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [tenant, connection] : connections) {
            queue_.insert({tenant, connection.id.text()});
        }
    }
    worker_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    return {};
}

void Acquisition::follow(const std::vector<registry::Change>& changes) {
    {
        const std::lock_guard lock(mutex_);
        for (const registry::Change& change : changes) {
            if (change.kind == registry::EntityKind::Connection) {
                queue_.insert({change.tenant, change.id});
            } else if (change.kind == registry::EntityKind::Point) {
                // Its range, unit or path may count for the connector.
                if (const auto fed = by_point_.find(change.id); fed != by_point_.end()) {
                    queue_.insert(fed->second);
                }
            }
        }
    }
    changed_.notify_one();
}

void Acquisition::run(const std::stop_token& stop) {
    while (true) {
        std::set<Wanted> wanted;
        {
            std::unique_lock lock(mutex_);
            if (!changed_.wait(lock, stop, [this] { return !queue_.empty(); })) {
                return;
            }
            wanted.swap(queue_);
        }
        for (const Wanted& each : wanted) {
            if (const auto done = bring_up_to_date(each); !done) {
                log_.error("acquisition", "connection not brought up to date",
                           {{"connection", each.connection}, {"detail", done.error().message}});
            }
        }
    }
}

Result<connector::ConnectionPlan> Acquisition::plan_of(const TenantId& tenant,
                                                       const Connection& connection) {
    connector::ConnectionPlan plan;
    plan.id = connection.id;
    plan.tenant = tenant;
    plan.key = connection.key;
    plan.protocol = connection.protocol;
    plan.settings = connection.settings;
    if (const auto protocol = protocols_.find(plan.protocol)) {
        TRY_ASSIGN(plan.settings,
                   unseal_settings(**protocol, sealer_, tenant, std::move(plan.settings)));
    }
    plan.enabled = connection.desired == DesiredState::Enabled;
    TRY_ASSIGN(const auto tags, registry_.connections().tags_of(connection.id));
    for (const registry::BoundTag& bound : tags) {
        const auto entry = directory_.find(tenant, bound.point.id.text());
        if (!entry) {
            continue;  // removed meanwhile; that change is on its way here
        }
        plan.tags.push_back({bound.tag.id, bound.point.id, entry->series, bound.point.path,
                             bound.point.property, bound.tag.address});
    }
    return plan;
}

Result<> Acquisition::bring_up_to_date(const Wanted& wanted) {
    const auto connection = registry_.connections().get(wanted.tenant, wanted.connection);
    const ConnectionId id(wanted.connection);
    if (!connection) {
        if (connection.error().code != Code::NotFound) {
            return std::unexpected(connection.error());
        }
        supervisor_.remove(id);
    }
    std::vector<std::string> points;
    if (connection) {
        TRY_ASSIGN(auto plan, plan_of(wanted.tenant, *connection));
        for (const connector::TagBinding& tag : plan.tags) {
            points.push_back(tag.point.text());
        }
        supervisor_.apply(std::move(plan));
    }
    const std::lock_guard lock(mutex_);
    std::erase_if(by_point_, [&](const auto& fed) { return fed.second == wanted; });
    for (std::string& point : points) {
        by_point_[std::move(point)] = wanted;
    }
    return {};
}

}  // namespace gantry::acquisition

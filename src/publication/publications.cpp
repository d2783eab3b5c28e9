// SPDX-License-Identifier: Apache-2.0
#include "publication/publications.h"

#include <boost/asio/use_future.hpp>

namespace gantry::publication {

Result<Publication> read_publication(std::string_view json) {
    boost::system::error_code error;
    const json::value document = json::parse(json, error);
    if (error) {
        return fail(Code::InvalidArgument, "the publication is no JSON: {}", error.message());
    }
    PublicationConfig config;
    TRY(read_entity(document, config, ""));
    return Publication::compile(std::move(config));
}

Publications::Publications(Surroundings around, Shards& shards)
    : around_(std::move(around)), meters_(around_.metrics), shards_(shards) {
    around_.commands_changed = [this] {
        listening_ = true;
        version_.fetch_add(1, std::memory_order_release);
    };
    for (std::size_t i = 0; i < shards_.count(); ++i) {
        groups_.push_back(
            std::make_unique<TaskGroup>(shards_.executor(i), around_.log, "publication"));
    }
}

Publications::~Publications() = default;

Result<> Publications::start() {
    if (!around_.broker.running()) {
        return {};
    }
    around_.registry.changes().listen([this](const std::vector<registry::Change>& changes) {
        std::set<TenantId> changed;
        for (const registry::Change& change : changes) {
            if (change.kind == registry::EntityKind::Publication) {
                changed.insert(change.tenant);
            }
        }
        for (const TenantId& tenant : changed) {
            if (const auto loaded = load(tenant); !loaded) {
                around_.log.error("publication", "publications cannot be read",
                                  {{"tenant", tenant.text()}, {"detail", loaded.error().message}});
            }
        }
    });
    TRY_ASSIGN(const auto tenants, around_.registry.publications().tenants());
    for (const TenantId& tenant : tenants) {
        TRY(load(tenant));
    }
    return {};
}

void Publications::stop() {
    stopping_ = true;
    for (const auto& group : groups_) {
        asio::co_spawn(group->executor(), group->stop(), asio::use_future).get();
    }
    std::map<TenantId, TenantPtr> tenants;
    {
        const std::lock_guard lock(mutex_);
        tenants = std::exchange(tenants_, {});
    }
    for (const auto& [tenant, one] : tenants) {
        one->leave();
    }
}

// One that this program does not understand (a newer one wrote it) is passed over, not all.
Result<> Publications::load(const TenantId& tenant) {
    TRY_ASSIGN(const auto documents, around_.registry.publications().all(tenant));
    std::vector<PublicationPtr> all;
    for (const registry::PublicationDocument& document : documents) {
        auto one = read_publication(document.json);
        if (!one) {
            around_.log.error("publication", "a publication is not used",
                              {{"tenant", tenant.text()},
                               {"publication", document.key},
                               {"detail", one.error().message}});
            continue;
        }
        all.push_back(std::make_shared<const Publication>(std::move(*one)));
    }
    const std::lock_guard lock(mutex_);
    if (stopping_) {
        return {};
    }
    auto& found = tenants_[tenant];
    if (!found) {
        TaskGroup& group = *groups_[(tenants_.size() - 1) % groups_.size()];
        found = std::make_shared<TenantPublications>(tenant, around_, meters_, group);
    }
    found->use(std::move(all));
    return {};
}

Publications::TenantPtr Publications::find(const TenantId& tenant) const {
    const std::lock_guard lock(mutex_);
    const auto found = tenants_.find(tenant);
    return found == tenants_.end() ? nullptr : found->second;
}

std::map<std::string, PublicationState> Publications::states(const TenantId& tenant) const {
    if (!around_.broker.running()) {
        return {};
    }
    const auto found = find(tenant);
    return found ? found->states() : std::map<std::string, PublicationState>();
}

Result<> Publications::check(const TenantId& tenant, const Publication& publication) const {
    const std::vector<PublicationPtr> alone = {std::make_shared<const Publication>(publication)};
    const Plan plan = make_plan(tenant, alone, around_.directory, around_.taken_by);
    if (const Plan::Outcome& outcome = plan.outcomes.front(); outcome.skipped > 0) {
        return bad_field(publication.sparkplug() ? "/group" : "/topic", outcome.problem);
    }
    return {};
}

bool Publications::wants(const TenantId& tenant, std::string_view topic) const {
    if (!listening_) {
        return false;
    }
    const auto found = find(tenant);
    return found && found->wants(topic);
}

void Publications::hear(const TenantId& tenant, std::string_view topic, std::string_view payload) {
    if (const auto found = find(tenant)) {
        found->hear(topic, payload);
    }
}

}  // namespace gantry::publication

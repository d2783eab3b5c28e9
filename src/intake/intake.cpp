// SPDX-License-Identifier: Apache-2.0
#include "intake/intake.h"

#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <set>

#include "model/json.h"

namespace gantry::intake {

Result<payload::Mapping> read_mapping(std::string_view text) {
    TRY_ASSIGN(const json::value document, parse_json(text));
    payload::MappingConfig config;
    TRY(payload::read_entity(document, config, ""));
    return payload::Mapping::compile(std::move(config));
}

Intake::Intake(const Surroundings& around, Shards& shards)
    : around_(around), meters_(around.metrics), shards_(shards) {
    for (std::size_t i = 0; i < shards_.count(); ++i) {
        groups_.push_back(std::make_unique<TaskGroup>(shards_.executor(i), around_.log, "intake"));
    }
}

Intake::~Intake() = default;

Result<> Intake::start() {
    around_.registry.changes().listen([this](const std::vector<registry::Change>& changes) {
        std::set<TenantId> changed;
        for (const registry::Change& change : changes) {
            if (change.kind == registry::EntityKind::Mapping) {
                changed.insert(change.tenant);
            }
        }
        for (const TenantId& tenant : changed) {
            if (const auto loaded = load(tenant); !loaded) {
                around_.log.error("intake", "mappings cannot be read",
                                  {{"tenant", tenant.text()}, {"detail", loaded.error().message}});
            }
        }
    });
    TRY_ASSIGN(const auto tenants, around_.registry.mappings().tenants());
    for (const TenantId& tenant : tenants) {
        TRY(load(tenant));
    }
    asio::post(groups_.front()->executor(), [this] { groups_.front()->spawn(tick()); });
    return {};
}

asio::awaitable<void> Intake::tick() {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (true) {
        timer.expires_after(std::chrono::seconds(1));
        co_await timer.async_wait(asio::use_awaitable);
        std::vector<std::shared_ptr<TenantIntake>> all;
        {
            const std::lock_guard lock(mutex_);
            for (const auto& [tenant, intake] : tenants_) {
                all.push_back(intake);
            }
        }
        for (const auto& one : all) {
            one->tick();
        }
    }
}

void Intake::stop() {
    for (const auto& group : groups_) {
        asio::co_spawn(group->executor(), group->stop(), asio::use_future).get();
    }
    const std::lock_guard lock(mutex_);
    for (const auto& [tenant, intake] : tenants_) {
        intake->leave();
    }
}

// One that this program does not understand (a newer one wrote it) is passed over, not all.
Result<> Intake::load(const TenantId& tenant) {
    TRY_ASSIGN(const auto documents, around_.registry.mappings().all(tenant));
    std::vector<payload::MappingPtr> mappings;
    for (const registry::MappingDocument& document : documents) {
        auto mapping = read_mapping(document.json);
        if (!mapping) {
            around_.log.error("intake", "a mapping is not used",
                              {{"tenant", tenant.text()},
                               {"mapping", document.key},
                               {"detail", mapping.error().message}});
            continue;
        }
        mappings.push_back(std::make_shared<const payload::Mapping>(std::move(*mapping)));
    }
    of(tenant)->use(std::make_shared<const payload::MappingSet>(mappings));
    version_.fetch_add(1, std::memory_order_release);
    return {};
}

std::shared_ptr<TenantIntake> Intake::find(const TenantId& tenant) const {
    const std::lock_guard lock(mutex_);
    const auto found = tenants_.find(tenant);
    return found == tenants_.end() ? nullptr : found->second;
}

std::shared_ptr<TenantIntake> Intake::of(const TenantId& tenant) {
    const std::lock_guard lock(mutex_);
    auto& out = tenants_[tenant];
    if (!out) {
        TaskGroup& group = *groups_[(tenants_.size() - 1) % groups_.size()];
        out = std::make_shared<TenantIntake>(tenant, around_, meters_, group, speak_);
    }
    return out;
}

bool Intake::wants(const TenantId& tenant, std::string_view topic) const {
    const auto found = find(tenant);
    return found && found->wants(topic);
}

void Intake::take(const TenantId& tenant, std::vector<mqtt::Handed> messages, Done done) {
    of(tenant)->take(std::move(messages), std::move(done));
}

std::string Intake::taker(const TenantId& tenant, std::string_view topic) const {
    const auto found = find(tenant);
    return found ? found->taker(topic) : std::string();
}

}  // namespace gantry::intake

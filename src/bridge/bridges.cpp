// SPDX-License-Identifier: Apache-2.0
#include "bridge/bridges.h"

#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

namespace gantry::bridge {
namespace {

Result<std::vector<TenantId>> all_tenants(registry::Registry& registry) {
    std::vector<TenantId> out;
    registry::PageRequest request{.limit = 1000, .after = ""};
    while (true) {
        TRY_ASSIGN(const auto page, registry.tenants().list(request));
        for (const registry::Tenant& tenant : page.items) {
            out.push_back(tenant.id);
        }
        if (page.next.empty()) {
            return out;
        }
        request.after = page.next;
    }
}

}  // namespace

Bridges::Bridges(const Surroundings& around, Shards& shards) : around_(around) {
    for (std::size_t i = 0; i < shards.count(); ++i) {
        groups_.push_back(std::make_unique<TaskGroup>(shards.executor(i), around_.log, "bridges"));
    }
    const auto total = [this, &around](std::string_view name, std::string_view help,
                                       std::uint64_t View::* which) {
        around.metrics.observe(name, help, [this, which] {
            const std::lock_guard lock(mutex_);
            double sum = 0;
            for (const auto& [id, entry] : entries_) {
                sum += static_cast<double>(entry.runner->view().*which);
            }
            return sum;
        });
    };
    total("gantry_bridge_messages_in", "Messages that came over bridges that there are.",
          &View::messages_in);
    total("gantry_bridge_messages_out", "Messages that went out over them.", &View::messages_out);
    total("gantry_bridge_messages_dropped", "Messages that they lost or that were refused.",
          &View::dropped);
}

Bridges::~Bridges() = default;

Result<> Bridges::start() {
    around_.registry.changes().listen(
        [this](const std::vector<registry::Change>& changes) { follow(changes); });
    TRY_ASSIGN(const auto tenants, around_.registry.bridges().tenants());
    for (const TenantId& tenant : tenants) {
        TRY_ASSIGN(const auto documents, around_.registry.bridges().all(tenant));
        for (const registry::BridgeDocument& document : documents) {
            apply(tenant, document);
        }
    }
    if (around_.broker.running()) {
        TRY_ASSIGN(auto all, all_tenants(around_.registry));
        asio::post(groups_.front()->executor(), [this, all = std::move(all)]() mutable {
            groups_.front()->spawn(end_orphans(std::move(all)));
        });
    }
    return {};
}

void Bridges::stop() {
    for (const auto& group : groups_) {
        asio::co_spawn(group->executor(), group->stop(), asio::use_future).get();
    }
    const std::lock_guard lock(mutex_);
    entries_.clear();
}

// Sessions of bridges that were removed while the program was ending.
asio::awaitable<void> Bridges::end_orphans(std::vector<TenantId> tenants) {
    for (const TenantId& tenant : tenants) {
        const auto sessions = co_await around_.broker.sessions(
            tenant, std::string(broker::inner_prefix), 2 * registry::Bridges::count_max);
        if (!sessions) {
            continue;
        }
        for (const broker::SessionView& session : *sessions) {
            const std::string& client = session.facts.client_id;
            if (!client.starts_with(broker::inner_prefix)) {
                break;
            }
            const registry::BridgeId id(client.substr(broker::inner_prefix.size()));
            bool known = false;
            {
                const std::lock_guard lock(mutex_);
                known = entries_.contains(id);
            }
            if (!known) {
                (void)co_await around_.broker.end_session(tenant, client);
            }
        }
    }
}

void Bridges::follow(const std::vector<registry::Change>& changes) {
    for (const registry::Change& change : changes) {
        if (change.kind != registry::EntityKind::Bridge) {
            continue;
        }
        const auto document = around_.registry.bridges().get(change.tenant, change.id);
        if (document) {
            apply(change.tenant, *document);
        } else if (document.error().code == Code::NotFound) {
            remove(registry::BridgeId(change.id));
        } else {
            around_.log.error("bridge", "a bridge cannot be read",
                              {{"bridge", change.id}, {"detail", document.error().message}});
        }
    }
}

// One that this program does not understand (a newer one wrote it) is passed over, not all.
void Bridges::apply(const TenantId& tenant, const registry::BridgeDocument& document) {
    auto config = read_config(document.json);
    if (!config) {
        around_.log.error("bridge", "a bridge is not used",
                          {{"tenant", tenant.text()},
                           {"bridge", document.key},
                           {"detail", config.error().message}});
        return;
    }
    const std::lock_guard lock(mutex_);
    auto [place, added] = entries_.try_emplace(document.id);
    if (added) {
        TaskGroup& group = *groups_[next_++ % groups_.size()];
        place->second = {tenant, std::make_shared<Runner>(around_, group)};
        asio::post(group.executor(), [&group, runner = place->second.runner] {
            group.spawn(Runner::keep(runner));
            group.spawn(Runner::watch(runner));
        });
    }
    place->second.runner->want(place->second.runner,
                               Plan{tenant, document.id, std::move(*config), document.secrets});
}

void Bridges::remove(const registry::BridgeId& id) {
    const std::lock_guard lock(mutex_);
    if (const auto found = entries_.find(id); found != entries_.end()) {
        found->second.runner->want(found->second.runner, std::nullopt);
        entries_.erase(found);
    }
}

View Bridges::view(const registry::BridgeId& id) const {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found != entries_.end()) {
        return found->second.runner->view();
    }
    View out;
    out.state = State::Failed;
    out.reason = "this program cannot use it: see its log";
    return out;
}

}  // namespace gantry::bridge

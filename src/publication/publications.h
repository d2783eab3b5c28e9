// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "publication/tenant_publications.h"
#include "runtime/shards.h"

namespace gantry::publication {

// The publications of all tenants. Follows the registry. Any thread.
class Publications {
public:
    // Of the surroundings it says itself what commands_changed is.
    Publications(Surroundings around, Shards& shards);
    ~Publications();

    // Reads all publications; behind the broker's start.
    Result<> start();
    // Says that nodes of Sparkplug are gone; before the broker's stop. Blocks.
    void stop();

    std::map<std::string, PublicationState> states(const TenantId& tenant) const;
    // InvalidArgument: a mapping would take in what it publishes, or two points would have one
    // topic; says which. Blocks.
    Result<> check(const TenantId& tenant, const Publication& publication) const;

    // For who takes messages out of the broker: commands for nodes of Sparkplug.
    std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
    bool wants(const TenantId& tenant, std::string_view topic) const;
    void hear(const TenantId& tenant, std::string_view topic, std::string_view payload);

private:
    using TenantPtr = std::shared_ptr<TenantPublications>;

    Result<> load(const TenantId& tenant);
    TenantPtr find(const TenantId& tenant) const;

    Surroundings around_;
    Meters meters_;
    Shards& shards_;
    std::vector<std::unique_ptr<TaskGroup>> groups_;  // of each shard
    std::atomic<std::uint64_t> version_ = 1;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> listening_ = false;  // somebody has nodes of Sparkplug
    mutable std::mutex mutex_;
    std::map<TenantId, TenantPtr> tenants_;
};

// As it is stored; InvalidArgument names the field.
Result<Publication> read_publication(std::string_view json);

}  // namespace gantry::publication

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "intake/tenant_intake.h"
#include "payload/mapping_json.h"
#include "runtime/shards.h"

namespace gantry::intake {

// From messages of the broker to samples of points, by the mappings of each tenant. Follows the
// registry, so a mapping counts when the change of it has been answered. Any thread.
class Intake final : public broker::Tap {
public:
    Intake(const Surroundings& around, Shards& shards);
    ~Intake() override;

    // Who publishes what it has to say; before start().
    void speak_by(Speak speak) { speak_ = std::move(speak); }
    // Reads all mappings.
    Result<> start();
    // What has been taken is finished or given up. Blocks.
    void stop();

    std::uint64_t version() const override { return version_.load(std::memory_order_acquire); }
    bool wants(const TenantId& tenant, std::string_view topic) const override;
    void take(const TenantId& tenant, std::vector<mqtt::Handed> messages, Done done) override;
    // The key of a mapping that takes in messages of that topic; empty: there is none.
    std::string taker(const TenantId& tenant, std::string_view topic) const;

    // Of a tenant, also one that has no mappings yet.
    std::shared_ptr<TenantIntake> of(const TenantId& tenant);

private:
    asio::awaitable<void> tick();
    Result<> load(const TenantId& tenant);
    std::shared_ptr<TenantIntake> find(const TenantId& tenant) const;

    const Surroundings around_;
    Meters meters_;
    Shards& shards_;
    Speak speak_;
    std::vector<std::unique_ptr<TaskGroup>> groups_;  // of each shard
    std::atomic<std::uint64_t> version_ = 1;
    mutable std::mutex mutex_;
    std::map<TenantId, std::shared_ptr<TenantIntake>> tenants_;
};

// A mapping as it is stored; InvalidArgument names the field.
Result<payload::Mapping> read_mapping(std::string_view json);

}  // namespace gantry::intake

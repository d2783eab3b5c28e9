// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "registry/repository.h"

namespace gantry::registry {

struct BridgeTag {
    static constexpr std::string_view prefix = "brg";
};
using BridgeId = Id<BridgeTag>;

// A way to another MQTT broker, as its owner understands it: kept as JSON.
struct BridgeDocument {
    BridgeId id;
    std::string key;
    std::string json;
    std::string secrets;  // what of it nobody is shown, sealed by its owner
    Stamp stamp;
};

// The bridges of a tenant to other MQTT brokers. Blocks; any thread.
class Bridges {
public:
    explicit Bridges(Ground ground) : ground_(ground) {}

    static constexpr std::size_t count_max = 100;  // of a tenant

    // For a new one: what is sealed for it must say whose it is before it is there.
    BridgeId new_id() { return make_id<BridgeTag>(ground_.clock, ground_.random); }
    // Under the id that it has. Conflict: the key is taken. QuotaExceeded: there are too many.
    Result<BridgeDocument> create(const TenantId& tenant, BridgeDocument bridge);
    Result<BridgeDocument> get(const TenantId& tenant, const std::string& reference);
    Result<Page<BridgeDocument>> list(const TenantId& tenant, const PageRequest& request);
    // By key.
    Result<std::vector<BridgeDocument>> all(const TenantId& tenant);
    // Who has any.
    Result<std::vector<TenantId>> tenants();
    Result<BridgeDocument> update(const TenantId& tenant, BridgeDocument bridge,
                                  const ExpectedVersion& expected);
    Result<> remove(const TenantId& tenant, const std::string& reference);

private:
    Ground ground_;
};

}  // namespace gantry::registry

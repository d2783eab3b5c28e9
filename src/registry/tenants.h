// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/localized.h"
#include "registry/repository.h"

namespace gantry::registry {

// 租户: a company that has its own assets, people and data here.
struct Tenant {
    TenantId id;
    std::string key;
    LocalizedText name;
    Stamp stamp;
};

// Tenants. A new one gets the built-in roles. Blocks; any thread.
class Tenants {
public:
    explicit Tenants(Ground ground) : ground_(ground) {}

    Result<Tenant> create(Tenant tenant);
    // By id or key.
    Result<Tenant> get(const std::string& reference);
    Result<Page<Tenant>> list(const PageRequest& request);

private:
    Ground ground_;
};

}  // namespace gantry::registry

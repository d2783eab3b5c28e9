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
    std::int64_t points = 0;                        // that it has
    std::optional<std::int64_t> points_quota = {};  // its own; without it what is configured
    std::int64_t points_max = 0;                    // that it may have: one of the two
};

// Tenants. A new one gets the built-in roles. Blocks; any thread.
class Tenants {
public:
    explicit Tenants(Ground ground) : ground_(ground) {}

    Result<Tenant> create(Tenant tenant);
    // By id or key.
    Result<Tenant> get(const std::string& reference);
    Result<Page<Tenant>> list(const PageRequest& request);
    // Changes name and quota of points. Points that are there stay, also beyond a smaller quota.
    Result<Tenant> update(const Tenant& tenant, const ExpectedVersion& expected);

    // Counts so many points more, before they are made in the same transaction. QuotaExceeded:
    // the tenant may not have so many.
    static Result<> count_in(Sql& sql, const Ground& ground, const TenantId& tenant,
                             std::int64_t points);
    static Result<> count_out(Sql& sql, const TenantId& tenant);

private:
    static Result<Tenant> get(Sql& sql, const Ground& ground, const std::string& reference);

    Ground ground_;
};

}  // namespace gantry::registry

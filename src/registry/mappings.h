// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "registry/repository.h"

namespace gantry::registry {

struct MappingTag {
    static constexpr std::string_view prefix = "map";
};
using MappingId = Id<MappingTag>;

// What to make of the messages of some topics, as its owner understands it: kept as JSON.
struct MappingDocument {
    MappingId id;
    std::string key;
    std::string json;
    Stamp stamp;
};

// The mappings of a tenant from messages to points. Blocks; any thread.
class Mappings {
public:
    explicit Mappings(Ground ground) : ground_(ground) {}

    static constexpr std::size_t count_max = 10'000;  // of a tenant

    // Conflict: the key is taken. QuotaExceeded: there are too many.
    Result<MappingDocument> create(const TenantId& tenant, MappingDocument mapping);
    Result<MappingDocument> get(const TenantId& tenant, const std::string& reference);
    Result<Page<MappingDocument>> list(const TenantId& tenant, const PageRequest& request);
    // By key.
    Result<std::vector<MappingDocument>> all(const TenantId& tenant);
    // Who has any.
    Result<std::vector<TenantId>> tenants();
    Result<MappingDocument> update(const TenantId& tenant, MappingDocument mapping,
                                   const ExpectedVersion& expected);
    Result<> remove(const TenantId& tenant, const std::string& reference);

private:
    Ground ground_;
};

}  // namespace gantry::registry

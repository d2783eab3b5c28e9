// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "registry/repository.h"

namespace gantry::registry {

// Something that its owner understands, and the registry keeps as JSON. Its tag says what it is:
//
//     struct MappingTag {
//         static constexpr std::string_view prefix = "map";      // of its ids
//         static constexpr std::string_view table = "mappings";
//         static constexpr std::string_view noun = "mapping";    // for people
//         static constexpr EntityKind kind = EntityKind::Mapping;
//         static constexpr std::size_t count_max = 10'000;       // of a tenant
//         static constexpr bool secrets = false;                 // the table has a column for them
//     };
template <class Tag>
struct Document {
    Id<Tag> id;
    std::string key;
    std::string json;
    Stamp stamp;
    std::string secrets;  // what of it nobody is shown, sealed by its owner
};

// Those of a tenant, by key. Blocks; any thread.
template <class Tag>
class Documents {
public:
    explicit Documents(Ground ground) : ground_(ground) {}

    static constexpr std::size_t count_max = Tag::count_max;

    // For a new one whose secrets are sealed for it, which must say whose they are.
    Id<Tag> new_id() { return make_id<Tag>(ground_.clock, ground_.random); }
    // Under the id that it has, or a new one. Conflict: the key is taken. QuotaExceeded: too many.
    Result<Document<Tag>> create(const TenantId& tenant, Document<Tag> document);
    Result<Document<Tag>> get(const TenantId& tenant, const std::string& reference);
    Result<Page<Document<Tag>>> list(const TenantId& tenant, const PageRequest& request);
    // By key.
    Result<std::vector<Document<Tag>>> all(const TenantId& tenant);
    // Who has any.
    Result<std::vector<TenantId>> tenants();
    Result<Document<Tag>> update(const TenantId& tenant, Document<Tag> document,
                                 const ExpectedVersion& expected);
    Result<> remove(const TenantId& tenant, const std::string& reference);

private:
    Result<Document<Tag>> find(Sql& sql, const TenantId& tenant, const std::string& reference);

    Ground ground_;
};

}  // namespace gantry::registry

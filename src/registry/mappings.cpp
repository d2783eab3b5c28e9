// SPDX-License-Identifier: Apache-2.0
#include "registry/mappings.h"

#include <format>

#include "model/json.h"

namespace gantry::registry {
namespace {

constexpr std::string_view columns = "id, key, doc, created, updated, version";

MappingDocument mapping_of(const SqlRow& row) {
    return {MappingId(row.text(0)), row.text(1), row.text(2), read_stamp(row, 3)};
}

Result<MappingDocument> find(Sql& sql, const TenantId& tenant, const std::string& reference) {
    TRY_ASSIGN(
        const auto row,
        sql.first(
            std::format("SELECT {} FROM mappings WHERE tenant = :tenant AND "
                        "(id = :reference OR key = :reference2)",
                        columns),
            {{"tenant", tenant.text()}, {"reference", reference}, {"reference2", reference}}));
    if (!row) {
        return fail(Code::NotFound, "there is no mapping '{}'", reference);
    }
    return mapping_of(*row);
}

}  // namespace

Result<MappingDocument> Mappings::create(const TenantId& tenant, MappingDocument mapping) {
    TRY(check_key(mapping.key, "/key"));
    return ground_.feed.write<MappingDocument>(
        [&](Sql& sql, ChangeSet& changes) -> Result<MappingDocument> {
            TRY_ASSIGN(const auto count,
                       sql.first("SELECT count(*) FROM mappings WHERE tenant = :tenant",
                                 {{"tenant", tenant.text()}}));
            if (count->number(0) >= static_cast<std::int64_t>(count_max)) {
                return fail(Code::QuotaExceeded,
                            "there are {} mappings, which is the most: remove "
                            "some, or use wildcards",
                            count_max);
            }
            mapping.id = make_id<MappingTag>(ground_.clock, ground_.random);
            mapping.stamp = new_stamp(ground_.clock);
            const auto done = sql.execute(
                "INSERT INTO mappings (id, tenant, key, doc, created, updated, version) VALUES "
                "(:id, :tenant, :key, :doc, :created, :updated, :version)",
                with_stamp({{"id", mapping.id.text()},
                            {"tenant", tenant.text()},
                            {"key", mapping.key},
                            {"doc", mapping.json}},
                           mapping.stamp));
            if (!done) {
                return done.error().code == Code::Conflict
                           ? fail(Code::Conflict, "there is a mapping '{}' already", mapping.key)
                           : std::unexpected(done.error());
            }
            changes.add(tenant, EntityKind::Mapping, mapping.id.text(), ChangeAction::Created);
            return mapping;
        });
}

Result<MappingDocument> Mappings::get(const TenantId& tenant, const std::string& reference) {
    return ground_.database.read<MappingDocument>(
        [&](Sql& sql) { return find(sql, tenant, reference); });
}

Result<Page<MappingDocument>> Mappings::list(const TenantId& tenant, const PageRequest& request) {
    return ground_.database.read<Page<MappingDocument>>(
        [&](Sql& sql) -> Result<Page<MappingDocument>> {
            TRY_ASSIGN(const auto rows,
                       sql.query(std::format("SELECT {} FROM mappings WHERE tenant = :tenant AND "
                                             "key > :after ORDER BY key LIMIT :limit",
                                             columns),
                                 {{"tenant", tenant.text()},
                                  {"after", request.after},
                                  {"limit", request.limit + 1}}));
            std::vector<MappingDocument> items;
            for (const SqlRow& row : rows) {
                items.push_back(mapping_of(row));
            }
            return make_page(std::move(items), request,
                             [](const MappingDocument& one) { return one.key; });
        });
}

Result<std::vector<MappingDocument>> Mappings::all(const TenantId& tenant) {
    using All = std::vector<MappingDocument>;
    return ground_.database.read<All>([&](Sql& sql) -> Result<All> {
        TRY_ASSIGN(
            const auto rows,
            sql.query(
                std::format("SELECT {} FROM mappings WHERE tenant = :tenant ORDER BY key", columns),
                {{"tenant", tenant.text()}}));
        All out;
        for (const SqlRow& row : rows) {
            out.push_back(mapping_of(row));
        }
        return out;
    });
}

Result<std::vector<TenantId>> Mappings::tenants() {
    using Tenants = std::vector<TenantId>;
    return ground_.database.read<Tenants>([](Sql& sql) -> Result<Tenants> {
        TRY_ASSIGN(const auto rows, sql.query("SELECT DISTINCT tenant FROM mappings", {}));
        Tenants out;
        for (const SqlRow& row : rows) {
            out.emplace_back(row.text(0));
        }
        return out;
    });
}

Result<MappingDocument> Mappings::update(const TenantId& tenant, MappingDocument mapping,
                                         const ExpectedVersion& expected) {
    return ground_.feed.write<MappingDocument>(
        [&](Sql& sql, ChangeSet& changes) -> Result<MappingDocument> {
            TRY_ASSIGN(const MappingDocument before, find(sql, tenant, mapping.id.text()));
            TRY(check_version(before.stamp, expected));
            mapping.key = before.key;
            mapping.stamp = next_stamp(before.stamp, ground_.clock);
            TRY(sql.execute(
                "UPDATE mappings SET doc = :doc, created = :created, updated = "
                ":updated, version = :version WHERE id = :id",
                with_stamp({{"doc", mapping.json}, {"id", mapping.id.text()}}, mapping.stamp)));
            changes.add(tenant, EntityKind::Mapping, mapping.id.text(), ChangeAction::Updated);
            return mapping;
        });
}

Result<> Mappings::remove(const TenantId& tenant, const std::string& reference) {
    const auto done = ground_.feed.write<bool>([&](Sql& sql, ChangeSet& changes) -> Result<bool> {
        TRY_ASSIGN(const MappingDocument mapping, find(sql, tenant, reference));
        TRY(sql.execute("DELETE FROM mappings WHERE id = :id", {{"id", mapping.id.text()}}));
        changes.add(tenant, EntityKind::Mapping, mapping.id.text(), ChangeAction::Deleted);
        return true;
    });
    return done ? Result<>{} : std::unexpected(done.error());
}

}  // namespace gantry::registry

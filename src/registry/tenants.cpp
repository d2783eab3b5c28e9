// SPDX-License-Identifier: Apache-2.0
#include "registry/tenants.h"

#include "model/json.h"
#include "registry/principals.h"

namespace gantry::registry {
namespace {

constexpr std::string_view columns = "id, key, doc, created, updated, version";

Result<Tenant> tenant_of(const SqlRow& row) {
    Tenant out;
    out.id = TenantId(row.text(0));
    out.key = row.text(1);
    out.stamp = read_stamp(row, 3);
    TRY_ASSIGN(const json::value doc, parse_json(row.text(2)));
    ObjectReader in(doc, "");
    in.optional("name", out.name);
    TRY(in.finish());
    return out;
}

}  // namespace

Result<Tenant> Tenants::create(Tenant tenant) {
    return ground_.feed.write<Tenant>([&](Sql& sql, ChangeSet& changes) -> Result<Tenant> {
        TRY(check_key(tenant.key, "/key"));
        tenant.id = make_id<TenantTag>(ground_.clock, ground_.random);
        tenant.stamp = new_stamp(ground_.clock);
        json::object doc;
        doc["name"] = to_json(tenant.name);
        const auto done = sql.execute(
            "INSERT INTO tenants (id, key, doc, created, updated, version) VALUES (:id, :key, "
            ":doc, "
            ":created, :updated, :version)",
            with_stamp(
                {{"id", tenant.id.text()}, {"key", tenant.key}, {"doc", json::serialize(doc)}},
                tenant.stamp));
        if (!done) {
            return done.error().code == Code::Conflict
                       ? fail(Code::Conflict, "there is a tenant '{}' already", tenant.key)
                       : std::unexpected(done.error());
        }
        changes.add(tenant.id, EntityKind::Tenant, tenant.id.text(), ChangeAction::Created);
        for (const Role& role : Principals::built_in_roles()) {
            TRY(Principals::insert_role(sql, ground_, tenant.id, role, changes));
        }
        return tenant;
    });
}

Result<Tenant> Tenants::get(const std::string& reference) {
    return ground_.database.read<Tenant>([&](Sql& sql) -> Result<Tenant> {
        TRY_ASSIGN(const auto row,
                   sql.first(std::format("SELECT {} FROM tenants WHERE id = :reference OR "
                                         "key = :reference2",
                                         columns),
                             {{"reference", reference}, {"reference2", reference}}));
        if (!row) {
            return fail(Code::NotFound, "there is no tenant '{}'", reference);
        }
        return tenant_of(*row);
    });
}

Result<Page<Tenant>> Tenants::list(const PageRequest& request) {
    return ground_.database.read<Page<Tenant>>([&](Sql& sql) -> Result<Page<Tenant>> {
        TRY_ASSIGN(const auto rows,
                   sql.query(std::format("SELECT {} FROM tenants WHERE key > :after ORDER BY key "
                                         "LIMIT :limit",
                                         columns),
                             {{"after", request.after}, {"limit", request.limit + 1}}));
        std::vector<Tenant> items;
        for (const SqlRow& row : rows) {
            TRY_ASSIGN(Tenant tenant, tenant_of(row));
            items.push_back(std::move(tenant));
        }
        return make_page(std::move(items), request,
                         [](const Tenant& tenant) { return tenant.key; });
    });
}

}  // namespace gantry::registry

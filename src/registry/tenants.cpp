// SPDX-License-Identifier: Apache-2.0
#include "registry/tenants.h"

#include "model/json.h"
#include "registry/principals.h"

namespace gantry::registry {
namespace {

constexpr std::string_view columns =
    "id, key, doc, created, updated, version, points, points_quota";

Result<Tenant> tenant_of(const SqlRow& row, const Ground& ground) {
    Tenant out;
    out.id = TenantId(row.text(0));
    out.key = row.text(1);
    out.stamp = read_stamp(row, 3);
    TRY_ASSIGN(const json::value doc, parse_json(row.text(2)));
    ObjectReader in(doc, "");
    in.optional("name", out.name);
    TRY(in.finish());
    out.points = row.number(6);
    if (!row.null(7)) {
        out.points_quota = row.number(7);
    }
    out.points_max = out.points_quota.value_or(ground.points_max);
    return out;
}

std::string document_of(const Tenant& tenant) {
    json::object doc;
    doc["name"] = to_json(tenant.name);
    return json::serialize(doc);
}

Result<> write_quota(Sql& sql, const Tenant& tenant) {
    if (!tenant.points_quota) {
        TRY(sql.execute("UPDATE tenants SET points_quota = NULL WHERE id = :id",
                        {{"id", tenant.id.text()}}));
        return {};
    }
    TRY(sql.execute("UPDATE tenants SET points_quota = :quota WHERE id = :id",
                    {{"quota", *tenant.points_quota}, {"id", tenant.id.text()}}));
    return {};
}

std::string grouped(std::int64_t number) {
    std::string out = std::to_string(number);
    for (std::ptrdiff_t at = std::ssize(out) - 3; at > 0; at -= 3) {
        out.insert(static_cast<std::size_t>(at), 1, ',');
    }
    return out;
}

}  // namespace

Result<Tenant> Tenants::create(Tenant tenant) {
    return ground_.feed.write<Tenant>([&](Sql& sql, ChangeSet& changes) -> Result<Tenant> {
        TRY(check_key(tenant.key, "/key"));
        tenant.id = make_id<TenantTag>(ground_.clock, ground_.random);
        tenant.stamp = new_stamp(ground_.clock);
        tenant.points = 0;
        tenant.points_max = tenant.points_quota.value_or(ground_.points_max);
        const auto done = sql.execute(
            "INSERT INTO tenants (id, key, doc, created, updated, version) VALUES (:id, :key, "
            ":doc, :created, :updated, :version)",
            with_stamp(
                {{"id", tenant.id.text()}, {"key", tenant.key}, {"doc", document_of(tenant)}},
                tenant.stamp));
        if (!done) {
            return done.error().code == Code::Conflict
                       ? fail(Code::Conflict, "there is a tenant '{}' already", tenant.key)
                       : std::unexpected(done.error());
        }
        TRY(write_quota(sql, tenant));
        changes.add(tenant.id, EntityKind::Tenant, tenant.id.text(), ChangeAction::Created);
        for (const Role& role : Principals::built_in_roles()) {
            TRY(Principals::insert_role(sql, ground_, tenant.id, role, changes));
        }
        return tenant;
    });
}

Result<Tenant> Tenants::get(const std::string& reference) {
    return ground_.database.read<Tenant>([&](Sql& sql) { return get(sql, ground_, reference); });
}

Result<Tenant> Tenants::get(Sql& sql, const Ground& ground, const std::string& reference) {
    TRY_ASSIGN(const auto row,
               sql.first(std::format("SELECT {} FROM tenants WHERE id = :reference OR "
                                     "key = :reference2",
                                     columns),
                         {{"reference", reference}, {"reference2", reference}}));
    if (!row) {
        return fail(Code::NotFound, "there is no tenant '{}'", reference);
    }
    return tenant_of(*row, ground);
}

Result<Tenant> Tenants::update(const Tenant& tenant, const ExpectedVersion& expected) {
    return ground_.feed.write<Tenant>([&](Sql& sql, ChangeSet& changes) -> Result<Tenant> {
        TRY_ASSIGN(Tenant now, get(sql, ground_, tenant.id.text()));
        TRY(check_version(now.stamp, expected));
        now.name = tenant.name;
        now.points_quota = tenant.points_quota;
        now.points_max = now.points_quota.value_or(ground_.points_max);
        now.stamp = next_stamp(now.stamp, ground_.clock);
        TRY(sql.execute("UPDATE tenants SET doc = :doc, created = :created, updated = :updated, "
                        "version = :version WHERE id = :id",
                        with_stamp({{"doc", document_of(now)}, {"id", now.id.text()}}, now.stamp)));
        TRY(write_quota(sql, now));
        changes.add(now.id, EntityKind::Tenant, now.id.text(), ChangeAction::Updated);
        return now;
    });
}

Result<> Tenants::count_in(Sql& sql, const Ground& ground, const TenantId& tenant,
                           std::int64_t points) {
    if (points == 0) {
        return {};
    }
    TRY_ASSIGN(const Tenant now, get(sql, ground, tenant.text()));
    if (points > now.points_max - now.points) {
        return fail(Code::QuotaExceeded,
                    "tenant '{}' has {} of the {} points that it may have, and this needs {} more: "
                    "remove points that are needed no more, or ask the operator of the platform "
                    "for a larger quota",
                    now.key, grouped(now.points), grouped(now.points_max), grouped(points));
    }
    TRY(sql.execute("UPDATE tenants SET points = points + :more WHERE id = :id",
                    {{"more", points}, {"id", tenant.text()}}));
    return {};
}

Result<> Tenants::count_out(Sql& sql, const TenantId& tenant) {
    TRY(sql.execute("UPDATE tenants SET points = points - 1 WHERE id = :id",
                    {{"id", tenant.text()}}));
    return {};
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
            TRY_ASSIGN(Tenant tenant, tenant_of(row, ground_));
            items.push_back(std::move(tenant));
        }
        return make_page(std::move(items), request,
                         [](const Tenant& tenant) { return tenant.key; });
    });
}

}  // namespace gantry::registry

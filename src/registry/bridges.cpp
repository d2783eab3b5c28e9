// SPDX-License-Identifier: Apache-2.0
#include "registry/bridges.h"

#include <format>

#include "model/json.h"

namespace gantry::registry {
namespace {

constexpr std::string_view columns = "id, key, doc, secrets, created, updated, version";

BridgeDocument bridge_of(const SqlRow& row) {
    return {BridgeId(row.text(0)), row.text(1), row.text(2), row.text(3), read_stamp(row, 4)};
}

Result<BridgeDocument> find(Sql& sql, const TenantId& tenant, const std::string& reference) {
    TRY_ASSIGN(
        const auto row,
        sql.first(
            std::format("SELECT {} FROM bridges WHERE tenant = :tenant AND "
                        "(id = :reference OR key = :reference2)",
                        columns),
            {{"tenant", tenant.text()}, {"reference", reference}, {"reference2", reference}}));
    if (!row) {
        return fail(Code::NotFound, "there is no bridge '{}'", reference);
    }
    return bridge_of(*row);
}

}  // namespace

Result<BridgeDocument> Bridges::create(const TenantId& tenant, BridgeDocument bridge) {
    TRY(check_key(bridge.key, "/key"));
    return ground_.feed.write<BridgeDocument>(
        [&](Sql& sql, ChangeSet& changes) -> Result<BridgeDocument> {
            TRY_ASSIGN(const auto count,
                       sql.first("SELECT count(*) FROM bridges WHERE tenant = :tenant",
                                 {{"tenant", tenant.text()}}));
            if (count->number(0) >= static_cast<std::int64_t>(count_max)) {
                return fail(Code::QuotaExceeded,
                            "there are {} bridges, which is the most: one has room for many rules",
                            count_max);
            }
            bridge.stamp = new_stamp(ground_.clock);
            const auto done = sql.execute(
                "INSERT INTO bridges (id, tenant, key, doc, secrets, created, updated, version) "
                "VALUES (:id, :tenant, :key, :doc, :secrets, :created, :updated, :version)",
                with_stamp({{"id", bridge.id.text()},
                            {"tenant", tenant.text()},
                            {"key", bridge.key},
                            {"doc", bridge.json},
                            {"secrets", bridge.secrets}},
                           bridge.stamp));
            if (!done) {
                return done.error().code == Code::Conflict
                           ? fail(Code::Conflict, "there is a bridge '{}' already", bridge.key)
                           : std::unexpected(done.error());
            }
            changes.add(tenant, EntityKind::Bridge, bridge.id.text(), ChangeAction::Created);
            return bridge;
        });
}

Result<BridgeDocument> Bridges::get(const TenantId& tenant, const std::string& reference) {
    return ground_.database.read<BridgeDocument>(
        [&](Sql& sql) { return find(sql, tenant, reference); });
}

Result<Page<BridgeDocument>> Bridges::list(const TenantId& tenant, const PageRequest& request) {
    return ground_.database.read<Page<BridgeDocument>>(
        [&](Sql& sql) -> Result<Page<BridgeDocument>> {
            TRY_ASSIGN(const auto rows,
                       sql.query(std::format("SELECT {} FROM bridges WHERE tenant = :tenant AND "
                                             "key > :after ORDER BY key LIMIT :limit",
                                             columns),
                                 {{"tenant", tenant.text()},
                                  {"after", request.after},
                                  {"limit", request.limit + 1}}));
            std::vector<BridgeDocument> items;
            for (const SqlRow& row : rows) {
                items.push_back(bridge_of(row));
            }
            return make_page(std::move(items), request,
                             [](const BridgeDocument& one) { return one.key; });
        });
}

Result<std::vector<BridgeDocument>> Bridges::all(const TenantId& tenant) {
    using All = std::vector<BridgeDocument>;
    return ground_.database.read<All>([&](Sql& sql) -> Result<All> {
        TRY_ASSIGN(
            const auto rows,
            sql.query(
                std::format("SELECT {} FROM bridges WHERE tenant = :tenant ORDER BY key", columns),
                {{"tenant", tenant.text()}}));
        All out;
        for (const SqlRow& row : rows) {
            out.push_back(bridge_of(row));
        }
        return out;
    });
}

Result<std::vector<TenantId>> Bridges::tenants() {
    using Tenants = std::vector<TenantId>;
    return ground_.database.read<Tenants>([](Sql& sql) -> Result<Tenants> {
        TRY_ASSIGN(const auto rows, sql.query("SELECT DISTINCT tenant FROM bridges", {}));
        Tenants out;
        for (const SqlRow& row : rows) {
            out.emplace_back(row.text(0));
        }
        return out;
    });
}

Result<BridgeDocument> Bridges::update(const TenantId& tenant, BridgeDocument bridge,
                                       const ExpectedVersion& expected) {
    return ground_.feed.write<BridgeDocument>(
        [&](Sql& sql, ChangeSet& changes) -> Result<BridgeDocument> {
            TRY_ASSIGN(const BridgeDocument before, find(sql, tenant, bridge.id.text()));
            TRY(check_version(before.stamp, expected));
            bridge.key = before.key;
            bridge.stamp = next_stamp(before.stamp, ground_.clock);
            TRY(sql.execute(
                "UPDATE bridges SET doc = :doc, secrets = :secrets, created = :created, "
                "updated = :updated, version = :version WHERE id = :id",
                with_stamp(
                    {{"doc", bridge.json}, {"secrets", bridge.secrets}, {"id", bridge.id.text()}},
                    bridge.stamp)));
            changes.add(tenant, EntityKind::Bridge, bridge.id.text(), ChangeAction::Updated);
            return bridge;
        });
}

Result<> Bridges::remove(const TenantId& tenant, const std::string& reference) {
    const auto done = ground_.feed.write<bool>([&](Sql& sql, ChangeSet& changes) -> Result<bool> {
        TRY_ASSIGN(const BridgeDocument bridge, find(sql, tenant, reference));
        TRY(sql.execute("DELETE FROM bridges WHERE id = :id", {{"id", bridge.id.text()}}));
        changes.add(tenant, EntityKind::Bridge, bridge.id.text(), ChangeAction::Deleted);
        return true;
    });
    return done ? Result<>{} : std::unexpected(done.error());
}

}  // namespace gantry::registry

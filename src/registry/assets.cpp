// SPDX-License-Identifier: Apache-2.0
#include "registry/assets.h"

#include "model/json.h"
#include "registry/models.h"
#include "registry/points.h"

namespace gantry::registry {
namespace {

constexpr std::string_view columns = "id, parent, path, model, doc, created, updated, version";
constexpr std::size_t path_length_max = 512;

std::string document_of(const Asset& asset) {
    json::object doc;
    doc["name"] = to_json(asset.name);
    doc["description"] = to_json(asset.description);
    doc["level"] = asset_level_name(asset.level);
    json::object attributes;
    for (const auto& [key, value] : asset.attributes) {
        attributes[key] = value;
    }
    doc["attributes"] = std::move(attributes);
    return json::serialize(doc);
}

Result<Asset> asset_of(const SqlRow& row) {
    Asset out;
    out.id = AssetId(row.text(0));
    out.parent = AssetId(row.text(1));
    out.path = row.text(2);
    out.key = out.path.substr(out.path.rfind('/') + 1);
    out.model = ModelId(row.text(3));
    out.stamp = read_stamp(row, 5);
    TRY_ASSIGN(const json::value doc, parse_json(row.text(4)));
    ObjectReader in(doc, "");
    in.optional("name", out.name);
    in.optional("description", out.description);
    in.optional("level", out.level);
    in.optional("attributes", out.attributes);
    TRY(in.finish());
    return out;
}

Result<std::vector<Asset>> assets_of(const std::vector<SqlRow>& rows) {
    std::vector<Asset> out;
    for (const SqlRow& row : rows) {
        TRY_ASSIGN(Asset asset, asset_of(row));
        out.push_back(std::move(asset));
    }
    return out;
}

// Settles the parent, given by id or path, and the path that follows from it.
Result<> place(Sql& sql, const TenantId& tenant, Asset& asset) {
    TRY(check_key(asset.key, "/key"));
    asset.path = asset.key;
    if (!asset.parent.empty()) {
        const auto parent = Assets::get(sql, tenant, asset.parent.text());
        if (!parent) {
            return bad_field("/parent", parent.error().message);
        }
        asset.parent = parent->id;
        asset.path = parent->path + "/" + asset.key;
    }
    if (asset.path.size() > path_length_max) {
        return bad_field("/key", "the path would be longer than 512 characters");
    }
    return {};
}

Result<> check_free(Sql& sql, const TenantId& tenant, const std::string& path) {
    if (Assets::get(sql, tenant, path)) {
        return fail(Code::Conflict, "there is an asset '{}' already", path);
    }
    return {};
}

Result<std::vector<Asset>> subtree(Sql& sql, const TenantId& tenant, const std::string& path) {
    const auto [from, to] = below(path, '/');
    TRY_ASSIGN(
        const auto rows,
        sql.query(std::format("SELECT {} FROM assets WHERE tenant = :tenant AND path >= :from "
                              "AND path < :to ORDER BY path DESC",
                              columns),
                  {{"tenant", tenant.text()}, {"from", from}, {"to", to}}));
    return assets_of(rows);
}

Result<bool> has_children(Sql& sql, const AssetId& id, const TenantId& tenant) {
    TRY_ASSIGN(
        const auto row,
        sql.first("SELECT id FROM assets WHERE tenant = :tenant AND parent = :parent LIMIT 1",
                  {{"tenant", tenant.text()}, {"parent", id.text()}}));
    return row.has_value();
}

}  // namespace

Result<Asset> Assets::get(Sql& sql, const TenantId& tenant, const std::string& reference) {
    TRY_ASSIGN(
        const auto row,
        sql.first(
            std::format("SELECT {} FROM assets WHERE tenant = :tenant AND "
                        "(id = :reference OR path = :reference2)",
                        columns),
            {{"tenant", tenant.text()}, {"reference", reference}, {"reference2", reference}}));
    if (!row) {
        return fail(Code::NotFound, "there is no asset '{}'", reference);
    }
    return asset_of(*row);
}

Result<std::vector<Asset>> Assets::of_model(Sql& sql, const TenantId& tenant,
                                            const ModelId& model) {
    TRY_ASSIGN(const auto rows,
               sql.query(std::format("SELECT {} FROM assets WHERE tenant = :tenant AND model = "
                                     ":model",
                                     columns),
                         {{"tenant", tenant.text()}, {"model", model.text()}}));
    return assets_of(rows);
}

Result<Asset> Assets::create(const TenantId& tenant, Asset asset) {
    return ground_.feed.write<Asset>([&](Sql& sql, ChangeSet& changes) -> Result<Asset> {
        asset.id = make_id<AssetTag>(ground_.clock, ground_.random);
        asset.stamp = new_stamp(ground_.clock);
        TRY(place(sql, tenant, asset));
        TRY(check_free(sql, tenant, asset.path));
        ResolvedModel resolved;
        if (!asset.model.empty()) {
            const auto model = Models::get(sql, tenant, asset.model.text());
            if (!model) {
                return bad_field("/model", model.error().message);
            }
            if (model->is_aspect) {
                return bad_field("/model", "'" + model->key + "' is an aspect: assets have models");
            }
            asset.model = model->id;
            TRY_ASSIGN(resolved, Models::resolve(sql, tenant, *model));
        }
        TRY(sql.execute(
            "INSERT INTO assets (id, tenant, parent, path, model, doc, created, updated, version) "
            "VALUES (:id, :tenant, :parent, :path, :model, :doc, :created, :updated, :version)",
            with_stamp({{"id", asset.id.text()},
                        {"tenant", tenant.text()},
                        {"parent", asset.parent.text()},
                        {"path", asset.path},
                        {"model", asset.model.text()},
                        {"doc", document_of(asset)}},
                       asset.stamp)));
        changes.add(tenant, EntityKind::Asset, asset.id.text(), ChangeAction::Created);
        TRY(Points::insert_all(sql, ground_, tenant, asset, resolved.properties, changes));
        return asset;
    });
}

Result<AssetItem> Assets::get(const TenantId& tenant, const std::string& reference) {
    return ground_.database.read<AssetItem>([&](Sql& sql) -> Result<AssetItem> {
        TRY_ASSIGN(Asset asset, get(sql, tenant, reference));
        TRY_ASSIGN(const bool children, has_children(sql, asset.id, tenant));
        return AssetItem{std::move(asset), children};
    });
}

Result<Page<AssetItem>> Assets::list(const TenantId& tenant, const AssetFilter& filter,
                                     const PageRequest& request) {
    return ground_.database.read<Page<AssetItem>>([&](Sql& sql) -> Result<Page<AssetItem>> {
        std::string where = "tenant = :tenant AND path > :after";
        std::vector<SqlParameter> parameters = {{"tenant", tenant.text()},
                                                {"after", request.after}};
        if (filter.parent) {
            std::string parent;
            if (!filter.parent->empty()) {
                TRY_ASSIGN(const Asset asset, get(sql, tenant, *filter.parent));
                parent = asset.id.text();
            }
            where += " AND parent = :parent";
            parameters.emplace_back("parent", parent);
        }
        if (!filter.under.empty()) {
            const auto [from, to] = below(filter.under, '/');
            where += " AND path >= :from AND path < :to";
            parameters.emplace_back("from", from);
            parameters.emplace_back("to", to);
        }
        if (!filter.model.empty()) {
            TRY_ASSIGN(const ThingModel model, Models::get(sql, tenant, filter.model));
            where += " AND model = :model";
            parameters.emplace_back("model", model.id.text());
        }
        if (!filter.search.empty()) {
            where += " AND (lower(path) LIKE lower(:search) OR lower(doc) LIKE lower(:search2))";
            parameters.emplace_back("search", "%" + filter.search + "%");
            parameters.emplace_back("search2", "%" + filter.search + "%");
        }
        parameters.emplace_back("limit", request.limit + 1);
        TRY_ASSIGN(
            const auto rows,
            sql.query(std::format("SELECT {} FROM assets WHERE {} ORDER BY path LIMIT :limit",
                                  columns, where),
                      parameters));
        TRY_ASSIGN(auto assets, assets_of(rows));
        std::vector<AssetItem> items;
        for (Asset& asset : assets) {
            TRY_ASSIGN(const bool children, has_children(sql, asset.id, tenant));
            items.push_back({std::move(asset), children});
        }
        return make_page(std::move(items), request,
                         [](const AssetItem& item) { return item.asset.path; });
    });
}

// Gives all below an asset, and their points, the paths that follow from its new one.
Result<> Assets::move(Sql& sql, const TenantId& tenant, const Asset& asset,
                      const std::string& old_path, ChangeSet& changes) {
    TRY_ASSIGN(const auto descendants, subtree(sql, tenant, old_path));
    for (const Asset& descendant : descendants) {
        TRY(sql.execute("UPDATE assets SET path = :path WHERE id = :id",
                        {{"path", asset.path + descendant.path.substr(old_path.size())},
                         {"id", descendant.id.text()}}));
        changes.add(tenant, EntityKind::Asset, descendant.id.text(), ChangeAction::Updated);
    }
    const auto [slash, slash_end] = below(old_path, '/');
    const auto [dot, dot_end] = below(old_path, '.');
    TRY_ASSIGN(const auto points,
               sql.query("SELECT id, path FROM points WHERE tenant = :tenant AND ((path >= :slash "
                         "AND path < :slash_end) OR (path >= :dot AND path < :dot_end))",
                         {{"tenant", tenant.text()},
                          {"slash", slash},
                          {"slash_end", slash_end},
                          {"dot", dot},
                          {"dot_end", dot_end}}));
    for (const SqlRow& point : points) {
        TRY(sql.execute(
            "UPDATE points SET path = :path WHERE id = :id",
            {{"path", asset.path + point.text(1).substr(old_path.size())}, {"id", point.text(0)}}));
        changes.add(tenant, EntityKind::Point, point.text(0), ChangeAction::Updated);
    }
    return {};
}

Result<Asset> Assets::update(const TenantId& tenant, Asset asset, const ExpectedVersion& expected) {
    return ground_.feed.write<Asset>([&](Sql& sql, ChangeSet& changes) -> Result<Asset> {
        TRY_ASSIGN(const Asset before, get(sql, tenant, asset.id.text()));
        TRY(check_version(before.stamp, expected));
        asset.id = before.id;
        asset.stamp = next_stamp(before.stamp, ground_.clock);
        if (asset.model.empty() && before.model.empty()) {
            asset.model = before.model;
        } else if (const auto model = Models::get(sql, tenant, asset.model.text());
                   !model || model->id != before.model) {
            return fail(Code::Conflict, "the model of an asset stays: make a new asset instead");
        } else {
            asset.model = model->id;
        }
        TRY(place(sql, tenant, asset));
        if (asset.path != before.path) {
            if (asset.path.starts_with(before.path + "/")) {
                return bad_field("/parent", "an asset cannot be moved below itself");
            }
            TRY(check_free(sql, tenant, asset.path));
            TRY(move(sql, tenant, asset, before.path, changes));
        }
        TRY(sql.execute("UPDATE assets SET parent = :parent, path = :path, doc = :doc, "
                        "created = :created, updated = :updated, version = :version WHERE id = :id",
                        with_stamp({{"parent", asset.parent.text()},
                                    {"path", asset.path},
                                    {"doc", document_of(asset)},
                                    {"id", asset.id.text()}},
                                   asset.stamp)));
        changes.add(tenant, EntityKind::Asset, asset.id.text(), ChangeAction::Updated);
        return asset;
    });
}

Result<> Assets::remove(const TenantId& tenant, const std::string& reference, bool recursive,
                        const ExpectedVersion& expected) {
    const auto done = ground_.feed.write<bool>([&](Sql& sql, ChangeSet& changes) -> Result<bool> {
        TRY_ASSIGN(const Asset asset, get(sql, tenant, reference));
        TRY(check_version(asset.stamp, expected));
        TRY_ASSIGN(auto doomed, subtree(sql, tenant, asset.path));
        if (!doomed.empty() && !recursive) {
            return fail(Code::Conflict,
                        "'{}' has {} assets below it: remove them first, or ask for recursive=true",
                        asset.path, doomed.size());
        }
        doomed.push_back(asset);
        for (const Asset& each : doomed) {
            TRY_ASSIGN(const auto points, Points::of_asset(sql, each.id));
            for (const Point& point : points) {
                TRY(Points::remove(sql, tenant, point, changes));
            }
            TRY(sql.execute("DELETE FROM assets WHERE id = :id", {{"id", each.id.text()}}));
            changes.add(tenant, EntityKind::Asset, each.id.text(), ChangeAction::Deleted);
        }
        return true;
    });
    return done ? Result<>{} : std::unexpected(done.error());
}

}  // namespace gantry::registry

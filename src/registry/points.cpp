// SPDX-License-Identifier: Apache-2.0
#include "registry/points.h"

#include <algorithm>

#include "model/json.h"
#include "registry/assets.h"
#include "registry/tenants.h"

namespace gantry::registry {
namespace {

constexpr std::string_view columns = "id, asset, path, from_model, doc, created, updated, version";

Result<Point> point_of(const SqlRow& row) {
    Point out;
    out.id = PointId(row.text(0));
    out.asset = AssetId(row.text(1));
    out.path = row.text(2);
    out.from_model = row.flag(3);
    TRY_ASSIGN(const json::value doc, parse_json(row.text(4)));
    TRY(read_entity(doc, out.property, ""));
    out.stamp = read_stamp(row, 5);
    return out;
}

Result<std::vector<Point>> points_of(const std::vector<SqlRow>& rows) {
    std::vector<Point> out;
    out.reserve(rows.size());
    for (const SqlRow& row : rows) {
        TRY_ASSIGN(Point point, point_of(row));
        out.push_back(std::move(point));
    }
    return out;
}

Result<> write_property(Sql& sql, const Ground& ground, const TenantId& tenant, Point& point,
                        const Property& property, ChangeSet& changes) {
    point.property = property;
    point.stamp = next_stamp(point.stamp, ground.clock);
    TRY(sql.execute(
        "UPDATE points SET doc = :doc, created = :created, updated = :updated, "
        "version = :version WHERE id = :id",
        with_stamp({{"doc", json::serialize(to_json(property))}, {"id", point.id.text()}},
                   point.stamp)));
    changes.add(tenant, EntityKind::Point, point.id.text(), ChangeAction::Updated);
    return {};
}

}  // namespace

Result<Point> Points::get(Sql& sql, const TenantId& tenant, const std::string& reference) {
    TRY_ASSIGN(
        const auto row,
        sql.first(
            std::format("SELECT {} FROM points WHERE tenant = :tenant AND "
                        "(id = :reference OR path = :reference2)",
                        columns),
            {{"tenant", tenant.text()}, {"reference", reference}, {"reference2", reference}}));
    if (!row) {
        return fail(Code::NotFound, "there is no point '{}'", reference);
    }
    return point_of(*row);
}

Result<std::vector<Point>> Points::of_asset(Sql& sql, const AssetId& asset) {
    TRY_ASSIGN(
        const auto rows,
        sql.query(std::format("SELECT {} FROM points WHERE asset = :asset ORDER BY path", columns),
                  {{"asset", asset.text()}}));
    return points_of(rows);
}

Result<Point> Points::insert(Sql& sql, const Ground& ground, const TenantId& tenant,
                             const Asset& asset, const Property& property, bool from_model,
                             ChangeSet& changes) {
    Point point;
    point.id = make_id<PointTag>(ground.clock, ground.random);
    point.asset = asset.id;
    point.path = asset.path + "." + property.key;
    point.property = property;
    point.from_model = from_model;
    point.stamp = new_stamp(ground.clock);
    TRY(sql.execute(
        "INSERT INTO points (id, tenant, asset, path, from_model, doc, created, updated, "
        "version) VALUES (:id, :tenant, :asset, :path, :from_model, :doc, :created, "
        ":updated, :version)",
        with_stamp({{"id", point.id.text()},
                    {"tenant", tenant.text()},
                    {"asset", asset.id.text()},
                    {"path", point.path},
                    {"from_model", from_model ? 1 : 0},
                    {"doc", json::serialize(to_json(property))}},
                   point.stamp)));
    changes.add(tenant, EntityKind::Point, point.id.text(), ChangeAction::Created);
    return point;
}

Result<> Points::remove(Sql& sql, const TenantId& tenant, const Point& point, ChangeSet& changes) {
    TRY_ASSIGN(const auto tag,
               sql.first("SELECT tags.address, connections.key FROM tags JOIN connections ON "
                         "connections.id = tags.connection WHERE tags.point = :point",
                         {{"point", point.id.text()}}));
    if (tag) {
        return fail(Code::Conflict,
                    "tag '{}' of connection '{}' is bound to point '{}': remove the tag first",
                    tag->text(0), tag->text(1), point.path);
    }
    TRY(sql.execute("DELETE FROM points WHERE id = :id", {{"id", point.id.text()}}));
    TRY(Tenants::count_out(sql, tenant));
    changes.add(tenant, EntityKind::Point, point.id.text(), ChangeAction::Deleted);
    return {};
}

Result<> Points::follow_model(Sql& sql, const Ground& ground, const TenantId& tenant,
                              const ModelId& model, const ResolvedModel& resolved,
                              ChangeSet& changes) {
    TRY_ASSIGN(const auto assets, Assets::of_model(sql, tenant, model));
    std::vector<std::pair<const Asset*, const Property*>> missing;
    for (const Asset& asset : assets) {
        TRY_ASSIGN(auto points, of_asset(sql, asset.id));
        for (const Property& property : resolved.properties) {
            const auto point = std::ranges::find(points, property.key, [](const Point& candidate) {
                return candidate.property.key;
            });
            if (point == points.end()) {
                missing.emplace_back(&asset, &property);
            } else if (point->property.type != property.type) {
                return fail(Code::Conflict,
                            "point '{}' holds {} values and cannot become {}: give the property "
                            "another key",
                            point->path, value_type_name(point->property.type),
                            value_type_name(property.type));
            } else if (point->from_model && point->property != property) {
                TRY(write_property(sql, ground, tenant, *point, property, changes));
            }
        }
        for (const Point& point : points) {
            const bool still = std::ranges::find(resolved.properties, point.property.key,
                                                 &Property::key) != resolved.properties.end();
            if (point.from_model && !still) {
                TRY(remove(sql, tenant, point, changes));
            }
        }
    }
    TRY(Tenants::count_in(sql, ground, tenant, std::ssize(missing)));
    for (const auto& [asset, property] : missing) {
        TRY(insert(sql, ground, tenant, *asset, *property, true, changes));
    }
    return {};
}

Result<> Points::insert_all(Sql& sql, const Ground& ground, const TenantId& tenant,
                            const Asset& asset, const std::vector<Property>& properties,
                            ChangeSet& changes) {
    TRY(Tenants::count_in(sql, ground, tenant, std::ssize(properties)));
    for (const Property& property : properties) {
        TRY(insert(sql, ground, tenant, asset, property, true, changes));
    }
    return {};
}

Result<Point> Points::create(const TenantId& tenant, const std::string& asset, Property property) {
    return ground_.feed.write<Point>([&](Sql& sql, ChangeSet& changes) -> Result<Point> {
        TRY_ASSIGN(const Asset owner, Assets::get(sql, tenant, asset));
        const std::string path = owner.path + "." + property.key;
        if (get(sql, tenant, path)) {
            return fail(Code::Conflict, "there is a point '{}' already", path);
        }
        TRY(Tenants::count_in(sql, ground_, tenant, 1));
        return insert(sql, ground_, tenant, owner, property, false, changes);
    });
}

Result<Point> Points::get(const TenantId& tenant, const std::string& reference) {
    return ground_.database.read<Point>([&](Sql& sql) { return get(sql, tenant, reference); });
}

Result<Page<Point>> Points::list(const TenantId& tenant, const PointFilter& filter,
                                 const PageRequest& request) {
    std::string where = "tenant = :tenant AND path > :after";
    std::vector<SqlParameter> parameters = {{"tenant", tenant.text()}, {"after", request.after}};
    if (!filter.under.empty()) {
        const auto [slash, slash_end] = below(filter.under, '/');
        const auto [dot, dot_end] = below(filter.under, '.');
        where += " AND ((path >= :slash AND path < :slash_end) OR (path >= :dot AND path < "
                 ":dot_end))";
        parameters.insert(
            parameters.end(),
            {{"slash", slash}, {"slash_end", slash_end}, {"dot", dot}, {"dot_end", dot_end}});
    }
    if (!filter.asset.empty()) {
        where += " AND asset = :asset";
        parameters.emplace_back("asset", filter.asset);
    }
    if (!filter.search.empty()) {
        where += " AND (lower(path) LIKE lower(:search) OR lower(doc) LIKE lower(:search2))";
        parameters.emplace_back("search", "%" + filter.search + "%");
        parameters.emplace_back("search2", "%" + filter.search + "%");
    }
    parameters.emplace_back("limit", request.limit + 1);
    return ground_.database.read<Page<Point>>([&](Sql& sql) -> Result<Page<Point>> {
        TRY_ASSIGN(
            const auto rows,
            sql.query(std::format("SELECT {} FROM points WHERE {} ORDER BY path LIMIT :limit",
                                  columns, where),
                      parameters));
        TRY_ASSIGN(auto items, points_of(rows));
        return make_page(std::move(items), request, [](const Point& point) { return point.path; });
    });
}

Result<std::vector<std::pair<TenantId, Point>>> Points::all() {
    using All = std::vector<std::pair<TenantId, Point>>;
    return ground_.database.read<All>([&](Sql& sql) -> Result<All> {
        TRY_ASSIGN(const auto rows,
                   sql.query(std::format("SELECT {}, tenant FROM points", columns)));
        All out;
        for (const SqlRow& row : rows) {
            TRY_ASSIGN(Point point, point_of(row));
            out.emplace_back(TenantId(row.text(8)), std::move(point));
        }
        return out;
    });
}

Result<Point> Points::update(const TenantId& tenant, const std::string& reference,
                             Property property, const ExpectedVersion& expected) {
    return ground_.feed.write<Point>([&](Sql& sql, ChangeSet& changes) -> Result<Point> {
        TRY_ASSIGN(Point point, get(sql, tenant, reference));
        TRY(check_version(point.stamp, expected));
        if (point.from_model) {
            return fail(Code::Conflict, "point '{}' comes from its asset's model: change the model",
                        point.path);
        }
        if (property.key != point.property.key || property.type != point.property.type) {
            return bad_field("/key", "key and type of a point stay as they are");
        }
        TRY(write_property(sql, ground_, tenant, point, property, changes));
        return point;
    });
}

Result<> Points::remove(const TenantId& tenant, const std::string& reference,
                        const ExpectedVersion& expected) {
    const auto done = ground_.feed.write<bool>([&](Sql& sql, ChangeSet& changes) -> Result<bool> {
        TRY_ASSIGN(const Point point, get(sql, tenant, reference));
        TRY(check_version(point.stamp, expected));
        if (point.from_model) {
            return fail(Code::Conflict, "point '{}' comes from its asset's model: change the model",
                        point.path);
        }
        TRY(remove(sql, tenant, point, changes));
        return true;
    });
    return done ? Result<>{} : std::unexpected(done.error());
}

}  // namespace gantry::registry

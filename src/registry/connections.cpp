// SPDX-License-Identifier: Apache-2.0
#include "registry/connections.h"

#include "model/json.h"
#include "registry/points.h"

namespace gantry::registry {
namespace {

constexpr std::string_view columns = "id, key, protocol, enabled, doc, created, updated, version";
constexpr std::string_view tag_columns =
    "tags.id, tags.connection, tags.point, tags.address, tags.created, tags.updated, tags.version";

std::string document_of(const Connection& connection) {
    json::object doc;
    doc["name"] = to_json(connection.name);
    doc["settings"] = connection.settings;
    return json::serialize(doc);
}

Result<Connection> connection_of(const SqlRow& row) {
    Connection out;
    out.id = ConnectionId(row.text(0));
    out.key = row.text(1);
    out.protocol = row.text(2);
    out.desired = row.flag(3) ? DesiredState::Enabled : DesiredState::Disabled;
    out.stamp = read_stamp(row, 5);
    TRY_ASSIGN(const json::value doc, parse_json(row.text(4)));
    ObjectReader in(doc, "");
    in.optional("name", out.name);
    // A text, and longer than others may be: certificates are in it.
    const json::value* const settings = in.take("settings");
    TRY(in.finish());
    if (settings == nullptr || !settings->is_string()) {
        return fail(Code::Corrupt, "connection {}: its settings are damaged", out.key);
    }
    out.settings = settings->as_string();
    return out;
}

Tag tag_of(const SqlRow& row) {
    return {.id = TagId(row.text(0)),
            .connection = ConnectionId(row.text(1)),
            .point = PointId(row.text(2)),
            .address = row.text(3),
            .stamp = read_stamp(row, 4)};
}

Result<Connection> find(Sql& sql, const TenantId& tenant, const std::string& reference) {
    TRY_ASSIGN(
        const auto row,
        sql.first(
            std::format("SELECT {} FROM connections WHERE tenant = :tenant AND "
                        "(id = :reference OR key = :reference2)",
                        columns),
            {{"tenant", tenant.text()}, {"reference", reference}, {"reference2", reference}}));
    if (!row) {
        return fail(Code::NotFound, "there is no connection '{}'", reference);
    }
    return connection_of(*row);
}

Result<Tag> find_tag(Sql& sql, const TenantId& tenant, const std::string& id) {
    TRY_ASSIGN(const auto row,
               sql.first(std::format("SELECT {} FROM tags WHERE tenant = :tenant AND id = :id",
                                     tag_columns),
                         {{"tenant", tenant.text()}, {"id", id}}));
    if (!row) {
        return fail(Code::NotFound, "there is no tag '{}'", id);
    }
    return tag_of(*row);
}

Result<> insert_tag(Sql& sql, const TenantId& tenant, const Tag& tag) {
    const auto done = sql.execute(
        "INSERT INTO tags (id, tenant, connection, point, address, created, updated, version) "
        "VALUES (:id, :tenant, :connection, :point, :address, :created, :updated, :version)",
        with_stamp({{"id", tag.id.text()},
                    {"tenant", tenant.text()},
                    {"connection", tag.connection.text()},
                    {"point", tag.point.text()},
                    {"address", tag.address}},
                   tag.stamp));
    return done ? Result<>{} : std::unexpected(done.error());
}

}  // namespace

Result<Connection> Connections::create(const TenantId& tenant, Connection connection) {
    return ground_.feed.write<Connection>([&](Sql& sql, ChangeSet& changes) -> Result<Connection> {
        TRY(check_key(connection.key, "/key"));
        connection.id = make_id<ConnectionTag>(ground_.clock, ground_.random);
        connection.stamp = new_stamp(ground_.clock);
        if (find(sql, tenant, connection.key)) {
            return fail(Code::Conflict, "there is a connection '{}' already", connection.key);
        }
        TRY(sql.execute(
            "INSERT INTO connections (id, tenant, key, protocol, enabled, doc, created, updated, "
            "version) VALUES (:id, :tenant, :key, :protocol, :enabled, :doc, :created, :updated, "
            ":version)",
            with_stamp({{"id", connection.id.text()},
                        {"tenant", tenant.text()},
                        {"key", connection.key},
                        {"protocol", connection.protocol},
                        {"enabled", connection.desired == DesiredState::Enabled ? 1 : 0},
                        {"doc", document_of(connection)}},
                       connection.stamp)));
        changes.add(tenant, EntityKind::Connection, connection.id.text(), ChangeAction::Created);
        return connection;
    });
}

Result<Connection> Connections::get(const TenantId& tenant, const std::string& reference) {
    return ground_.database.read<Connection>(
        [&](Sql& sql) { return find(sql, tenant, reference); });
}

Result<Page<Connection>> Connections::list(const TenantId& tenant, const PageRequest& request) {
    return ground_.database.read<Page<Connection>>([&](Sql& sql) -> Result<Page<Connection>> {
        TRY_ASSIGN(const auto rows,
                   sql.query(std::format("SELECT {} FROM connections WHERE tenant = :tenant AND "
                                         "key > :after ORDER BY key LIMIT :limit",
                                         columns),
                             {{"tenant", tenant.text()},
                              {"after", request.after},
                              {"limit", request.limit + 1}}));
        std::vector<Connection> items;
        for (const SqlRow& row : rows) {
            TRY_ASSIGN(Connection connection, connection_of(row));
            items.push_back(std::move(connection));
        }
        return make_page(std::move(items), request,
                         [](const Connection& connection) { return connection.key; });
    });
}

Result<std::vector<std::pair<TenantId, Connection>>> Connections::all() {
    using All = std::vector<std::pair<TenantId, Connection>>;
    return ground_.database.read<All>([&](Sql& sql) -> Result<All> {
        TRY_ASSIGN(const auto rows,
                   sql.query(std::format("SELECT {}, tenant FROM connections", columns)));
        All out;
        for (const SqlRow& row : rows) {
            TRY_ASSIGN(Connection connection, connection_of(row));
            out.emplace_back(TenantId(row.text(8)), std::move(connection));
        }
        return out;
    });
}

Result<Connection> Connections::update(const TenantId& tenant, Connection connection,
                                       const ExpectedVersion& expected) {
    return ground_.feed.write<Connection>([&](Sql& sql, ChangeSet& changes) -> Result<Connection> {
        TRY_ASSIGN(const Connection before, find(sql, tenant, connection.id.text()));
        TRY(check_version(before.stamp, expected));
        TRY(check_key(connection.key, "/key"));
        if (connection.protocol != before.protocol) {
            return bad_field("/protocol", "the protocol of a connection stays");
        }
        if (const auto other = find(sql, tenant, connection.key); other && other->id != before.id) {
            return fail(Code::Conflict, "there is a connection '{}' already", connection.key);
        }
        connection.id = before.id;
        connection.stamp = next_stamp(before.stamp, ground_.clock);
        TRY(sql.execute(
            "UPDATE connections SET key = :key, enabled = :enabled, doc = :doc, "
            "created = :created, updated = :updated, version = :version WHERE id = :id",
            with_stamp({{"key", connection.key},
                        {"enabled", connection.desired == DesiredState::Enabled ? 1 : 0},
                        {"doc", document_of(connection)},
                        {"id", connection.id.text()}},
                       connection.stamp)));
        changes.add(tenant, EntityKind::Connection, connection.id.text(), ChangeAction::Updated);
        return connection;
    });
}

Result<> Connections::remove(const TenantId& tenant, const std::string& reference,
                             const ExpectedVersion& expected) {
    const auto done = ground_.feed.write<bool>([&](Sql& sql, ChangeSet& changes) -> Result<bool> {
        TRY_ASSIGN(const Connection connection, find(sql, tenant, reference));
        TRY(check_version(connection.stamp, expected));
        TRY(sql.execute("DELETE FROM tags WHERE connection = :id", {{"id", connection.id.text()}}));
        TRY(sql.execute("DELETE FROM connections WHERE id = :id", {{"id", connection.id.text()}}));
        changes.add(tenant, EntityKind::Connection, connection.id.text(), ChangeAction::Deleted);
        return true;
    });
    return done ? Result<>{} : std::unexpected(done.error());
}

Result<std::vector<Tag>> Connections::create_tags(const TenantId& tenant, std::vector<Tag> tags) {
    using Tags = std::vector<Tag>;
    return ground_.feed.write<Tags>([&](Sql& sql, ChangeSet& changes) -> Result<Tags> {
        for (std::size_t i = 0; i < tags.size(); ++i) {
            Tag& tag = tags[i];
            const std::string where = tags.size() == 1 ? "" : "/items/" + std::to_string(i);
            const auto connection = find(sql, tenant, tag.connection.text());
            if (!connection) {
                return bad_field(where + "/connection", connection.error().message);
            }
            const auto point = Points::get(sql, tenant, tag.point.text());
            if (!point) {
                return bad_field(where + "/point", point.error().message);
            }
            tag.id = make_id<TagTag>(ground_.clock, ground_.random);
            tag.connection = connection->id;
            tag.point = point->id;
            tag.stamp = new_stamp(ground_.clock);
            if (const auto done = insert_tag(sql, tenant, tag); !done) {
                return done.error().code == Code::Conflict
                           ? fail(Code::Conflict, "point '{}' has a tag already", point->path)
                           : std::unexpected(done.error());
            }
            changes.add(tenant, EntityKind::Tag, tag.id.text(), ChangeAction::Created);
            changes.add(tenant, EntityKind::Connection, tag.connection.text(),
                        ChangeAction::Updated);
        }
        return tags;
    });
}

Result<Tag> Connections::tag(const TenantId& tenant, const std::string& id) {
    return ground_.database.read<Tag>([&](Sql& sql) { return find_tag(sql, tenant, id); });
}

Result<Page<BoundTag>> Connections::list_tags(const TenantId& tenant, const std::string& connection,
                                              const PageRequest& request) {
    return ground_.database.read<Page<BoundTag>>([&](Sql& sql) -> Result<Page<BoundTag>> {
        std::string where = "tags.tenant = :tenant AND tags.id > :after";
        std::vector<SqlParameter> parameters = {{"tenant", tenant.text()},
                                                {"after", request.after}};
        if (!connection.empty()) {
            TRY_ASSIGN(const Connection found, find(sql, tenant, connection));
            where += " AND tags.connection = :connection";
            parameters.emplace_back("connection", found.id.text());
        }
        parameters.emplace_back("limit", request.limit + 1);
        TRY_ASSIGN(const auto rows,
                   sql.query(std::format("SELECT {} FROM tags WHERE {} ORDER BY tags.id LIMIT "
                                         ":limit",
                                         tag_columns, where),
                             parameters));
        std::vector<BoundTag> items;
        for (const SqlRow& row : rows) {
            Tag tag = tag_of(row);
            TRY_ASSIGN(Point point, Points::get(sql, tenant, tag.point.text()));
            items.push_back({std::move(tag), std::move(point)});
        }
        return make_page(std::move(items), request,
                         [](const BoundTag& item) { return item.tag.id.text(); });
    });
}

Result<Tag> Connections::update_tag(const TenantId& tenant, const std::string& id,
                                    std::string address, const ExpectedVersion& expected) {
    return ground_.feed.write<Tag>([&](Sql& sql, ChangeSet& changes) -> Result<Tag> {
        TRY_ASSIGN(Tag tag, find_tag(sql, tenant, id));
        TRY(check_version(tag.stamp, expected));
        tag.address = address;
        tag.stamp = next_stamp(tag.stamp, ground_.clock);
        TRY(sql.execute(
            "UPDATE tags SET address = :address, created = :created, updated = :updated, "
            "version = :version WHERE id = :id",
            with_stamp({{"address", tag.address}, {"id", tag.id.text()}}, tag.stamp)));
        changes.add(tenant, EntityKind::Tag, tag.id.text(), ChangeAction::Updated);
        changes.add(tenant, EntityKind::Connection, tag.connection.text(), ChangeAction::Updated);
        return tag;
    });
}

Result<> Connections::remove_tag(const TenantId& tenant, const std::string& id) {
    const auto done = ground_.feed.write<bool>([&](Sql& sql, ChangeSet& changes) -> Result<bool> {
        TRY_ASSIGN(const Tag tag, find_tag(sql, tenant, id));
        TRY(sql.execute("DELETE FROM tags WHERE id = :id", {{"id", id}}));
        changes.add(tenant, EntityKind::Tag, tag.id.text(), ChangeAction::Deleted);
        changes.add(tenant, EntityKind::Connection, tag.connection.text(), ChangeAction::Updated);
        return true;
    });
    return done ? Result<>{} : std::unexpected(done.error());
}

Result<std::vector<BoundTag>> Connections::tags_of(const ConnectionId& connection) {
    using Tags = std::vector<BoundTag>;
    return ground_.database.read<Tags>([&](Sql& sql) -> Result<Tags> {
        TRY_ASSIGN(const auto rows,
                   sql.query(std::format("SELECT {}, tags.tenant FROM tags WHERE connection = "
                                         ":connection ORDER BY address",
                                         tag_columns),
                             {{"connection", connection.text()}}));
        Tags out;
        for (const SqlRow& row : rows) {
            Tag tag = tag_of(row);
            TRY_ASSIGN(Point point, Points::get(sql, TenantId(row.text(7)), tag.point.text()));
            out.push_back({std::move(tag), std::move(point)});
        }
        return out;
    });
}

}  // namespace gantry::registry

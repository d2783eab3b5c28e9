// SPDX-License-Identifier: Apache-2.0
#include "api/entities_json.h"

#include "security/statement_json.h"

namespace gantry::api {
namespace {

void show_stamp(json::object& out, const Stamp& stamp) {
    out["created"] = format_time(stamp.created);
    out["updated"] = format_time(stamp.updated);
    out["version"] = stamp.version;
}

void show_text(json::object& out, std::string_view key, const LocalizedText& text) {
    if (!text.empty()) {
        out[key] = to_json(text);
    }
}

// Takes what only the server sets, so that it is no unknown field.
void take_server_fields(ObjectReader& in) {
    for (const char* name : {"id", "path", "created", "updated", "version", "has_children",
                             "status", "type", "unit", "property_name", "point_path"}) {
        in.take(name);
    }
}

std::vector<std::string> texts_of(const std::vector<ModelId>& ids) {
    std::vector<std::string> out;
    for (const ModelId& id : ids) {
        out.push_back(id.text());
    }
    return out;
}

json::array to_array(const std::vector<std::string>& texts) {
    json::array out;
    for (const std::string& text : texts) {
        out.push_back(json::string(text));
    }
    return out;
}

}  // namespace

json::object show(const ThingModel& model) {
    json::object out;
    out["id"] = model.id.text();
    out["key"] = model.key;
    show_text(out, "name", model.name);
    show_text(out, "description", model.description);
    if (!model.parent.empty()) {
        out["parent"] = model.parent.text();
    }
    out["aspects"] = to_array(texts_of(model.aspects));
    out["is_aspect"] = model.is_aspect;
    out["properties"] = to_json_array(model.properties);
    out["commands"] = to_json_array(model.commands);
    out["events"] = to_json_array(model.events);
    show_stamp(out, model.stamp);
    return out;
}

json::object show(const Asset& asset, bool has_children) {
    json::object out;
    out["id"] = asset.id.text();
    out["path"] = asset.path;
    out["key"] = asset.key;
    if (!asset.parent.empty()) {
        out["parent"] = asset.parent.text();
    }
    show_text(out, "name", asset.name);
    show_text(out, "description", asset.description);
    out["level"] = asset_level_name(asset.level);
    if (!asset.model.empty()) {
        out["model"] = asset.model.text();
    }
    json::object attributes;
    for (const auto& [key, value] : asset.attributes) {
        attributes[key] = value;
    }
    out["attributes"] = std::move(attributes);
    out["has_children"] = has_children;
    show_stamp(out, asset.stamp);
    return out;
}

json::object show(const Point& point) {
    json::object out;
    out["id"] = point.id.text();
    out["path"] = point.path;
    out["asset"] = point.asset.text();
    for (auto& field : to_json(point.property)) {
        out[field.key()] = field.value();
    }
    out["from_model"] = point.from_model;
    show_stamp(out, point.stamp);
    return out;
}

json::object show(const Connection& connection) {
    json::object out;
    out["id"] = connection.id.text();
    out["key"] = connection.key;
    show_text(out, "name", connection.name);
    out["protocol"] = connection.protocol;
    out["enabled"] = connection.desired == DesiredState::Enabled;
    const auto settings = parse_json(connection.settings);
    out["settings"] = settings ? *settings : json::value(json::object());
    show_stamp(out, connection.stamp);
    return out;
}

json::object show(const Tag& tag) {
    json::object out;
    out["id"] = tag.id.text();
    out["connection"] = tag.connection.text();
    out["point"] = tag.point.text();
    out["address"] = tag.address;
    show_stamp(out, tag.stamp);
    return out;
}

json::object show(const registry::BoundTag& bound) {
    json::object out = show(bound.tag);
    out["point_path"] = bound.point.path;
    out["type"] = value_type_name(bound.point.property.type);
    if (!bound.point.property.unit.empty()) {
        out["unit"] = bound.point.property.unit;
    }
    return out;
}

json::object show(const registry::Principal& principal) {
    json::object out;
    out["id"] = principal.id.text();
    out["login"] = principal.login;
    show_text(out, "name", principal.name);
    out["roles"] = to_array(principal.roles);
    out["disabled"] = principal.disabled;
    out["must_change_password"] = principal.must_change_password;
    show_stamp(out, principal.stamp);
    return out;
}

json::object show(const registry::Role& role) {
    json::object out;
    out["id"] = role.id.text();
    out["key"] = role.key;
    show_text(out, "name", role.name);
    json::array statements;
    for (const security::Statement& statement : role.statements) {
        statements.push_back(to_json(statement));
    }
    out["statements"] = std::move(statements);
    show_stamp(out, role.stamp);
    return out;
}

json::object show(const registry::Tenant& tenant) {
    json::object out;
    out["id"] = tenant.id.text();
    out["key"] = tenant.key;
    show_text(out, "name", tenant.name);
    show_stamp(out, tenant.stamp);
    return out;
}

json::object show_with_quota(const registry::Tenant& tenant) {
    json::object out = show(tenant);
    out["points"] = tenant.points;
    out["points_max"] = tenant.points_max;
    if (tenant.points_quota) {
        out["points_quota"] = *tenant.points_quota;
    }
    return out;
}

json::object show(const registry::ApiToken& token) {
    json::object out;
    out["id"] = token.id.text();
    out["name"] = token.name;
    out["principal"] = token.principal.text();
    out["created"] = format_time(token.created);
    out["expires"] = format_time(token.expires);
    return out;
}

json::object show(const Sample& sample, bool with_code) {
    json::object out;
    out["time"] = format_time(sample.time);
    out["value"] = to_json(sample.value);
    out["quality"] = severity_name(sample.quality.severity());
    if (with_code) {
        out["quality_code"] = sample.quality.code;
    }
    return out;
}

Result<> read(const json::value& body, ThingModel& out) {
    std::string parent;
    std::vector<std::string> aspects;
    ObjectReader in(body, "");
    take_server_fields(in);
    in.required("key", out.key);
    in.optional("name", out.name);
    in.optional("description", out.description);
    in.optional("parent", parent);
    in.optional("aspects", aspects);
    in.optional("is_aspect", out.is_aspect);
    in.optional("properties", out.properties);
    in.optional("commands", out.commands);
    in.optional("events", out.events);
    TRY(in.finish());
    out.parent = ModelId(parent);
    for (std::string& aspect : aspects) {
        out.aspects.emplace_back(std::move(aspect));
    }
    return {};
}

Result<> read(const json::value& body, Asset& out) {
    std::string parent;
    std::string model;
    ObjectReader in(body, "");
    take_server_fields(in);
    in.required("key", out.key);
    in.optional("parent", parent);
    in.optional("name", out.name);
    in.optional("description", out.description);
    in.optional("level", out.level);
    in.optional("model", model);
    in.optional("attributes", out.attributes);
    TRY(in.finish());
    out.parent = AssetId(parent);
    out.model = ModelId(model);
    return {};
}

Result<> read(const json::value& body, Connection& out) {
    bool enabled = true;
    ObjectReader in(body, "");
    take_server_fields(in);
    in.required("key", out.key);
    in.optional("name", out.name);
    in.required("protocol", out.protocol);
    in.optional("enabled", enabled);
    const json::value* settings = in.take("settings");
    TRY(in.finish());
    if (settings == nullptr || !settings->is_object()) {
        return bad_field("/settings", "must be an object with the protocol's settings");
    }
    out.desired = enabled ? DesiredState::Enabled : DesiredState::Disabled;
    out.settings = json::serialize(*settings);
    return {};
}

Result<> read(const json::value& body, Tag& out, const std::string& where) {
    std::string connection;
    std::string point;
    ObjectReader in(body, where);
    take_server_fields(in);
    in.required("connection", connection);
    in.required("point", point);
    in.required("address", out.address);
    TRY(in.finish());
    out.connection = ConnectionId(connection);
    out.point = PointId(point);
    return {};
}

Result<> read(const json::value& body, registry::Role& out) {
    ObjectReader in(body, "");
    take_server_fields(in);
    in.required("key", out.key);
    in.optional("name", out.name);
    in.required("statements", out.statements);
    return in.finish();
}

}  // namespace gantry::api

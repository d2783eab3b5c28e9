// SPDX-License-Identifier: Apache-2.0
// Connections to devices, their tags, and trying things before they are saved.
#include "acquisition/secrets.h"
#include "api/discovery_routes.h"
#include "api/entities_json.h"
#include "api/point_access.h"
#include "api/route.h"

namespace gantry::api {
namespace {

// What was measured is not known to the nanosecond.
std::string rounded(Duration measured) {
    return format_duration(std::chrono::round<std::chrono::microseconds>(measured));
}

json::object show_health(const connector::Health& health) {
    json::object out;
    out["state"] = connector::state_name(health.state);
    out["since"] = format_time(health.since);
    if (!health.last_error.empty()) {
        out["last_error"] = health.last_error;
        out["last_error_time"] = format_time(health.last_error_time);
    }
    out["restarts"] = health.restarts;
    out["tags_good"] = health.tags_good;
    out["tags_uncertain"] = health.tags_uncertain;
    out["tags_bad"] = health.tags_bad;
    out["polls"] = health.polls;
    out["polls_missed"] = health.polls_missed;
    out["polls_per_second"] = health.polls_per_second;
    out["samples_lost"] = health.samples_lost;
    out["lateness"] = rounded(health.last_poll_lateness);
    out["round_trip_p50"] = rounded(health.round_trip_p50);
    out["round_trip_p99"] = rounded(health.round_trip_p99);
    json::array troubles;
    for (const connector::Part& part : health.troubles) {
        troubles.push_back(json::object{{"name", part.name}, {"trouble", part.trouble}});
    }
    out["troubles"] = std::move(troubles);
    return out;
}

json::object show_with_status(const Services& services, const Connection& connection) {
    json::object out = show(connection);
    if (const auto status = services.connectors.status(connection.id)) {
        out["status"] = show_health(status->health);
    }
    return out;
}

Result<http::Response> list_connections(Services& services, const Call& call) {
    TRY_ASSIGN(const auto page, call.page());
    TRY_ASSIGN(const auto connections, services.registry.connections().list(call.tenant(), page));
    return page_answer(connections, [&](const Connection& connection) {
        return std::optional(show_with_status(services, connection));
    });
}

Result<http::Response> read_connection(Services& services, const Call& call) {
    TRY_ASSIGN(const auto connection,
               services.registry.connections().get(call.tenant(), call.part("connection")));
    return item_answer(show_with_status(services, connection), connection.stamp);
}

constexpr std::size_t settings_bytes_max = std::size_t{64} << 10;

// Its settings are checked, and sealed where they are secrets.
Result<> check_connection(const Services& services, const Call& call, Connection& connection) {
    const auto protocol = services.protocols.find(connection.protocol);
    if (!protocol) {
        return bad_field("/protocol", protocol.error().message);
    }
    TRY((*protocol)->check_settings(connection.settings));
    TRY_ASSIGN(connection.settings,
               acquisition::seal_settings(**protocol, services.sealer, call.tenant(),
                                          std::move(connection.settings)));
    if (connection.settings.size() > settings_bytes_max) {
        return bad_field("/settings", "are longer than 65536 bytes together");
    }
    return {};
}

Result<http::Response> create_connection(Services& services, const Call& call) {
    TRY_ASSIGN(const json::value body, call.body());
    Connection connection;
    TRY(read(body, connection));
    TRY(check_connection(services, call, connection));
    TRY_ASSIGN(connection, services.registry.connections().create(call.tenant(), connection));
    return item_answer(show(connection), connection.stamp, 201);
}

Result<http::Response> change_connection(Services& services, const Call& call,
                                         const json::value& body, const Connection& before) {
    TRY_ASSIGN(const auto expected, call.expected_version());
    Connection connection;
    TRY(read(body, connection));
    TRY(check_connection(services, call, connection));
    connection.id = before.id;
    TRY_ASSIGN(connection,
               services.registry.connections().update(call.tenant(), connection, expected));
    return item_answer(show(connection), connection.stamp);
}

Result<http::Response> replace_connection(Services& services, const Call& call) {
    TRY_ASSIGN(const json::value body, call.body());
    TRY_ASSIGN(const auto before,
               services.registry.connections().get(call.tenant(), call.part("connection")));
    return change_connection(services, call, body, before);
}

Result<http::Response> patch_connection(Services& services, const Call& call) {
    TRY_ASSIGN(const json::value patch, call.body());
    TRY_ASSIGN(const auto before,
               services.registry.connections().get(call.tenant(), call.part("connection")));
    json::value body = show(before);
    merge_patch(body, patch);
    return change_connection(services, call, body, before);
}

Result<http::Response> remove_connection(Services& services, const Call& call) {
    TRY_ASSIGN(const auto expected, call.expected_version());
    TRY(services.registry.connections().remove(call.tenant(), call.part("connection"), expected));
    return no_content();
}

// --- trying

http::Response show_report(const connector::TestReport& report) {
    json::array probes;
    for (const auto& probe : report.probes) {
        json::object item = {{"name", probe.name}, {"answered", probe.answered}};
        if (!probe.detail.empty()) {
            item["detail"] = probe.detail;
        }
        if (probe.answered) {
            item["round_trip"] = rounded(probe.round_trip);
        }
        probes.push_back(std::move(item));
    }
    json::object out = {{"connected", report.connected}, {"probes", std::move(probes)}};
    if (!report.detail.empty()) {
        out["detail"] = report.detail;
    }
    return json_answer(out);
}

// The settings of the body: {"settings": {…}, …}.
Result<std::string> settings_of(Services& services, const Call& call,
                                const connector::Protocol& protocol, ObjectReader& in) {
    const json::value* settings = in.take("settings");
    if (settings == nullptr || !settings->is_object()) {
        return bad_field("/settings", "must be an object with the protocol's settings");
    }
    return acquisition::unseal_settings(protocol, services.sealer, call.tenant(),
                                        json::serialize(*settings));
}

Async<http::Response> test_settings(Services& services, const Call& call) {
    CO_TRY_ASSIGN(const auto* protocol, services.protocols.find(call.part("protocol")));
    CO_TRY_ASSIGN(const json::value body, call.body());
    ObjectReader in(body, "");
    CO_TRY_ASSIGN(const std::string settings, settings_of(services, call, *protocol, in));
    CO_TRY(in.finish());
    CO_TRY(protocol->check_settings(settings));
    CO_TRY_ASSIGN(const auto report,
                  co_await protocol->test(services.connectors.around(), settings, {}));
    co_return show_report(report);
}

Async<http::Response> test_connection(Services& services, const Call& call) {
    auto& connections = services.registry.connections();
    CO_TRY_ASSIGN(const Connection connection, co_await offload(services.offload, [&] {
                      return connections.get(call.tenant(), call.part("connection"));
                  }));
    CO_TRY_ASSIGN(const auto tags, co_await offload(services.offload, [&] {
                      return connections.tags_of(connection.id);
                  }));
    std::vector<std::string> addresses;
    for (const registry::BoundTag& tag : tags) {
        addresses.push_back(tag.tag.address);
    }
    CO_TRY_ASSIGN(const auto* protocol, services.protocols.find(connection.protocol));
    CO_TRY_ASSIGN(const std::string settings,
                  acquisition::unseal_settings(*protocol, services.sealer, call.tenant(),
                                               connection.settings));
    CO_TRY_ASSIGN(const auto report, co_await protocol->test(services.connectors.around(), settings,
                                                             std::move(addresses)));
    co_return show_report(report);
}

Result<connector::TrialTag> trial_tag_of(const json::value& value, const std::string& where) {
    connector::TrialTag out;
    if (value.is_string()) {
        out.address = value.as_string();
        return out;
    }
    ObjectReader in(value, where);
    in.required("address", out.address);
    in.optional("type", out.property.type);
    in.optional("unit", out.property.unit);
    TRY(in.finish());
    return out;
}

Async<http::Response> read_addresses(Services& services, const Call& call) {
    CO_TRY_ASSIGN(const auto* protocol, services.protocols.find(call.part("protocol")));
    CO_TRY_ASSIGN(const json::value body, call.body());
    ObjectReader in(body, "");
    CO_TRY_ASSIGN(const std::string settings, settings_of(services, call, *protocol, in));
    const json::value* addresses = in.take("addresses");
    CO_TRY(in.finish());
    if (addresses == nullptr || !addresses->is_array() ||
        addresses->as_array().size() > connector::trial_tags_max) {
        co_return bad_field("/addresses", std::format("must be an array of at most {} addresses",
                                                      connector::trial_tags_max));
    }
    std::vector<connector::TrialTag> tags;
    for (const json::value& address : addresses->as_array()) {
        CO_TRY_ASSIGN(connector::TrialTag tag,
                      trial_tag_of(address, "/addresses/" + std::to_string(tags.size())));
        tags.push_back(std::move(tag));
    }
    CO_TRY_ASSIGN(const auto readings,
                  co_await protocol->read(services.connectors.around(), settings, tags));
    json::array items;
    for (std::size_t i = 0; i < readings.size(); ++i) {
        const connector::TrialReading& reading = readings[i];
        json::object item = show(Sample{reading.time, reading.value, reading.quality}, true);
        item["address"] = tags[i].address;
        if (!reading.detail.empty()) {
            item["detail"] = reading.detail;
        }
        items.push_back(std::move(item));
    }
    json::object out = {{"items", std::move(items)}};
    co_return json_answer(out);
}

Async<http::Response> scan_device(Services& services, const Call& call) {
    CO_TRY_ASSIGN(const auto* protocol, services.protocols.find(call.part("protocol")));
    CO_TRY_ASSIGN(const json::value body, call.body());
    connector::ScanRequest request;
    request.count = 100;
    ObjectReader in(body, "");
    CO_TRY_ASSIGN(const std::string settings, settings_of(services, call, *protocol, in));
    in.required("area", request.area);
    in.optional("from", request.from);
    in.optional("count", request.count);
    CO_TRY(in.finish());
    CO_TRY_ASSIGN(const auto report,
                  co_await protocol->scan(services.connectors.around(), settings, request));
    json::array found;
    for (const auto& item : report.found) {
        found.push_back(json::object{{"address", item.address}, {"value", to_json(item.value)}});
    }
    json::object out = {{"found", std::move(found)}, {"next", report.next}, {"done", report.done}};
    if (!report.detail.empty()) {
        out["detail"] = report.detail;
    }
    co_return json_answer(out);
}

Async<http::Response> list_protocols(Services& services, const Call&) {
    json::array items;
    for (const connector::Protocol* protocol : services.protocols.all()) {
        items.push_back(protocol->describe());
    }
    json::object out = {{"items", std::move(items)}};
    co_return json_answer(out);
}

// --- tags

Result<> check_tag(Services& services, const Call& call, const Tag& tag, const std::string& where) {
    const auto connection =
        services.registry.connections().get(call.tenant(), tag.connection.text());
    if (!connection) {
        return bad_field(where + "/connection", connection.error().message);
    }
    const auto point = services.registry.points().get(call.tenant(), tag.point.text());
    if (!point) {
        return bad_field(where + "/point", point.error().message);
    }
    TRY(call.require("tags:write", point->path, "point '" + tag.point.text() + "'"));
    TRY_ASSIGN(const auto* protocol, services.protocols.find(connection->protocol));
    auto checked = protocol->check_tag(connection->settings, tag.address, point->property);
    if (!checked) {
        return bad_field(where + "/address", checked.error().message);
    }
    return {};
}

Result<http::Response> list_tags(Services& services, const Call& call) {
    TRY_ASSIGN(const auto page, call.page());
    TRY_ASSIGN(const auto tags,
               services.registry.connections().list_tags(
                   call.tenant(), call.request.parameter("connection").value_or(""), page));
    return page_answer(tags, [&](const registry::BoundTag& tag) {
        return call.context.may("tags:read", tag.point.path) ? std::optional(show(tag))
                                                             : std::nullopt;
    });
}

Result<http::Response> create_tags(Services& services, const Call& call) {
    TRY_ASSIGN(const json::value body, call.body());
    const json::value* items = body.is_object() ? body.as_object().if_contains("items") : nullptr;
    std::vector<Tag> tags;
    if (items == nullptr) {
        TRY(read(body, tags.emplace_back()));
    } else if (items->is_array()) {
        for (const json::value& item : items->as_array()) {
            const std::string where = "/items/" + std::to_string(tags.size());
            TRY(read(item, tags.emplace_back(), where));
        }
    } else {
        return bad_field("/items", "must be an array of tags");
    }
    for (std::size_t i = 0; i < tags.size(); ++i) {
        TRY(check_tag(services, call, tags[i],
                      items == nullptr ? "" : "/items/" + std::to_string(i)));
    }
    TRY_ASSIGN(tags, services.registry.connections().create_tags(call.tenant(), std::move(tags)));
    if (items == nullptr) {
        return item_answer(show(tags.front()), tags.front().stamp, 201);
    }
    json::array out;
    for (const Tag& tag : tags) {
        out.push_back(show(tag));
    }
    return json_answer(json::object{{"items", std::move(out)}}, 201);
}

Result<registry::BoundTag> tag_for(Services& services, const Call& call,
                                   std::string_view permission) {
    const std::string& id = call.part("tag");
    registry::BoundTag bound;
    TRY_ASSIGN(bound.tag, services.registry.connections().tag(call.tenant(), id));
    TRY_ASSIGN(bound.point, services.registry.points().get(call.tenant(), bound.tag.point.text()));
    TRY(call.require(permission, bound.point.path, "tag '" + id + "'"));
    return bound;
}

Result<http::Response> read_tag(Services& services, const Call& call) {
    TRY_ASSIGN(const auto bound, tag_for(services, call, "tags:read"));
    return item_answer(show(bound), bound.tag.stamp);
}

Result<http::Response> patch_tag(Services& services, const Call& call) {
    TRY_ASSIGN(const json::value body, call.body());
    TRY_ASSIGN(const auto expected, call.expected_version());
    TRY_ASSIGN(auto bound, tag_for(services, call, "tags:write"));
    ObjectReader in(body, "");
    in.required("address", bound.tag.address);
    TRY(in.finish());
    TRY(check_tag(services, call, bound.tag, ""));
    TRY_ASSIGN(bound.tag, services.registry.connections().update_tag(
                              call.tenant(), bound.tag.id.text(), bound.tag.address, expected));
    return item_answer(show(bound), bound.tag.stamp);
}

Result<http::Response> remove_tag(Services& services, const Call& call) {
    TRY_ASSIGN(const auto bound, tag_for(services, call, "tags:write"));
    TRY(services.registry.connections().remove_tag(call.tenant(), bound.tag.id.text()));
    return no_content();
}

void add_trial_routes(std::vector<Route>& out) {
    using enum http::Method;
    constexpr std::string_view tag = "Connections";
    out.push_back({.method = Get,
                   .path = "/v1/protocols",
                   .id = "listProtocols",
                   .tag = tag,
                   .summary = "Protocols that this program speaks, with the form of their settings",
                   .permission = "connections:read",
                   .handle = list_protocols,
                   .response = "ProtocolList"});
    out.push_back({.method = Post,
                   .path = "/v1/protocols/{protocol}/test",
                   .id = "testSettings",
                   .tag = tag,
                   .summary = "Try settings before they are saved",
                   .permission = "connections:write",
                   .handle = test_settings,
                   .request = "TestRequest",
                   .response = "TestReport"});
    out.push_back({.method = Post,
                   .path = "/v1/protocols/{protocol}/read",
                   .id = "readAddresses",
                   .tag = tag,
                   .summary = "Read addresses once, before they are saved",
                   .permission = "connections:write",
                   .handle = read_addresses,
                   .request = "ReadRequest",
                   .response = "ReadAnswer"});
    out.push_back(
        {.method = Post,
         .path = "/v1/protocols/{protocol}/scan",
         .id = "scanDevice",
         .tag = tag,
         .summary = "Look through a device's addresses, by reading only",
         .permission = "connections:write",
         .handle = scan_device,
         .request = "ScanRequest",
         .response = "ScanAnswer",
         .audited = true,
         .about = "Slow on purpose; some devices do not take it well, so ask who owns it."});
    add_discovery_routes(out);
}

void add_tag_routes(std::vector<Route>& out) {
    using enum http::Method;
    constexpr std::string_view tag = "Connections";
    out.push_back({.method = Get,
                   .path = "/v1/tags",
                   .id = "listTags",
                   .tag = tag,
                   .summary = "Tags: addresses bound to points",
                   .permission = "tags:read",
                   .handle = list_tags,
                   .query = with_paging({{"connection", "string", "Only of this connection."}}),
                   .response = "TagPage"});
    out.push_back({.method = Post,
                   .path = "/v1/tags",
                   .id = "createTags",
                   .tag = tag,
                   .summary = "Bind addresses to points; one, or many, all or none",
                   .permission = "tags:write",
                   .handle = create_tags,
                   .request = "NewTags",
                   .response = "TagList",
                   .success = 201,
                   .body_max = 16 * 1024 * 1024,
                   .audited = true});
    out.push_back({.method = Get,
                   .path = "/v1/tags/{tag}",
                   .id = "getTag",
                   .tag = tag,
                   .summary = "One tag",
                   .permission = "tags:read",
                   .handle = read_tag,
                   .response = "Tag"});
    out.push_back({.method = Patch,
                   .path = "/v1/tags/{tag}",
                   .id = "patchTag",
                   .tag = tag,
                   .summary = "Change the address",
                   .permission = "tags:write",
                   .handle = patch_tag,
                   .request = "TagPatch",
                   .response = "Tag",
                   .audited = true});
    out.push_back({.method = Delete,
                   .path = "/v1/tags/{tag}",
                   .id = "removeTag",
                   .tag = tag,
                   .summary = "Unbind",
                   .permission = "tags:write",
                   .handle = remove_tag,
                   .success = 204,
                   .audited = true});
}

}  // namespace

void add_connection_routes(std::vector<Route>& out) {
    using enum http::Method;
    constexpr std::string_view tag = "Connections";
    out.push_back({.method = Get,
                   .path = "/v1/connections",
                   .id = "listConnections",
                   .tag = tag,
                   .summary = "Connections to devices, with how they fare",
                   .permission = "connections:read",
                   .handle = list_connections,
                   .query = with_paging(),
                   .response = "ConnectionPage"});
    out.push_back({.method = Post,
                   .path = "/v1/connections",
                   .id = "createConnection",
                   .tag = tag,
                   .summary = "Add a connection",
                   .permission = "connections:write",
                   .handle = create_connection,
                   .request = "NewConnection",
                   .response = "Connection",
                   .success = 201,
                   .audited = true});
    out.push_back({.method = Get,
                   .path = "/v1/connections/{connection}",
                   .id = "getConnection",
                   .tag = tag,
                   .summary = "One connection, by id or key",
                   .permission = "connections:read",
                   .handle = read_connection,
                   .response = "Connection"});
    out.push_back({.method = Put,
                   .path = "/v1/connections/{connection}",
                   .id = "replaceConnection",
                   .tag = tag,
                   .summary = "Change a connection",
                   .permission = "connections:write",
                   .handle = replace_connection,
                   .request = "NewConnection",
                   .response = "Connection",
                   .audited = true});
    out.push_back({.method = Patch,
                   .path = "/v1/connections/{connection}",
                   .id = "patchConnection",
                   .tag = tag,
                   .summary = "Change parts of a connection (RFC 7396)",
                   .permission = "connections:write",
                   .handle = patch_connection,
                   .request = "Patch",
                   .response = "Connection",
                   .audited = true});
    out.push_back({.method = Delete,
                   .path = "/v1/connections/{connection}",
                   .id = "removeConnection",
                   .tag = tag,
                   .summary = "Remove a connection and its tags; history stays",
                   .permission = "connections:write",
                   .handle = remove_connection,
                   .success = 204,
                   .audited = true});
    out.push_back({.method = Post,
                   .path = "/v1/connections/{connection}/test",
                   .id = "testConnection",
                   .tag = tag,
                   .summary = "Try a saved connection, beside what runs",
                   .permission = "connections:write",
                   .handle = test_connection,
                   .response = "TestReport"});
    add_trial_routes(out);
    add_tag_routes(out);
}

}  // namespace gantry::api

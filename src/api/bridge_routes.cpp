// SPDX-License-Identifier: Apache-2.0
// Bridges to other MQTT brokers.
#include "api/route.h"
#include "base/encoding.h"
#include "bridge/bridges.h"
#include "model/json.h"
#include "runtime/tls_client.h"
#include "security/sealer.h"

namespace gantry::api {
namespace {

using registry::BridgeDocument;

Result<json::object> secrets_of(const BridgeDocument& bridge) {
    TRY_ASSIGN(json::value stored, parse_json(bridge.secrets));
    if (!stored.is_object()) {
        return fail(Code::Corrupt, "the secrets of bridge '{}' cannot be read", bridge.key);
    }
    return std::move(stored.as_object());
}

json::object show_status(const bridge::View& view) {
    json::object out{{"state", bridge::state_name(view.state)},
                     {"since", format_time(view.since)},
                     {"messages_in", view.messages_in},
                     {"messages_out", view.messages_out},
                     {"dropped", view.dropped},
                     {"queued", view.queued}};
    if (!view.reason.empty()) {
        out["reason"] = view.reason;
    }
    if (!view.version.empty()) {
        out["protocol"] = view.version;
    }
    return out;
}

Result<json::object> show_bridge(Services& services, const BridgeDocument& bridge) {
    TRY_ASSIGN(json::value document, parse_json(bridge.json));
    TRY_ASSIGN(const json::object secrets, secrets_of(bridge));
    if (!document.is_object()) {
        return fail(Code::Corrupt, "the bridge '{}' cannot be read", bridge.key);
    }
    json::object out = std::move(document.as_object());
    out["has_password"] = secrets.contains("password");
    out["has_client_key"] = secrets.contains("client_key");
    out["status"] = show_status(services.bridges.view(bridge.id));
    out["id"] = bridge.id.text();
    out["created"] = format_time(bridge.stamp.created);
    out["updated"] = format_time(bridge.stamp.updated);
    out["version"] = bridge.stamp.version;
    return out;
}

Result<http::Response> answer_with(Services& services, const BridgeDocument& bridge,
                                   int status = 200) {
    TRY_ASSIGN(const json::object shown, show_bridge(services, bridge));
    return item_answer(shown, bridge.stamp, status);
}

// "plant/line1" of the topics "plant/line1/…".
std::string_view before_wildcards(std::string_view filter) {
    const std::size_t wildcard = filter.find_first_of("+#");
    return wildcard == std::string_view::npos ? filter
           : wildcard == 0                    ? std::string_view()
                                              : filter.substr(0, wildcard - 1);
}

// It takes and gives messages in the name of who wrote it.
Result<> check_rights(const Call& call, const bridge::Config& config) {
    for (const bridge::Rule& rule : config.rules) {
        const std::string filter = rule.local_filter();
        const std::string_view topics = before_wildcards(filter);
        if (rule.goes_out()) {
            TRY(call.require("topics:subscribe", topics, "topic"));
        }
        if (rule.comes_in()) {
            TRY(call.require("topics:publish", topics, "topic"));
        }
    }
    return {};
}

void keep_secret(Services& services, const Call& call, const BridgeDocument& bridge,
                 std::string_view field, const std::optional<Secret>& given,
                 json::object& secrets) {
    if (!given) {
        return;
    }
    if (given->empty()) {
        secrets.erase(field);
        return;
    }
    secrets[field] = to_base64url(services.sealer.seal(
        given->reveal(),
        security::Sealer::context_of(call.tenant().text(), bridge.id.text(), field)));
}

// What can be known of certificate and key before they are used.
Result<> check_certificates(Services& services, const Call& call, const BridgeDocument& bridge,
                            const bridge::Config& config, const json::object& secrets) {
    TlsTrust trust;
    trust.ca = config.ca;
    trust.certificate = config.certificate;
    if (const json::value* key = secrets.if_contains("client_key")) {
        const auto sealed = from_base64url(std::string_view(key->as_string()));
        TRY_ASSIGN(trust.key, services.sealer.unseal(
                                  sealed.value_or(Bytes()),
                                  security::Sealer::context_of(call.tenant().text(),
                                                               bridge.id.text(), "client_key")));
    }
    const auto checked = check_tls_trust(trust);
    if (!checked) {
        const bool authorities = checked.error().message.starts_with("the certificates");
        return bad_field(authorities ? "/ca" : "/certificate", checked.error().message);
    }
    return {};
}

// Reads a body into a document that has its id, key and secrets of before, if there was one.
Result<> read_into(Services& services, const Call& call, BridgeDocument& bridge) {
    TRY_ASSIGN(const json::value body, call.body());
    bridge::Config config;
    bridge::SecretFields given;
    TRY(bridge::read_bridge(body, config, given));
    TRY(check_rights(call, config));
    const bool fresh = bridge.json.empty();
    if (!fresh && config.key != bridge.key) {
        return bad_field("/key", "the key of a bridge stays");
    }
    json::object secrets;
    if (!fresh) {
        TRY_ASSIGN(secrets, secrets_of(bridge));
        TRY_ASSIGN(const bridge::Config before, bridge::read_config(bridge.json));
        // Or who may change a bridge could have the password sent to a broker of theirs.
        if (before.address != config.address && secrets.contains("password") && !given.password) {
            return bad_field("/password",
                             "is needed again when the address changes; empty for none");
        }
    }
    keep_secret(services, call, bridge, "password", given.password, secrets);
    keep_secret(services, call, bridge, "client_key", given.client_key, secrets);
    TRY(check_certificates(services, call, bridge, config, secrets));
    bridge.key = config.key;
    bridge.json = json::serialize(bridge::to_json(config));
    bridge.secrets = json::serialize(secrets);
    return {};
}

Result<http::Response> list_bridges(Services& services, const Call& call) {
    TRY_ASSIGN(const auto request, call.page());
    TRY_ASSIGN(const auto page, services.registry.bridges().list(call.tenant(), request));
    return page_answer(page, [&services](const BridgeDocument& bridge) {
        auto shown = show_bridge(services, bridge);
        return shown ? std::optional(std::move(*shown)) : std::nullopt;
    });
}

Result<http::Response> read_bridge(Services& services, const Call& call) {
    TRY_ASSIGN(const auto bridge,
               services.registry.bridges().get(call.tenant(), call.part("bridge")));
    return answer_with(services, bridge);
}

Result<http::Response> create_bridge(Services& services, const Call& call) {
    BridgeDocument bridge;
    bridge.id = services.registry.bridges().new_id();
    TRY(read_into(services, call, bridge));
    TRY_ASSIGN(const auto made,
               services.registry.bridges().create(call.tenant(), std::move(bridge)));
    return answer_with(services, made, 201);
}

Result<http::Response> replace_bridge(Services& services, const Call& call) {
    TRY_ASSIGN(const auto expected, call.expected_version());
    TRY_ASSIGN(BridgeDocument bridge,
               services.registry.bridges().get(call.tenant(), call.part("bridge")));
    const std::int64_t read = bridge.stamp.version;
    TRY(read_into(services, call, bridge));
    // What was read is what is changed, or a secret that was set meanwhile would be lost.
    TRY_ASSIGN(const auto made, services.registry.bridges().update(call.tenant(), std::move(bridge),
                                                                   expected.value_or(read)));
    return answer_with(services, made);
}

Result<http::Response> delete_bridge(Services& services, const Call& call) {
    TRY(services.registry.bridges().remove(call.tenant(), call.part("bridge")));
    return no_content();
}

}  // namespace

void add_bridge_routes(std::vector<Route>& out) {
    out.push_back({.method = http::Method::Get,
                   .path = "/v1/bridges",
                   .id = "listBridges",
                   .tag = "MQTT",
                   .summary = "Bridges to other MQTT brokers, and how they do",
                   .permission = "bridges:read",
                   .handle = list_bridges,
                   .query = with_paging(),
                   .response = "BridgePage"});
    out.push_back({.method = http::Method::Post,
                   .path = "/v1/bridges",
                   .id = "createBridge",
                   .tag = "MQTT",
                   .summary = "Connect to another MQTT broker, and say which messages pass",
                   .permission = "bridges:write",
                   .handle = create_bridge,
                   .request = "NewBridge",
                   .response = "Bridge",
                   .success = 201,
                   .audited = true,
                   .about = "Needs topics:subscribe for the topics that go out, and topics:publish "
                            "for those that come in. What goes out waits while the other broker is "
                            "away."});
    out.push_back({.method = http::Method::Get,
                   .path = "/v1/bridges/{bridge}",
                   .id = "getBridge",
                   .tag = "MQTT",
                   .summary = "A bridge, and how it does",
                   .permission = "bridges:read",
                   .handle = read_bridge,
                   .response = "Bridge"});
    out.push_back({.method = http::Method::Put,
                   .path = "/v1/bridges/{bridge}",
                   .id = "replaceBridge",
                   .tag = "MQTT",
                   .summary = "Change a bridge",
                   .permission = "bridges:write",
                   .handle = replace_bridge,
                   .request = "NewBridge",
                   .response = "Bridge",
                   .audited = true,
                   .about = "Secrets that are left out stay; empty ones are taken away. Messages "
                            "that wait stay with the bridge."});
    out.push_back({.method = http::Method::Delete,
                   .path = "/v1/bridges/{bridge}",
                   .id = "deleteBridge",
                   .tag = "MQTT",
                   .summary = "Remove a bridge, and the messages that wait for it",
                   .permission = "bridges:write",
                   .handle = delete_bridge,
                   .success = 204,
                   .audited = true});
}

}  // namespace gantry::api

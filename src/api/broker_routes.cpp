// SPDX-License-Identifier: Apache-2.0
// The MQTT broker as people see it.
#include "api/route.h"
#include "base/base64.h"
#include "base/bytes.h"
#include "base/encoding.h"
#include "broker/broker.h"
#include "model/json.h"

namespace gantry::api {
namespace {

constexpr std::size_t retained_max = 1000;

json::object show_counters(const mqtt::CoreCounters& counters) {
    return {{"messages_in", counters.messages_in},
            {"messages_out", counters.messages_out},
            {"dropped_queue_full", counters.dropped_queue_full},
            {"dropped_slow", counters.dropped_slow},
            {"dropped_away", counters.dropped_away},
            {"dropped_expired", counters.dropped_expired},
            {"dropped_too_large", counters.dropped_too_large},
            {"dropped_forbidden", counters.dropped_forbidden},
            {"refused_publishes", counters.refused_publishes},
            {"protocol_errors", counters.protocol_errors},
            {"takeovers", counters.takeovers}};
}

json::object show_session(const broker::SessionView& session) {
    const mqtt::SessionFacts& facts = session.facts;
    json::object out;
    out["client_id"] = facts.client_id;
    out["connected"] = facts.connection != 0;
    out["principal"] = facts.principal;
    if (facts.connection != 0) {
        out["login"] = session.login;
        out["address"] = session.address;
        out["encrypted"] = session.encrypted;
        out["since"] = format_time(session.since);
        out["version"] = facts.version == mqtt::Version::V5 ? "5.0" : "3.1.1";
    }
    if (facts.expiry != UINT32_MAX) {
        out["expiry_seconds"] = facts.expiry;
    }
    out["will"] = facts.has_will;
    out["subscriptions"] = facts.subscriptions;
    out["queued"] = facts.queued;
    out["queued_bytes"] = facts.queued_bytes;
    out["inflight"] = facts.inflight;
    return out;
}

// As text where it is one, else in base64.
json::object show_message(const mqtt::Message& message) {
    json::object out;
    out["topic"] = message.topic();
    out["bytes"] = message.payload().size();
    const std::string_view payload = message.payload();
    if (is_utf8(payload)) {
        out["text"] = payload;
    } else {
        out["base64"] = to_base64(payload);
    }
    out["qos"] = message.qos();
    return out;
}

Async<http::Response> read_broker(Services& services, const Call& call) {
    CO_TRY_ASSIGN(const auto facts, co_await services.broker.facts(call.tenant()));
    json::object out;
    json::array addresses;
    for (const std::string& address : facts.addresses) {
        addresses.emplace_back(address);
    }
    out["enabled"] = !facts.addresses.empty();
    out["addresses"] = std::move(addresses);
    out["connections"] = facts.connections;
    out["sessions"] = facts.sessions;
    out["subscriptions"] = facts.subscriptions;
    out["retained"] = facts.retained;
    out["counters"] = show_counters(facts.counters);
    co_return json_answer(out);
}

Async<http::Response> list_sessions(Services& services, const Call& call) {
    CO_TRY_ASSIGN(const auto request, call.page());
    registry::Page<broker::SessionView> page;
    CO_TRY_ASSIGN(page.items,
                  co_await services.broker.sessions(call.tenant(), request.after,
                                                    static_cast<std::size_t>(request.limit) + 1));
    if (page.items.size() > static_cast<std::size_t>(request.limit)) {
        page.items.pop_back();
        page.next = page.items.back().facts.client_id;
    }
    co_return page_answer(page, [](const broker::SessionView& session) {
        return std::optional(show_session(session));
    });
}

Async<http::Response> read_session(Services& services, const Call& call) {
    CO_TRY_ASSIGN(const auto session,
                  co_await services.broker.session(call.tenant(), call.part("client")));
    json::object out = show_session(session);
    json::array filters;
    for (const auto& [filter, options] : session.subscriptions) {
        filters.push_back(json::object{{"filter", filter}, {"qos", options.qos}});
    }
    out["filters"] = std::move(filters);
    co_return json_answer(out);
}

Async<http::Response> end_session(Services& services, const Call& call) {
    CO_TRY(co_await services.broker.end_session(call.tenant(), call.part("client")));
    co_return no_content();
}

Async<http::Response> list_retained(Services& services, const Call& call) {
    CO_TRY_ASSIGN(const auto messages,
                  co_await services.broker.retained(
                      call.tenant(), call.request.parameter("filter").value_or("#"), retained_max));
    json::array items;
    for (const mqtt::MessagePtr& message : messages) {
        if (call.context.may("topics:subscribe", message->topic())) {
            items.push_back(show_message(*message));
        }
    }
    co_return json_answer(json::object{{"items", std::move(items)}});
}

Async<http::Response> publish(Services& services, const Call& call) {
    CO_TRY_ASSIGN(const json::value body, call.body());
    ObjectReader in(body, "");
    broker::Outgoing message;
    std::int64_t qos = 1;
    in.required("topic", message.topic);
    in.optional("text", message.payload);
    std::string base64;
    in.optional("base64", base64);
    in.optional("qos", qos);
    in.optional("retain", message.retain);
    CO_TRY(in.finish());
    if (qos < 0 || qos > 2) {
        co_return bad_field("/qos", "must be 0, 1 or 2");
    }
    message.qos = static_cast<std::uint8_t>(qos);
    if (!base64.empty()) {
        const auto bytes = from_base64(base64);
        if (!bytes || !message.payload.empty()) {
            co_return bad_field("/base64", bytes ? "is beside text: one of them" : "is no base64");
        }
        message.payload.assign(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    }
    CO_TRY(call.require("topics:publish", message.topic, "topic"));
    CO_TRY_ASSIGN(const std::size_t receivers,
                  co_await services.broker.publish(call.tenant(), std::move(message)));
    co_return json_answer(json::object{{"receivers", receivers}});
}

// What programs send that know nothing of us: the body as it is, as a message of that topic.
Async<http::Response> hear_hook(Services& services, const Call& call) {
    broker::Outgoing message;
    message.topic = call.request.parameter("topic").value_or("");
    message.payload = call.request.body;
    message.qos = 1;
    CO_TRY(call.require("topics:publish", message.topic, "topic"));
    CO_TRY(co_await services.broker.publish(call.tenant(), std::move(message)));
    co_return no_content();
}

}  // namespace

void add_broker_routes(std::vector<Route>& out) {
    out.push_back({.method = http::Method::Get,
                   .path = "/v1/broker",
                   .id = "getBroker",
                   .tag = "MQTT",
                   .summary = "The MQTT broker: where it listens, and what goes through it",
                   .permission = "broker:read",
                   .handle = read_broker,
                   .response = "Broker",
                   .about = "Of the tenant; counters since the start of the program."});
    out.push_back({.method = http::Method::Get,
                   .path = "/v1/broker/sessions",
                   .id = "listBrokerSessions",
                   .tag = "MQTT",
                   .summary = "Clients, connected and away",
                   .permission = "broker:read",
                   .handle = list_sessions,
                   .query = with_paging(),
                   .response = "BrokerSessionPage"});
    out.push_back({.method = http::Method::Get,
                   .path = "/v1/broker/sessions/{client}",
                   .id = "getBrokerSession",
                   .tag = "MQTT",
                   .summary = "A client with its subscriptions",
                   .permission = "broker:read",
                   .handle = read_session,
                   .response = "BrokerSession"});
    out.push_back({.method = http::Method::Delete,
                   .path = "/v1/broker/sessions/{client}",
                   .id = "endBrokerSession",
                   .tag = "MQTT",
                   .summary = "Disconnect a client and forget its session",
                   .permission = "broker:write",
                   .handle = end_session,
                   .success = 204,
                   .audited = true,
                   .about = "Subscriptions and messages that wait for it are gone. It may connect "
                            "again; to keep it out, remove its token."});
    out.push_back(
        {.method = http::Method::Get,
         .path = "/v1/broker/retained",
         .id = "listRetainedMessages",
         .tag = "MQTT",
         .summary = "Retained messages",
         .permission = "topics:subscribe",
         .handle = list_retained,
         .query = {{"filter", "string", "A topic filter, as plant/+/state. Default: #."}},
         .response = "RetainedMessageList",
         .about = "The first 1,000 by topic, of those that the caller may subscribe to."});
    out.push_back({.method = http::Method::Post,
                   .path = "/v1/broker/messages",
                   .id = "publishMessage",
                   .tag = "MQTT",
                   .summary = "Publish a message",
                   .permission = "topics:publish",
                   .handle = publish,
                   .request = "NewMessage",
                   .response = "PublishAnswer",
                   .audited = true,
                   .about = "Answered when it is durable in the queue of every client that keeps "
                            "its session, or as the retained message of its topic."});
    out.push_back(
        {.method = http::Method::Post,
         .path = "/v1/hooks",
         .id = "hearHook",
         .tag = "MQTT",
         .summary = "What another program has to say, as a message of a topic",
         .permission = "topics:publish",
         .handle = hear_hook,
         .query = {{"topic", "string", "As in hooks/meters/7.", true}},
         .request = "HookBody",
         .success = 204,
         .body_max = 4 * 1024 * 1024,
         .about = "For webhooks: the body is passed on as it is, whatever its type, and mappings "
                  "make samples of it. Answered when those are on disk, and the message is in the "
                  "queue of every client that keeps its session.",
         .foreign_credentials = true});
}

}  // namespace gantry::api

// SPDX-License-Identifier: Apache-2.0
// What becomes of the broker's messages: mappings, points that they propose, and what failed.
#include "api/route.h"
#include "base/bytes.h"
#include "base/encoding.h"
#include "intake/intake.h"
#include "intake/point_names.h"
#include "model/json.h"
#include "payload/mapping_json.h"

namespace gantry::api {
namespace {

constexpr std::size_t preview_max = 1000;

Result<json::object> show_mapping(const registry::MappingDocument& mapping) {
    auto document = parse_json(mapping.json);
    if (!document || !document->is_object()) {
        return fail(Code::Corrupt, "the mapping '{}' cannot be read", mapping.key);
    }
    json::object out = std::move(document->as_object());
    out["id"] = mapping.id.text();
    out["created"] = format_time(mapping.stamp.created);
    out["updated"] = format_time(mapping.stamp.updated);
    out["version"] = mapping.stamp.version;
    return out;
}

// As it is stored: in the form that the program itself writes.
Result<registry::MappingDocument> read_document(const Call& call, const json::value& body) {
    payload::MappingConfig config;
    TRY(payload::read_entity(body, config, ""));
    registry::MappingDocument out;
    out.key = config.key;
    if (config.create_points) {
        // It will do so in the name of who wrote it.
        TRY(call.require("points:write", "", "point"));
        TRY(call.require("assets:write", "", "asset"));
    }
    TRY_ASSIGN(const payload::Mapping compiled, payload::Mapping::compile(std::move(config)));
    out.json = json::serialize(payload::to_json(compiled.config()));
    return out;
}

Result<http::Response> list_mappings(Services& services, const Call& call) {
    TRY_ASSIGN(const auto request, call.page());
    TRY_ASSIGN(const auto page, services.registry.mappings().list(call.tenant(), request));
    return page_answer(page, [](const registry::MappingDocument& mapping) {
        auto shown = show_mapping(mapping);
        return shown ? std::optional(std::move(*shown)) : std::nullopt;
    });
}

Result<http::Response> answer_with(const registry::MappingDocument& mapping, int status = 200) {
    TRY_ASSIGN(const json::object shown, show_mapping(mapping));
    return item_answer(shown, mapping.stamp, status);
}

Result<http::Response> read_mapping(Services& services, const Call& call) {
    TRY_ASSIGN(const auto mapping,
               services.registry.mappings().get(call.tenant(), call.part("mapping")));
    return answer_with(mapping);
}

Result<http::Response> create_mapping(Services& services, const Call& call) {
    TRY_ASSIGN(const json::value body, call.body());
    TRY_ASSIGN(auto document, read_document(call, body));
    TRY_ASSIGN(const auto made,
               services.registry.mappings().create(call.tenant(), std::move(document)));
    return answer_with(made, 201);
}

Result<http::Response> replace_mapping(Services& services, const Call& call) {
    TRY_ASSIGN(const auto expected, call.expected_version());
    TRY_ASSIGN(const auto before,
               services.registry.mappings().get(call.tenant(), call.part("mapping")));
    TRY_ASSIGN(const json::value body, call.body());
    TRY_ASSIGN(auto document, read_document(call, body));
    if (document.key != before.key) {
        return bad_field("/key", "the key of a mapping stays");
    }
    document.id = before.id;
    TRY_ASSIGN(const auto made,
               services.registry.mappings().update(call.tenant(), std::move(document), expected));
    return answer_with(made);
}

Result<http::Response> delete_mapping(Services& services, const Call& call) {
    TRY(services.registry.mappings().remove(call.tenant(), call.part("mapping")));
    return no_content();
}

// What a mapping would make of a message; nothing is stored.
Result<http::Response> preview(Services& services, const Call& call) {
    TRY_ASSIGN(const json::value body, call.body());
    ObjectReader in(body, "");
    std::string topic;
    std::string text;
    std::string base64;
    const json::value* config = in.take("mapping");
    in.required("topic", topic);
    in.optional("text", text);
    in.optional("base64", base64);
    TRY(in.finish());
    if (config == nullptr) {
        return bad_field("/mapping", "is missing: a mapping as it would be stored");
    }
    payload::MappingConfig read;
    TRY(payload::read_entity(*config, read, "/mapping"));
    TRY_ASSIGN(const payload::Mapping mapping, payload::Mapping::compile(std::move(read)));
    if (!base64.empty()) {
        const auto bytes = from_base64(base64);
        if (!bytes || !text.empty()) {
            return bad_field("/base64", bytes ? "is beside text: one of them" : "is no base64");
        }
        text.assign(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    }
    const auto shared = std::make_shared<const payload::Mapping>(mapping);
    const payload::MappingSet set(std::span(&shared, 1));
    std::vector<std::uint32_t> found;
    set.match(topic, found);
    if (found.empty()) {
        return bad_field("/topic", "is none that the mapping is for");
    }
    payload::Decoder decoder(services.random);
    ReadingBatch readings;
    TRY_ASSIGN(const payload::Decoded decoded,
               decoder.decode(*shared, topic, text, services.clock.now(), readings));
    json::array items;
    for (std::size_t i = 0; i < std::min(readings.size(), preview_max); ++i) {
        const Reading reading = readings[i];
        const std::string path = intake::point_path(reading.point);
        json::object item;
        item["name"] = reading.point;
        item["point"] = path;
        item["there"] = !path.empty() && services.directory.find(call.tenant(), path) != nullptr;
        item["time"] = format_time(reading.time);
        item["type"] = value_type_name(reading.type);
        item["value"] = to_json(reading.value());
        item["quality"] = quality_name(reading.quality);
        if (!reading.unit.empty()) {
            item["unit"] = reading.unit;
        }
        items.push_back(std::move(item));
    }
    json::object out{
        {"items", std::move(items)}, {"readings", decoded.readings}, {"bad", decoded.bad}};
    if (decoded.first) {
        out["problem"] = decoded.first->message;
    }
    return json_answer(out);
}

json::object show_proposal(const intake::Proposal& proposal) {
    json::object out{{"point", proposal.point},       {"type", value_type_name(proposal.type)},
                     {"value", proposal.value},       {"time", format_time(proposal.time)},
                     {"readings", proposal.readings}, {"mapping", proposal.mapping}};
    if (!proposal.unit.empty()) {
        out["unit"] = proposal.unit;
    }
    return out;
}

Result<http::Response> list_proposals(Services& services, const Call& call) {
    TRY_ASSIGN(const auto request, call.page());
    registry::Page<intake::Proposal> page;
    const auto limit = static_cast<std::size_t>(request.limit);
    page.items = services.intake.of(call.tenant())->proposals.list(request.after, limit + 1);
    if (page.items.size() > limit) {
        page.items.pop_back();
        page.next = page.items.back().point;
    }
    return page_answer(page, [&](const intake::Proposal& proposal) {
        return call.context.may("samples:read", proposal.point)
                   ? std::optional(show_proposal(proposal))
                   : std::nullopt;
    });
}

Result<http::Response> accept_proposals(Services& services, const Call& call) {
    TRY_ASSIGN(const json::value body, call.body());
    ObjectReader in(body, "");
    std::vector<std::string> points;
    in.required("points", points);
    TRY(in.finish());
    const auto tenant = services.intake.of(call.tenant());
    std::vector<intake::Proposal> wanted;
    for (std::size_t i = 0; i < points.size(); ++i) {
        auto proposal = tenant->proposals.find(points[i]);
        if (!proposal) {
            return bad_field("/points/" + std::to_string(i),
                             std::format("'{}' is not proposed (any more)", points[i]));
        }
        TRY(call.require("points:write", proposal->point, "point"));
        TRY(call.require("assets:write", proposal->point.substr(0, proposal->point.rfind('.')),
                         "asset"));
        wanted.push_back(std::move(*proposal));
    }
    TRY_ASSIGN(const std::size_t made, tenant->make_points(wanted));
    return json_answer(json::object{{"made", made}});
}

Result<http::Response> clear_proposals(Services& services, const Call& call) {
    services.intake.of(call.tenant())->proposals.clear();
    return no_content();
}

Result<http::Response> list_dead_letters(Services& services, const Call& call) {
    TRY_ASSIGN(const auto request, call.page());
    const auto tenant = services.intake.of(call.tenant());
    json::object counts;
    const auto by_reason = tenant->letters.counts();
    for (std::size_t i = 0; i < by_reason.size(); ++i) {
        counts[payload::dead_reason_name(static_cast<payload::DeadReason>(i))] = by_reason[i];
    }
    json::array items;
    for (const payload::DeadLetter& letter :
         tenant->letters.list(static_cast<std::size_t>(request.limit))) {
        if (!call.context.may("topics:subscribe", letter.topic)) {
            continue;
        }
        json::object item{{"number", letter.number},
                          {"time", format_time(letter.time)},
                          {"reason", payload::dead_reason_name(letter.reason)},
                          {"detail", letter.error.message},
                          {"topic", letter.topic},
                          {"client_id", letter.client},
                          {"mapping", letter.mapping},
                          {"bytes", letter.payload_bytes}};
        if (is_utf8(letter.payload)) {
            item["text"] = letter.payload;
        } else {
            item["hex"] = to_hex(as_bytes(letter.payload));
        }
        items.push_back(std::move(item));
    }
    return json_answer(json::object{{"items", std::move(items)}, {"counts", std::move(counts)}});
}

Result<http::Response> clear_dead_letters(Services& services, const Call& call) {
    services.intake.of(call.tenant())->letters.clear();
    return no_content();
}

}  // namespace

void add_mapping_routes(std::vector<Route>& out) {
    out.push_back({.method = http::Method::Get,
                   .path = "/v1/mappings",
                   .id = "listMappings",
                   .tag = "MQTT",
                   .summary = "What is made of messages",
                   .permission = "mappings:read",
                   .handle = list_mappings,
                   .query = with_paging(),
                   .response = "MappingPage"});
    out.push_back({.method = http::Method::Post,
                   .path = "/v1/mappings",
                   .id = "createMapping",
                   .tag = "MQTT",
                   .summary = "Say what to make of the messages of some topics",
                   .permission = "mappings:write",
                   .handle = create_mapping,
                   .request = "NewMapping",
                   .response = "Mapping",
                   .success = 201,
                   .audited = true,
                   .about = "It counts for messages that come after the answer; retained ones are "
                            "not read again."});
    out.push_back({.method = http::Method::Post,
                   .path = "/v1/mappings/preview",
                   .id = "previewMapping",
                   .tag = "MQTT",
                   .summary = "What a mapping would make of a message",
                   .permission = "mappings:read",
                   .handle = preview,
                   .request = "MappingTrial",
                   .response = "MappingPreview",
                   .body_max = 8 * 1024 * 1024,
                   .about = "Nothing is stored."});
    out.push_back({.method = http::Method::Get,
                   .path = "/v1/mappings/{mapping}",
                   .id = "getMapping",
                   .tag = "MQTT",
                   .summary = "A mapping",
                   .permission = "mappings:read",
                   .handle = read_mapping,
                   .response = "Mapping"});
    out.push_back({.method = http::Method::Put,
                   .path = "/v1/mappings/{mapping}",
                   .id = "replaceMapping",
                   .tag = "MQTT",
                   .summary = "Change a mapping",
                   .permission = "mappings:write",
                   .handle = replace_mapping,
                   .request = "NewMapping",
                   .response = "Mapping",
                   .audited = true});
    out.push_back({.method = http::Method::Delete,
                   .path = "/v1/mappings/{mapping}",
                   .id = "deleteMapping",
                   .tag = "MQTT",
                   .summary = "Remove a mapping",
                   .permission = "mappings:write",
                   .handle = delete_mapping,
                   .success = 204,
                   .audited = true});
    out.push_back({.method = http::Method::Get,
                   .path = "/v1/broker/proposals",
                   .id = "listProposedPoints",
                   .tag = "MQTT",
                   .summary = "Points that messages speak of and that are not there",
                   .permission = "mappings:read",
                   .handle = list_proposals,
                   .query = with_paging(),
                   .response = "ProposedPointPage",
                   .about = "Kept in memory, the first 10,000."});
    out.push_back({.method = http::Method::Post,
                   .path = "/v1/broker/proposals/accept",
                   .id = "acceptProposedPoints",
                   .tag = "MQTT",
                   .summary = "Make proposed points, with the assets above them",
                   .permission = "points:write",
                   .handle = accept_proposals,
                   .request = "AcceptPoints",
                   .response = "AcceptedPoints",
                   .audited = true});
    out.push_back({.method = http::Method::Delete,
                   .path = "/v1/broker/proposals",
                   .id = "clearProposedPoints",
                   .tag = "MQTT",
                   .summary = "Forget the proposals",
                   .permission = "mappings:write",
                   .handle = clear_proposals,
                   .success = 204,
                   .audited = true});
    out.push_back({.method = http::Method::Get,
                   .path = "/v1/broker/dead_letters",
                   .id = "listDeadLetters",
                   .tag = "MQTT",
                   .summary = "Messages that could not be used, the newest first",
                   .permission = "mappings:read",
                   .handle = list_dead_letters,
                   .query = with_paging(),
                   .response = "DeadLetterList",
                   .about = "Kept in memory: the last 1,000, of 4 MiB at most; counted since the "
                            "start of the program."});
    out.push_back({.method = http::Method::Delete,
                   .path = "/v1/broker/dead_letters",
                   .id = "clearDeadLetters",
                   .tag = "MQTT",
                   .summary = "Forget the messages that could not be used",
                   .permission = "mappings:write",
                   .handle = clear_dead_letters,
                   .success = 204,
                   .audited = true});
}

}  // namespace gantry::api

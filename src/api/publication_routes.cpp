// SPDX-License-Identifier: Apache-2.0
// Points that clients of the broker are told about.
#include "api/route.h"
#include "publication/publications.h"

namespace gantry::api {
namespace {

using States = std::map<std::string, publication::PublicationState>;

Result<json::object> show(const registry::PublicationDocument& document, const States& states) {
    boost::system::error_code error;
    json::value parsed = json::parse(document.json, error);
    if (error || !parsed.is_object()) {
        return fail(Code::Corrupt, "the publication '{}' cannot be read", document.key);
    }
    json::object out = std::move(parsed.as_object());
    out["id"] = document.id.text();
    out["created"] = format_time(document.stamp.created);
    out["updated"] = format_time(document.stamp.updated);
    out["version"] = document.stamp.version;
    const auto found = states.find(document.key);
    const publication::PublicationState state =
        found == states.end() ? publication::PublicationState() : found->second;
    json::object shown{{"points", state.points},
                       {"skipped", state.skipped},
                       {"published", state.published},
                       {"coalesced", state.coalesced}};
    if (!state.problem.empty()) {
        shown["problem"] = state.problem;
    }
    out["state"] = std::move(shown);
    return out;
}

// As it is stored: in the form that the program itself writes. It tells what it tells in the name
// of who wrote it.
Result<registry::PublicationDocument> read_document(Services& services, const Call& call,
                                                    const json::value& body) {
    publication::PublicationConfig config;
    TRY(publication::read_entity(body, config, ""));
    TRY_ASSIGN(const auto made, publication::Publication::compile(std::move(config)));
    TRY(call.require("samples:read", made.config().under, "point"));
    TRY(call.require("topics:publish", made.topics_above(), "topic"));
    TRY(services.publications.check(call.tenant(), made));
    registry::PublicationDocument out;
    out.key = made.config().key;
    out.json = json::serialize(publication::to_json(made.config()));
    return out;
}

Result<http::Response> answer_with(Services& services, const Call& call,
                                   const registry::PublicationDocument& document,
                                   int status = 200) {
    TRY_ASSIGN(const json::object shown,
               show(document, services.publications.states(call.tenant())));
    return item_answer(shown, document.stamp, status);
}

Result<http::Response> list_publications(Services& services, const Call& call) {
    TRY_ASSIGN(const auto request, call.page());
    TRY_ASSIGN(const auto page, services.registry.publications().list(call.tenant(), request));
    const States states = services.publications.states(call.tenant());
    return page_answer(page, [&](const registry::PublicationDocument& one) {
        auto shown = show(one, states);
        return shown ? std::optional(std::move(*shown)) : std::nullopt;
    });
}

Result<http::Response> read_publication(Services& services, const Call& call) {
    TRY_ASSIGN(const auto found,
               services.registry.publications().get(call.tenant(), call.part("publication")));
    return answer_with(services, call, found);
}

Result<http::Response> create_publication(Services& services, const Call& call) {
    TRY_ASSIGN(const json::value body, call.body());
    TRY_ASSIGN(auto document, read_document(services, call, body));
    TRY_ASSIGN(const auto made,
               services.registry.publications().create(call.tenant(), std::move(document)));
    return answer_with(services, call, made, 201);
}

Result<http::Response> replace_publication(Services& services, const Call& call) {
    TRY_ASSIGN(const auto expected, call.expected_version());
    TRY_ASSIGN(const auto before,
               services.registry.publications().get(call.tenant(), call.part("publication")));
    TRY_ASSIGN(const json::value body, call.body());
    TRY_ASSIGN(auto document, read_document(services, call, body));
    if (document.key != before.key) {
        return bad_field("/key", "the key of a publication stays");
    }
    document.id = before.id;
    TRY_ASSIGN(const auto made, services.registry.publications().update(
                                    call.tenant(), std::move(document), expected));
    return answer_with(services, call, made);
}

Result<http::Response> delete_publication(Services& services, const Call& call) {
    TRY(services.registry.publications().remove(call.tenant(), call.part("publication")));
    return no_content();
}

}  // namespace

void add_publication_routes(std::vector<Route>& out) {
    out.push_back({.method = http::Method::Get,
                   .path = "/v1/publications",
                   .id = "listPublications",
                   .tag = "MQTT",
                   .summary = "Which points clients of the broker are told about",
                   .permission = "mappings:read",
                   .handle = list_publications,
                   .query = with_paging(),
                   .response = "PublicationPage"});
    out.push_back({.method = http::Method::Post,
                   .path = "/v1/publications",
                   .id = "createPublication",
                   .tag = "MQTT",
                   .summary = "Tell clients of the broker about points",
                   .permission = "mappings:write",
                   .handle = create_publication,
                   .request = "NewPublication",
                   .response = "Publication",
                   .success = 201,
                   .audited = true,
                   .about = "Needs samples:read for the points and topics:publish for the topics, "
                            "too. Begins with the latest value of each point. Refused if a mapping "
                            "takes in messages of its topics: values would come back."});
    out.push_back({.method = http::Method::Get,
                   .path = "/v1/publications/{publication}",
                   .id = "getPublication",
                   .tag = "MQTT",
                   .summary = "A publication, and what has become of it",
                   .permission = "mappings:read",
                   .handle = read_publication,
                   .response = "Publication"});
    out.push_back({.method = http::Method::Put,
                   .path = "/v1/publications/{publication}",
                   .id = "replacePublication",
                   .tag = "MQTT",
                   .summary = "Change a publication",
                   .permission = "mappings:write",
                   .handle = replace_publication,
                   .request = "NewPublication",
                   .response = "Publication",
                   .audited = true});
    out.push_back({.method = http::Method::Delete,
                   .path = "/v1/publications/{publication}",
                   .id = "deletePublication",
                   .tag = "MQTT",
                   .summary = "Tell no more",
                   .permission = "mappings:write",
                   .handle = delete_publication,
                   .success = 204,
                   .audited = true,
                   .about = "Retained messages stay until they are cleared."});
}

}  // namespace gantry::api

// SPDX-License-Identifier: Apache-2.0
#include "api/openapi.h"

#include <algorithm>
#include <cctype>

#include "api/route.h"
#include "base/assert.h"

namespace gantry::api {
namespace {

json::object reference(std::string_view schema) {
    return {{"$ref", "#/components/schemas/" + std::string(schema)}};
}

// What is in a body: the schema, as what it is said to be, and what is not JSON.
json::object content(std::string_view schema, const std::vector<std::string_view>& files) {
    const bool text = schema == "Text" || schema == "LineProtocol";
    const std::string_view type = text                      ? "text/plain"
                                  : schema == "EventStream" ? "text/event-stream"
                                  : schema == "RemoteWrite" ? "application/x-protobuf"
                                  : schema == "FileContent" ? "application/octet-stream"
                                                            : "application/json";
    json::object out = {{type, {{"schema", reference(schema)}}}};
    for (const std::string_view file : files) {
        out[file] = json::object();
    }
    return out;
}

json::object query_parameter(const QueryParameter& parameter) {
    json::object schema = {{"type", parameter.type}};
    if (parameter.repeated) {
        schema = {{"type", "array"}, {"items", schema}};
    }
    return {{"name", parameter.name},
            {"in", "query"},
            {"required", parameter.required},
            {"description", parameter.about},
            {"schema", std::move(schema)}};
}

// The {names} of the path.
void add_path_parameters(json::array& out, std::string_view path) {
    while (true) {
        const std::size_t open = path.find('{');
        if (open == std::string_view::npos) {
            return;
        }
        const std::size_t close = path.find('}', open);
        const std::string_view name = path.substr(open + 1, close - open - 1);
        out.push_back(json::object{{"name", name},
                                   {"in", "path"},
                                   {"required", true},
                                   {"description", "Id, key or path; slashes as %2F."},
                                   {"schema", {{"type", "string"}}}});
        path.remove_prefix(close);
    }
}

json::object header_parameter(std::string_view name, std::string_view about) {
    return {{"name", name},
            {"in", "header"},
            {"required", false},
            {"description", about},
            {"schema", {{"type", "string"}}}};
}

json::object problem_answer(std::string_view description) {
    return {{"description", description},
            {"content", {{"application/problem+json", {{"schema", reference("Problem")}}}}}};
}

json::object answers(const Route& route) {
    json::object out;
    json::object success;
    success["description"] = route.success == 204 ? "Done" : "OK";
    if (!route.response.empty()) {
        success["content"] = content(route.response, route.response_files);
    }
    out[std::to_string(route.success)] = std::move(success);
    if (route.id == "writeSamples") {
        out["204"] = {{"description", "Every row was taken"}};
    }
    out["400"] = problem_answer("The request is wrong; the field that is meant is named");
    if (route.admission != Admission::Public) {
        out["401"] = problem_answer("No token, or one that is not good any more");
        out["403"] = problem_answer("Not allowed");
        out["404"] = problem_answer("No such thing, or none that the caller may see");
    }
    out["default"] = problem_answer("Any other error");
    return out;
}

json::object operation(const Route& route) {
    json::object out;
    out["operationId"] = route.id;
    out["tags"] = json::array{json::string(route.tag)};
    out["summary"] = route.summary;
    std::string about(route.about);
    if (route.admission == Admission::Permitted) {
        about += about.empty() ? "" : " ";
        about += "Permission: " + std::string(route.permission) + ".";
    }
    if (!about.empty()) {
        out["description"] = about;
    }
    json::array parameters;
    add_path_parameters(parameters, route.path);
    for (const QueryParameter& parameter : route.query) {
        parameters.push_back(query_parameter(parameter));
    }
    if (route.method == http::Method::Post && route.success == 201) {
        parameters.push_back(header_parameter(
            "Idempotency-Key", "The same key with the same request gets the same answer."));
    }
    const bool changes = route.method == http::Method::Put || route.method == http::Method::Patch ||
                         route.method == http::Method::Delete;
    if (changes) {
        parameters.push_back(header_parameter(
            "If-Match", "The ETag that the item was read with; 412 if it has changed since."));
    }
    out["parameters"] = std::move(parameters);
    if (!route.request.empty()) {
        out["requestBody"] = {{"required", true},
                              {"content", content(route.request, route.request_files)}};
    }
    out["responses"] = answers(route);
    if (route.admission == Admission::Public) {
        out["security"] = json::array();
    }
    return out;
}

}  // namespace

std::string openapi_document(const std::string& version) {
    json::object paths;
    for (const Route& route : routes()) {
        std::string method(http::method_name(route.method));
        std::ranges::transform(method, method.begin(),
                               [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        auto& path = paths[route.path];
        if (!path.is_object()) {
            path = json::object();
        }
        path.as_object()[method] = operation(route);
    }
    const auto schemas = parse_json(schemas_text());
    ASSERT(schemas.has_value());
    const json::object document = {
        {"openapi", "3.1.0"},
        {"info",
         {{"title", "Gantry"},
          {"version", version},
          {"description",
           "Everything that the console and the command line do goes through this API. Times are "
           "RFC 3339 in UTC, durations like 5m, units UCUM codes; unknown fields are refused by "
           "name. "
           "Errors are application/problem+json."},
          {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
        {"security", json::array{json::object{{"bearer", json::array()}}}},
        {"paths", std::move(paths)},
        {"components",
         {{"schemas", *schemas},
          {"securitySchemes", {{"bearer", {{"type", "http"}, {"scheme", "bearer"}}}}}}}};
    return json::serialize(document);
}

}  // namespace gantry::api

// SPDX-License-Identifier: Apache-2.0
#include "api/call.h"

#include <charconv>
#include <format>

#include "base/assert.h"
#include "base/encoding.h"

namespace gantry::api {
namespace {

// "samples:write" → "samples:read"
std::string reading(std::string_view permission) {
    return std::string(permission.substr(0, permission.find(':'))) + ":read";
}

}  // namespace

Party Call::party() const {
    return {context.tenant.text(), context.identity ? context.identity->principal.text() : ""};
}

const std::string& Call::part(std::string_view name) const {
    const auto found = path.find(name);
    ASSERT(found != path.end());
    return found->second;
}

Result<json::value> Call::body() const {
    // The form type is what curl says of any body unless it is told otherwise. A form in a browser
    // can send it too, but not our Authorization header.
    const std::string_view type = request.header("content-type");
    if (!type.empty() && !type.starts_with("application/json") &&
        !type.starts_with("application/merge-patch+json") &&
        !type.starts_with("application/x-www-form-urlencoded")) {
        return fail(Code::InvalidArgument, "the body is {}: send application/json", type);
    }
    if (request.body.empty()) {
        return fail(Code::InvalidArgument, "the request has no body: send a JSON object");
    }
    return parse_json(request.body);
}

Result<registry::PageRequest> Call::page() const {
    registry::PageRequest out;
    if (const auto limit = request.parameter("limit")) {
        const auto [end, error] =
            std::from_chars(limit->data(), limit->data() + limit->size(), out.limit);
        if (error != std::errc() || end != limit->data() + limit->size() || out.limit < 1 ||
            out.limit > registry::page_limit_max) {
            return bad_field("limit", std::format("must be 1 to {}", registry::page_limit_max));
        }
    }
    if (const auto cursor = request.parameter("cursor")) {
        const auto bytes = from_base64url(*cursor);
        if (!bytes) {
            return bad_field("cursor", "is not one that a list gave out");
        }
        out.after = as_text(*bytes);
    }
    return out;
}

Result<registry::ExpectedVersion> Call::expected_version() const {
    std::string_view tag = request.header("if-match");
    if (tag.empty() || tag == "*") {
        return std::nullopt;
    }
    std::int64_t version = 0;
    if (tag.size() > 2 && tag.starts_with('"') && tag.ends_with('"')) {
        tag = tag.substr(1, tag.size() - 2);
        const auto [end, error] = std::from_chars(tag.data(), tag.data() + tag.size(), version);
        if (error == std::errc() && end == tag.data() + tag.size()) {
            return version;
        }
    }
    return bad_field("If-Match", "must be an ETag that this item was read with");
}

Result<std::optional<bool>> Call::flag(std::string_view name) const {
    const auto value = request.parameter(name);
    if (!value) {
        return std::nullopt;
    }
    if (*value == "true" || *value == "1" || value->empty()) {
        return true;
    }
    if (*value == "false" || *value == "0") {
        return false;
    }
    return bad_field(std::string(name), "must be true or false");
}

Result<> Call::require(std::string_view permission, std::string_view path_of_thing,
                       std::string_view what) const {
    if (context.may(permission, path_of_thing)) {
        return {};
    }
    if (!context.may(reading(permission), path_of_thing)) {
        return fail(Code::NotFound, "there is no {}", what);
    }
    return fail(Code::Forbidden, "you may not do this to {}: it needs the permission {}", what,
                permission);
}

std::string encode_cursor(std::string_view key) { return to_base64url(as_bytes(key)); }

http::Response json_answer(const json::value& value, int status) {
    return http::Response::text(status, "application/json", json::serialize(value));
}

http::Response item_answer(const json::object& item, const Stamp& stamp, int status) {
    http::Response out = json_answer(item, status);
    out.with("ETag", std::format("\"{}\"", stamp.version));
    return out;
}

http::Response no_content() {
    http::Response out;
    out.status = 204;
    return out;
}

void merge_patch(json::value& target, const json::value& patch) {
    if (!patch.is_object()) {
        target = patch;
        return;
    }
    if (!target.is_object()) {
        target = json::object();
    }
    for (const auto& field : patch.as_object()) {
        if (field.value().is_null()) {
            target.as_object().erase(field.key());
        } else {
            merge_patch(target.as_object()[field.key()], field.value());
        }
    }
}

}  // namespace gantry::api

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "api/services.h"
#include "http/message.h"
#include "http/router.h"
#include "model/json.h"
#include "registry/repository.h"
#include "security/context.h"

namespace gantry::api {

// One request on its way through a handler.
struct Call {
    const http::Request& request;
    const http::PathParameters& path;
    const security::Context& context;

    const TenantId& tenant() const { return context.tenant; }
    // Whose turn it takes.
    Party party() const;
    // A {name} of the route.
    const std::string& part(std::string_view name) const;

    // The body as JSON. InvalidArgument with the place of the mistake; Unsupported if the
    // Content-Type is another.
    Result<json::value> body() const;
    // ?limit= and ?cursor=
    Result<registry::PageRequest> page() const;
    // Of If-Match: "<version>"; none for "*" or no header.
    Result<registry::ExpectedVersion> expected_version() const;
    Result<std::optional<bool>> flag(std::string_view name) const;

    // Refuses with NotFound where the principal may not even read, with Forbidden where it may read
    // but not do this. `what` names the thing for the message.
    Result<> require(std::string_view permission, std::string_view path_of_thing,
                     std::string_view what) const;
};

// ?cursor= is the sort key of the last item, made opaque.
std::string encode_cursor(std::string_view key);

// An item with its ETag.
http::Response item_answer(const json::object& item, const Stamp& stamp, int status = 200);
http::Response json_answer(const json::value& value, int status = 200);
http::Response no_content();

// {"items": […], "next": "…"}; each item through `show`, which returns nothing for what the
// principal may not see.
template <class T, class Show>
http::Response page_answer(const registry::Page<T>& page, Show show) {
    json::object out;
    json::array items;
    for (const T& item : page.items) {
        if (std::optional<json::object> shown = show(item)) {
            items.push_back(std::move(*shown));
        }
    }
    out["items"] = std::move(items);
    if (!page.next.empty()) {
        out["next"] = encode_cursor(page.next);
    }
    return json_answer(out);
}

// RFC 7396.
void merge_patch(json::value& target, const json::value& patch);

}  // namespace gantry::api

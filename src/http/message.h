// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/async.h"

namespace gantry::http {

enum class Method : unsigned char { Get, Head, Post, Put, Patch, Delete, Options, Other };
std::string_view method_name(Method method);

using Headers = std::vector<std::pair<std::string, std::string>>;

// One request, read whole.
struct Request {
    Method method = Method::Get;
    std::string target;                 // as sent: "/v1/points/a%2Fb?limit=5"
    std::vector<std::string> segments;  // of the path, decoded: {"v1", "points", "a/b"}
    std::multimap<std::string, std::string, std::less<>> query;  // decoded
    Headers headers;                                             // names in lower case
    std::string body;
    std::string peer;  // "127.0.0.1:50123"
    bool encrypted = false;
    bool upgrade = false;  // asks for a WebSocket

    // The first header of that lower-case name; empty if there is none.
    std::string_view header(std::string_view name) const;
    std::optional<std::string> parameter(std::string_view name) const;
    std::vector<std::string> parameters(std::string_view name) const;
    // A cookie's value.
    std::optional<std::string> cookie(std::string_view name) const;
    // The path without its query, as sent.
    std::string_view path() const;
};

// Hands out the body of an answer piece by piece; an empty piece is the end. An error breaks the
// connection, so that the client sees that it did not get everything.
using BodySource = std::function<Async<std::string>()>;

struct Response {
    int status = 200;
    Headers headers;
    std::string body;
    BodySource source;   // if set, instead of body
    bool close = false;  // the connection, after it

    static Response text(int status, std::string_view type, std::string body);
    Response& with(std::string name, std::string value) {
        headers.emplace_back(std::move(name), std::move(value));
        return *this;
    }
};

std::string_view reason_phrase(int status);

// "a%2Fb" → "a/b". Nothing for a broken escape, NUL or bytes that are not UTF-8.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
std::string percent_encode(std::string_view text);

// The fields of a body of application/x-www-form-urlencoded, decoded; nothing if one cannot be.
std::optional<std::multimap<std::string, std::string, std::less<>>> parse_form(
    std::string_view body);

// Splits a request target; false if it is not a path with decodable parts.
[[nodiscard]] bool parse_target(Request& request);

}  // namespace gantry::http

// SPDX-License-Identifier: Apache-2.0
// How people write down where a value is at an HTTP server: "/api/status json=$.speed *0.1
// grp=fast" and, with where a write goes, "/api/speed set=/api/speed setjson=$.value put". Pure.
// The grammar, with examples, is in docs/guide/connectors/http.md.
#pragma once

#include "connector/message/value_address.h"

namespace gantry::connector::http_json {

// Where a write goes.
struct SetAddress {
    std::string path;
    std::string json;  // "$.value": where in an object it stands; empty: the value alone
    bool put = false;  // by PUT instead of POST

    bool operator==(const SetAddress&) const = default;
};

struct Address : ValueAddress {
    std::string path;  // with its query: "/api/status?unit=3"
    std::string group = "default";
    std::optional<SetAddress> set;

    bool operator==(const Address&) const = default;
};

// InvalidArgument that says where in the text the trouble is and what to write instead.
Result<Address> parse_address(std::string_view text);
// A text that parses to the same.
std::string format_address(const Address& address);

// A path with its query, as a request line has it.
bool is_path(std::string_view text);

}  // namespace gantry::connector::http_json

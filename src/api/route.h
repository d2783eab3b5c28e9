// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "api/call.h"

namespace gantry::api {

// Runs on one of the pools: may block.
using BlockingHandler = Result<http::Response> (*)(Services&, const Call&);
// Runs on the shard: must not block.
using AsyncHandler = Async<http::Response> (*)(Services&, const Call&);

struct QueryParameter {
    std::string_view name;
    std::string_view type;  // string, integer, boolean
    std::string_view about;
    bool required = false;
    bool repeated = false;
};

enum class Admission : unsigned char {
    Public,     // anybody
    SignedIn,   // whoever has a token; the handler checks what else is needed
    Permitted,  // whoever has the permission somewhere; the handler checks it on the path
};

// One row drives dispatch, permission, audit and openapi.json.
struct Route {
    http::Method method;
    std::string_view path;  // "/v1/assets/{asset}"
    std::string_view id;    // operationId, "getAsset"
    std::string_view tag;   // group in the documentation
    std::string_view summary;
    Admission admission = Admission::Permitted;
    std::string_view permission;  // "assets:read"
    std::variant<BlockingHandler, AsyncHandler> handle;
    std::vector<QueryParameter> query = {};
    std::string_view request = {};                     // schema of the body, by name
    std::vector<std::string_view> request_files = {};  // other types that the body may have
    std::string_view response = {};  // schema of the answer, by name; none for 204
    std::vector<std::string_view> response_files = {};  // other types, by Accept
    int success = 200;
    std::size_t body_max = 1024 * 1024;
    bool audited = false;         // a change that the audit log records
    std::string_view about = {};  // more than the summary says
    // Takes a token also as clients of other systems send theirs: Authorization: Token …, or Basic
    // with the token as the password.
    bool foreign_credentials = false;
    // May take long, whatever the caller asks: a blocking handler waits for its principal's turn.
    bool in_turn = false;
    // Knows by itself what a repeated Idempotency-Key means.
    bool own_idempotency = false;
};

// All routes, in the order of the documentation.
const std::vector<Route>& routes();

// Those of each file.
void add_session_routes(std::vector<Route>& out);
void add_access_routes(std::vector<Route>& out);
void add_model_routes(std::vector<Route>& out);
void add_asset_routes(std::vector<Route>& out);
void add_point_routes(std::vector<Route>& out);
void add_command_routes(std::vector<Route>& out);
void add_connection_routes(std::vector<Route>& out);
void add_sample_routes(std::vector<Route>& out);
void add_summary_routes(std::vector<Route>& out);
void add_sql_routes(std::vector<Route>& out);
void add_file_routes(std::vector<Route>& out);
void add_formula_routes(std::vector<Route>& out);
void add_live_routes(std::vector<Route>& out);
void add_prometheus_routes(std::vector<Route>& out);
void add_broker_routes(std::vector<Route>& out);
void add_mapping_routes(std::vector<Route>& out);
void add_bridge_routes(std::vector<Route>& out);
void add_publication_routes(std::vector<Route>& out);
void add_influx_routes(std::vector<Route>& out);
void add_system_routes(std::vector<Route>& out);

// "limit" and "cursor", which every list takes.
std::vector<QueryParameter> with_paging(std::vector<QueryParameter> more = {});

}  // namespace gantry::api

// SPDX-License-Identifier: Apache-2.0
// What clients of InfluxDB 1.x and 2 send: /ping, /write, /api/v2/write, and of /query what they
// ask before they write. Answers have the form that those clients read: `error` of 1.x, `code` and
// `message` of 2.
#include <algorithm>

#include "api/influx_query.h"
#include "api/line_write.h"
#include "api/route.h"
#include "base/error_tables.h"
#include "base/json_writer.h"

namespace gantry::api {
namespace {

// What clients look at to know which dialect to speak; 1.8 has both ways of writing.
constexpr std::string_view influx_version = "1.8.10";
constexpr std::string_view version_header = "X-Influxdb-Version";

http::Response with_version(http::Response response, const Services& services) {
    response.with(std::string(version_header), std::string(influx_version));
    response.with("X-Influxdb-Build", "gantry " + services.version);
    return response;
}

http::Response partial_write(const LineReport& report) {
    const std::string text =
        std::format("{}{} dropped={}",
                    report.lines > 0 ? "partial write: " : "unable to parse: ", summary_of(report),
                    report.refused);
    std::string body;
    JsonWriter json(body);
    json.begin_object().field("error", text).field("code", "invalid").field("message", text);
    json.field("accepted", report.lines).field("rejected", report.refused);
    json.key("lines").begin_array();
    for (const lineprotocol::LineError& error : report.errors) {
        json.begin_object().field("line", error.line).field("column", error.column);
        json.field("code", code_name(error.error.code)).field("detail", error.error.message);
        json.end_object();
    }
    json.end_array().end_object();
    http::Response out = http::Response::text(400, "application/json", std::move(body));
    std::string header = text.substr(0, 512);
    std::ranges::replace_if(header, [](unsigned char c) { return c < ' ' || c > '~'; }, '?');
    out.with("X-Influxdb-Error", header);
    return out;
}

Async<http::Response> write_points(Services& services, const Call& call, std::string database) {
    LineRequest request;
    request.database = std::move(database);
    if (const auto precision = call.request.parameter("precision")) {
        CO_TRY_ASSIGN(request.precision, lineprotocol::parse_precision(*precision));
    }
    if (request.database.size() > 256) {
        co_return bad_field("?db", "is longer than 256 bytes");
    }
    CO_TRY_ASSIGN(const LineReport report, co_await write_lines(services, call, request));
    co_return with_version(report.refused > 0 ? partial_write(report) : no_content(), services);
}

Async<http::Response> write_v1(Services& services, const Call& call) {
    co_return co_await write_points(services, call, call.request.parameter("db").value_or(""));
}

Async<http::Response> write_v2(Services& services, const Call& call) {
    co_return co_await write_points(services, call, call.request.parameter("bucket").value_or(""));
}

Async<http::Response> ping(Services& services, const Call&) {
    co_return with_version(no_content(), services);
}

Result<http::Response> query(Services& services, const Call& call) {
    std::string text = call.request.parameter("q").value_or("");
    if (text.empty() && call.request.method == http::Method::Post) {
        const auto form = http::parse_form(call.request.body);
        if (!form) {
            return fail(Code::InvalidArgument, "the body is not a form: send q=… percent-encoded");
        }
        if (const auto field = form->find("q"); field != form->end()) {
            text = field->second;
        }
    }
    const auto body = answer_influx_query(services, call, text);
    return with_version(http::Response::text(200, "application/json", body), services);
}

Route write_route(std::string_view path, std::string_view id, AsyncHandler handle,
                  std::vector<QueryParameter> query) {
    query.push_back(
        {"precision", "string", "What timestamps count: ns (default), us, ms, s; m and h too."});
    return {.method = http::Method::Post,
            .path = path,
            .id = id,
            .tag = "InfluxDB",
            .summary = "Write InfluxDB line protocol; answers when it is durable",
            .permission = "metrics:write",
            .handle = handle,
            .query = std::move(query),
            .request = "LineProtocol",
            .success = 204,
            .body_max = 64 * 1024 * 1024,
            .about = "Body plain or gzip. Lines are taken or refused one by one: 400 names the "
                     "refused ones by line and column, the others are stored. Credentials: Bearer, "
                     "Token, or Basic with a token as the password.",
            .foreign_credentials = true};
}

}  // namespace

void add_influx_routes(std::vector<Route>& out) {
    out.push_back(write_route("/write", "influxWrite", write_v1,
                              {{"db", "string", "Becomes the tag `db`, unless lines have it."},
                               {"rp", "string", "Not used: retention is a matter of the node."},
                               {"consistency", "string", "Not used."}}));
    out.push_back(write_route("/api/v2/write", "influxWrite2", write_v2,
                              {{"bucket", "string", "Becomes the tag `db`, unless lines have it."},
                               {"org", "string", "Not used: the tenant comes from the token."},
                               {"orgID", "string", "Not used."}}));
    const std::vector<QueryParameter> about_query = {
        {"q", "string", "SHOW DATABASES, SHOW MEASUREMENTS, CREATE DATABASE, …"},
        {"db", "string", "Only what has this tag `db`."},
        {"epoch", "string", "Not used."},
        {"rp", "string", "Not used."},
        {"chunked", "string", "Not used."},
        {"chunk_size", "string", "Not used."},
        {"params", "string", "Not used."},
        {"pretty", "string", "Not used."},
        {"precision", "string", "Not used."}};
    for (const auto method : {http::Method::Get, http::Method::Post}) {
        out.push_back({.method = method,
                       .path = "/query",
                       .id = method == http::Method::Get ? "influxQuery" : "influxCommand",
                       .tag = "InfluxDB",
                       .summary = "What InfluxDB clients ask about databases and measurements",
                       .permission = "metrics:read",
                       .handle = query,
                       .query = about_query,
                       .response = "InfluxAnswer",
                       .about = "Not InfluxQL: SELECT is refused and says what to use instead.",
                       .foreign_credentials = true,
                       .in_turn = true});
    }
    out.push_back(
        {.method = http::Method::Get,
         .path = "/ping",
         .id = "influxPing",
         .tag = "InfluxDB",
         .summary = "Whether an InfluxDB client may begin",
         .admission = Admission::Public,
         .permission = "",
         .handle = ping,
         .query = {{"verbose", "string", "Not used."}, {"wait_for_leader", "string", "Not used."}},
         .success = 204});
}

}  // namespace gantry::api

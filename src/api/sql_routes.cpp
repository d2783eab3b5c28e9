// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "api/point_access.h"
#include "api/route.h"

namespace gantry::api {
namespace {

Result<query::SqlCell> parameter_of(const json::value& value, std::size_t index) {
    if (value.is_null()) {
        return query::SqlCell{};
    }
    if (value.is_bool()) {
        return query::SqlCell(value.as_bool());
    }
    if (value.is_int64()) {
        return query::SqlCell(value.as_int64());
    }
    if (value.is_double()) {
        return query::SqlCell(value.as_double());
    }
    if (value.is_string()) {
        return query::SqlCell(std::string(value.as_string()));
    }
    return bad_field("/parameters/" + std::to_string(index),
                     "must be a string, number, boolean or null");
}

void write_cell(JsonWriter& json, const query::SqlCell& cell) {
    std::visit(
        [&json](const auto& content) {
            using T = std::decay_t<decltype(content)>;
            if constexpr (std::is_same_v<T, std::monostate>) {
                json.null();
            } else {
                write_value(json, Value(content));
            }
        },
        cell);
}

Result<http::Response> run_sql(Services& services, const Call& call) {
    TRY_ASSIGN(const json::value body, call.body());
    query::SqlQuestion question;
    ObjectReader in(body, "");
    in.required("query", question.text);
    in.optional("limit", question.limit);
    const json::value* parameters = in.take("parameters");
    TRY(in.finish());
    if (parameters != nullptr) {
        if (!parameters->is_array()) {
            return bad_field("/parameters", "must be an array");
        }
        for (const json::value& value : parameters->as_array()) {
            TRY_ASSIGN(query::SqlCell cell, parameter_of(value, question.parameters.size()));
            question.parameters.push_back(std::move(cell));
        }
    }
    TRY_ASSIGN(const query::SqlAnswer answer, services.sql.run(call.context, question));
    std::string text;
    JsonWriter json(text);
    json.begin_object().key("columns").begin_array();
    for (const query::SqlColumn& column : answer.columns) {
        json.begin_object().field("name", column.name).field("type", column.type).end_object();
    }
    json.end_array().key("rows").begin_array();
    for (const auto& row : answer.rows) {
        json.begin_array();
        for (const query::SqlCell& cell : row) {
            write_cell(json, cell);
        }
        json.end_array();
    }
    json.end_array().field("truncated", answer.truncated).end_object();
    return http::Response::text(200, "application/json", std::move(text));
}

}  // namespace

void add_sql_routes(std::vector<Route>& out) {
    out.push_back({.method = http::Method::Post,
                   .path = "/v1/sql",
                   .id = "runSql",
                   .tag = "SQL",
                   .summary = "Run one read-only query",
                   .permission = "sql:read",
                   .handle = run_sql,
                   .request = "SqlQuestion",
                   .response = "SqlAnswer",
                   .about =
                       "DuckDB's dialect over the tables samples, latest, metrics, points, assets, "
                       "models and alarms, and over the tenant's files; rows that the caller may "
                       "not read are not there. Times are UTC.",
                   .in_turn = true});
}

}  // namespace gantry::api

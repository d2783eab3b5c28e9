// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <format>

#include "cli/context.h"

namespace gantry::cli {
namespace {

bool is_number(std::string_view type) {
    return type.ends_with("INT") || type == "INTEGER" || type == "DOUBLE" || type == "FLOAT" ||
           type.starts_with("DECIMAL");
}

Result<> run_sql(Context& context, const Arguments& arguments) {
    TRY_ASSIGN(const auto limit, arguments.number("--limit", 1, 10'000'000));
    std::string statement = arguments.text_or("STATEMENT", "-");
    if (statement == "-") {
        if (isatty(STDIN_FILENO) == 1) {
            context.out.say("Write a statement, then Ctrl-D.");
        }
        TRY_ASSIGN(statement, read_text("-"));
    }
    if (statement.find_first_not_of(" \t\r\n") == std::string::npos) {
        return fail(Code::InvalidArgument, "there is no statement: give it as an argument, or on "
                                           "standard input");
    }
    TRY_ASSIGN(const json::value answer,
               context.api.post(
                   "/v1/sql", json::object{{"query", statement}, {"limit", limit.value_or(1000)}}));
    if (context.out.for_programs()) {
        return context.out.document(answer);
    }
    const json::object& in = answer.as_object();
    Table table;
    for (const json::value& column : in.at("columns").as_array()) {
        const json::object& described = column.as_object();
        table.columns.push_back(
            {field_text(described, "name"), is_number(field_text(described, "type"))});
    }
    for (const json::value& row : in.at("rows").as_array()) {
        auto& cells = table.rows.emplace_back();
        for (const json::value& cell : row.as_array()) {
            cells.push_back(cell_text(&cell));
        }
    }
    TRY(context.out.table(table));
    if (field_text(in, "truncated") == "true") {
        context.out.warn(
            std::format("these are the first {} rows only: --limit gives more", table.rows.size()));
    }
    return {};
}

}  // namespace

void add_sql_command(std::vector<Command>& out) {
    out.push_back(
        {.path = "sql",
         .summary = "Ask with SQL; reading only",
         .examples =
             "  gantry sql 'SELECT point, count(*) FROM samples GROUP BY point'\n"
             "  gantry sql --plain < report.sql > report.tsv\n"
             "  gantry sql \"SELECT time_bucket(INTERVAL 1 HOUR, time) AS hour, avg(value) FROM "
             "samples\n"
             "              WHERE point = 'plant/line2/pump3.flow' GROUP BY hour ORDER BY hour\"\n",
         .next = "gantry export parquet POINT --output FILE",
         .parameters = {{.name = "STATEMENT",
                         .value = "",
                         .about = "Without it, or with '-', it is read from standard input"},
                        {.name = "--limit", .value = "ROWS", .about = "Most rows (1000)"}},
         .run = run_sql,
         .more = "Tables: samples (point, time, value, …), points, assets, models. Times are UTC.\n"
                 "The dialect is DuckDB's.\n"});
}

}  // namespace gantry::cli

// SPDX-License-Identifier: Apache-2.0
#include "api/influx_query.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "base/json_writer.h"
#include "lineprotocol/series_key.h"

namespace gantry::api {
namespace {

constexpr std::size_t series_max = 1'000'000;
constexpr std::size_t statements_max = 100;
constexpr std::string_view read_permission = "metrics:read";

struct Word {
    std::string text;
    bool quoted = false;

    // Whether it is that keyword, in any case.
    bool is(std::string_view keyword) const {
        return !quoted && std::ranges::equal(text, keyword, [](unsigned char a, unsigned char b) {
            return std::toupper(a) == b;
        });
    }
};
using Statement = std::vector<Word>;

// Words, "quoted" and 'quoted' ones, and single marks; ';' parts statements.
Result<std::vector<Statement>> read_statements(std::string_view text) {
    std::vector<Statement> out(1);
    for (std::size_t i = 0; i < text.size();) {
        const char c = text[i];
        if (std::isspace(static_cast<unsigned char>(c)) != 0) {
            ++i;
        } else if (c == ';') {
            out.emplace_back();
            ++i;
        } else if (c == '"' || c == '\'') {
            Word word{.text = {}, .quoted = true};
            for (++i; i < text.size() && text[i] != c; ++i) {
                i += text[i] == '\\' && i + 1 < text.size() ? 1 : 0;
                word.text += text[i];
            }
            if (i == text.size()) {
                return fail(Code::InvalidArgument, "a quoted name does not end: add {}", c);
            }
            out.back().push_back(std::move(word));
            ++i;
        } else if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_') {
            Word word;
            for (; i < text.size() &&
                   (std::isalnum(static_cast<unsigned char>(text[i])) != 0 || text[i] == '_');
                 ++i) {
                word.text += text[i];
            }
            out.back().push_back(std::move(word));
        } else {
            out.back().push_back({std::string(1, c), false});
            ++i;
        }
    }
    std::erase_if(out, [](const Statement& statement) { return statement.empty(); });
    if (out.size() > statements_max) {
        return fail(Code::TooLarge, "{} statements, at most {} at once", out.size(),
                    statements_max);
    }
    return out;
}

// What a statement asks about: ON <database>, FROM <measurement>, WITH KEY = <name>.
struct Clauses {
    std::string database;
    std::string measurement;
    std::set<std::string> keys;
};

class Answerer {
public:
    Answerer(Services& services, const Call& call) : services_(services), call_(call) {}

    Result<> answer(const Statement& statement, JsonWriter& json) {
        const auto word = [&statement](std::size_t index, std::string_view keyword) {
            return index < statement.size() && statement[index].is(keyword);
        };
        if (word(0, "CREATE") && word(1, "DATABASE") && statement.size() > 2) {
            services_.line_caches.announce(call_.tenant(), statement[2].text);
            return {};
        }
        if (!word(0, "SHOW")) {
            return fail(Code::Unsupported,
                        "error parsing query: {} is not offered here: ask with SQL at /v1/sql or "
                        "PromQL at /api/v1/query",
                        statement[0].text);
        }
        if (word(1, "DATABASES")) {
            return show_databases(json);
        }
        if (word(1, "RETENTION") && word(2, "POLICIES")) {
            return table(json, "",
                         {"name", "duration", "shardGroupDuration", "replicaN", "default"},
                         {{"autogen", "0s", "168h0m0s", "1", "true"}});
        }
        TRY_ASSIGN(const Clauses clauses, read_clauses(statement));
        if (word(1, "MEASUREMENTS")) {
            return show_measurements(clauses, json);
        }
        if (word(1, "SERIES")) {
            return show_series(clauses, json);
        }
        if (word(1, "TAG") && word(2, "KEYS")) {
            return show_tags(clauses, false, json);
        }
        if (word(1, "TAG") && word(2, "VALUES")) {
            return show_tags(clauses, true, json);
        }
        if (word(1, "FIELD") && word(2, "KEYS")) {
            return show_fields(clauses, json);
        }
        return fail(Code::Unsupported,
                    "error parsing query: SHOW DATABASES, MEASUREMENTS, SERIES, TAG KEYS, TAG "
                    "VALUES, FIELD KEYS and RETENTION POLICIES are offered");
    }

private:
    using Rows = std::vector<std::vector<std::string>>;

    Result<Clauses> read_clauses(const Statement& statement) const {
        Clauses out;
        out.database = call_.request.parameter("db").value_or("");
        for (std::size_t i = 1; i + 1 < statement.size(); ++i) {
            if (statement[i].is("ON")) {
                out.database = statement[i + 1].text;
            } else if (statement[i].is("FROM")) {
                out.measurement = statement[i + 1].text;
            } else if (statement[i].is("KEY")) {
                for (std::size_t at = i + 1; at < statement.size() && !statement[at].is("WHERE");
                     ++at) {
                    out.keys.insert(statement[at].text);
                }
            } else if (statement[i].is("WHERE")) {
                return fail(Code::Unsupported, "error parsing query: WHERE is not offered here");
            }
        }
        return out;
    }

    // Of the database and measurement, and readable.
    Result<std::vector<lineprotocol::SeriesName>> series_of(const Clauses& clauses) {
        std::vector<labels::LabelTest> tests;
        if (!clauses.database.empty()) {
            tests.push_back(labels::label_is("db", clauses.database));
        }
        TRY_ASSIGN(const auto found, services_.labels.select(call_.tenant(), tests, series_max));
        std::vector<lineprotocol::SeriesName> out;
        std::map<std::string, bool> readable;
        for (const auto& series : found) {
            lineprotocol::SeriesName name = lineprotocol::split_series_key(series.key);
            if (!clauses.measurement.empty() && name.measurement != clauses.measurement) {
                continue;
            }
            const auto [known, fresh] = readable.try_emplace(name.measurement, false);
            if (fresh) {
                known->second = call_.context.may(read_permission, name.measurement);
            }
            if (known->second) {
                out.push_back(std::move(name));
            }
        }
        return out;
    }

    static Result<> table(JsonWriter& json, std::string_view name,
                          const std::vector<std::string>& columns, const Rows& rows) {
        json.begin_object();
        if (!name.empty()) {
            json.field("name", name);
        }
        json.key("columns").begin_array();
        for (const std::string& column : columns) {
            json.value(column);
        }
        json.end_array().key("values").begin_array();
        for (const auto& row : rows) {
            json.begin_array();
            for (const std::string& cell : row) {
                json.value(cell);
            }
            json.end_array();
        }
        json.end_array().end_object();
        return {};
    }

    Result<> show_databases(JsonWriter& json) {
        std::set<std::string> names = services_.line_caches.announced(call_.tenant());
        for (const std::string& name : services_.labels.values(call_.tenant(), "db")) {
            names.insert(name);
        }
        Rows rows;
        for (const std::string& name : names) {
            rows.push_back({name});
        }
        return table(json, "databases", {"name"}, rows);
    }

    Result<> show_measurements(const Clauses& clauses, JsonWriter& json) {
        TRY_ASSIGN(const auto series, series_of(clauses));
        std::set<std::string> names;
        for (const auto& name : series) {
            names.insert(name.measurement);
        }
        Rows rows;
        for (const std::string& name : names) {
            rows.push_back({name});
        }
        return rows.empty() ? Result<>{} : table(json, "measurements", {"name"}, rows);
    }

    Result<> show_series(const Clauses& clauses, JsonWriter& json) {
        TRY_ASSIGN(const auto series, series_of(clauses));
        std::set<std::string> keys;
        for (const auto& name : series) {
            std::vector<lineprotocol::Tag> tags;
            for (const auto& [tag, value] : name.tags) {
                tags.push_back({tag, value});
            }
            std::string key = lineprotocol::series_key(name.measurement, tags, "");
            key.pop_back();  // the '#'
            keys.insert(std::move(key));
        }
        Rows rows;
        for (const std::string& key : keys) {
            rows.push_back({key});
        }
        return rows.empty() ? Result<>{} : table(json, "", {"key"}, rows);
    }

    Result<> show_tags(const Clauses& clauses, bool with_values, JsonWriter& json) {
        TRY_ASSIGN(const auto series, series_of(clauses));
        std::map<std::string, std::set<std::pair<std::string, std::string>>> by_measurement;
        for (const auto& name : series) {
            auto& pairs = by_measurement[name.measurement];
            for (const auto& [tag, value] : name.tags) {
                if (!with_values) {
                    pairs.emplace(tag, "");
                } else if (clauses.keys.contains(tag)) {
                    pairs.emplace(tag, value);
                }
            }
        }
        for (const auto& [measurement, pairs] : by_measurement) {
            Rows rows;
            for (const auto& [tag, value] : pairs) {
                rows.push_back(with_values ? std::vector{tag, value} : std::vector{tag});
            }
            TRY(table(json, measurement,
                      with_values ? std::vector<std::string>{"key", "value"}
                                  : std::vector<std::string>{"tagKey"},
                      rows));
        }
        return {};
    }

    Result<> show_fields(const Clauses& clauses, JsonWriter& json) {
        TRY_ASSIGN(const auto series, series_of(clauses));
        std::map<std::string, std::map<std::string, std::string>> by_measurement;
        for (const auto& name : series) {
            by_measurement[name.measurement].emplace(name.field, type_of_field(name));
        }
        for (const auto& [measurement, fields] : by_measurement) {
            Rows rows;
            for (const auto& [field, type] : fields) {
                rows.push_back({field, type});
            }
            TRY(table(json, measurement, {"fieldKey", "fieldType"}, rows));
        }
        return {};
    }

    // As InfluxDB calls it.
    std::string type_of_field(const lineprotocol::SeriesName& name) const {
        std::vector<lineprotocol::Tag> tags;
        for (const auto& [tag, value] : name.tags) {
            tags.push_back({tag, value});
        }
        const auto known = services_.store.find_series(labels::LabelIndex::store_key(
            call_.tenant(), lineprotocol::series_key(name.measurement, tags, name.field)));
        switch (known ? known->type : ValueType::Null) {
            case ValueType::Int64: return "integer";
            case ValueType::Bool: return "boolean";
            case ValueType::String: return "string";
            default: return "float";
        }
    }

    Services& services_;
    const Call& call_;
};

}  // namespace

std::string answer_influx_query(Services& services, const Call& call, std::string_view text) {
    std::string body;
    JsonWriter json(body);
    const auto statements = read_statements(text);
    if (!statements || statements->empty()) {
        json.begin_object();
        json.field("error",
                   statements ? "missing required parameter \"q\"" : statements.error().message);
        json.end_object();
        return body;
    }
    Answerer answerer(services, call);
    json.begin_object().key("results").begin_array();
    for (std::size_t i = 0; i < statements->size(); ++i) {
        std::string series;
        JsonWriter inner(series);
        inner.begin_array();
        const Result<> done = answerer.answer((*statements)[i], inner);
        inner.end_array();
        json.begin_object().field("statement_id", i);
        if (!done) {
            json.field("error", done.error().message);
        } else if (series != "[]") {
            json.key("series").raw(series);
        }
        json.end_object();
    }
    json.end_array().end_object();
    return body;
}

}  // namespace gantry::api

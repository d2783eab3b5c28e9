// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "query/sql_testing.h"

namespace gantry::query {
namespace {

using Cells = std::vector<SqlCell>;

struct Tables : SqlFixture {
    SeriesId metric(const TenantId& tenant, std::string_view key,
                    ValueType type = ValueType::Float64) {
        return must(labels->make(tenant, key, type));
    }
    std::vector<Cells> rows(const std::string& text) { return ask(text).rows; }
    std::string plan(const std::string& text) {
        return std::get<std::string>(ask("EXPLAIN " + text).rows.at(0).at(1));
    }
};

TEST(SqlLatest, IsTheLastRowOfEachPoint) {
    Tables tables;
    const SeriesId flow = tables.point("a", "flow");
    const SeriesId word = tables.point("a", "word", ValueType::String);
    const SeriesId number = tables.point("b", "number", ValueType::Int64);
    const SeriesId broken = tables.point("b", "broken");
    tables.point("b", "never");
    tables.put(flow, start, 1.5);
    tables.put(flow, start + 2 * second + 1, 2.5, quality::uncertain);
    tables.put(flow, start + second, 9.5);  // late
    tables.put(word, start, std::string("运行"));
    tables.put(number, start + 3 * second, INT64_MAX);
    tables.put(broken, start, std::monostate(), quality::bad_timeout);
    for (const bool flushed : {false, true}) {
        if (flushed) {
            must(tables.store->flush());
        }
        const std::string at = format_time(start);
        EXPECT_EQ(tables.rows("SELECT point, asset, time, time_ns - 1700000000000000000, value, "
                              "value_int, value_text, quality FROM latest ORDER BY point"),
                  (std::vector<Cells>{{"a.flow",
                                       "a",
                                       format_time(start + 2 * second),
                                       2 * second + 1,
                                       2.5,
                                       {},
                                       {},
                                       "uncertain"},
                                      {"a.word", "a", at, std::int64_t{0}, {}, {}, "运行", "good"},
                                      {"b.broken", "b", at, std::int64_t{0}, {}, {}, {}, "bad"},
                                      {"b.number",
                                       "b",
                                       format_time(start + 3 * second),
                                       3 * second,
                                       static_cast<double>(INT64_MAX),
                                       INT64_MAX,
                                       {},
                                       "good"}}));
    }
}

TEST(SqlLatest, ConditionsChangeNothingButTheWork) {
    Tables tables;
    for (int i = 0; i < 5000; ++i) {
        SampleBatch batch;
        batch.add_float(tables.point(i % 2 == 0 ? "a" : "b", std::format("p{}", i)),
                        start + i * second, i % 7 == 0 ? quality::bad_timeout : quality::good, i);
        must(tables.store->append(batch));
        i += i > 100 ? 499 : 0;
    }
    const std::string at = "'" + format_time(start + 50 * second) + "'::TIMESTAMPTZ";
    for (const std::string& condition : std::vector<std::string>{
             "point = 'a.p4'", "point IN ('a.p4', 'b.p5', 'no.such')", "asset = 'b'",
             "quality = 'good'", "quality <> 'bad' AND time > " + at, "time <= " + at,
             "time = " + at, "point = 'a.p4' AND point = 'b.p5'", "value > 20 AND asset = 'a'",
             "time_ns < 1700000010000000000", "point_id <> ''", "point LIKE '%.p1%'"}) {
        EXPECT_EQ(tables.rows("SELECT * FROM latest WHERE " + condition + " ORDER BY point"),
                  tables.rows("SELECT * FROM (SELECT * FROM latest LIMIT 1000000) WHERE " +
                              condition + " ORDER BY point"))
            << condition;
    }
    EXPECT_TRUE(tables.plan("SELECT * FROM latest WHERE point = 'a.p4'").contains("1 named"));
    // The query that the console of a plant asks all the time.
    EXPECT_EQ(tables.rows("SELECT points.unit, latest.value FROM latest JOIN points USING (point) "
                          "WHERE point = 'a.p4'"),
              (std::vector<Cells>{{"bar", 4.0}}));
}

TEST(SqlAlarms, HasTheTermsOfIsa18AndNoRows) {
    Tables tables;
    const auto answer = tables.ask("SELECT * FROM alarms");
    EXPECT_TRUE(answer.rows.empty());
    std::set<std::string> names;
    for (const SqlColumn& column : answer.columns) {
        names.insert(column.name);
    }
    for (const char* name : {"alarm", "asset", "point", "priority", "state", "raised", "returned",
                             "acknowledged", "shelved_until", "setpoint"}) {
        EXPECT_TRUE(names.contains(name)) << name;
    }
    EXPECT_EQ(tables
                  .rows("SELECT state, count(*) FROM alarms WHERE raised > now() - INTERVAL 1 "
                        "DAY GROUP BY state")
                  .size(),
              0U);
}

TEST(SqlMetrics, AreTheSeriesByLabels) {
    Tables tables;
    const TenantId& tenant = tables.context.tenant;
    const SeriesId a = tables.metric(tenant, "cpu,host=a,region=eu#usage");
    const SeriesId b = tables.metric(tenant, "cpu,host=b,region=eu#usage");
    const SeriesId up = tables.metric(tenant, "up,job=node#value", ValueType::Int64);
    const SeriesId word = tables.metric(tenant, "log,host=a#line", ValueType::String);
    for (int i = 0; i < 3000; ++i) {
        SampleBatch batch;
        batch.add_float(a, start + i * second, quality::good, i);
        batch.add_float(b, start + i * second, quality::good, 2 * i);
        must(tables.store->append(batch));
    }
    tables.put(up, start, std::int64_t{1});
    tables.put(word, start, std::string("it's \"here\""));
    EXPECT_EQ(tables.rows("SELECT name, measurement, field, labels, value, value_int, value_text "
                          "FROM metrics WHERE time = '2023-11-14 22:13:20+00' ORDER BY ALL"),
              (std::vector<Cells>{
                  {"cpu_usage", "cpu", "usage", R"({"host":"a","region":"eu"})", 0.0, {}, {}},
                  {"cpu_usage", "cpu", "usage", R"({"host":"b","region":"eu"})", 0.0, {}, {}},
                  {"log_line", "log", "line", R"({"host":"a"})", {}, {}, "it's \"here\""},
                  {"up", "up", "value", R"({"job":"node"})", 1.0, std::int64_t{1}, {}}}));
    for (const std::string& condition : std::vector<std::string>{
             "name = 'cpu_usage'", "name IN ('up', 'log_line', 'other')", "measurement = 'cpu'",
             "field = 'value'", "(labels ->> 'host') = 'a'", "(labels ->> '$.host') = 'b'",
             "(labels ->> 'nothing') = 'a'", "(labels ->> 'host') IS NULL",
             "json_extract_string(labels, 'host') = 'a' AND name = 'cpu_usage'",
             "time >= '2023-11-14 22:50:00+00' AND name = 'cpu_usage'",
             "name = 'up' AND name = "
             "'log_line'",
             "'b' = (labels ->> 'host')"}) {
        EXPECT_EQ(tables.rows("SELECT count(*), sum(value) FROM metrics WHERE " + condition),
                  tables.rows("SELECT count(*), sum(value) FROM (SELECT * FROM metrics LIMIT "
                              "1000000) WHERE " +
                              condition))
            << condition;
    }
    const std::string narrowed =
        tables.plan("SELECT * FROM metrics WHERE name = 'cpu_usage' AND (labels ->> 'host') = 'a'");
    EXPECT_TRUE(narrowed.contains("Names") && narrowed.contains("Label host")) << narrowed;
    EXPECT_EQ(tables.rows("SELECT labels ->> 'host', time_bucket(INTERVAL 1 HOUR, time), "
                          "max(value) FROM metrics WHERE name = 'cpu_usage' GROUP BY ALL ORDER BY "
                          "ALL"),
              (std::vector<Cells>{{"a", "2023-11-14T22:00:00Z", 2799.0},
                                  {"a", "2023-11-14T23:00:00Z", 2999.0},
                                  {"b", "2023-11-14T22:00:00Z", 5598.0},
                                  {"b", "2023-11-14T23:00:00Z", 5998.0}}));
    EXPECT_TRUE(tables
                    .plan("SELECT labels ->> 'host', max(value) FROM metrics WHERE name = "
                          "'cpu_usage' GROUP BY ALL")
                    .contains("GANTRY_BUCKETS"));
}

// SECURITY.md A8: every table and every function of ours, asked as two tenants that have the same
// names, and with a narrow role.
struct TwoTenants : Tables {
    TwoTenants() {
        fill("mine", 1);
        first = context;
        const TenantId other = must(registry->tenants().create({{}, "other", {}, {}})).id;
        second_tenant = context_of(other, {{security::Effect::Allow, {"*:*"}, ""}});
        context = second_tenant;
        fill("theirs", 2);
        context = first;
    }

    void fill(const std::string& word, double value) {
        const SeriesId series = point("a", "v");
        put(series, start, value);
        put(point("a", "word", ValueType::String), start, word);
        put(metric(context.tenant, "cpu,host=" + word + "#usage"), start, value);
        ThingModel model;
        model.key = word;
        must(registry->models().create(context.tenant, model));
    }

    // All that stands in the answer.
    std::string all(const security::Context& who, const std::string& text) {
        std::string out;
        for (const auto& row : must(sql->run(who, {text, {}, 1000})).rows) {
            for (const SqlCell& cell : row) {
                if (const auto* word = std::get_if<std::string>(&cell)) {
                    out += *word + " ";
                } else if (const auto* number = std::get_if<double>(&cell)) {
                    out += std::format("{} ", *number);
                }
            }
        }
        return out;
    }

    security::Context first;
    security::Context second_tenant;
};

TEST(SqlTenants, NeverSeeEachOthersRows) {
    TwoTenants both;
    std::vector<std::string> sources;
    for (const std::string_view table : sql_tables()) {
        sources.emplace_back(table);
        sources.push_back(std::format("gantry_{}()", table));
    }
    // A function that was added and is not in the list above would not be tried.
    const auto functions = both.rows(
        "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_name LIKE 'gantry%' "
        "AND function_type = 'table'");
    EXPECT_EQ(functions.size(), sql_tables().size());
    std::string mine;
    std::string theirs;
    for (const std::string& source : sources) {
        mine += both.all(both.first, "SELECT * FROM " + source);
        theirs += both.all(both.second_tenant, "SELECT * FROM " + source);
    }
    for (const char* aggregated :
         {"SELECT point, max(value), min(value) FROM samples GROUP BY point",
          "SELECT labels ->> 'host', max(value) FROM metrics GROUP BY ALL",
          "SELECT gantry_login(), gantry_database()"}) {
        mine += both.all(both.first, aggregated);
        theirs += both.all(both.second_tenant, aggregated);
    }
    EXPECT_TRUE(mine.contains("mine") && mine.contains("1 ")) << mine;
    EXPECT_TRUE(theirs.contains("theirs") && theirs.contains("2 ")) << theirs;
    EXPECT_FALSE(mine.contains("theirs") || mine.contains(both.second_tenant.tenant.text()));
    EXPECT_FALSE(theirs.contains("mine") || theirs.contains(both.first.tenant.text()));
}

TEST(SqlTenants, ARoleSeesWhatItMayRead) {
    Tables tables;
    tables.put(tables.point("a", "v"), start, 1.0);
    tables.put(tables.point("b", "v"), start, 2.0);
    tables.put(tables.metric(tables.context.tenant, "cpu,host=a#usage"), start, 1.0);
    tables.put(tables.metric(tables.context.tenant, "mem,host=a#free"), start, 1.0);
    const auto may = [&](std::vector<std::string> permissions, std::string under) {
        return SqlFixture::context_of(
            tables.context.tenant,
            {{security::Effect::Allow, std::move(permissions), std::move(under)}});
    };
    const auto count = [&](const security::Context& who, const std::string& from) {
        const auto answer = must(tables.sql->run(who, {"SELECT count(*) FROM " + from, {}, 10}));
        return std::get<std::int64_t>(answer.rows.at(0).at(0));
    };
    const auto narrow = may({"samples:read", "points:read"}, "a");
    for (const char* table : {"samples", "latest", "points"}) {
        EXPECT_EQ(count(narrow, table), 1) << table;
        EXPECT_EQ(count(narrow, std::string(table) + " WHERE point = 'b.v'"), 0) << table;
    }
    EXPECT_EQ(count(narrow, "samples WHERE quality = 'good'"), 1);
    EXPECT_EQ(count(narrow, "assets"), 0);
    EXPECT_EQ(count(narrow, "metrics"), 0);
    const auto metrics = may({"metrics:read"}, "cpu");
    EXPECT_EQ(count(metrics, "metrics"), 1);
    EXPECT_EQ(count(metrics, "metrics WHERE name = 'mem_free'"), 0);
    EXPECT_EQ(count(metrics, "samples"), 0);
    EXPECT_EQ(count(metrics, "latest"), 0);
    EXPECT_EQ(count(may({}, ""), "samples"), 0);
}

}  // namespace
}  // namespace gantry::query

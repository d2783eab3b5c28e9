// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <duckdb.hpp>
#include <fstream>
#include <map>
#include <thread>

#include "query/history.h"
#include "query/sql_testing.h"

namespace gantry::query {
namespace {

using Fixture = SqlFixture;

TEST(History, RawRowsComeInPartsThatJoin) {
    Fixture fixture;
    const SeriesId series = fixture.point("p", "v");
    for (int i = 0; i < 25; ++i) {
        fixture.put(series, start + i, static_cast<double>(i));
    }
    TimeRange range{start, start + 24};
    std::vector<double> seen;
    while (true) {
        const RawHistory part = must(raw_history(*fixture.store, series, range, 10));
        for (const Sample& sample : part.samples) {
            seen.push_back(std::get<double>(sample.value));
        }
        if (!part.next) {
            break;
        }
        range.from = *part.next;
    }
    EXPECT_EQ(seen.size(), 24U);
    EXPECT_EQ(seen.back(), 23);
}

TEST(History, EmptyBucketsAreFilledAsAsked) {
    Fixture fixture;
    const SeriesId series = fixture.point("p", "v");
    fixture.put(series, start - 100'000 * second, 5.0);
    fixture.put(series, start + 10 * second, 10.0);
    fixture.put(series, start + 12 * second, 20.0);
    fixture.put(series, start + 40 * second, 40.0);
    const TimeRange range{start, start + 60 * second};
    const auto buckets = [&](Fill fill) {
        return must(bucket_history(*fixture.store, series, range, std::chrono::seconds(10),
                                   {AggregateKind::Average, AggregateKind::Count}, fill));
    };
    using Column = std::vector<std::optional<double>>;
    const auto none = buckets(Fill::None);
    EXPECT_EQ(none.time.size(), 2U);
    EXPECT_EQ(none.values[0], (Column{15.0, 40.0}));
    const auto previous = buckets(Fill::Previous);
    EXPECT_EQ(previous.values[0], (Column{5.0, 15.0, 15.0, 15.0, 40.0, 40.0}));
    EXPECT_EQ(previous.values[1], (Column{0.0, 2.0, 0.0, 0.0, 1.0, 0.0}));
    EXPECT_EQ(previous.quality[0], quality::uncertain_last_usable_value);
    EXPECT_EQ(previous.quality[1], quality::good);
    const auto linear = buckets(Fill::Linear);
    ASSERT_EQ(linear.values[0].size(), 6U);
    EXPECT_FALSE(linear.values[0][0]);
    EXPECT_NEAR(*linear.values[0][2], 15 + 25.0 / 3, 1e-9);
    EXPECT_FALSE(linear.values[0][5]);
    EXPECT_EQ(failure(bucket_history(*fixture.store, series, range, Duration{100},
                                     {AggregateKind::Average}, Fill::None)),
              Code::InvalidArgument);
    EXPECT_EQ(failure(bucket_history(*fixture.store, series, {}, std::chrono::seconds(1),
                                     {AggregateKind::Average}, Fill::None)),
              Code::InvalidArgument);
}

TEST(History, OfStringsThereIsOnlyTheCount) {
    Fixture fixture;
    const SeriesId series = fixture.point("p", "state", ValueType::String);
    fixture.put(series, start, std::string("runs"));
    fixture.put(series, start + 1, std::string("stands"), quality::uncertain);
    fixture.put(series, start + 2, std::string("?"), quality::bad_sensor_failure);
    const auto got = [&] {
        return must(
            bucket_history(*fixture.store, series, {start, start + 10}, std::chrono::seconds(10),
                           {AggregateKind::Count, AggregateKind::GoodCount, AggregateKind::Average,
                            AggregateKind::Min, AggregateKind::Last},
                           Fill::None));
    };
    for (const bool flushed : {false, true}) {
        if (flushed) {
            must(fixture.store->flush());
        }
        const BucketHistory history = got();
        ASSERT_EQ(history.time.size(), 1U);
        EXPECT_EQ(history.values[0][0], 2.0);
        EXPECT_EQ(history.values[1][0], 1.0);
        EXPECT_EQ(history.values[2][0], std::nullopt);
        EXPECT_EQ(history.values[3][0], std::nullopt);
        EXPECT_EQ(history.values[4][0], std::nullopt);
        EXPECT_EQ(history.quality[0], quality::uncertain);
    }
}

TEST(Sql, SeesEveryTypeOfValueExactly) {
    Fixture fixture;
    fixture.put(fixture.point("p", "f"), start, 0.1);
    fixture.put(fixture.point("p", "i", ValueType::Int64), start, INT64_MAX);
    fixture.put(fixture.point("p", "b", ValueType::Bool), start, true);
    fixture.put(fixture.point("p", "s", ValueType::String), start, std::string("运行"));
    fixture.put(fixture.directory->find(fixture.context.tenant, "p.f")->series, start + 1,
                std::monostate(), quality::bad_timeout);
    const auto answer = fixture.ask(
        "SELECT point, asset, time, value, value_int, value_text, quality, quality_code FROM "
        "samples ORDER BY point, time");
    ASSERT_EQ(answer.rows.size(), 5U);
    using Cells = std::vector<SqlCell>;
    const std::string at = format_time(start);
    EXPECT_EQ(answer.rows[0], (Cells{"p.b", "p", at, 1.0, {}, {}, "good", std::int64_t{0}}));
    EXPECT_EQ(answer.rows[1], (Cells{"p.f", "p", at, 0.1, {}, {}, "good", std::int64_t{0}}));
    EXPECT_EQ(answer.rows[2],
              (Cells{"p.f", "p", format_time(start), {}, {}, {}, "bad", std::int64_t{0x800a0000}}));
    EXPECT_EQ(std::get<std::int64_t>(answer.rows[3][4]), INT64_MAX);
    EXPECT_EQ(answer.rows[4], (Cells{"p.s", "p", at, {}, {}, "运行", "good", std::int64_t{0}}));
    EXPECT_EQ(answer.columns[2].type, "TIMESTAMP WITH TIME ZONE");
}

// Whatever is pushed down, the answer is that of a query over all rows.
TEST(Sql, PushedDownConditionsChangeNothingButTheWork) {
    Fixture fixture;
    for (const auto* asset : {"a", "b", "c"}) {
        const SeriesId series = fixture.point(asset, "v");
        SampleBatch batch;
        for (int i = 0; i < 5000; ++i) {
            batch.add_float(series, start + i * second, quality::good, i);
        }
        must(fixture.store->append(batch));
    }
    must(fixture.store->flush());
    const std::string at = "'2023-11-14 22:30:00'";
    for (const std::string& condition : std::vector<std::string>{
             "time >= TIMESTAMP " + at, "time < TIMESTAMP " + at, at + " > time",
             "time BETWEEN TIMESTAMP " + at + " AND TIMESTAMP '2023-11-14 22:31:00'",
             "point = 'a.v'", std::string("point IN ('a.v', 'c.v') AND value > 4000"),
             std::string("asset = 'b' OR value = 3"),
             "time = TIMESTAMP " + at + " AND asset <> 'a'",
             "time >= '2023-11-14T22:30:00Z'::TIMESTAMPTZ", "time_ns > 1700000100000000000",
             "time < now() - INTERVAL 1 HOUR", "time::DATE = DATE '2023-11-14'", "value < 10"}) {
        const auto pushed =
            fixture.ask("SELECT count(*), sum(value) FROM samples WHERE " + condition);
        const auto all = fixture.ask(
            "SELECT count(*), sum(value) FROM (SELECT * FROM samples LIMIT 1000000) WHERE " +
            condition);
        EXPECT_EQ(pushed.rows, all.rows) << condition;
        EXPECT_NE(std::get<std::int64_t>(all.rows[0][0]), 0) << condition;
    }
}

// Points with few rows and with more than are read at once; what is met by reading less is not
// compared once more, so each answer is checked against the rows themselves.
TEST(Sql, SeesEveryRowOnce) {
    Fixture fixture;
    SeededRandom random(3);
    struct Seen {
        std::string point;
        Time time;
        double value;
        Quality quality;
    };
    std::vector<Seen> rows;
    for (int i = 0; i < 40; ++i) {
        const std::string key = std::format("p{}", i);
        const SeriesId series =
            fixture.point("a", key, i % 2 == 0 ? ValueType::Float64 : ValueType::Int64);
        SampleBatch batch;
        const std::size_t count = i == 7 || i == 8 ? 50'000 : random.below(100);
        for (std::size_t k = 0; k < count; ++k) {
            const Time time = start + static_cast<Time>(k) * 700;
            const auto number = static_cast<std::int64_t>(random.below(1000));
            const Quality quality = random.chance(0.9)   ? quality::good
                                    : random.chance(0.5) ? quality::uncertain
                                                         : quality::bad_sensor_failure;
            batch.add(series, time, quality,
                      i % 2 == 0 ? Value(static_cast<double>(number)) : Value(number));
            rows.push_back({"a." + key, time, static_cast<double>(number), quality});
        }
        must(fixture.store->append(batch));
        if (i % 10 == 9) {
            must(fixture.store->flush());
        }
    }
    const auto expect = [&](const std::string& condition, auto matches) {
        std::map<std::string, std::pair<std::int64_t, double>> expected;
        std::pair<std::int64_t, double> all{};
        for (const Seen& row : rows) {
            if (matches(row)) {
                for (auto* sum : {&expected[row.point], &all}) {
                    ++sum->first;
                    sum->second += row.value;
                }
            }
        }
        const auto whole =
            fixture.ask("SELECT count(*), sum(value) FROM samples WHERE " + condition);
        EXPECT_EQ(std::get<std::int64_t>(whole.rows[0][0]), all.first) << condition;
        EXPECT_EQ(std::get<double>(whole.rows[0][1]), all.second) << condition;
        const auto parts = fixture.ask("SELECT point, count(*), sum(value) FROM samples WHERE " +
                                       condition + " GROUP BY point");
        EXPECT_EQ(parts.rows.size(), expected.size()) << condition;
        for (const auto& row : parts.rows) {
            const auto& [count, sum] = expected[std::get<std::string>(row[0])];
            EXPECT_EQ(std::get<std::int64_t>(row[1]), count) << condition;
            EXPECT_EQ(std::get<double>(row[2]), sum) << condition;
        }
    };
    const Time middle = start + 20'000'000;  // whole microseconds, and not the time of a row
    const std::string micros = "'2023-11-14T22:13:20.020000Z'::TIMESTAMPTZ";
    expect("true", [](const Seen&) { return true; });
    expect("quality = 'good'", [](const Seen& row) { return row.quality.good(); });
    expect("quality IN ('uncertain', 'bad')", [](const Seen& row) { return !row.quality.good(); });
    expect("quality <> 'bad'", [](const Seen& row) { return !row.quality.bad(); });
    expect("quality_code = 0 AND value < 10",
           [](const Seen& row) { return row.quality == quality::good && row.value < 10; });
    expect("time >= " + micros, [&](const Seen& row) { return row.time >= middle; });
    expect("time > " + micros, [&](const Seen& row) { return row.time >= middle + 1000; });
    expect("time < " + micros, [&](const Seen& row) { return row.time < middle; });
    expect("time <= " + micros, [&](const Seen& row) { return row.time < middle + 1000; });
    expect("time = " + micros,
           [&](const Seen& row) { return row.time >= middle && row.time < middle + 1000; });
    expect("time::TIMESTAMP <= TIMESTAMP '2023-11-14 22:13:20.02'",
           [&](const Seen& row) { return row.time < middle + 1000; });
    expect(std::format("time_ns BETWEEN {} AND {} AND quality = 'good'", middle, middle + 70'000),
           [&](const Seen& row) {
               return row.time >= middle && row.time <= middle + 70'000 && row.quality.good();
           });
    expect(std::format("time_ns > {} AND point IN ('a.p7', 'a.p9')", middle), [&](const Seen& row) {
        return row.time > middle && (row.point == "a.p7" || row.point == "a.p9");
    });
}

TEST(Sql, JoinsSamplesWithPointsAndAssets) {
    Fixture fixture;
    fixture.put(fixture.point("p", "v"), start, 2.0);
    const auto answer =
        fixture.ask("SELECT assets.level, points.unit, avg(samples.value) FROM samples JOIN points "
                    "USING (point) "
                    "JOIN assets ON assets.asset = samples.asset WHERE points.key = ? GROUP BY ALL",
                    {"v"});
    ASSERT_EQ(answer.rows.size(), 1U);
    EXPECT_EQ(answer.rows[0], (std::vector<SqlCell>{"thing", "bar", 2.0}));
    EXPECT_TRUE(fixture.ask("SELECT * FROM models").rows.empty());
    EXPECT_EQ(fixture.ask("SELECT sum(value_int) FROM samples").rows.size(), 1U);
}

TEST(Sql, IsReadOnlyAndWithoutFilesOrNetwork) {
    Fixture fixture;
    std::ofstream(fixture.folder / "secret.csv") << "a\n1\n";
    const std::string file = "'" + fixture.folder / "secret.csv" + "'";
    for (const std::string& text : std::vector<std::string>{
             "CREATE TABLE t (a INT)", "INSERT INTO points VALUES (1)", "DROP VIEW samples",
             "ATTACH '/tmp/x.db'", "COPY (SELECT 1) TO '/tmp/x.csv'", "INSTALL httpfs",
             "LOAD httpfs", "SET enable_external_access = true", "EXPORT DATABASE '/tmp/x'",
             "CALL pragma_version()", "EXPLAIN ANALYZE CREATE VIEW v AS SELECT 1"}) {
        EXPECT_EQ(fixture.refused(text), Code::Forbidden) << text;
    }
    for (const std::string& text : std::vector<std::string>{
             "SELECT * FROM " + file, "SELECT * FROM read_csv(" + file + ")",
             "SELECT * FROM read_text(" + file + ")", "SELECT * FROM glob('/etc/*')",
             std::string("SELECT * FROM read_parquet('https://example.org/x.parquet')"),
             std::string("SELECT 1; SELECT 2"), std::string("SELECT"), std::string("")}) {
        EXPECT_EQ(fixture.refused(text), Code::InvalidArgument) << text;
    }
}

TEST(Sql, EndsWhatRunsTooLongOrTakesTooMuch) {
    Fixture fixture;
    EXPECT_EQ(fixture.refused("SELECT count(*) FROM range(1000000) a, range(1000000) b, "
                              "range(1000000) c WHERE a.range + b.range = c.range"),
              Code::Timeout);
    const auto answer =
        must(fixture.sql->run(fixture.context, {"SELECT * FROM range(100)", {}, 10}));
    EXPECT_EQ(answer.rows.size(), 10U);
    EXPECT_TRUE(answer.truncated);
    EXPECT_EQ(failure(fixture.sql->run(fixture.context, {"SELECT 1", {}, 0})),
              Code::InvalidArgument);
}

// What DuckDB itself neither counts as memory nor leaves before it is done.
TEST(Sql, EndsWhatOneCallWouldNot) {
    Fixture fixture;
    SqlOptions options;
    options.memory_bytes = 64 << 20;
    SqlEngine engine(*fixture.directory, *fixture.registry, *fixture.store, *fixture.labels,
                     *fixture.files, options);
    const auto ask = [&](const std::string& text) {
        return engine.run(fixture.context, {.text = text, .parameters = {}});
    };
    EXPECT_EQ(must(ask("SELECT length(repeat('xyz', 5000000)), repeat('ab', 3), repeat('', 9), "
                       "repeat('x', -1), repeat([1], 2)::VARCHAR"))
                  .rows[0],
              (std::vector<SqlCell>{15'000'000L, "ababab", "", "", "[1, 1]"}));
    for (const char* text :
         {"SELECT length(repeat('x', 3000000000))",
          "SELECT max(length(repeat('x', 10000000 + range))) FROM range(2000)",
          "SELECT max(length(rpad('x', 10000000 + range::INT, 'y'))) FROM range(2000)"}) {
        EXPECT_EQ(failure(ask(text)), Code::TooLarge) << text;
    }
    for (const char* name :
         {"levenshtein", "damerau_levenshtein", "jaro_winkler_similarity", "strpos", "contains"}) {
        EXPECT_EQ(failure(ask(std::format(
                      "SELECT {}(repeat('x', 100000 + range), repeat('x', 50000) || 'y') "
                      "FROM range(3)",
                      name))),
                  Code::InvalidArgument)
            << name;
        EXPECT_EQ(must(ask(std::format("SELECT {}('abc', 'b') IS NULL", name))).rows[0][0],
                  SqlCell(false));
    }
    // What was taken is given back, also after a failure.
    for (int i = 0; i < 20; ++i) {
        must(ask("SELECT max(length(repeat('x', 10000000 + range))) FROM range(1)"));
    }
}

// As a door that streams uses the engine.
struct Streaming : Fixture {
    SqlCaller caller() { return {.context = context, .database = "here"}; }
    std::unique_ptr<SqlStream> open(const std::string& text,
                                    std::vector<SqlArgument> arguments = {}) {
        auto stream = sql->open(caller(), text, arguments, stop);
        EXPECT_TRUE(stream) << stream.error().error.message;
        return std::move(*stream);
    }
    SqlFault fault(const std::string& text) {
        auto stream = sql->open(caller(), text, {}, stop);
        EXPECT_FALSE(stream) << text;
        return stream ? SqlFault{} : stream.error();
    }

    SqlStop stop;
};

TEST(SqlStream, SaysTheTypesBeforeItRuns) {
    Streaming fixture;
    const auto shape = fixture.sql->describe(
        fixture.caller(), "SELECT time, value, value_int, quality_code, point, [1.5::float8] FROM "
                          "samples WHERE time > $1 AND value < $2");
    ASSERT_TRUE(shape) << shape.error().error.message;
    std::vector<SqlKind> kinds;
    for (const SqlField& column : shape->columns) {
        kinds.push_back(column.type.kind);
    }
    EXPECT_EQ(kinds, (std::vector<SqlKind>{SqlKind::TimestampTz, SqlKind::Float64, SqlKind::Int64,
                                           SqlKind::Int64, SqlKind::Text, SqlKind::List}));
    EXPECT_EQ(shape->columns[5].type.element, SqlKind::Float64);
    ASSERT_EQ(shape->parameters.size(), 2U);
    EXPECT_EQ(shape->parameters[0], (SqlType{SqlKind::TimestampTz, SqlKind::Text}));
    EXPECT_EQ(shape->parameters[1], (SqlType{SqlKind::Float64, SqlKind::Text}));
}

TEST(SqlStream, GivesRowsInPartsWithTheirTypes) {
    Streaming fixture;
    const auto stream = fixture.open(
        "SELECT range::int8, CASE WHEN range % 2 = 0 THEN 'x' || range END, (range / 4)::float8, "
        "[range, NULL] FROM range(10000)");
    std::size_t seen = 0;
    while (true) {
        const auto rows = stream->next();
        ASSERT_TRUE(rows);
        if (rows->count == 0) {
            break;
        }
        for (std::size_t row = 0; row < rows->count; ++row, ++seen) {
            ASSERT_EQ(rows->columns[0].numbers[row], static_cast<std::int64_t>(seen));
            ASSERT_EQ(rows->columns[1].null[row], seen % 2);
            if (seen % 2 == 0) {
                ASSERT_EQ(rows->columns[1].text(row), "x" + std::to_string(seen));
            }
            ASSERT_EQ(rows->columns[3].ends[row] - rows->columns[3].begin(row), 2U);
            ASSERT_EQ(rows->columns[3].elements->null[2 * row + 1], 1);
        }
    }
    EXPECT_EQ(seen, 10'000U);
}

// A value of a parameter narrows what is read as a constant does: the engine would take minutes
// for all of it.
TEST(SqlStream, ParametersAreThereWhenItPlans) {
    Streaming fixture;
    fixture.put(fixture.point("p", "v"), start, 1.0);
    SqlArgument when;
    when.text = "2023-11-14 22:13:20+00";
    const auto plan = fixture.open("EXPLAIN SELECT * FROM samples WHERE time = $1", {when});
    const auto rows = plan->next();
    ASSERT_TRUE(rows);
    EXPECT_TRUE(rows->columns[1].text(0).contains("2023-11-14")) << rows->columns[1].text(0);
    EXPECT_EQ(fixture.ask("SELECT value FROM samples WHERE time = $1", {"2023-11-14 22:13:20+00"})
                  .rows.size(),
              1U);
}

TEST(SqlStream, IsEndedFromOutside) {
    Streaming fixture;
    const auto stream = fixture.open("SELECT range FROM range(100000000)");
    ASSERT_TRUE(stream->next());
    fixture.stop.request();
    const auto after = stream->next();
    ASSERT_FALSE(after);
    EXPECT_EQ(after.error().error.code, Code::Cancelled);
    EXPECT_EQ(fixture.fault("SELECT 1").state, "57014");
    fixture.stop.clear();
    EXPECT_TRUE(fixture.open("SELECT 1")->next());
}

// Only the time in the engine counts.
TEST(SqlStream, WhoReadsSlowlyDoesNotUseUpItsTime) {
    Streaming fixture;
    SqlOptions options;
    options.time_max = std::chrono::seconds(1);
    SqlEngine engine(*fixture.directory, *fixture.registry, *fixture.store, *fixture.labels,
                     *fixture.files, options);
    const auto stream =
        engine.open(fixture.caller(), "SELECT range FROM range(1000000)", {}, fixture.stop);
    ASSERT_TRUE(stream);
    const auto begun = std::chrono::steady_clock::now();
    ASSERT_TRUE((*stream)->next());
    while (std::chrono::steady_clock::now() - begun < 2 * options.time_max) {
        std::this_thread::yield();
    }
    EXPECT_TRUE((*stream)->next());
}

TEST(SqlStream, SaysWhatIsWrongAndWhere) {
    Streaming fixture;
    EXPECT_EQ(fixture.fault("SELECT nothing FROM samples").state, "42703");
    EXPECT_EQ(fixture.fault("SELECT nothing FROM samples").position, 8U);
    EXPECT_EQ(fixture.fault("SELECT * FROM nowhere").state, "42P01");
    EXPECT_EQ(fixture.fault("SELEC").state, "42601");
    EXPECT_EQ(fixture.fault("SELECT nofunction(1)").state, "42883");
    EXPECT_EQ(fixture.fault("DROP VIEW samples").state, "25006");
}

TEST(SqlStream, ADoorMakesWhatItNeedsOnce) {
    Streaming fixture;
    EXPECT_EQ(fixture.refused("FROM door.who"), Code::InvalidArgument);
    fixture.sql->extend(
        {"CREATE SCHEMA door", "CREATE VIEW door.who AS SELECT gantry_database() AS database"});
    const auto first = [&](bool whole) {
        const SqlCaller caller{
            .context = fixture.context, .database = "mine", .whole_division = whole};
        auto stream =
            fixture.sql->open(caller, "SELECT database, 7 / 2 FROM door.who", {}, fixture.stop);
        EXPECT_TRUE(stream) << stream.error().error.message;
        auto rows = (*stream)->next();
        EXPECT_TRUE(rows);
        return std::move(*rows);
    };
    EXPECT_EQ(first(true).columns[0].text(0), "mine");
    EXPECT_EQ(first(true).columns[1].numbers[0], 3);
    EXPECT_EQ(first(false).columns[1].reals[0], 3.5);
}

// DuckDB keeps what a transaction changes in its catalogue in memory that queries may have taken;
// what it cannot keep it does not undo either, and nobody could make the door's views after that.
TEST(SqlStream, WhatADoorNeedsIsThereWhenMemoryIsNot) {
    Streaming fixture;
    SqlExtension extension{"CREATE SCHEMA door"};
    for (int i = 0; i < 300; ++i) {
        extension.push_back(std::format("CREATE VIEW door.v{} AS SELECT {}", i, i));
    }
    SqlOptions options;
    // Memory goes by blocks: somewhere among these less than one is left.
    for (options.memory_bytes = 16 << 20; options.memory_bytes > 15 << 20;
         options.memory_bytes -= 96 << 10) {
        SqlEngine engine(*fixture.directory, *fixture.registry, *fixture.store, *fixture.labels,
                         *fixture.files, options);
        engine.extend(extension);
        std::vector<std::unique_ptr<SqlStream>> held;
        for (std::size_t rows = std::size_t{1} << 20; rows >= 1024;) {
            auto stream =
                engine.open(fixture.caller(),
                            std::format("SELECT range FROM range({}) ORDER BY hash(range)", rows),
                            {}, fixture.stop);
            if (stream) {
                held.push_back(std::move(*stream));
            } else {
                ASSERT_EQ(stream.error().error.code, Code::TooLarge);
                rows /= 2;
            }
        }
        ASSERT_FALSE(held.empty());
        const auto stream =
            engine.open(fixture.caller(), "SELECT * FROM door.v299", {}, fixture.stop);
        EXPECT_TRUE(stream) << stream.error().error.message;
    }
}

TEST(Sql, ExportsParquetThatReadsBackExactly) {
    Fixture fixture;
    const SeriesId series = fixture.point("p", "v");
    for (int i = 0; i < 100; ++i) {
        fixture.put(series, start + i * second, i / 3.0);
    }
    const auto point = fixture.directory->find(fixture.context.tenant, "p.v");
    must(fixture.sql->export_parquet(fixture.context, {point},
                                     {start + 10 * second, start + 20 * second},
                                     fixture.folder / "x.parquet"));
    duckdb::DuckDB reader(nullptr);
    const auto back = duckdb::Connection(reader).Query(
        "SELECT count(*), sum(value), min(epoch_ns(time)), any_value(typeof(time)) FROM '" +
        fixture.folder / "x.parquet" + "'");
    ASSERT_FALSE(back->HasError()) << back->GetError();
    EXPECT_EQ(back->GetValue(0, 0).GetValue<std::int64_t>(), 10);
    EXPECT_DOUBLE_EQ(back->GetValue(1, 0).GetValue<double>(), 145.0 / 3);
    EXPECT_EQ(back->GetValue(2, 0).GetValue<std::int64_t>(), start + 10 * second);
    EXPECT_EQ(back->GetValue(3, 0).ToString(), "TIMESTAMP_NS");
}

}  // namespace
}  // namespace gantry::query

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>

#include "query/sql_testing.h"

namespace gantry::query {
namespace {

// One engine takes aggregates from the store, the other reads all rows: whatever is asked, they
// must say the same.
struct TwoEngines : SqlFixture {
    TwoEngines() {
        SqlOptions options;
        options.native_aggregates = false;
        plain =
            std::make_unique<SqlEngine>(*directory, *registry, *store, *labels, *files, options);
        options.native_aggregates = true;
        sql = std::make_unique<SqlEngine>(*directory, *registry, *store, *labels, *files, options);
    }

    static std::string word_of(const SqlCell& cell) {
        return std::visit(
            [](const auto& content) -> std::string {
                using T = std::decay_t<decltype(content)>;
                if constexpr (std::is_same_v<T, std::monostate>) {
                    return "NULL";
                } else if constexpr (std::is_same_v<T, std::string>) {
                    return content;
                } else if constexpr (std::is_same_v<T, double>) {
                    // All zeros are one.
                    return std::isnan(content) ? "nan" : std::format("{}", content + 0.0);
                } else {
                    return std::format("{}", content);
                }
            },
            cell);
    }
    std::vector<std::string> rows(SqlEngine& engine, const std::string& text) {
        std::vector<std::string> out;
        const auto answer = must(engine.run(context, {text, {}, 100'000}));
        EXPECT_FALSE(answer.truncated) << text;
        for (const auto& row : answer.rows) {
            std::string& line = out.emplace_back();
            for (const SqlCell& cell : row) {
                line += word_of(cell) + " | ";
            }
        }
        std::ranges::sort(out);
        return out;
    }
    bool rewritten(const std::string& text, SqlEngine* engine = nullptr) {
        SqlEngine& one = engine == nullptr ? *sql : *engine;
        const auto plan = must(one.run(context, {"EXPLAIN " + text, {}, 100}));
        return std::get<std::string>(plan.rows.at(0).at(1)).contains("GANTRY_BUCKETS");
    }
    // How many rows it has.
    std::size_t expect_same(const std::string& text) {
        const auto expected = rows(*plain, text);
        EXPECT_EQ(rows(*sql, text), expected) << text;
        return expected.size();
    }

    std::unique_ptr<SqlEngine> plain;
};

// Sums of eighths are exact, in whatever order they are added.
double eighth(Random& random) { return (static_cast<double>(random.below(2000)) - 1000) / 8; }

Quality some_quality(Random& random, double good) {
    return random.chance(good)  ? quality::good
           : random.chance(0.5) ? quality::uncertain
                                : quality::bad_sensor_failure;
}

class Plant : public TwoEngines {
public:
    Plant() {
        add("a", "clean", ValueType::Float64, 1, false);
        add("a", "mixed", ValueType::Float64, 0.7, false);
        add("a", "rarely", ValueType::Float64, 0.999, false);
        add("b", "odd", ValueType::Float64, 0.9, true);
        add("b", "whole", ValueType::Int64, 0.99, true);
        add("b", "flag", ValueType::Bool, 1, false);
        add("c", "word", ValueType::String, 0.9, true);
        // Late rows, and rows in memory over those in segments.
        const SeriesId clean = directory->find(context.tenant, "a.clean")->series;
        SampleBatch batch;
        for (int i = 0; i < 500; ++i) {
            batch.add_float(clean, start + i * 37 * second + 500'000'000, quality::good, 3);
        }
        must(store->append(batch));
        must(store->flush());
        put(clean, start + 37 * second, 77.0);
        put(clean, start - 40 * 86400 * second, 1.0);  // long before
        put(clean, -1, 4.0);                           // 1969
        point("c", "empty");
    }

private:
    Value value(ValueType type, bool odd) {
        if (odd && random_.chance(0.02)) {
            return std::monostate();
        }
        switch (type) {
            case ValueType::Int64: return static_cast<std::int64_t>(random_.below(100)) - 50;
            case ValueType::Bool: return random_.chance(0.5);
            case ValueType::String: return "w" + std::to_string(random_.below(5));
            default: break;
        }
        if (odd && random_.chance(0.01)) {
            const double odds[] = {std::numeric_limits<double>::quiet_NaN(),
                                   std::numeric_limits<double>::infinity(), -0.0};
            return odds[random_.below(3)];
        }
        return eighth(random_);
    }
    void add(const std::string& asset, const std::string& key, ValueType type, double good,
             bool odd) {
        const SeriesId series = point(asset, key, type);
        for (int part = 0; part < 3; ++part) {
            SampleBatch batch;
            for (int i = 0; i < 4000; ++i) {
                const Time time = start + (part * 4000 + i) * 5 * second +
                                  static_cast<Time>(random_.below(4)) * 300;
                batch.add(series, time, some_quality(random_, good), value(type, odd));
            }
            must(store->append(batch));
            if (part < 2) {
                must(store->flush());
            }
        }
    }

    SeededRandom random_{11};
};

TEST(SqlRewrite, ExplainSaysWhenTheStoreAnswers) {
    Plant plant;
    const std::string tail = " FROM samples WHERE point = 'a.clean' AND time >= "
                             "'2023-11-14 00:00:00+00' AND time < '2023-11-15 00:00:00+00'";
    for (const std::string& text : std::vector<std::string>{
             "SELECT time_bucket(INTERVAL '1 minute', time) AS b, avg(value), min(value), "
             "max(value), sum(value), count(*), count(value)" +
                 tail + " GROUP BY 1 ORDER BY 1",
             "SELECT time_bucket(INTERVAL '1 minute', time) AS b, point, avg(value)" + tail +
                 " AND quality = 'good' GROUP BY 1, 2 ORDER BY 1",
             "SELECT date_trunc('hour', time), first(value), last(value), any_value(value)" + tail +
                 " GROUP BY ALL",
             "SELECT floor(extract(epoch FROM time) / 300) * 300 AS time, avg(value)" + tail +
                 " GROUP BY 1",
             "SELECT time_ns // 60000000000, arg_min(value, time), arg_max(value, time_ns)" + tail +
                 " GROUP BY 1",
             "SELECT avg(value)" + tail, "SELECT asset, max(value) FROM samples GROUP BY asset",
             "SELECT time::DATE, hour(time), count(*) FROM samples WHERE point LIKE 'a.%' GROUP BY "
             "ALL",
             "SELECT b, max(m) FROM (SELECT time_bucket(INTERVAL 1 HOUR, time) AS b, min(value) AS "
             "m" +
                 tail + " GROUP BY 1) GROUP BY b"}) {
        EXPECT_TRUE(plant.rewritten(text)) << text;
        EXPECT_FALSE(plant.rewritten(text, plant.plain.get())) << text;
        EXPECT_GT(plant.expect_same(text), 0U) << text;
    }
    // What buckets do not know, or know only nearly.
    for (const std::string& text : std::vector<std::string>{
             "SELECT stddev(value)" + tail, "SELECT avg(value + 1)" + tail,
             "SELECT sum(value_int)" + tail, "SELECT count(DISTINCT value)" + tail,
             "SELECT count(*) FILTER (value > 3)" + tail, "SELECT median(value)" + tail,
             "SELECT avg(value)" + tail + " AND value > 0",
             "SELECT avg(value)" + tail + " AND quality = 'bad'",
             "SELECT arg_max(value, time)" + tail,
             "SELECT quality, count(*)" + tail + " GROUP BY 1",
             "SELECT time, avg(value)" + tail + " GROUP BY 1",
             "SELECT time_bucket(INTERVAL '1 microsecond', time), avg(value)" + tail +
                 " GROUP BY 1",
             "SELECT time_bucket(INTERVAL '1 minute', time, INTERVAL '1 second'), avg(value)" +
                 tail + " GROUP BY 1",
             "SELECT minute(time AT TIME ZONE 'Asia/Kathmandu'), avg(value)" + tail + " GROUP BY 1",
             "SELECT asset, avg(value)" + tail + " GROUP BY ROLLUP (asset)",
             "SELECT avg(value) FROM samples WHERE random() < 2",
             "SELECT avg(value) FROM samples USING SAMPLE 50%"}) {
        EXPECT_FALSE(plant.rewritten(text)) << text;
    }
}

// Aggregates, groups and conditions in any combination.
class Questions {
public:
    explicit Questions(std::uint64_t seed) : random_(seed) {}

    std::string next() {
        std::string groups = some(group_by, 0, 2);
        const std::string aggregates = some(aggregates_of, 1, 5);
        std::string text = "SELECT " + groups + (groups.empty() ? "" : ", ") + aggregates +
                           " FROM samples" + conditions();
        return groups.empty() ? text : text + " GROUP BY " + groups;
    }

private:
    static const std::vector<std::string> group_by;
    static const std::vector<std::string> aggregates_of;

    std::string one(const std::vector<std::string>& of) { return of[random_.below(of.size())]; }
    std::string some(const std::vector<std::string>& of, std::size_t least, std::size_t most) {
        std::string out;
        for (std::size_t n = least + random_.below(most - least + 1); n > 0; --n) {
            out += (out.empty() ? "" : ", ") + one(of);
        }
        return out;
    }
    std::string time() {
        const Time at = start + static_cast<Time>(random_.below(70'000)) * second +
                        static_cast<Time>(random_.below(3)) * 1000;
        return "'" + format_time(at) + "'::TIMESTAMPTZ";
    }
    std::string conditions() {
        std::vector<std::string> all;
        if (random_.chance(0.7)) {
            all.push_back(one({"point = 'a.clean'", "point = 'a.mixed'", "point = 'b.odd'",
                               "point IN ('a.rarely', 'c.word', 'b.whole')", "asset = 'b'",
                               "point LIKE 'a.%'", "point <> 'a.mixed'", "point = 'c.empty'"}));
        }
        if (random_.chance(0.5)) {
            all.push_back("time >= " + time());
        }
        if (random_.chance(0.5)) {
            all.push_back("time < " + time());
        }
        if (random_.chance(0.5)) {
            all.push_back(one({"quality = 'good'", "quality <> 'bad'",
                               "quality IN ('good', 'uncertain')", "quality = 'uncertain'"}));
        }
        std::string out;
        for (const std::string& condition : all) {
            out += (out.empty() ? " WHERE " : " AND ") + condition;
        }
        return out;
    }

    SeededRandom random_;
};

const std::vector<std::string> Questions::group_by = {
    "point",
    "asset",
    "time_bucket(INTERVAL '30 seconds', time)",
    "time_bucket(INTERVAL '7 minutes', time)",
    "time_bucket(INTERVAL '5 hours', time)",
    "time_bucket(INTERVAL '1 month', time)",
    "date_trunc('minute', time)",
    "date_trunc('week', time)",
    "time::DATE",
    "hour(time)",
    "extract(dow FROM time)",
    "floor(extract(epoch FROM time) / 420) * 420",
    "time_ns // 3600000000000",
};
const std::vector<std::string> Questions::aggregates_of = {
    "count(*)",  "count(value)", "sum(value)",   "avg(value)",   "min(value)",   "max(value)",
    "min(time)", "max(time)",    "min(time_ns)", "max(time_ns)", "count(point)",
};

TEST(SqlRewrite, SaysWhatAllRowsSay) {
    Plant plant;
    Questions questions(17);
    std::size_t rewritten = 0;
    constexpr std::size_t asked = 300;
    for (std::size_t i = 0; i < asked; ++i) {
        const std::string text = questions.next();
        rewritten += plant.rewritten(text) ? 1 : 0;
        plant.expect_same(text);
        if (::testing::Test::HasFailure()) {
            break;
        }
    }
    EXPECT_GT(rewritten, asked / 2);
}

// What depends on the order of rows is told of one series.
TEST(SqlRewrite, KnowsTheFirstAndTheLast) {
    Plant plant;
    for (const char* point : {"a.clean", "a.mixed", "a.rarely", "b.odd", "b.whole", "c.word"}) {
        for (const char* quality : {"", " AND quality = 'good'", " AND quality <> 'bad'"}) {
            plant.expect_same(
                std::format("SELECT time_bucket(INTERVAL '11 minutes', time), first(value), "
                            "last(value), any_value(value), arg_min(value, time), arg_min(value, "
                            "time_ns), arg_max(value, time_ns) FROM samples WHERE point = '{}'{} "
                            "GROUP BY 1",
                            point, quality));
        }
    }
}

}  // namespace
}  // namespace gantry::query

// SPDX-License-Identifier: Apache-2.0
// Expressions over a few series. Beside Prometheus itself they run in
// tests/system/test_promql_prometheus.py.
#include <cmath>

#include "promql/query.h"
#include "promql/testing.h"
#include "testing/testing.h"

namespace gantry::promql {
namespace {

using gantry::testing::failure;
using gantry::testing::must;

const double stale = std::bit_cast<double>(stale_bits);

class Evaluate : public ::testing::Test {
public:
    std::string at(Millis time, std::string_view text) {
        auto query = Query::parse(text);
        auto answer = query ? evaluate(*query, source, time, options)
                            : Result<Answer>(std::unexpected(query.error()));
        return answer ? lines(*answer) : answer.error().message;
    }
    std::string over(Steps steps, std::string_view text) {
        auto query = Query::parse(text);
        auto answer = query ? evaluate(*query, source, steps, options)
                            : Result<Answer>(std::unexpected(query.error()));
        return answer ? lines(*answer) : answer.error().message;
    }

    // "a{b="c"} 1 _ 2; …", with _ where there is no value.
    static std::string lines(const Answer& answer) {
        std::string out;
        if (answer.kind == Answer::Kind::Scalar) {
            append_value(out, answer.scalar);
            return out;
        }
        for (const AnswerSeries& series : answer.series) {
            out += (out.empty() ? "" : "; ") + to_text(series.labels);
            for (std::size_t i = 0; i < series.values.size(); ++i) {
                out += " ";
                if (is_absent(series.values[i])) {
                    out += "_";
                } else {
                    append_value(out, series.values[i]);
                }
                if (!series.times.empty()) {
                    out += "@";
                    append_seconds(out, series.times[i]);
                }
            }
        }
        return out;
    }

    testing::MemorySource source;
    QueryOptions options;
};

TEST_F(Evaluate, TheLastSampleCountsForTheLookback) {
    source.add("a", 0, 60'000, {1, 2});
    EXPECT_EQ(at(-1, "a"), "");
    EXPECT_EQ(at(0, "a"), "a 1");
    EXPECT_EQ(at(59'999, "a"), "a 1");
    EXPECT_EQ(at(360'000, "a"), "a 2");
    EXPECT_EQ(at(360'001, "a"), "");
    EXPECT_EQ(over({0, 420'000, 60'000}, "a"), "a 1 2 2 2 2 2 2 _");
    options.lookback = 30'000;
    EXPECT_EQ(over({0, 120'000, 30'000}, "a"), "a 1 1 2 2 _");
    // As in Prometheus 3.
    options.closed_windows = false;
    EXPECT_EQ(over({0, 120'000, 30'000}, "a"), "a 1 _ 2 _ _");
}

TEST_F(Evaluate, AStaleMarkerEndsASeries) {
    source.add("a", 0, 60'000, {1, stale, 3});
    EXPECT_EQ(over({0, 120'000, 30'000}, "a"), "a 1 1 _ _ 3");
    EXPECT_EQ(at(120'000, "count_over_time(a[2m])"), "{} 2");
    EXPECT_EQ(at(120'000, "a[2m]"), "a 1@0 3@120");
    EXPECT_EQ(at(60'000, "timestamp(a)"), "");
    EXPECT_EQ(at(60'000, "absent(a)"), "{} 1");
}

TEST_F(Evaluate, OffsetAndAtMoveSelectors) {
    source.add("a", 0, 60'000, {1, 2, 3, 4});
    EXPECT_EQ(at(180'000, "a offset 1m"), "a 3");
    EXPECT_EQ(at(0, "a offset -2m"), "a 3");
    EXPECT_EQ(at(0, "a @ 120"), "a 3");
    EXPECT_EQ(at(0, "a @ 120 offset 1m"), "a 2");
    EXPECT_EQ(over({60'000, 180'000, 60'000}, "a @ end()"), "a 4 4 4");
    EXPECT_EQ(over({60'000, 180'000, 60'000}, "a - a @ start()"), "{} 0 1 2");
    EXPECT_EQ(over({60'000, 180'000, 60'000}, "sum_over_time(a[1m] @ 60)"), "{} 3 3 3");
    EXPECT_EQ(over({60'000, 180'000, 60'000}, "timestamp(a @ 60)"), "{} 60 60 60");
}

TEST_F(Evaluate, SubqueriesStandAtMultiplesOfTheirStep) {
    source.add("a", 0, 10'000, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
    EXPECT_EQ(at(65'000, "a[1m:20s]"), "a 2@20 4@40 6@60");
    EXPECT_EQ(at(120'000, "max_over_time(rate(a[20s])[1m:10s])"), "{} 0.1");
    options.subquery_step = 30'000;
    EXPECT_EQ(at(65'000, "a[1m:]"), "a 3@30 6@60");
    // Two rows with one name are one series in it.
    EXPECT_EQ(at(60'000, "count_over_time((a < 3 or a)[1m:10s])"), "{} 7");
    options.limits.samples_max = 1000;
    EXPECT_TRUE(at(0, "a[1000d:1ms]").contains("more than 1000 steps"));
}

// From the documentation of Prometheus, "Operators", vector matching.
TEST_F(Evaluate, MatchesVectorsAsDocumented) {
    source.add(R"(errors{method="get", code="500"})", 0, 1, {24});
    source.add(R"(errors{method="get", code="404"})", 0, 1, {30});
    source.add(R"(errors{method="put", code="501"})", 0, 1, {3});
    source.add(R"(errors{method="post", code="500"})", 0, 1, {6});
    source.add(R"(errors{method="post", code="404"})", 0, 1, {21});
    source.add(R"(requests{method="get"})", 0, 1, {600});
    source.add(R"(requests{method="del"})", 0, 1, {34});
    source.add(R"(requests{method="post"})", 0, 1, {120});
    EXPECT_EQ(at(0, R"(errors{code="500"} / ignoring(code) requests)"),
              R"({method="get"} 0.04; {method="post"} 0.05)");
    EXPECT_EQ(at(0, "errors / ignoring(code) group_left requests"),
              R"({code="404", method="get"} 0.05; {code="404", method="post"} 0.175; )"
              R"({code="500", method="get"} 0.04; {code="500", method="post"} 0.05)");
    EXPECT_EQ(at(0, "requests - on(method) group_right errors"),
              R"({code="404", method="get"} 570; {code="404", method="post"} 99; )"
              R"({code="500", method="get"} 576; {code="500", method="post"} 114)");
    EXPECT_EQ(at(0, "requests unless on(method) errors"), R"(requests{method="del"} 34)");
    EXPECT_EQ(at(0, "requests and on(method) errors > 100"), R"()");
    EXPECT_EQ(at(0, "requests / on(method) errors"),
              R"(found duplicate series for the match group {method="get"} on the right )"
              R"(hand-side of the operation: [errors{code="404", method="get"}, )"
              R"(errors{code="500", method="get"}];many-to-many matching not allowed: matching )"
              R"(labels must be unique on one side)");
    EXPECT_EQ(at(0, "errors / on(method) requests"),
              "multiple matches for labels: many-to-one matching must be explicit "
              "(group_left/group_right)");
}

TEST_F(Evaluate, AggregatesByAndWithout) {
    source.add(R"(a{x="1", y="1"})", 0, 1000, {1, 10, 100});
    source.add(R"(a{x="1", y="2"})", 0, 1000, {2, 20});
    source.add(R"(a{x="2", y="1"})", 1000, 1000, {5, 50});
    options.lookback = 0;
    const Steps steps{0, 2000, 1000};
    EXPECT_EQ(over(steps, "sum by (x) (a)"), R"({x="1"} 3 30 100; {x="2"} _ 5 50)");
    EXPECT_EQ(over(steps, "max without (y) (a)"), R"({x="1"} 2 20 100; {x="2"} _ 5 50)");
    EXPECT_EQ(over(steps, "count(a)"), "{} 2 3 2");
    EXPECT_EQ(over(steps, "avg(a)"), "{} 1.5 11.666666666666666 75");
    EXPECT_EQ(over(steps, "group by (__name__) (a)"), "a 1 1 1");
    EXPECT_EQ(over(steps, "topk by (x) (1, a)"),
              R"(a{x="1", y="1"} _ _ 100; a{x="1", y="2"} 2 20 _; a{x="2", y="1"} _ 5 50)");
    EXPECT_EQ(over(steps, "quantile(0.5, a)"), "{} 1.5 10 75");
    EXPECT_EQ(at(0, "bottomk(5, a)"), R"(a{x="1", y="1"} 1; a{x="1", y="2"} 2)");
    EXPECT_EQ(at(0, "count_values(\"v\", a)"), R"({v="1"} 1; {v="2"} 1)");
    EXPECT_EQ(at(0, "topk(nan, a)"), "Scalar value NaN overflows int64");
}

TEST_F(Evaluate, FunctionsDropTheNameAndSeriesStayDifferent) {
    source.add(R"(a{x="1"})", 0, 1000, {-1});
    source.add(R"(b{x="1"})", 0, 1000, {-2});
    const std::string refused = "vector cannot contain metrics with the same labelset";
    EXPECT_EQ(at(0, "abs(a)"), R"({x="1"} 1)");
    EXPECT_EQ(at(0, R"(abs({x="1"}))"), refused);
    EXPECT_EQ(at(0, R"(-{x="1"})"), refused);
    EXPECT_EQ(at(0, R"({x="1"} + 1)"), refused);
    EXPECT_EQ(at(0, R"(rate({x="1"}[5m]))"), "");
    EXPECT_EQ(at(0, R"(count_over_time({x="1"}[5m]))"), refused);
    EXPECT_EQ(at(0, R"({x="1"} > -2)"), R"(a{x="1"} -1)");
    EXPECT_EQ(at(0, R"(last_over_time({x="1"}[5m]))"), R"(a{x="1"} -1; b{x="1"} -2)");
    EXPECT_EQ(at(0, R"(label_replace({x="1"}, "__name__", "c", "", ""))"), refused);
    EXPECT_EQ(at(0, R"x(label_replace(a, "y", "$1-${1}x$2$$", "x", "(.*)"))x"),
              R"(a{x="1", y="1-1x$"} -1)");
    EXPECT_EQ(at(0, R"(label_join(a, "y", "+", "x", "x"))"), R"(a{x="1", y="1+1"} -1)");
}

TEST_F(Evaluate, QuantilesOfClassicHistograms) {
    source.add(R"(h_bucket{le="0.1"})", 0, 1, {10});
    source.add(R"(h_bucket{le="0.5"})", 0, 1, {30});
    source.add(R"(h_bucket{le="+Inf"})", 0, 1, {40});
    EXPECT_EQ(at(0, "histogram_quantile(0.5, h_bucket)"), "{} 0.30000000000000004");
    EXPECT_EQ(at(0, "histogram_quantile(0.99, h_bucket)"), "{} 0.5");
    EXPECT_EQ(at(0, "histogram_quantile(0.1, h_bucket)"), "{} 0.04000000000000001");
}

TEST_F(Evaluate, NumbersAndDates) {
    EXPECT_EQ(at(1'700'000'000'000, "month()"), "{} 11");
    EXPECT_EQ(at(1'700'000'000'000, "days_in_month(vector(1709208000))"), "{} 29");
    EXPECT_EQ(at(0, "scalar(vector(2)) ^ 2 ^ 3"), "256");
    EXPECT_EQ(at(0, "round(vector(5.55), 0.1)"), "{} 5.6");
    EXPECT_EQ(at(0, "clamp(vector(5), 10, 1)"), "");
    EXPECT_EQ(at(0, "sgn(vector(-3))"), "{} -1");
    EXPECT_EQ(at(0, "1 > bool 2"), "0");
    EXPECT_EQ(over({0, 2000, 1000}, "time() % 2"), "{} 0 1 0");
}

TEST_F(Evaluate, StatisticsStandInForSamples) {
    std::vector<double> values;
    for (int i = 0; i < 200; ++i) {
        values.push_back(std::sin(i) * 10 + i);
    }
    source.add(R"(a{x="1"})", 0, 7000, values);
    values[50] = std::numeric_limits<double>::quiet_NaN();
    source.add(R"(a{x="2"})", 3000, 5000, values);
    for (const std::string_view function :
         {"sum", "avg", "min", "max", "count", "last", "stddev", "present"}) {
        const std::string text = std::format("round({}_over_time(a[2m]), 0.001)", function);
        source.with_statistics = false;
        const std::string plain = over({0, 1'000'000, 45'000}, text);
        source.with_statistics = true;
        source.statistics_given = false;
        EXPECT_EQ(over({0, 1'000'000, 45'000}, text), plain) << text;
        EXPECT_TRUE(source.statistics_given) << text;
        EXPECT_EQ(source.last_hints.function, std::string(function) + "_over_time");
    }
    source.statistics_given = false;
    over({0, 1'000'000, 45'000}, "rate(a[2m])");
    EXPECT_FALSE(source.statistics_given);
}

TEST_F(Evaluate, PiecesAreOfAnySize) {
    source.add("a", 0, 1000, std::vector<double>(100, 2));
    for (const std::size_t piece : {1U, 7U, 1000U}) {
        source.piece = piece;
        EXPECT_EQ(at(99'000, "sum_over_time(a[1m])"), "{} 122");
    }
}

TEST_F(Evaluate, TimesAreCutToMilliseconds) {
    source.series.push_back({testing::labels_of("a"),
                             {-1, 1'000'000, 1'500'000, 1'999'999, 2'000'000},
                             {9, 1, 2, 3, 4}});
    EXPECT_EQ(at(2, "a[2ms]"), "a 3@0.001 4@0.002");
    EXPECT_EQ(at(1, "a"), "a 3");
    EXPECT_EQ(at(0, "a[1s]"), "a 9@-0.001");
}

TEST_F(Evaluate, HintsCoverWhatIsLookedAt) {
    source.add("a", 0, 1000, {1});
    over({600'000, 1'200'000, 60'000}, "rate(a[2m] offset 1m)");
    EXPECT_EQ(source.last_hints.range.from, Time{420'000} * 1'000'000);
    EXPECT_EQ(source.last_hints.range.to, Time{1'140'001} * 1'000'000);
    EXPECT_EQ(source.last_hints.windows,
              (Windows{.first_end = 540'000, .step = 60'000, .count = 11, .length = 120'000}));
    options.closed_windows = false;
    at(600'000, "rate(a[2m])");
    EXPECT_EQ(source.last_hints.range.from, Time{480'001} * 1'000'000);
}

TEST_F(Evaluate, LabelsDoNotGrowWithoutEnd) {
    source.add(R"(a{x="12345678"})", 0, 1000, {1});
    std::string joined = "a";
    std::string replaced = "a";
    for (int i = 0; i < 40; ++i) {
        joined = std::format(R"(label_join({}, "x", "", "x", "x"))", joined);
        replaced = std::format(R"x(label_replace({}, "x", "$1$1", "x", "(.*)"))x", replaced);
    }
    EXPECT_EQ(at(0, joined), "a label becomes longer than 65536 bytes");
    EXPECT_EQ(at(0, replaced), "a label becomes longer than 65536 bytes");
}

TEST_F(Evaluate, LimitsAreNamed) {
    for (int i = 0; i < 20; ++i) {
        source.add(std::format(R"(a{{x="{}"}})", i), 0, 1000, std::vector<double>(100, i));
    }
    const auto code = [&](std::string_view text, Steps steps) {
        return failure(evaluate(must(Query::parse(text)), source, steps, options));
    };
    options.limits.samples_max = 1000;
    EXPECT_EQ(code("a", {0, 100'000, 1000}), Code::TooLarge);
    options.limits = {};
    options.limits.series_max = 10;
    EXPECT_TRUE(at(0, "a").contains("more than 10 series"));
    options.limits = {};
    options.limits.bytes_max = 10'000;
    EXPECT_EQ(code("a + a", {0, 100'000, 1000}), Code::TooLarge);
    EXPECT_EQ(over({0, 99'000, 99'000}, "sum(a)"), "{} 190 190");
    options.limits = {};
    EXPECT_EQ(code("a", {0, 11'001'000, 1000}), Code::InvalidArgument);
    EXPECT_EQ(code("a", {0, 1000, 0}), Code::InvalidArgument);
    EXPECT_EQ(code("a", {1000, 0, 1000}), Code::InvalidArgument);
    EXPECT_EQ(code("a[5m]", {0, 1000, 1000}), Code::InvalidArgument);
}

TEST_F(Evaluate, EndsWhenItIsTold) {
    source.add("a", 0, 1000, std::vector<double>(5000, 1));
    std::stop_source stop;
    options.stop = stop.get_token();
    EXPECT_EQ(at(0, "a"), "a 1");
    stop.request_stop();
    EXPECT_EQ(failure(evaluate(must(Query::parse("a")), source, 0, options)), Code::Cancelled);

    FakeClock clock;
    options.stop = {};
    options.clock = &clock;
    options.deadline = clock.monotonic() + std::chrono::seconds(1);
    EXPECT_EQ(at(0, "a"), "a 1");
    clock.advance(std::chrono::seconds(2));
    // Also in the middle of the windows of one series.
    EXPECT_EQ(failure(evaluate(must(Query::parse("quantile_over_time(0.5, a[1h])")), source,
                               Steps{0, 5'000'000, 1000}, options)),
              Code::Timeout);
}

TEST_F(Evaluate, WarnsOfQuantilesThatAreNone) {
    source.add("a", 0, 1000, {1});
    const Answer answer = must(evaluate(must(Query::parse("quantile(2, a)")), source, 0, options));
    EXPECT_EQ(answer.warnings,
              std::vector<std::string>{
                  "PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)"});
}

}  // namespace
}  // namespace gantry::promql

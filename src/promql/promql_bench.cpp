// SPDX-License-Identifier: Apache-2.0
// Expressions over series in memory: samples/s of a core, from the source to the answer.
#include <benchmark/benchmark.h>

#include <cmath>

#include "promql/testing.h"

namespace gantry::promql {
namespace {

constexpr Millis interval = 15'000;
constexpr std::size_t samples_each = 5760;  // a day

testing::MemorySource& day_of_samples() {
    static testing::MemorySource source = [] {
        testing::MemorySource made;
        for (int i = 0; i < 100; ++i) {
            std::vector<double> values;
            for (std::size_t k = 0; k < samples_each; ++k) {
                values.push_back(static_cast<double>(k % 1000) * 3.25 +
                                 std::sin(static_cast<double>(k)));
            }
            made.add(std::format(R"(a{{x="{}",y="{}"}})", i, i % 10), 0, interval, values);
        }
        made.piece = 4096;
        return made;
    }();
    return source;
}

void range_query(benchmark::State& state, std::string_view text, Millis step) {
    const auto query = Query::parse(text);
    testing::MemorySource& source = day_of_samples();
    const Millis day = samples_each * interval;
    for (auto _ : state) {
        auto answer = evaluate(*query, source, Steps{0, day, step});
        if (!answer) {
            state.SkipWithError(answer.error().message);
            break;
        }
        benchmark::DoNotOptimize(answer->series.data());
    }
    state.counters["samples/s"] = benchmark::Counter(static_cast<double>(100 * samples_each),
                                                     benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK_CAPTURE(range_query, selector, "a", 60'000)->Name("promql/selector_1m");
BENCHMARK_CAPTURE(range_query, rate, "rate(a[5m])", 60'000)->Name("promql/rate_5m_1m");
BENCHMARK_CAPTURE(range_query, rate_sum, "sum by (y) (rate(a[5m]))", 60'000)
    ->Name("promql/sum_rate_5m_1m");
BENCHMARK_CAPTURE(range_query, avg, "avg_over_time(a[5m])", 300'000)->Name("promql/avg_5m_5m");
BENCHMARK_CAPTURE(range_query, avg_long, "avg_over_time(a[6h])", 60'000)->Name("promql/avg_6h_1m");
BENCHMARK_CAPTURE(range_query, max_long, "max_over_time(a[6h])", 60'000)->Name("promql/max_6h_1m");
BENCHMARK_CAPTURE(range_query, deviation, "stddev_over_time(a[1h])", 60'000)
    ->Name("promql/stddev_1h_1m");
BENCHMARK_CAPTURE(range_query, quantile, "quantile_over_time(0.9, a[1h])", 60'000)
    ->Name("promql/quantile_1h_1m");
BENCHMARK_CAPTURE(range_query, binary, "a / on (x) a", 60'000)->Name("promql/binary_1m");

void parse(benchmark::State& state) {
    for (auto _ : state) {
        auto query = Query::parse(
            "sum by (instance) (rate(http_requests_total{job=~\"api|web\",code!=\"500\"}[5m])) / "
            "on (instance) group_left (version) avg without (cpu) (node_load1 offset 1h)");
        benchmark::DoNotOptimize(query);
    }
}
BENCHMARK(parse)->Name("promql/parse");

void write_json(benchmark::State& state) {
    const auto query = Query::parse("rate(a[5m])");
    const auto answer = evaluate(*query, day_of_samples(), Steps{0, 86'400'000, 60'000});
    std::string out;
    for (auto _ : state) {
        out.clear();
        append_json(out, *answer);
        benchmark::DoNotOptimize(out.data());
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(out.size()) * state.iterations());
}
BENCHMARK(write_json)->Name("promql/json");

}  // namespace
}  // namespace gantry::promql

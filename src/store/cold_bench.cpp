// SPDX-License-Identifier: Apache-2.0
// The data of query_bench.cpp once it is cold: what it takes, what making it so costs, and reading.
#include <benchmark/benchmark.h>

#include "store/store_bench.h"

namespace gantry::store::bench {
namespace {

// A cold store, made once for all that is measured on it.
class Cold {
public:
    Cold() : data(setting("GANTRY_BENCH_HOSTS", 100), setting("GANTRY_BENCH_STEPS", 60)) {
        series = data.make_series(node.store());
        (void)load(node.store(), data.rows(series, 0, data.steps()));
        node.settle();
        const Stopwatch watch;
        must(node->compact());
        seconds = watch.seconds();
        cpu = watch.cpu();
        bytes = node->statistics().segment_bytes;
    }
    double points() const { return static_cast<double>(data.points()); }

    CpuOnly data;
    Node node;
    std::vector<SeriesId> series;
    double seconds = 0;
    double cpu = 0;
    std::uint64_t bytes = 0;
};

Cold& cold() {
    static Cold once;
    return once;
}

void tell_rate(benchmark::State& state, double values, const Stopwatch& watch) {
    const double all = values * static_cast<double>(state.iterations());
    state.counters["points_s"] = all / watch.seconds();
    state.counters["points_cpu_s"] = all / watch.cpu();
    state.counters["cpu_ms"] = 1e3 * watch.cpu() / static_cast<double>(state.iterations());
}

void settle(benchmark::State& state) {
    const Cold& all = cold();
    for ([[maybe_unused]] auto round : state) {
        state.SetIterationTime(all.seconds);
    }
    state.counters["points_s"] = all.points() / all.seconds;
    state.counters["points_cpu_s"] = all.points() / all.cpu;
    state.counters["bytes_a_point"] = static_cast<double>(all.bytes) / all.points();
}
BENCHMARK(settle)->Name("store/cold/settle")->Iterations(1)->UseManualTime();

void scan(benchmark::State& state) {
    Cold& all = cold();
    const Stopwatch watch;
    std::uint64_t sum = 0;
    for ([[maybe_unused]] auto round : state) {
        sum = 0;
        must(all.node->scan(all.series, all.data.whole(), [&sum](const Chunk& chunk) {
            for (const std::uint64_t bits : chunk.bits) {
                sum += bits;
            }
            return true;
        }));
    }
    tell_rate(state, all.points(), watch);
    if (static_cast<double>(sum) != all.data.sum()) {
        state.SkipWithError("the answer is wrong");
    }
}
BENCHMARK(scan)->Name("store/cold/scan")->UseRealTime()->Unit(benchmark::kMillisecond);

// All but the first and the last value of each series: statistics of blocks answer nothing.
void sum_cut(benchmark::State& state) {
    Cold& all = cold();
    const std::size_t steps = all.data.steps();
    const Stopwatch watch;
    double sum = 0;
    for ([[maybe_unused]] auto round : state) {
        sum = 0;
        must(all.node->aggregate(all.series, all.data.range(1, steps - 1), {},
                                 [&sum](const Bucket& bucket) {
                                     sum += bucket.aggregate.sum;
                                     return true;
                                 },
                                 {.deviation = false}));
    }
    tell_rate(state, static_cast<double>((steps - 2) * all.series.size()), watch);
    if (sum != all.data.sum(1, steps - 1)) {
        state.SkipWithError("the answer is wrong");
    }
}
BENCHMARK(sum_cut)->Name("store/cold/sum_cut")->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace gantry::store::bench

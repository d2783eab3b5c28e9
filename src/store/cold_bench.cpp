// SPDX-License-Identifier: Apache-2.0
// The data of query_bench.cpp once it is cold: what it takes, what making it so costs, and reading.
// Then a sensor that was read every second, by the hour.
#include <benchmark/benchmark.h>

#include "base/random.h"
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

// A temperature in hundredths, with roll-ups or without.
class Sensor {
public:
    explicit Sensor(std::int64_t roll_up_rows_min) : node(options(roll_up_rows_min)) {
        series = {must(node->make_series("temperature", ValueType::Float64))};
        SeededRandom random(5);
        SampleBatch batch;
        for (std::int64_t i = 0; i < rows; ++i) {
            at += static_cast<std::int64_t>(random.below(7)) - 3;
            sum += static_cast<double>(at) / 100;
            batch.add_float(series[0], i * second, quality::good, static_cast<double>(at) / 100);
            if (batch.size() == batch_rows() || i + 1 == rows) {
                must(node->append(batch));
                must(node->commit());
                while (must(node->maintain())) {
                }
                batch.clear();
            }
        }
        must(node->compact());
    }
    static StoreOptions options(std::int64_t roll_up_rows_min) {
        StoreOptions out;
        out.roll_up_rows_min = roll_up_rows_min;
        return out;
    }

    static constexpr Time second = 1'000'000'000;
    const std::int64_t rows = static_cast<std::int64_t>(setting("GANTRY_BENCH_DAYS", 3)) * 86'400;
    Node node;
    std::vector<SeriesId> series;
    std::int64_t at = 2000;
    double sum = 0;
};

void hours(benchmark::State& state, Sensor& all) {
    const Stopwatch watch;
    double sum = 0;
    for ([[maybe_unused]] auto round : state) {
        sum = 0;
        must(all.node->aggregate(all.series, {0, all.rows * Sensor::second}, std::chrono::hours(1),
                                 [&sum](const Bucket& bucket) {
                                     sum += bucket.aggregate.sum;
                                     return true;
                                 }));
    }
    tell_rate(state, static_cast<double>(all.rows), watch);
    state.counters["bytes_a_point"] =
        static_cast<double>(all.node->statistics().segment_bytes) / static_cast<double>(all.rows);
    if (std::abs(sum - all.sum) > 1e-9 * std::abs(all.sum)) {
        state.SkipWithError("the answer is wrong");
    }
}

void rolled_up_hours(benchmark::State& state) {
    static Sensor once(roll_up_rows_min_default);
    hours(state, once);
}
BENCHMARK(rolled_up_hours)->Name("store/cold/hours")->UseRealTime()->Unit(benchmark::kMillisecond);

void read_hours(benchmark::State& state) {
    static Sensor once(0);
    hours(state, once);
}
BENCHMARK(read_hours)->Name("store/cold/hours_read")->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace gantry::store::bench

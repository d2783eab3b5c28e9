// SPDX-License-Identifier: Apache-2.0
// Ingest of rows in order, and questions about them once the store has come to rest.
#include <benchmark/benchmark.h>

#include "base/random.h"
#include "store/store_bench.h"

namespace gantry::store::bench {
namespace {

// A loaded store, made once for all that is measured on it.
class Loaded {
public:
    Loaded() : data(setting("GANTRY_BENCH_HOSTS", 100), setting("GANTRY_BENCH_STEPS", 60)) {
        series = data.make_series(node.store());
        {
            const auto batches = data.rows(series, 0, data.steps());
            const double resident = resident_bytes();
            report = load(node.store(), batches);
            resident_growth = resident_bytes() - resident;
        }
        const Stopwatch watch;
        must(node->flush());
        bytes_hot = node->statistics().segment_bytes;
        node.settle();
        settling_cpu = watch.cpu();
        bytes_settled = node->statistics().segment_bytes;
    }

    double points() const { return static_cast<double>(data.points()); }
    // Of one metric, all hosts.
    std::vector<SeriesId> metric(std::size_t field) const {
        std::vector<SeriesId> out;
        for (std::size_t i = field; i < series.size(); i += CpuOnlyData::fields.size()) {
            out.push_back(series[i]);
        }
        return out;
    }

    CpuOnly data;
    Node node;
    std::vector<SeriesId> series;
    LoadReport report;
    double settling_cpu = 0;
    double resident_growth = 0;
    std::uint64_t bytes_hot = 0;
    std::uint64_t bytes_settled = 0;
};

Loaded& loaded() {
    static Loaded once;
    return once;
}

// Values that each round went through, a second and a second of processor time.
void tell_rate(benchmark::State& state, double values, const Stopwatch& watch) {
    const double all = values * static_cast<double>(state.iterations());
    state.counters["points_s"] = all / watch.seconds();
    state.counters["points_cpu_s"] = all / watch.cpu();
    state.counters["cpu_ms"] = 1e3 * watch.cpu() / static_cast<double>(state.iterations());
}

void expect(benchmark::State& state, bool right) {
    if (!right) {
        state.SkipWithError("the answer is wrong");
    }
}

void ingest(benchmark::State& state) {
    Loaded& all = loaded();
    for ([[maybe_unused]] auto round : state) {
        state.SetIterationTime(all.report.seconds);
    }
    state.counters["points"] = all.points();
    state.counters["points_s"] = all.points() / all.report.seconds;
    state.counters["points_cpu_s"] = all.points() / all.report.cpu;
    state.counters["points_cpu_s_settled"] = all.points() / (all.report.cpu + all.settling_cpu);
    state.counters["latency_p50_ms"] = 1e3 * all.report.latency_p50;
    state.counters["latency_p99_ms"] = 1e3 * all.report.latency_p99;
    state.counters["refused"] = static_cast<double>(all.report.refused);
    state.counters["resident_growth_mb"] = all.resident_growth / 1e6;
    state.counters["bytes_a_point_hot"] = static_cast<double>(all.bytes_hot) / all.points();
    state.counters["bytes_a_point"] = static_cast<double>(all.bytes_settled) / all.points();
}
BENCHMARK(ingest)->Name("store/rows/ingest")->Iterations(1)->UseManualTime();

// All values that are good, added up one by one.
void scan(benchmark::State& state) {
    Loaded& all = loaded();
    const Stopwatch watch;
    std::uint64_t sum = 0;
    for ([[maybe_unused]] auto round : state) {
        sum = 0;
        must(all.node->scan(all.series, all.data.whole(), [&sum](const Chunk& chunk) {
            if (chunk.plain()) {
                for (const std::uint64_t bits : chunk.bits) {
                    sum += bits;
                }
                return true;
            }
            for (std::size_t i = 0; i < chunk.size(); ++i) {
                sum += chunk.quality_of(i).good() ? chunk.bits[i] : 0;
            }
            return true;
        }));
    }
    tell_rate(state, all.points(), watch);
    expect(state, static_cast<double>(sum) == all.data.sum());
}
BENCHMARK(scan)->Name("store/rows/scan")->UseRealTime()->Unit(benchmark::kMillisecond);

// One number of all series.
void sum_of(benchmark::State& state, std::size_t from, std::size_t to) {
    Loaded& all = loaded();
    const Stopwatch watch;
    double sum = 0;
    for ([[maybe_unused]] auto round : state) {
        must(all.node->aggregate_group(all.series, all.data.range(from, to), {},
                                       [&sum](const Bucket& bucket) {
                                           sum = bucket.aggregate.sum;
                                           return true;
                                       },
                                       {.deviation = false}));
    }
    tell_rate(state, static_cast<double>((to - from) * all.series.size()), watch);
    expect(state, sum == all.data.sum(from, to));
}

void sum_all(benchmark::State& state) { sum_of(state, 0, loaded().data.steps()); }
BENCHMARK(sum_all)->Name("store/rows/sum")->UseRealTime()->Unit(benchmark::kMillisecond);

// All but the first and the last value of each series, so that statistics of blocks do not answer
// for those at the ends: two hours are one block.
void sum_cut(benchmark::State& state) { sum_of(state, 1, loaded().data.steps() - 1); }
BENCHMARK(sum_cut)->Name("store/rows/sum_cut")->UseRealTime()->Unit(benchmark::kMillisecond);

// Of one metric, whose series do not lie together.
void sum_metric(benchmark::State& state) {
    Loaded& all = loaded();
    const auto series = all.metric(0);
    const Stopwatch watch;
    std::uint64_t rows = 0;
    for ([[maybe_unused]] auto round : state) {
        must(all.node->aggregate_group(series, all.data.whole(), {},
                                       [&rows](const Bucket& bucket) {
                                           rows = bucket.aggregate.rows;
                                           return true;
                                       },
                                       {.deviation = false}));
    }
    tell_rate(state, static_cast<double>(rows), watch);
    expect(state, rows == series.size() * all.data.steps());
}
BENCHMARK(sum_metric)->Name("store/rows/sum_metric")->UseRealTime()->Unit(benchmark::kMillisecond);

// A number for each series.
void sum_each(benchmark::State& state) {
    Loaded& all = loaded();
    const Stopwatch watch;
    double sum = 0;
    for ([[maybe_unused]] auto round : state) {
        sum = 0;
        must(all.node->aggregate(all.series, all.data.whole(), {},
                                 [&sum](const Bucket& bucket) {
                                     sum += bucket.aggregate.sum;
                                     return true;
                                 },
                                 {.deviation = false}));
    }
    tell_rate(state, all.points(), watch);
    expect(state, sum == all.data.sum());
}
BENCHMARK(sum_each)->Name("store/rows/sum_each")->UseRealTime()->Unit(benchmark::kMillisecond);

// As many rows, in a hundredth of the series: blocks that are full, and many a series. In floats
// that take some bits each.
class Long {
public:
    Long() {
        const std::size_t count = std::max<std::size_t>(1, setting("GANTRY_BENCH_HOSTS", 100) / 10);
        rows = setting("GANTRY_BENCH_STEPS", 60) * 100;
        std::vector<SeriesSpec> specs;
        std::vector<std::string> keys;
        for (std::size_t i = 0; i < count; ++i) {
            keys.push_back(std::to_string(i));
        }
        for (const std::string& key : keys) {
            specs.push_back({key, ValueType::Float64});
        }
        must(node->make_series(specs, series));
        SeededRandom random(3);
        SampleBatch batch;
        for (const SeriesId id : series) {
            for (std::size_t i = 0; i < rows; ++i) {
                batch.add_float(id, time(i), quality::good,
                                static_cast<double>(random.below(1000)) / 10);
                if (batch.size() == batch_rows()) {
                    append(batch);
                }
            }
        }
        append(batch);
        node.settle();
    }
    static Time time(std::size_t row) { return static_cast<Time>(row) * 1'000'000'000; }
    double values() const { return static_cast<double>(rows * series.size()); }

    Node node;
    std::vector<SeriesId> series;
    std::size_t rows = 0;

private:
    void append(SampleBatch& batch) {
        must(node->append(batch));
        must(node->commit());
        while (must(node->maintain())) {
        }
        batch.clear();
    }
};

Long& long_series() {
    static Long once;
    return once;
}

void long_sum(benchmark::State& state, std::size_t cut, bool together) {
    Long& all = long_series();
    const TimeRange range{Long::time(cut), Long::time(all.rows - cut)};
    const Stopwatch watch;
    std::uint64_t rows = 0;
    double sum = 0;
    const BucketVisitor add = [&](const Bucket& bucket) {
        rows += bucket.aggregate.rows;
        sum += bucket.aggregate.sum;
        return true;
    };
    for ([[maybe_unused]] auto round : state) {
        rows = 0;
        must(together ? all.node->aggregate_group(all.series, range, {}, add, {.deviation = false})
                      : all.node->aggregate(all.series, range, {}, add, {.deviation = false}));
        benchmark::DoNotOptimize(sum);
    }
    const auto expected = static_cast<std::uint64_t>(all.rows - 2 * cut) * all.series.size();
    tell_rate(state, static_cast<double>(expected), watch);
    expect(state, rows == expected);
}
BENCHMARK_CAPTURE(long_sum, all, 0, true)
    ->Name("store/long/sum")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(long_sum, each, 1, false)
    ->Name("store/long/sum_each_cut")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

// In buckets that end within blocks, so that half of the blocks are read.
void long_buckets(benchmark::State& state) {
    Long& all = long_series();
    const Stopwatch watch;
    std::uint64_t rows = 0;
    for ([[maybe_unused]] auto round : state) {
        rows = 0;
        must(all.node->aggregate(all.series, {0, Long::time(all.rows)}, std::chrono::seconds(1000),
                                 [&](const Bucket& bucket) {
                                     rows += bucket.aggregate.rows;
                                     return true;
                                 },
                                 {.deviation = false}));
    }
    tell_rate(state, static_cast<double>(rows), watch);
    expect(state, static_cast<double>(rows) == all.values());
}
BENCHMARK(long_buckets)->Name("store/long/buckets")->UseRealTime()->Unit(benchmark::kMillisecond);

// The mean of one metric, a host, an hour: TSBS double-groupby-1.
void double_group_by(benchmark::State& state) {
    Loaded& all = loaded();
    const auto series = all.metric(0);
    const Stopwatch watch;
    std::uint64_t rows = 0;
    for ([[maybe_unused]] auto round : state) {
        rows = 0;
        double sum = 0;
        must(all.node->aggregate(series, all.data.whole(), std::chrono::hours(1),
                                 [&](const Bucket& bucket) {
                                     sum += bucket.aggregate.average();
                                     rows += bucket.aggregate.rows;
                                     return true;
                                 },
                                 {.deviation = false}));
        benchmark::DoNotOptimize(sum);
    }
    tell_rate(state, static_cast<double>(rows), watch);
    expect(state, rows == series.size() * all.data.steps());
}
BENCHMARK(double_group_by)
    ->Name("store/rows/double_groupby_1")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

// The last row of every host, all ten metrics: TSBS lastpoint.
void last_point(benchmark::State& state) {
    Loaded& all = loaded();
    const Stopwatch watch;
    std::int64_t sum = 0;
    for ([[maybe_unused]] auto round : state) {
        sum = 0;
        must(all.node->latest(all.series, [&sum](SeriesId, const LastRow& row) {
            sum += static_cast<std::int64_t>(row.bits);
        }));
    }
    tell_rate(state, static_cast<double>(all.series.size()), watch);
    expect(state, static_cast<double>(sum) == all.data.sum(all.data.steps() - 1, all.data.steps()));
}
BENCHMARK(last_point)->Name("store/rows/lastpoint")->UseRealTime()->Unit(benchmark::kMillisecond);

// One last value after another, of series at random.
void latest(benchmark::State& state) {
    Loaded& all = loaded();
    std::vector<SeriesId> order(std::size_t{1} << 16);
    SeededRandom random(7);
    for (SeriesId& series : order) {
        series = all.series[random.below(all.series.size())];
    }
    const Stopwatch watch;
    std::size_t next = 0;
    for ([[maybe_unused]] auto round : state) {
        auto sample = must(all.node->latest(order[next++ % order.size()]));
        benchmark::DoNotOptimize(sample);
    }
    tell_rate(state, 1, watch);
}
BENCHMARK(latest)->Name("store/rows/latest")->UseRealTime();

}  // namespace
}  // namespace gantry::store::bench

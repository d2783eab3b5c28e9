// SPDX-License-Identifier: Apache-2.0
// The store on a real disk with data of the shape of TSBS cpu-only. GANTRY_BENCH_HOSTS and
// GANTRY_BENCH_STEPS choose how much; bench/store.py runs peers on the same.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <ctime>
#include <format>

#include "store/store.h"
#include "testing/testing.h"
#include "testing/tsbs_data.h"

namespace gantry::store {
namespace {

using gantry::testing::CpuOnlyData;
using gantry::testing::must;

constexpr std::size_t rows_a_batch = 10'000;  // of ten values each, as TSBS loads them

std::size_t setting(const char* name, std::size_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// A loaded store, made once for all that is measured on it.
class Loaded {
public:
    Loaded() : data_(setting("GANTRY_BENCH_HOSTS", 100)) {
        StoreOptions options;
        options.folder = folder_ / "store";
        store =
            must(Store::open(disk_, around_.clock, random_, around_.log, around_.metrics, options));
        for (std::size_t host = 0; host < data_.hosts(); ++host) {
            for (const std::string_view field : data_.fields) {
                series.push_back(must(
                    store->make_series(std::format("host_{}.{}", host, field), ValueType::Int64)));
            }
        }
        load();
    }

    std::size_t points() const { return series.size() * steps; }
    // Of one metric, all hosts.
    std::vector<SeriesId> metric(std::size_t field) const {
        std::vector<SeriesId> out;
        for (std::size_t i = field; i < series.size(); i += data_.fields.size()) {
            out.push_back(series[i]);
        }
        return out;
    }
    TimeRange whole() const {
        return {CpuOnlyData::start,
                CpuOnlyData::start + static_cast<Time>(steps) * CpuOnlyData::interval};
    }

    const std::size_t steps = setting("GANTRY_BENCH_STEPS", 60);
    std::unique_ptr<Store> store;
    std::vector<SeriesId> series;
    double load_seconds = 0;
    double load_cpu = 0;
    double generate_cpu = 0;
    double settled_cpu = 0;
    double bytes_a_point = 0;

private:
    void load() {
        const double cpu = cpu_seconds();
        const auto began = std::chrono::steady_clock::now();
        std::chrono::steady_clock::duration generating{};
        SampleBatch batch;
        std::size_t rows = 0;
        for (std::size_t step = 0; step < steps; ++step) {
            for (std::size_t host = 0; host < data_.hosts(); ++host) {
                const std::size_t first = host * data_.fields.size();
                for (std::size_t field = 0; field < data_.fields.size(); ++field) {
                    batch.add_int(series[first + field], data_.time(), quality::good,
                                  data_.value(host, field));
                }
                if (++rows % rows_a_batch == 0) {
                    send(batch);
                }
            }
            const auto before = std::chrono::steady_clock::now();
            const double cpu_before = cpu_seconds();
            data_.step();
            generate_cpu += cpu_seconds() - cpu_before;
            generating += std::chrono::steady_clock::now() - before;
        }
        send(batch);
        load_cpu = cpu_seconds() - cpu - generate_cpu;
        load_seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - began - generating)
                .count();
        must(store->flush());
        while (must(store->maintain())) {
        }
        settled_cpu = cpu_seconds() - cpu - generate_cpu;
        bytes_a_point =
            static_cast<double>(store->statistics().segment_bytes) / static_cast<double>(points());
    }
    // Acknowledged when durable; then whatever is due behind it.
    void send(SampleBatch& batch) {
        if (!batch.empty()) {
            must(store->append(batch));
            must(store->commit());
            batch.clear();
            while (must(store->maintain())) {
            }
        }
    }

    CpuOnlyData data_;
    gantry::testing::TemporaryFolder folder_;
    gantry::testing::Surroundings around_;
    SystemRandom random_;
    RealDisk disk_;
};

Loaded& loaded() {
    static Loaded once;
    return once;
}

void ingest(benchmark::State& state) {
    Loaded& node = loaded();
    for ([[maybe_unused]] auto round : state) {
        state.SetIterationTime(node.load_seconds);
    }
    const auto points = static_cast<double>(node.points());
    state.counters["points"] = points;
    state.counters["points_s"] = points / node.load_seconds;
    state.counters["points_cpu_s"] = points / node.load_cpu;
    state.counters["points_cpu_s_settled"] = points / node.settled_cpu;
    state.counters["bytes_a_point"] = node.bytes_a_point;
}
BENCHMARK(ingest)->Name("store/ingest")->Iterations(1)->UseManualTime();

// All values, added up.
void scan(benchmark::State& state) {
    Loaded& node = loaded();
    for ([[maybe_unused]] auto round : state) {
        std::uint64_t sum = 0;
        must(node.store->scan(node.series, node.whole(), [&sum](const Chunk& chunk) {
            for (const std::uint64_t bits : chunk.bits) {
                sum += bits;
            }
            return true;
        }));
        benchmark::DoNotOptimize(sum);
    }
    state.counters["points_s"] = benchmark::Counter(
        static_cast<double>(state.iterations()) * static_cast<double>(node.points()),
        benchmark::Counter::kIsRate);
}
BENCHMARK(scan)->Name("store/scan")->Unit(benchmark::kMillisecond);

// The mean of one metric, a host, an hour: TSBS double-groupby-1.
void double_groupby(benchmark::State& state) {
    Loaded& node = loaded();
    const auto series = node.metric(0);
    for ([[maybe_unused]] auto round : state) {
        double sum = 0;
        must(node.store->aggregate(series, node.whole(), std::chrono::hours(1),
                                   [&sum](const Bucket& bucket) {
                                       sum += bucket.aggregate.average();
                                       return true;
                                   }));
        benchmark::DoNotOptimize(sum);
    }
}
BENCHMARK(double_groupby)->Name("store/double_groupby_1")->Unit(benchmark::kMillisecond);

// The last row of every host, all ten metrics: TSBS lastpoint.
void last_point(benchmark::State& state) {
    Loaded& node = loaded();
    for ([[maybe_unused]] auto round : state) {
        std::size_t found = 0;
        for (const SeriesId series : node.series) {
            found += must(node.store->latest(series)).has_value() ? 1 : 0;
        }
        benchmark::DoNotOptimize(found);
    }
}
BENCHMARK(last_point)->Name("store/lastpoint")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace gantry::store

// SPDX-License-Identifier: Apache-2.0
// Many series: what a new one costs in time and memory, and how long a start takes.
#include <benchmark/benchmark.h>

#include <malloc.h>

#include <format>

#include "base/random.h"
#include "store/store_bench.h"

namespace gantry::store::bench {
namespace {

constexpr std::size_t fields = CpuOnlyData::fields.size();
constexpr double bytes_a_row = 16;  // a time and a value: the data, which is not overhead

// So much that nothing is flushed while it is measured.
StoreOptions much_memory() {
    StoreOptions options;
    options.memtable_bytes = std::int64_t{1} << 35;
    options.journal_rows = std::int64_t{1} << 40;
    options.flush_after = std::chrono::hours(24);
    return options;
}

std::vector<std::string> keys_of(std::size_t first_host, std::size_t end_host) {
    std::vector<std::string> out;
    out.reserve((end_host - first_host) * fields);
    for (std::size_t host = first_host; host < end_host; ++host) {
        for (const std::string_view field : CpuOnlyData::fields) {
            out.push_back(std::format("host_{}.{}", host, field));
        }
    }
    return out;
}

// Makes the series and appends a first row to each, durably, in batches of 1,000 hosts. Returns the
// seconds that it took, of which `making` went into make_series().
double register_all(Store& store, std::span<const std::string> keys, std::vector<SeriesId>& series,
                    double& making) {
    constexpr std::size_t batch_series = 1000 * fields;
    Loader loader(store);
    const Stopwatch watch;
    SampleBatch batch;
    for (std::size_t first = 0; first < keys.size(); first += batch_series) {
        const auto part = keys.subspan(first, std::min(batch_series, keys.size() - first));
        const Stopwatch made;
        for (const std::string& key : part) {
            series.push_back(must(store.make_series(key, ValueType::Int64)));
        }
        making += made.seconds();
        batch.clear();
        for (const SeriesId id : std::span(series).last(part.size())) {
            batch.add_int(id, CpuOnlyData::start, quality::good, id.value % 100);
        }
        loader.send(batch);
    }
    loader.report();
    return watch.seconds();
}

// The last values of series at random, on a thread of its own.
class Reading {
public:
    Reading(Store& store, std::vector<SeriesId> series)
        : thread_([this, &store, series = std::move(series)](const std::stop_token& stop) {
              SeededRandom random(7);
              do {
                  const SeriesId id = series[random.below(series.size())];
                  const Stopwatch watch;
                  must(store.latest(id));
                  seconds.push_back(watch.seconds());
              } while (!stop.stop_requested());
          }) {}
    void finish() {
        thread_.request_stop();
        thread_.join();
    }

    std::vector<double> seconds;  // to be read once it is finished

private:
    std::jthread thread_;
};

void registration(benchmark::State& state) {
    const std::size_t hosts = setting("GANTRY_BENCH_NEW_HOSTS", 1000);
    const auto keys = keys_of(0, hosts);
    const auto more_keys = keys_of(hosts, hosts + hosts / 10);
    const auto count = static_cast<double>(keys.size());
    const CpuOnly data(hosts, 3);
    std::vector<SeriesId> series;
    series.reserve(keys.size() + more_keys.size());
    for ([[maybe_unused]] auto round : state) {
        Node node(much_memory());
        const double before = resident_bytes();
        double making = 0;
        const double seconds = register_all(node.store(), keys, series, making);
        const double grown = resident_bytes() - before;
        state.SetIterationTime(seconds);
        state.counters["series"] = count;
        state.counters["series_s"] = count / seconds;
        state.counters["make_series_s"] = count / making;
        state.counters["bytes_a_series_with_row"] = grown / count;
        state.counters["bytes_a_series"] = grown / count - bytes_a_row;
        {
            // From the second step on: one point each into a million series.
            const auto batches = data.rows(series, 1, data.steps());
            const auto points = static_cast<double>((data.steps() - 1) * keys.size());
            state.counters["points_s"] = points / load(node.store(), batches).seconds;
        }
        Reading reading(node.store(), series);
        const double more_seconds = register_all(node.store(), more_keys, series, making);
        reading.finish();
        state.counters["read_series_s"] = static_cast<double>(more_keys.size()) / more_seconds;
        state.counters["reads_s"] = static_cast<double>(reading.seconds.size()) / more_seconds;
        state.counters["read_p50_us"] = 1e6 * quantile(reading.seconds, 0.5);
        state.counters["read_p99_us"] = 1e6 * quantile(reading.seconds, 0.99);
        reading.seconds = {};
        node.settle();
        malloc_trim(0);
        state.counters["bytes_a_series_settled"] =
            (resident_bytes() - before) / static_cast<double>(series.size());
        state.counters["restart_s"] = node.reopen();
        if (node->statistics().series != series.size() ||
            std::get<std::int64_t>(must(node->latest(series.back()))->value) !=
                series.back().value % 100) {
            state.SkipWithError("series are gone after the restart");
        }
    }
}
BENCHMARK(registration)->Name("store/series/register")->Iterations(1)->UseManualTime();

// Opening after a crash, with a journal of that size and nothing flushed. The pages of its files
// are in memory, as after a restart of the program alone.
void recovery(benchmark::State& state) {
    const std::size_t hosts = setting("GANTRY_BENCH_NEW_HOSTS", 1000);
    const std::uint64_t bytes = setting("GANTRY_BENCH_JOURNAL_MB", 1) * 1024 * 1024;
    StoreOptions options = much_memory();
    options.journal.file_bytes =
        std::min(options.journal.file_bytes, std::max<std::int64_t>(4096, std::int64_t(bytes / 8)));
    for ([[maybe_unused]] auto round : state) {
        Node node(options);
        const CpuOnly data(hosts, 2);
        const auto series = data.make_series(node.store());
        auto batches = data.rows(series, 0, 1);
        std::uint64_t rows = 0;
        for (Time move = 0; node->statistics().journal_bytes < bytes;) {
            for (const SampleBatch& batch : batches) {
                SampleBatch moved;
                moved.reserve(batch.size());
                for (std::size_t i = 0; i < batch.size(); ++i) {
                    Row row = batch.row(i);
                    row.time += move;
                    moved.add_row(row);
                }
                must(node->append(moved));
                must(node->commit());
                rows += moved.size();
                if (node->statistics().journal_bytes >= bytes) {
                    break;
                }
            }
            move += CpuOnlyData::interval;
        }
        const auto journal_bytes = static_cast<double>(node->statistics().journal_bytes);
        const double cpu = cpu_seconds();
        const double seconds = node.reopen();
        state.SetIterationTime(seconds);
        state.counters["cpu_s"] = cpu_seconds() - cpu;
        state.counters["journal_mb"] = journal_bytes / 1024 / 1024;
        state.counters["series"] = static_cast<double>(series.size());
        state.counters["rows"] = static_cast<double>(rows);
        std::uint64_t found = 0;
        must(node->aggregate(series, {}, {}, [&found](const Bucket& bucket) {
            found += bucket.aggregate.rows;
            return true;
        }));
        if (found != rows) {
            state.SkipWithError(std::format("{} of {} rows came back", found, rows));
        }
    }
}
BENCHMARK(recovery)->Name("store/recovery/open")->Iterations(1)->UseManualTime();

// The worst that a node with the options of the default can find after a crash: both parts of
// memory were full, of rows that come in no order and at no step.
void recovery_of_full_memory(benchmark::State& state) {
    const CpuOnly data(setting("GANTRY_BENCH_NEW_HOSTS", 1000), 1);
    StoreOptions options;
    options.memtable_bytes =
        static_cast<std::int64_t>(setting("GANTRY_BENCH_MEMTABLE_MB", 1) * 1024 * 1024);
    for ([[maybe_unused]] auto round : state) {
        Node node(options);
        const auto series = data.make_series(node.store());
        must(node->commit());
        SeededRandom random(3);
        std::uint64_t rows = 0;
        SampleBatch batch;
        while (true) {
            batch.clear();
            for (std::size_t i = 0; i < batch_rows(); ++i) {
                batch.add_int(series[random.below(series.size())],
                              static_cast<Time>(rows * 100 + random.below(1'000'000)),
                              quality::good, static_cast<std::int64_t>(random.next()));
            }
            if (!node->append(batch)) {
                break;
            }
            must(node->commit());
            rows += batch.size();
        }
        state.counters["journal_mb"] =
            static_cast<double>(node->statistics().journal_bytes) / 1024 / 1024;
        const double cpu = cpu_seconds();
        state.SetIterationTime(node.reopen());
        state.counters["cpu_s"] = cpu_seconds() - cpu;
        state.counters["series"] = static_cast<double>(series.size());
        state.counters["rows"] = static_cast<double>(rows);
        if (node->statistics().memtable_rows != rows) {
            state.SkipWithError("rows are gone after the restart");
        }
    }
}
BENCHMARK(recovery_of_full_memory)
    ->Name("store/recovery/full_memory")
    ->Iterations(1)
    ->UseManualTime();

}  // namespace
}  // namespace gantry::store::bench

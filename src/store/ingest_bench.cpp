// SPDX-License-Identifier: Apache-2.0
// Durable ingest: series-wise batches, rows out of order, line protocol, and queries meanwhile.
// Ingest of rows in order is measured where the queries are, which need it (query_bench.cpp).
#include <benchmark/benchmark.h>

#include <atomic>
#include <cmath>
#include <format>
#include <functional>

#include "lineprotocol/line_parser.h"
#include "store/store_bench.h"
#include "testing/tsbs_lines.h"

namespace gantry::store::bench {
namespace {

// What was counted and added up, of all that is stored.
Aggregate total(Store& store, std::span<const SeriesId> series) {
    Aggregate out;
    must(store.aggregate(series, {}, {}, [&out](const Bucket& bucket) {
        out.rows += bucket.aggregate.rows;
        out.sum += bucket.aggregate.sum;
        return true;
    }));
    return out;
}

void tell(benchmark::State& state, const LoadReport& report, double points) {
    state.SetIterationTime(report.seconds);
    state.counters["points"] = points;
    state.counters["points_s"] = points / report.seconds;
    state.counters["points_cpu_s"] = points / report.cpu;
    state.counters["latency_p50_ms"] = 1e3 * report.latency_p50;
    state.counters["latency_p99_ms"] = 1e3 * report.latency_p99;
    state.counters["refused"] = static_cast<double>(report.refused);
}

// Lets a store that was loaded come to rest, and checks what it holds.
void settle(benchmark::State& state, Node& node, std::span<const SeriesId> series,
            const LoadReport& report, double points, double sum) {
    tell(state, report, points);
    const double cpu = cpu_seconds();
    must(node->flush());
    state.counters["bytes_a_point_hot"] =
        static_cast<double>(node->statistics().segment_bytes) / points;
    node.settle();
    state.counters["points_cpu_s_settled"] = points / (report.cpu + cpu_seconds() - cpu);
    state.counters["bytes_a_point"] =
        static_cast<double>(node->statistics().segment_bytes) / points;
    must(node->compact());
    state.counters["bytes_a_point_cold"] =
        static_cast<double>(node->statistics().segment_bytes) / points;
    const Aggregate stored = total(node.store(), series);
    if (static_cast<double>(stored.rows) != points ||
        std::abs(stored.sum - sum) > std::abs(sum) * 1e-9) {
        state.SkipWithError(std::format("{} rows of sum {} were stored, not {} of {}", stored.rows,
                                        stored.sum, points, sum));
    }
}

// Loads into an empty store.
void measure(benchmark::State& state, Node& node, std::span<const SeriesId> series,
             std::span<const SampleBatch> batches, double points, double sum) {
    const double resident = resident_bytes();
    const LoadReport report = load(node.store(), batches);
    state.counters["resident_growth_mb"] = (resident_bytes() - resident) / 1e6;
    settle(state, node, series, report, points, sum);
}

void series_wise(benchmark::State& state) {
    const CpuOnly data(setting("GANTRY_BENCH_HOSTS", 100), setting("GANTRY_BENCH_STEPS", 60));
    for ([[maybe_unused]] auto round : state) {
        Node node;
        const auto series = data.make_series(node.store());
        const auto batches = data.stretches(series);
        measure(state, node, series, batches, static_cast<double>(data.points()), data.sum());
    }
}
BENCHMARK(series_wise)->Name("store/series_wise/ingest")->Iterations(1)->UseManualTime();

std::vector<SeriesId> make_truck_series(Store& store, std::size_t trucks) {
    std::vector<SeriesId> out;
    for (std::size_t truck = 0; truck < trucks; ++truck) {
        for (const IotData::Table table : {IotData::Table::Readings, IotData::Table::Diagnostics}) {
            const IotData::Row row{.table = table};
            for (std::size_t field = 0; field < row.names().size(); ++field) {
                const auto key =
                    std::format("truck_{}.{}.{}", truck, row.table_name(), row.names()[field]);
                out.push_back(must(store.make_series(
                    key, row.whole(field) ? ValueType::Int64 : ValueType::Float64)));
            }
        }
    }
    return out;
}

void iot(benchmark::State& state) {
    const std::size_t trucks = setting("GANTRY_BENCH_TRUCKS", 100);
    for ([[maybe_unused]] auto round : state) {
        Node node;
        const auto series = make_truck_series(node.store(), trucks);
        IotData data(trucks, setting("GANTRY_BENCH_TRUCK_STEPS", 60));
        std::vector<SampleBatch> batches;
        std::vector<IotData::Row> rows;
        std::size_t in_batch = batch_rows();
        std::size_t points = 0;
        double sum = 0;
        while (data.next(rows)) {
            for (const IotData::Row& row : rows) {
                if (in_batch == batch_rows()) {
                    batches.emplace_back().reserve(batch_rows() * IotData::readings.size());
                    in_batch = 0;
                }
                ++in_batch;
                points += row.names().size();
                for (std::size_t field = 0; field < row.names().size(); ++field) {
                    const SeriesId id =
                        series[row.truck * IotData::fields + row.first_field() + field];
                    const double value = row.value[field];
                    sum += value;
                    if (row.whole(field)) {
                        batches.back().add_int(id, row.time, quality::good,
                                               static_cast<std::int64_t>(value));
                    } else {
                        batches.back().add_float(id, row.time, quality::good, value);
                    }
                }
            }
        }
        measure(state, node, series, batches, static_cast<double>(points), sum);
    }
}
BENCHMARK(iot)->Name("store/iot/ingest")->Iterations(1)->UseManualTime();

// As many lines a body as there are rows a batch.
std::vector<std::string> bodies(std::size_t hosts, std::size_t steps, double& sum) {
    std::vector<std::string> out;
    std::size_t in_body = batch_rows();
    CpuOnlyData data(hosts);
    for (std::size_t step = 0; step < steps; ++step, data.step()) {
        for (std::size_t host = 0; host < hosts; ++host, ++in_body) {
            if (in_body == batch_rows()) {
                out.emplace_back().reserve(out.size() > 1 ? out[out.size() - 2].size() * 9 / 8 : 0);
                in_body = 0;
            }
            gantry::testing::append_line(out.back(), data, host);
            for (std::size_t field = 0; field < CpuOnlyData::fields.size(); ++field) {
                sum += static_cast<double>(data.value(host, field));
            }
        }
    }
    return out;
}

// Lines in memory become durable rows, in the way of a server without its sockets: a body is parsed
// into a batch, which is appended while those before it wait for the disk. The clock runs while
// series are made, too.
void line_protocol(benchmark::State& state) {
    const std::size_t hosts = setting("GANTRY_BENCH_HOSTS", 100);
    const std::size_t steps = setting("GANTRY_BENCH_STEPS", 60);
    double sum = 0;
    const auto all = bodies(hosts, steps, sum);
    for ([[maybe_unused]] auto round : state) {
        Node node;
        SystemRandom random;
        std::vector<SeriesId> series;
        lineprotocol::SeriesCache cache(
            random, [&](std::string_view key, ValueType type) -> Result<SeriesId> {
                TRY_ASSIGN(const SeriesId id, node->make_series(key, type));
                series.push_back(id);
                return id;
            });
        SampleBatch batch;
        double parsing = 0;
        Loader loader(node.store());
        for (const std::string& body : all) {
            const Stopwatch watch;
            batch.clear();
            lineprotocol::LineParser parser(cache, {});
            parser.parse(as_bytes(body), true, batch);
            if (parser.refused() != 0) {
                state.SkipWithError(to_text(parser.errors()[0]));
            }
            parsing += watch.seconds();
            loader.send(batch);
        }
        const LoadReport report = loader.report();
        const auto points = static_cast<double>(hosts * steps * CpuOnlyData::fields.size());
        state.counters["parsing_share"] = parsing / report.seconds;
        settle(state, node, series, report, points, sum);
    }
}
BENCHMARK(line_protocol)->Name("store/line_protocol/ingest")->Iterations(1)->UseManualTime();

// Asks the two questions in turn, on a thread of its own, until it is destroyed.
class Asking {
public:
    Asking(Store& store, const CpuOnly& data, std::span<const SeriesId> series)
        : store_(store), range_(data.whole()), series_(series) {
        for (std::size_t i = 0; i < series.size(); i += CpuOnlyData::fields.size()) {
            metric_.push_back(series[i]);
        }
        thread_ = std::jthread([this](const std::stop_token& stop) {
            do {
                group_by.push_back(timed([this] {
                    must(store_.aggregate(metric_, range_, std::chrono::hours(1),
                                          [](const Bucket&) { return true; }));
                }));
                last_point.push_back(timed([this] {
                    for (const SeriesId id : series_) {
                        must(store_.latest(id));
                    }
                }));
            } while (!stop.stop_requested());
        });
    }
    void finish() {
        thread_.request_stop();
        thread_.join();
    }

    std::vector<double> group_by;  // seconds; to be read once it is finished
    std::vector<double> last_point;

private:
    static double timed(const std::function<void()>& work) {
        const Stopwatch watch;
        work();
        return watch.seconds();
    }

    Store& store_;
    TimeRange range_;
    std::span<const SeriesId> series_;
    std::vector<SeriesId> metric_;
    std::jthread thread_;
};

// A third of the data goes in alone, a third at half of that rate while questions are asked, and a
// third as fast as it goes while questions are asked.
void mixed(benchmark::State& state) {
    const CpuOnly data(setting("GANTRY_BENCH_HOSTS", 100), setting("GANTRY_BENCH_STEPS", 60));
    const std::size_t third = data.steps() / 3;
    for ([[maybe_unused]] auto round : state) {
        Node node;
        const auto series = data.make_series(node.store());
        const auto points = static_cast<double>(third * series.size());
        const auto ingest = [&](std::size_t part, double points_s_max) {
            const auto batches = data.rows(series, part * third, (part + 1) * third);
            return load(node.store(), batches, points_s_max);
        };
        const double alone = points / ingest(0, 0).seconds;
        const auto second = data.rows(series, third, 2 * third);
        const auto last = data.rows(series, 2 * third, 3 * third);
        Asking at_half(node.store(), data, series);
        const LoadReport half = load(node.store(), second, alone / 2);
        at_half.finish();
        Asking at_full(node.store(), data, series);
        const LoadReport full = load(node.store(), last);
        at_full.finish();
        tell(state, full, points);
        state.counters["alone_points_s"] = alone;
        state.counters["half_points_s"] = points / half.seconds;
        state.counters["group_by_p50_ms"] = 1e3 * quantile(at_half.group_by, 0.5);
        state.counters["group_by_p99_ms"] = 1e3 * quantile(at_half.group_by, 0.99);
        state.counters["last_point_p50_ms"] = 1e3 * quantile(at_half.last_point, 0.5);
        state.counters["last_point_p99_ms"] = 1e3 * quantile(at_half.last_point, 0.99);
        const Aggregate stored = total(node.store(), series);
        if (stored.sum != data.sum(0, 3 * third)) {
            state.SkipWithError("the sum of what was stored is wrong");
        }
    }
}
BENCHMARK(mixed)->Name("store/mixed/ingest")->Iterations(1)->UseManualTime();

}  // namespace
}  // namespace gantry::store::bench

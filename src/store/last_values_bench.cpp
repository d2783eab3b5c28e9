// SPDX-License-Identifier: Apache-2.0
// The last rows of a million series, in the order of their ids and in any.
#include "store/last_values.h"

#include <benchmark/benchmark.h>

#include <algorithm>

#include "base/random.h"

namespace gantry::store {
namespace {

constexpr std::uint32_t series_count = 1'000'000;

std::vector<SeriesId> order(bool shuffled) {
    std::vector<SeriesId> out(series_count);
    for (std::uint32_t i = 0; i < series_count; ++i) {
        out[i] = SeriesId{i};
    }
    SeededRandom random(1);
    for (std::size_t i = out.size(); shuffled && i > 1; --i) {
        std::swap(out[i - 1], out[random.below(i)]);
    }
    return out;
}

struct Filled {
    Filled() {
        for (std::uint32_t i = 0; i < series_count; ++i) {
            values.set(SeriesId{i}, {SeriesId{i}, 0, ValueType::Float64, i, {}, quality::good});
        }
    }
    LastValues values;
};

LastValues& filled() {
    static Filled once;
    return once.values;
}

void rate(benchmark::State& state, std::size_t rows) {
    state.counters["rows_s"] =
        benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(rows),
                           benchmark::Counter::kIsRate);
}

void read(benchmark::State& state) {
    const LastValues& values = filled();
    const auto ids = order(state.range(0) != 0);
    const auto ahead = static_cast<std::size_t>(state.range(1));  // prefetched
    LastRow row;
    for ([[maybe_unused]] auto round : state) {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < ids.size(); ++i) {
            values.prefetch(ids[std::min(i + ahead, ids.size() - 1)]);
            if (values.read(ids[i], row) == Known::Yes) {
                sum += row.bits;
            }
        }
        benchmark::DoNotOptimize(sum);
    }
    rate(state, ids.size());
}
BENCHMARK(read)
    ->Name("last_values/read")
    ->ArgNames({"shuffled", "ahead"})
    ->ArgsProduct({{0, 1}, {0, 16}})
    ->Unit(benchmark::kMillisecond);

void advance(benchmark::State& state) {
    LastValues& values = filled();
    const auto ids = order(state.range(0) != 0);
    SampleBatch batch;
    for (const SeriesId id : ids) {
        batch.add_float(id, 1, quality::good, 1.5);
    }
    for ([[maybe_unused]] auto round : state) {
        values.advance(batch);
    }
    rate(state, ids.size());
}
BENCHMARK(advance)
    ->Name("last_values/advance")
    ->ArgName("shuffled")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace gantry::store

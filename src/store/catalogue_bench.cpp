// SPDX-License-Identifier: Apache-2.0
// A million series on a real disk, with keys of the length that a plant's points have.
#include "store/catalogue.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <format>

#include "testing/testing.h"

namespace gantry::store {
namespace {

using gantry::testing::must;

constexpr std::size_t series_count = 1'000'000;

struct Names {
    Names() {
        keys.reserve(series_count);
        for (std::size_t i = 0; i < series_count; ++i) {
            keys.push_back(std::format("tnt_01/pnt_01JD9W{:08x}/line_{}", i * 2'654'435'761U, i));
            key_bytes += keys.back().size();
        }
        for (const std::string& key : keys) {
            specs.push_back({key, ValueType::Float64});
        }
        SeededRandom random(1);
        for (std::size_t i = 0; i < series_count; ++i) {
            shuffled_keys.push_back(keys[random.below(series_count)]);
        }
        for (const std::string& key : shuffled_keys) {
            shuffled.push_back({key, ValueType::Float64});
        }
    }
    std::vector<std::string> keys;
    std::vector<SeriesSpec> specs;
    std::vector<std::string> shuffled_keys;
    std::vector<SeriesSpec> shuffled;
    std::uint64_t key_bytes = 0;
};

const Names& names() {
    static const Names once;
    return once;
}

struct Node {
    std::unique_ptr<Catalogue> open() {
        StoreOptions options;
        return must(Catalogue::open(disk, folder / "catalogue", random, around.log, options));
    }
    gantry::testing::TemporaryFolder folder;
    gantry::testing::Surroundings around;
    SystemRandom random;
    RealDisk disk;
};

void make_all(Catalogue& catalogue, std::size_t batch, Duration& pause) {
    std::vector<SeriesId> ids;
    const std::span<const SeriesSpec> specs = names().specs;
    for (std::size_t i = 0; i < specs.size(); i += batch) {
        const auto began = std::chrono::steady_clock::now();
        if (batch == 1) {
            must(catalogue.make(specs[i].key, specs[i].type));
        } else {
            must(catalogue.make_all(specs.subspan(i, std::min(batch, specs.size() - i)), ids));
        }
        pause = std::max<Duration>(pause, std::chrono::steady_clock::now() - began);
    }
    must(catalogue.commit());
}

// Until all are durable; the argument is how many a call.
void make(benchmark::State& state) {
    (void)names();
    Duration pause{};
    for ([[maybe_unused]] auto round : state) {
        state.PauseTiming();
        auto node = std::make_unique<Node>();
        auto catalogue = node->open();
        state.ResumeTiming();
        make_all(*catalogue, static_cast<std::size_t>(state.range(0)), pause);
        state.PauseTiming();
        state.counters["bytes_a_series"] =
            static_cast<double>(catalogue->bytes() - names().key_bytes) / series_count;
        catalogue.reset();
        node.reset();
        state.ResumeTiming();
    }
    const double made = static_cast<double>(state.iterations()) * series_count;
    state.counters["series_s"] = benchmark::Counter(made, benchmark::Counter::kIsRate);
    state.counters["longest_call_ms"] = static_cast<double>(pause.count()) / 1e6;
}
BENCHMARK(make)
    ->Name("catalogue/make")
    ->ArgName("batch")
    ->Arg(1)
    ->Arg(1'000)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

struct Loaded {
    Loaded() : catalogue(node.open()) {
        Duration pause{};
        make_all(*catalogue, 1'000, pause);
    }
    Node node;
    std::unique_ptr<Catalogue> catalogue;
};

Loaded& loaded() {
    static Loaded once;
    return once;
}

void find(benchmark::State& state) {
    const Catalogue& catalogue = *loaded().catalogue;
    const auto& wanted = state.range(0) != 0 ? names().shuffled : names().specs;
    for ([[maybe_unused]] auto round : state) {
        std::uint64_t sum = 0;
        for (const SeriesSpec& spec : wanted) {
            sum += catalogue.find(spec.key)->id.value;
        }
        benchmark::DoNotOptimize(sum);
    }
    state.counters["finds_s"] = benchmark::Counter(
        static_cast<double>(state.iterations()) * series_count, benchmark::Counter::kIsRate);
}
BENCHMARK(find)
    ->Name("catalogue/find")
    ->ArgName("shuffled")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond);

// What make_all() costs when there is nothing to make, a thousand keys a call.
void find_many(benchmark::State& state) {
    Catalogue& catalogue = *loaded().catalogue;
    const std::span<const SeriesSpec> wanted =
        state.range(0) != 0 ? names().shuffled : names().specs;
    std::vector<SeriesId> ids;
    for ([[maybe_unused]] auto round : state) {
        for (std::size_t i = 0; i < wanted.size(); i += 1'000) {
            must(catalogue.make_all(wanted.subspan(i, 1'000), ids));
        }
    }
    state.counters["finds_s"] = benchmark::Counter(
        static_cast<double>(state.iterations()) * series_count, benchmark::Counter::kIsRate);
}
BENCHMARK(find_many)
    ->Name("catalogue/find_many")
    ->ArgName("shuffled")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond);

void type(benchmark::State& state) {
    const Catalogue& catalogue = *loaded().catalogue;
    for ([[maybe_unused]] auto round : state) {
        std::uint64_t sum = 0;
        for (std::uint32_t i = 0; i < series_count; ++i) {
            sum += static_cast<std::uint64_t>(catalogue.type(SeriesId{i}));
        }
        benchmark::DoNotOptimize(sum);
    }
    state.counters["types_s"] = benchmark::Counter(
        static_cast<double>(state.iterations()) * series_count, benchmark::Counter::kIsRate);
}
BENCHMARK(type)->Name("catalogue/type")->Unit(benchmark::kMillisecond);

void replay(benchmark::State& state) {
    Loaded& node = loaded();
    for ([[maybe_unused]] auto round : state) {
        node.catalogue.reset();
        node.catalogue = node.node.open();
    }
    state.counters["series_s"] = benchmark::Counter(
        static_cast<double>(state.iterations()) * series_count, benchmark::Counter::kIsRate);
}
BENCHMARK(replay)
    ->Name("catalogue/replay")
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
}  // namespace gantry::store

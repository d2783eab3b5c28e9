// SPDX-License-Identifier: Apache-2.0
// Samples through the pipeline onto a real disk, acknowledged when durable.
#include <benchmark/benchmark.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include "pipeline/pipeline.h"
#include "runtime/shards.h"
#include "testing/testing.h"

namespace gantry::pipeline {
namespace {

using gantry::testing::must;

constexpr std::size_t points = 1000;

struct Node {
    Node() {
        registry::RegistryOptions options;
        options.path = folder / "registry.sqlite";
        options.password_cost = {.memory_kib = 64, .passes = 1};
        registry = must(registry::Registry::open(around.clock, random, around.log, options));
        must(registry->bootstrap());
        const TenantId tenant = must(registry->tenants().get("main")).id;
        Asset asset;
        asset.key = "p";
        must(registry->assets().create(tenant, asset));
        store::StoreOptions store_options;
        store_options.folder = folder / "store";
        store = must(store::Store::open(disk, around.clock, random, around.log, around.metrics,
                                        store_options));
        directory = must(directory::Directory::open(*registry, *store, around.log));
        for (std::size_t i = 0; i < points; ++i) {
            Property property;
            property.key = std::format("v{}", i);
            const Point made = must(registry->points().create(tenant, "p", property));
            series.push_back(directory->find(tenant, made.path)->series);
        }
        pipeline = std::make_unique<Pipeline>(*directory, *store, timers, around.clock, around.log,
                                              around.metrics, PipelineOptions{});
    }

    // A sensor's numbers: a slow wave with noise, in the order in which a plant sends them.
    SampleBatch batch(std::size_t rows) {
        SampleBatch out;
        out.reserve(rows);
        for (std::size_t i = 0; i < rows; ++i) {
            const std::size_t point = next_ % points;
            const auto step = static_cast<std::int64_t>(next_ / points);
            ++next_;
            noise_ = noise_ * 6364136223846793005U + 1442695040888963407U;
            out.add_float(series[point], start + step * 1'000'000'000, quality::good,
                          20 + static_cast<double>((noise_ >> 40) % 1000) / 100);
        }
        return out;
    }

    gantry::testing::TemporaryFolder folder;
    gantry::testing::Surroundings around;
    SystemRandom random;
    RealDisk disk;
    RealTimers timers{around.clock};
    std::unique_ptr<registry::Registry> registry;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<directory::Directory> directory;
    std::unique_ptr<Pipeline> pipeline;
    std::vector<SeriesId> series;
    Shards shards{1, around.log};
    const Time start = around.clock.now() - 30LL * 86'400 * 1'000'000'000;

private:
    std::uint64_t next_ = 0;
    std::uint64_t noise_ = 1;
};

// User and system time of the whole process, in seconds.
double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Arguments: rows a batch, batches under way at once. Each batch waits for its own fdatasync, which
// those under way together share.
void durable_batches(benchmark::State& state) {
    Node node;
    const auto rows = static_cast<std::size_t>(state.range(0));
    const auto together = static_cast<std::size_t>(state.range(1));
    const double cpu = cpu_seconds();
    for ([[maybe_unused]] auto round : state) {
        std::vector<std::future<Result<SubmitReport>>> under_way;
        for (std::size_t i = 0; i < together; ++i) {
            under_way.push_back(asio::co_spawn(
                node.shards.executor(0),
                node.pipeline->take(node.batch(rows), Acknowledge::Durable, WhenFull::Wait),
                asio::use_future));
        }
        for (auto& batch : under_way) {
            if (must(batch.get()).accepted != rows) {
                state.SkipWithError("rows were rejected");
            }
        }
    }
    const auto samples =
        static_cast<double>(state.iterations()) * static_cast<double>(rows * together);
    state.counters["samples_s"] = benchmark::Counter(samples, benchmark::Counter::kIsRate);
    state.counters["samples_cpu_s"] = samples / (cpu_seconds() - cpu);
}

BENCHMARK(durable_batches)
    ->Name("pipeline/durable")
    ->ArgNames({"rows", "together"})
    ->Args({1, 1})
    ->Args({1, 64})
    ->Args({100, 1})
    ->Args({100, 64})
    ->Args({10'000, 1})
    ->Args({10'000, 4})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace gantry::pipeline

// SPDX-License-Identifier: Apache-2.0
// Metrics of a core: decoding alone, and through a host into readings; 100 metrics a message.
#include <benchmark/benchmark.h>

#include "sparkplug/host_application.h"
#include "sparkplug/testing.h"

namespace gantry::sparkplug {
namespace {

constexpr std::size_t metrics = 100;

std::vector<Metric> metrics_of(const std::vector<std::string>& names, bool aliases, bool birth) {
    std::vector<Metric> out;
    for (std::size_t i = 0; i < metrics; ++i) {
        Metric one = testing::at(testing::real(names[i], 20.5 + static_cast<double>(i)),
                                 1'700'000'000'000 + i);
        if (aliases) {
            one = birth ? testing::with_alias(one, i) : testing::alias_only(one, i);
        }
        out.push_back(one);
    }
    return out;
}

std::vector<std::string> names() {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < metrics; ++i) {
        out.push_back(std::format("Line 1/Press {}/Temperature", i));
    }
    return out;
}

void decode_only(benchmark::State& state, bool aliases) {
    const auto all = names();
    const std::string message = testing::message(1, metrics_of(all, aliases, false));
    Payload payload;
    for (auto _ : state) {
        if (!decode(as_bytes(message), payload)) {
            state.SkipWithError("no payload");
            break;
        }
        benchmark::DoNotOptimize(payload.metrics.data());
    }
    state.counters["metrics/s"] =
        benchmark::Counter(metrics, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK_CAPTURE(decode_only, aliases, true)->Name("sparkplug/decode_aliases");
BENCHMARK_CAPTURE(decode_only, names, false)->Name("sparkplug/decode_names");

void through_host(benchmark::State& state, bool aliases) {
    const auto all = names();
    FakeClock clock;
    HostApplication host(clock, {});
    ReadingBatch batch;
    if (!host.receive("spBv1.0/g/NBIRTH/n", testing::birth(0, metrics_of(all, aliases, true)),
                      batch)) {
        state.SkipWithError("no birth");
        return;
    }
    std::vector<std::string> messages;
    for (std::uint64_t seq = 0; seq < 256; ++seq) {
        messages.push_back(testing::message((seq + 1) % 256, metrics_of(all, aliases, false)));
    }
    std::size_t next = 0;
    for (auto _ : state) {
        batch.clear();
        const auto received = host.receive("spBv1.0/g/NDATA/n", messages[next], batch);
        next = (next + 1) % 256;
        if (!received || received->readings != metrics) {
            state.SkipWithError("not all readings came");
            break;
        }
    }
    state.counters["metrics/s"] =
        benchmark::Counter(metrics, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK_CAPTURE(through_host, aliases, true)->Name("sparkplug/host_aliases");
BENCHMARK_CAPTURE(through_host, names, false)->Name("sparkplug/host_names");

}  // namespace
}  // namespace gantry::sparkplug

// SPDX-License-Identifier: Apache-2.0
// Requests as Prometheus sends them: samples/s and bytes/s of a core, unpacking included and
// without.
#include <benchmark/benchmark.h>

#include "remotewrite/testing.h"

namespace gantry::remotewrite {
namespace {

// Counts, so that there is something to look at.
class Counter final : public Visitor {
public:
    Result<> series(std::span<const LabelView> labels, std::span<const Sample> samples) override {
        benchmark::DoNotOptimize(labels.data());
        benchmark::DoNotOptimize(samples.data());
        return {};
    }
    Result<> metadata(const Metadata&) override { return {}; }
};

// 2000 series with labels of a usual length.
std::string request(std::size_t samples_each) {
    std::string message;
    for (std::size_t i = 0; i < 2000; ++i) {
        const std::string instance = std::format("10.0.{}.{}:9100", i / 200, i % 200);
        const std::string device = std::format("pump-{}", i % 7);
        std::vector<Sample> samples;
        for (std::size_t k = 0; k < samples_each; ++k) {
            samples.push_back({1'700'000'000'000 + static_cast<std::int64_t>(k) * 15'000,
                               static_cast<double>(i * k) / 10});
        }
        testing::put_bytes(message, 1,
                           testing::series({{"__name__", "machine_vibration_millimetres"},
                                            {"device", device},
                                            {"instance", instance},
                                            {"job", "node"},
                                            {"line", "filling"},
                                            {"site", "augsburg"}},
                                           samples));
    }
    return message;
}

void decode(benchmark::State& state, bool packed) {
    const auto samples_each = static_cast<std::size_t>(state.range(0));
    const std::string message = request(samples_each);
    const std::string body = testing::packed(message);
    Decoder decoder;
    Counter counter;
    for (auto _ : state) {
        const auto counts = packed
                                ? decoder.decode(as_bytes(body), Version::V1, counter)
                                : decoder.decode_message(as_bytes(message), Version::V1, counter);
        if (!counts) {
            state.SkipWithError(counts.error().message);
            break;
        }
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(message.size()) * state.iterations());
    state.counters["samples/s"] = benchmark::Counter(static_cast<double>(2000 * samples_each),
                                                     benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK_CAPTURE(decode, packed, true)->Name("remotewrite/decode")->Arg(1)->Arg(10);
BENCHMARK_CAPTURE(decode, message, false)->Name("remotewrite/message")->Arg(1)->Arg(10);

}  // namespace
}  // namespace gantry::remotewrite

// SPDX-License-Identifier: Apache-2.0
// Lines of TSBS into batches: points/s and bytes/s of a core. With the store behind it it is
// measured there (store/ingest_bench.cpp).
#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>

#include "lineprotocol/line_parser.h"
#include "testing/tsbs_lines.h"

namespace gantry::lineprotocol {
namespace {

constexpr std::size_t hosts = 4000;
constexpr std::size_t steps = 8;
constexpr std::size_t piece_bytes = std::size_t{256} << 10;

std::vector<std::string> cpu_only() {
    testing::CpuOnlyData data(hosts);
    std::vector<std::string> lines;
    for (std::size_t step = 0; step < steps; ++step, data.step()) {
        for (std::size_t host = 0; host < hosts; ++host) {
            testing::append_line(lines.emplace_back(), data, host);
        }
    }
    return lines;
}

// No line is followed by the one that followed it before.
std::vector<std::string> cpu_only_shuffled() {
    std::vector<std::string> lines = cpu_only();
    std::ranges::shuffle(lines, std::mt19937_64(1));
    return lines;
}

std::vector<std::string> iot() {
    testing::IotData data(hosts, steps);
    std::vector<std::string> lines;
    std::vector<testing::IotData::Row> rows;
    while (data.next(rows)) {
        for (const testing::IotData::Row& row : rows) {
            testing::append_line(lines.emplace_back(), row);
        }
    }
    return lines;
}

// Of a sensor: coordinates of all digits, a state in words.
std::vector<std::string> long_decimals() {
    SeededRandom random(1);
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < hosts * steps; ++i) {
        std::string& line = lines.emplace_back("position,id=" + std::to_string(i % hosts));
        line += " x=";
        testing::append_number(line, random.fraction() * 100);
        line += ",y=";
        testing::append_number(line, random.fraction() * 100);
        line += R"(,moving=true,state="at the gate" )";
        testing::append_number(line, testing::CpuOnlyData::start + static_cast<Time>(i));
        line += '\n';
    }
    return lines;
}

void parse(benchmark::State& state, std::vector<std::string> (*make)(), bool known) {
    std::string text;
    for (const std::string& line : make()) {
        text += line;
    }
    SystemRandom random;
    std::uint32_t made = 0;
    SeriesCache cache(random, [&made](std::string_view, ValueType) { return SeriesId{made++}; });
    SampleBatch batch;
    std::uint64_t points = 0;
    const auto all = [&] {
        LineParser parser(cache, {});
        for (std::size_t at = 0; at < text.size(); at += piece_bytes) {
            batch.clear();
            parser.parse(as_bytes(std::string_view(text).substr(at, piece_bytes)),
                         at + piece_bytes >= text.size(), batch);
            benchmark::DoNotOptimize(batch.bits_column().data());
        }
        points = parser.points();
        if (parser.refused() != 0) {
            state.SkipWithError(to_text(parser.errors()[0]));
        }
    };
    all();
    for (auto _ : state) {
        if (!known) {
            cache.clear();
        }
        all();
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
    state.counters["points/s"] = benchmark::Counter(static_cast<double>(points),
                                                    benchmark::Counter::kIsIterationInvariantRate);
    state.counters["bytes/point"] = static_cast<double>(text.size()) / static_cast<double>(points);
    state.counters["cache_bytes"] = static_cast<double>(cache.bytes());
}
BENCHMARK_CAPTURE(parse, cpu_only, cpu_only, true)->Name("lineprotocol/cpu_only");
BENCHMARK_CAPTURE(parse, shuffled, cpu_only_shuffled, true)->Name("lineprotocol/cpu_only_shuffled");
BENCHMARK_CAPTURE(parse, fresh, cpu_only, false)->Name("lineprotocol/cpu_only_cache_cleared");
BENCHMARK_CAPTURE(parse, iot, iot, true)->Name("lineprotocol/iot");
BENCHMARK_CAPTURE(parse, decimals, long_decimals, true)->Name("lineprotocol/long_decimals");

}  // namespace
}  // namespace gantry::lineprotocol

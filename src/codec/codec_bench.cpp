// SPDX-License-Identifier: Apache-2.0
// Blocks of many shapes, encoded, decoded and reduced: values/s, and bits a value.
#include "codec/codec.h"

#include <benchmark/benchmark.h>

#include "base/assert.h"
#include "base/random.h"
#include "codec/codec_shapes.h"
#include "codec/detail/kernels.h"

namespace gantry::codec {
namespace {

constexpr std::size_t blocks = 64;
constexpr std::size_t short_block_values = 200;

// Encodes and decodes `blocks` columns a turn.
template <class Value>
struct Bench {
    std::vector<std::vector<Value>> columns;
    std::function<void(std::span<const Value>, Bytes&)> encode;
    std::function<bool(ByteView, std::span<Value>)> decode;
    Reduction (*reduce)(std::span<const std::uint64_t> bits) = nullptr;

    std::size_t values() const { return blocks * columns[0].size(); }

    void run_encode(benchmark::State& state) {
        std::size_t bytes = 0;
        Bytes out;
        for (auto _ : state) {
            bytes = 0;
            for (const auto& column : columns) {
                out.clear();
                encode(column, out);
                bytes += out.size();
            }
        }
        report(state);
        state.counters["bits/value"] =
            static_cast<double>(bytes) * 8 / static_cast<double>(values());
    }
    void run_decode(benchmark::State& state, bool reduced) {
        std::vector<Bytes> encoded(columns.size());
        for (std::size_t i = 0; i < columns.size(); ++i) {
            encode(columns[i], encoded[i]);
        }
        std::vector<Value> out(columns[0].size());
        for (auto _ : state) {
            for (const Bytes& column : encoded) {
                ASSERT(decode(column, out));
                benchmark::DoNotOptimize(out.data());
                if constexpr (std::is_same_v<Value, std::uint64_t>) {
                    if (reduced) {
                        benchmark::DoNotOptimize(reduce(out));
                    }
                }
            }
        }
        report(state);
    }
    void report(benchmark::State& state) const {
        state.counters["values/s"] = benchmark::Counter(
            static_cast<double>(values()), benchmark::Counter::kIsIterationInvariantRate);
    }
};

template <class Value>
void add(const ShapeOf<Value>& shape, std::string_view kind, std::size_t count,
         Bench<Value> bench) {
    SeededRandom random(1);
    for (std::size_t i = 0; i < blocks; ++i) {
        bench.columns.push_back(shape.make(random, count));
    }
    const auto shared = std::make_shared<Bench<Value>>(std::move(bench));
    const auto add_row = [&](std::string_view what, auto run) {
        benchmark::RegisterBenchmark(std::format("codec/{}/{}/{}", kind, shape.name, what), run);
    };
    if (count < values_max) {
        add_row("encode short", [shared](auto& s) { shared->run_encode(s); });
        add_row("decode short", [shared](auto& s) { shared->run_decode(s, false); });
        return;
    }
    add_row("encode", [shared](auto& s) { shared->run_encode(s); });
    add_row("decode", [shared](auto& s) { shared->run_decode(s, false); });
    if (shared->reduce != nullptr) {
        add_row("decode and reduce", [shared](auto& s) { shared->run_decode(s, true); });
    }
}

void unpack(benchmark::State& state, const detail::Kernels& set, unsigned width) {
    std::vector<std::uint64_t> values(values_max);
    Bytes packed(detail::packed_bytes(values_max, width));
    for (auto _ : state) {
        set.unpack(packed, width, 1, values);
        benchmark::DoNotOptimize(values.data());
    }
    state.counters["values/s"] =
        benchmark::Counter(values_max, benchmark::Counter::kIsIterationInvariantRate);
}

void reduce(benchmark::State& state, decltype(detail::Kernels::reduce_floats) kernel,
            const double* shift) {
    SeededRandom random(1);
    const auto values = decimals(2, 10'000)(random, values_max);
    for (auto _ : state) {
        benchmark::DoNotOptimize(kernel(values, shift));
    }
    state.counters["values/s"] =
        benchmark::Counter(values_max, benchmark::Counter::kIsIterationInvariantRate);
}

constexpr double shift = 20;

void add_all(const std::string& prefix, std::size_t count, Tier tier) {
    for (const Shape& shape : float_shapes()) {
        auto scale = std::make_shared<FloatScale>();
        const auto encode = [scale, tier](auto bits, Bytes& out) {
            encode_floats(bits, *scale, out, tier);
        };
        add(shape, prefix + "float64", count,
            Bench<std::uint64_t>{{}, encode, decode_floats, reduce_floats});
    }
    for (const Shape& shape : integer_shapes()) {
        const auto encode = [tier](auto bits, Bytes& out) { encode_integers(bits, out, tier); };
        add(shape, prefix + "int64", count,
            Bench<std::uint64_t>{{}, encode, decode_integers, reduce_integers});
    }
    for (const TimeShape& shape : time_shapes()) {
        const auto encode = [tier](auto times, Bytes& out) { encode_times(times, out, tier); };
        if (shape.name != "any") {
            add(shape, prefix + "time", count, Bench<Time>{{}, encode, decode_times});
        }
    }
}

const bool registered = [] {
    for (const std::size_t count : {values_max, short_block_values}) {
        add_all("", count, Tier::Hot);
        add_all("cold ", count, Tier::Cold);
    }
    for (const detail::Kernels& set : detail::all_kernels()) {
        if (!set.available()) {
            continue;
        }
        for (const double* with : {&shift, static_cast<const double*>(nullptr)}) {
            const auto name = [&](std::string_view what) {
                return std::format("codec/reduce {}/{}/{}", what, set.name,
                                   with == nullptr ? "sum" : "sum and squares");
            };
            benchmark::RegisterBenchmark(name("floats"), reduce, set.reduce_floats, with);
            benchmark::RegisterBenchmark(name("integers"), reduce, set.reduce_integers, with);
        }
        for (const unsigned width : {3U, 11U, 23U, 40U}) {
            benchmark::RegisterBenchmark(std::format("codec/unpack/{}/{}", set.name, width),
                                         [&set, width](auto& state) { unpack(state, set, width); });
        }
    }
    return true;
}();

}  // namespace
}  // namespace gantry::codec

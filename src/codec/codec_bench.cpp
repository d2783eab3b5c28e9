// SPDX-License-Identifier: Apache-2.0
// Full blocks of many shapes, encoded and decoded: values/s, and bits a value.
#include "codec/codec.h"

#include <benchmark/benchmark.h>

#include "base/assert.h"
#include "base/random.h"
#include "codec/codec_shapes.h"
#include "codec/detail/kernels.h"

namespace gantry::codec {
namespace {

constexpr std::size_t blocks = 64;

// Encodes and decodes `blocks` columns a turn.
template <class Value>
struct Bench {
    std::vector<std::vector<Value>> columns;
    std::function<void(std::span<const Value>, Bytes&)> encode;
    std::function<bool(ByteView, std::span<Value>)> decode;

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
        state.counters["bits/value"] = static_cast<double>(bytes) * 8 / (blocks * values_max);
    }
    void run_decode(benchmark::State& state) {
        std::vector<Bytes> encoded(columns.size());
        for (std::size_t i = 0; i < columns.size(); ++i) {
            encode(columns[i], encoded[i]);
        }
        std::vector<Value> out(values_max);
        for (auto _ : state) {
            for (const Bytes& column : encoded) {
                ASSERT(decode(column, out));
                benchmark::DoNotOptimize(out.data());
            }
        }
        report(state);
    }
    static void report(benchmark::State& state) {
        state.counters["values/s"] =
            benchmark::Counter(blocks * values_max, benchmark::Counter::kIsIterationInvariantRate);
    }
};

template <class Value>
void add(const ShapeOf<Value>& shape, std::string_view kind, Bench<Value> bench) {
    SeededRandom random(1);
    for (std::size_t i = 0; i < blocks; ++i) {
        bench.columns.push_back(shape.make(random, values_max));
    }
    const auto shared = std::make_shared<Bench<Value>>(std::move(bench));
    const auto name = [&](std::string_view what) {
        return std::format("codec/{}/{}/{}", kind, shape.name, what);
    };
    benchmark::RegisterBenchmark(name("encode"), [shared](auto& s) { shared->run_encode(s); });
    benchmark::RegisterBenchmark(name("decode"), [shared](auto& s) { shared->run_decode(s); });
}

void unpack(benchmark::State& state, const detail::Kernels& set, unsigned width) {
    std::vector<std::uint64_t> values(values_max);
    Bytes packed;
    detail::pack(values, 0, width, packed);
    for (auto _ : state) {
        set.unpack(packed, width, 1, values);
        benchmark::DoNotOptimize(values.data());
    }
    state.counters["values/s"] =
        benchmark::Counter(values_max, benchmark::Counter::kIsIterationInvariantRate);
}

const bool registered = [] {
    for (const Shape& shape : float_shapes()) {
        auto scale = std::make_shared<FloatScale>();
        add(shape, "float64",
            Bench<std::uint64_t>{
                {},
                [scale](auto bits, Bytes& out) { encode_floats(bits, *scale, out); },
                decode_floats});
    }
    for (const Shape& shape : integer_shapes()) {
        add(shape, "int64", Bench<std::uint64_t>{{}, encode_integers, decode_integers});
    }
    for (const TimeShape& shape : time_shapes()) {
        if (shape.name != "any") {
            add(shape, "time", Bench<Time>{{}, encode_times, decode_times});
        }
    }
    for (const detail::Kernels& set : detail::all_kernels()) {
        for (const unsigned width : {3U, 11U, 23U, 40U}) {
            if (set.available()) {
                benchmark::RegisterBenchmark(
                    std::format("codec/unpack/{}/{}", set.name, width),
                    [&set, width](auto& state) { unpack(state, set, width); });
            }
        }
    }
    return true;
}();

}  // namespace
}  // namespace gantry::codec

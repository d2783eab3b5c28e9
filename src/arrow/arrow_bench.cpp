// SPDX-License-Identifier: Apache-2.0
// Arrow streams into batches, points/s of a core: tables with a row a sample and with a column a
// point.
#include <benchmark/benchmark.h>

#include "arrow/testing.h"
#include "base/random.h"

namespace gantry::arrow {
namespace {

constexpr std::size_t points = 1000;
constexpr std::size_t rows = 1'000'000;
constexpr Time start = 1'700'000'000'000'000'000;
constexpr Time step = 1'000'000'000;

std::vector<double> walk(SeededRandom& random, std::size_t count) {
    std::vector<double> out;
    double at = 20;
    for (std::size_t i = 0; i < count; ++i) {
        at += random.fraction() - 0.5;
        out.push_back(at);
    }
    return out;
}

std::string point_name(std::size_t i) { return std::format("plant/line{}/pump{}.f", i / 40, i); }

struct LongColumns {
    std::vector<std::string> names;
    std::vector<std::int32_t> indices;
    std::vector<Time> times;
    std::vector<double> values;
};

LongColumns long_columns() {
    SeededRandom random(1);
    LongColumns out;
    for (std::size_t i = 0; i < points; ++i) {
        out.names.push_back(point_name(i));
    }
    for (std::size_t i = 0; i < rows; ++i) {
        out.indices.push_back(static_cast<std::int32_t>(i % points));
        out.times.push_back(start + static_cast<Time>(i / points) * step);
    }
    out.values = walk(random, rows);
    return out;
}

std::string long_with_dictionary() {
    const LongColumns columns = long_columns();
    testing::StreamMaker maker;
    maker.dictionary("point", columns.names, columns.indices)
        .column("time", time_type, columns.times)
        .column("value", float64_type, columns.values);
    return maker.stream();
}

// As it comes without categories: the name in every row.
std::string long_with_texts() {
    const LongColumns columns = long_columns();
    std::vector<std::string> names;
    for (const std::int32_t index : columns.indices) {
        names.push_back(columns.names[static_cast<std::size_t>(index)]);
    }
    testing::StreamMaker maker;
    maker.texts("point", names)
        .column("time", time_type, columns.times)
        .column("value", float64_type, columns.values);
    return maker.stream();
}

std::string wide(bool with_nulls) {
    SeededRandom random(1);
    std::vector<Time> times;
    for (std::size_t i = 0; i < rows / points; ++i) {
        times.push_back(start + static_cast<Time>(i) * step);
    }
    testing::StreamMaker maker;
    maker.column("time", time_type, times);
    for (std::size_t i = 0; i < points; ++i) {
        std::vector<bool> valid;
        for (std::size_t row = 0; with_nulls && row < times.size(); ++row) {
            valid.push_back(random.below(10) != 0);
        }
        maker.column(point_name(i), float64_type, walk(random, times.size()), valid);
    }
    return maker.stream();
}

std::string wide_complete() { return wide(false); }
std::string wide_with_nulls() { return wide(true); }

void read(benchmark::State& state, std::string (*make)()) {
    const std::string stream = make();
    testing::PointTable table;
    std::size_t samples = 0;
    for (auto _ : state) {
        SampleStream in(as_bytes(stream), table.resolver());
        Part part;
        samples = 0;
        while (*in.next(part)) {
            samples += part.batch.size();
            benchmark::DoNotOptimize(part.batch.bits_column().data());
        }
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(stream.size()) * state.iterations());
    state.counters["points/s"] = benchmark::Counter(static_cast<double>(samples),
                                                    benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK_CAPTURE(read, dictionary, long_with_dictionary)->Name("arrow/long_dictionary");
BENCHMARK_CAPTURE(read, texts, long_with_texts)->Name("arrow/long_texts");
BENCHMARK_CAPTURE(read, wide, wide_complete)->Name("arrow/wide");
BENCHMARK_CAPTURE(read, nulls, wide_with_nulls)->Name("arrow/wide_a_tenth_null");

void write(benchmark::State& state) {
    const LongColumns columns = long_columns();
    const Schema schema{{{"point", text_type, DictionaryUse{}},
                         {"time", time_type, std::nullopt},
                         {"value", float64_type, std::nullopt}}};
    std::string out;
    for (auto _ : state) {
        out.clear();
        write_schema(out, schema);
        write_dictionary(out, 0, columns.names);
        const std::vector<ColumnData> data = {
            {.validity = {}, .nulls = 0, .values = std::as_bytes(std::span(columns.indices))},
            {.validity = {}, .nulls = 0, .values = std::as_bytes(std::span(columns.times))},
            {.validity = {}, .nulls = 0, .values = std::as_bytes(std::span(columns.values))}};
        write_record_batch(out, schema, rows, data);
        write_end(out);
        benchmark::DoNotOptimize(out.data());
    }
    state.counters["points/s"] = benchmark::Counter(static_cast<double>(rows),
                                                    benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(write)->Name("arrow/write_long");

}  // namespace
}  // namespace gantry::arrow

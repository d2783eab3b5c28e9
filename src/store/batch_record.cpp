// SPDX-License-Identifier: Apache-2.0
#include "store/batch_record.h"

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "store/batch_format.h"

namespace gantry::store {
namespace {

struct Run {
    std::uint64_t start = 0;
    std::uint64_t step = 0;
    std::size_t rows = 0;
};

// The column as stretches of a steady step; false if there are more than a quarter of the rows.
template <class Get>
bool put_runs(std::size_t count, Get get, Bytes& out) {
    const std::size_t most = count / 4 + 1;
    std::vector<Run> runs;
    for (std::size_t i = 0; i < count;) {
        Run run{get(i), 0, 1};
        if (i + 1 < count) {
            run.step = get(i + 1) - run.start;
            std::uint64_t next = run.start + run.step;
            while (i + run.rows < count && get(i + run.rows) == next) {
                next += run.step;
                ++run.rows;
            }
        }
        if (runs.size() == most) {
            return false;
        }
        i += run.rows;
        runs.push_back(run);
    }
    ByteWriter writer(out);
    writer.put(Form::Runs);
    writer.put_varint(runs.size());
    std::uint64_t before = 0;
    for (const Run& run : runs) {
        writer.put_varint(run.rows);
        writer.put_signed_varint(static_cast<std::int64_t>(run.start - before));
        writer.put_signed_varint(static_cast<std::int64_t>(run.step));
        before = run.start;
    }
    return true;
}

void put_series(const SampleBatch& batch, Bytes& out) {
    const auto& series = batch.series_column();
    if (!put_runs(series.size(), [&](std::size_t i) { return series[i].value; }, out)) {
        ByteWriter(out).put(Form::Raw);
        ByteWriter(out).put_bytes(std::as_bytes(std::span(series)));
    }
}

template <class Narrow>
void put_offsets(std::span<const std::uint64_t> values, std::uint64_t base, Bytes& out) {
    const std::size_t begin = out.size();
    out.resize(begin + values.size() * sizeof(Narrow));
    std::byte* to = out.data() + begin;
    for (const std::uint64_t value : values) {
        const auto narrow = static_cast<Narrow>(value - base);
        std::memcpy(to, &narrow, sizeof(narrow));
        to += sizeof(narrow);
    }
}

// At most group_rows of them.
void put_group(std::span<const std::uint64_t> values, Bytes& out) {
    auto least = static_cast<std::int64_t>(values[0]);
    std::int64_t most = least;
    std::uint64_t low = 0;
    for (const std::uint64_t value : values) {
        const auto number = static_cast<std::int64_t>(value);
        least = std::min(least, number);
        most = std::max(most, number);
        low |= value & UINT32_MAX;
    }
    const auto base = static_cast<std::uint64_t>(least);
    const std::uint64_t spread = static_cast<std::uint64_t>(most) - base;
    const Width width = spread == 0            ? Width::None
                        : spread <= UINT8_MAX  ? Width::One
                        : spread <= UINT16_MAX ? Width::Two
                        : spread <= UINT32_MAX ? Width::Four
                        : low == 0             ? Width::High
                                               : Width::Eight;
    ByteWriter writer(out);
    writer.put(width);
    if (width == Width::Eight) {
        writer.put_all(values);
        return;
    }
    if (width == Width::High) {
        std::array<std::uint64_t, group_rows> high;
        std::ranges::transform(values, high.begin(), [](std::uint64_t v) { return v >> 32; });
        put_offsets<std::uint32_t>(std::span(high).first(values.size()), 0, out);
        return;
    }
    writer.put_signed_varint(least);
    switch (width) {
        case Width::One: put_offsets<std::uint8_t>(values, base, out); break;
        case Width::Two: put_offsets<std::uint16_t>(values, base, out); break;
        case Width::Four: put_offsets<std::uint32_t>(values, base, out); break;
        default: break;
    }
}

void put_groups(std::span<const std::uint64_t> values, Bytes& out) {
    for (std::size_t at = 0; at < values.size(); at += group_rows) {
        put_group(values.subspan(at, std::min(group_rows, values.size() - at)), out);
    }
}

std::span<const std::uint64_t> words(const std::vector<Time>& times) {
    return {reinterpret_cast<const std::uint64_t*>(times.data()), times.size()};
}

void put_times(const SampleBatch& batch, Bytes& out) {
    const auto times = words(batch.time_column());
    if (!put_runs(times.size(), [&](std::size_t i) { return times[i]; }, out)) {
        ByteWriter(out).put(Form::Groups);
        put_groups(times, out);
    }
}

// Stretches of one value.
template <class T>
void put_stretches(std::span<const T> values, Bytes& out) {
    ByteWriter writer(out);
    for (std::size_t i = 0; i < values.size();) {
        std::size_t end = i + 1;
        while (end < values.size() && values[end] == values[i]) {
            ++end;
        }
        writer.put_varint(end - i);
        writer.put_bytes(std::as_bytes(values.subspan(i, 1)));
        i = end;
    }
}

}  // namespace

void encode_batch(const SampleBatch& batch, Bytes& out) {
    ASSERT(batch.size() <= batch_rows_max);
    out.clear();
    ByteWriter writer(out);
    writer.put_varint(batch.size());
    writer.put_varint(batch.texts().size());
    put_series(batch, out);
    put_times(batch, out);
    put_stretches(std::span(batch.type_column()), out);
    put_stretches(std::span(batch.quality_column()), out);
    put_groups(batch.bits_column(), out);
    writer.put_bytes(as_bytes(batch.texts()));
}

void encode_erase(const Erase& erase, Bytes& out) {
    out.clear();
    ByteWriter writer(out);
    writer.put(erase.series.value);
    writer.put(erase.range.from);
    writer.put(erase.range.to);
}

bool decode_erase(ByteView payload, Erase& out) {
    ByteReader in(payload);
    return in.get(out.series.value) && in.get(out.range.from) && in.get(out.range.to) && in.empty();
}

}  // namespace gantry::store

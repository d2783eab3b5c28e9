// SPDX-License-Identifier: Apache-2.0
#include "store/batch_record.h"

#include <algorithm>
#include <array>

#include "base/assert.h"

namespace gantry::store {
namespace {

constexpr std::size_t rows_max = 1024 * 1024;  // far more than a batch may hold
constexpr std::size_t group_rows = 1024;

enum class Form : std::uint8_t { Raw = 0, Runs = 1, Offsets = 2 };

// How a group of values stands: each less the base, in so many bytes; or its high half.
enum class Width : std::uint8_t { None = 0, One = 1, Two = 2, Four = 4, Eight = 8, High = 0x84 };

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

template <class Put>
bool take_runs(ByteReader& in, std::size_t count, Put put) {
    std::uint64_t runs = 0;
    std::size_t at = 0;
    std::uint64_t start = 0;
    if (!in.get_varint(runs)) {
        return false;
    }
    for (; runs > 0; --runs) {
        std::uint64_t rows = 0;
        std::int64_t change = 0;
        std::int64_t step = 0;
        if (!in.get_varint(rows) || !in.get_signed_varint(change) || !in.get_signed_varint(step) ||
            rows > count - at) {
            return false;
        }
        start += static_cast<std::uint64_t>(change);
        std::uint64_t value = start;
        for (std::uint64_t i = 0; i < rows; ++i) {
            put(at++, value);
            value += static_cast<std::uint64_t>(step);
        }
    }
    return at == count;
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

template <class Narrow>
bool take_offsets(ByteReader& in, std::uint64_t base, std::span<std::uint64_t> values) {
    ByteView raw;
    if (!in.get_bytes(values.size() * sizeof(Narrow), raw)) {
        return false;
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
        Narrow narrow = 0;
        std::memcpy(&narrow, raw.data() + i * sizeof(narrow), sizeof(narrow));
        values[i] = base + narrow;
    }
    return true;
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

bool take_group(ByteReader& in, std::span<std::uint64_t> values) {
    Width width{};
    std::int64_t least = 0;
    if (!in.get(width) ||
        (width != Width::Eight && width != Width::High && !in.get_signed_varint(least))) {
        return false;
    }
    const auto base = static_cast<std::uint64_t>(least);
    switch (width) {
        case Width::None: std::ranges::fill(values, base); return true;
        case Width::One: return take_offsets<std::uint8_t>(in, base, values);
        case Width::Two: return take_offsets<std::uint16_t>(in, base, values);
        case Width::Four: return take_offsets<std::uint32_t>(in, base, values);
        case Width::Eight: return take_offsets<std::uint64_t>(in, 0, values);
        case Width::High: {
            const bool got = take_offsets<std::uint32_t>(in, 0, values);
            std::ranges::for_each(values, [](std::uint64_t& value) { value <<= 32; });
            return got;
        }
    }
    return false;
}

void put_groups(std::span<const std::uint64_t> values, Bytes& out) {
    for (std::size_t at = 0; at < values.size(); at += group_rows) {
        put_group(values.subspan(at, std::min(group_rows, values.size() - at)), out);
    }
}

bool take_groups(ByteReader& in, std::span<std::uint64_t> values) {
    for (std::size_t at = 0; at < values.size(); at += group_rows) {
        if (!take_group(in, values.subspan(at, std::min(group_rows, values.size() - at)))) {
            return false;
        }
    }
    return true;
}

std::span<const std::uint64_t> words(const std::vector<Time>& times) {
    return {reinterpret_cast<const std::uint64_t*>(times.data()), times.size()};
}

void put_times(const SampleBatch& batch, Bytes& out) {
    const auto times = words(batch.time_column());
    if (!put_runs(times.size(), [&](std::size_t i) { return times[i]; }, out)) {
        ByteWriter(out).put(Form::Offsets);
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

template <class T>
bool take_stretches(ByteReader& in, std::size_t count, std::vector<T>& out) {
    out.clear();
    out.reserve(count);
    while (out.size() < count) {
        std::uint64_t length = 0;
        T value{};
        ByteView raw;
        if (!in.get_varint(length) || length == 0 || length > count - out.size() ||
            !in.get_bytes(sizeof(value), raw)) {
            return false;
        }
        std::memcpy(&value, raw.data(), sizeof(value));
        out.resize(out.size() + length, value);
    }
    return true;
}

struct Parts {
    std::vector<SeriesId> series;
    std::vector<Time> times;
    std::vector<std::uint64_t> bits;
    std::vector<Quality> qualities;
    std::vector<ValueType> types;
    std::string_view texts;
};

bool take_series(ByteReader& in, std::size_t rows, std::vector<SeriesId>& out) {
    Form form{};
    ByteView raw;
    out.resize(rows);
    if (!in.get(form)) {
        return false;
    }
    if (form == Form::Runs) {
        return take_runs(in, rows, [&](std::size_t i, std::uint64_t value) {
            out[i].value = static_cast<std::uint32_t>(value);
        });
    }
    if (form != Form::Raw || !in.get_bytes(rows * sizeof(SeriesId), raw)) {
        return false;
    }
    if (rows > 0) {
        std::memcpy(out.data(), raw.data(), raw.size());
    }
    return true;
}

bool take_times(ByteReader& in, std::size_t rows, std::vector<Time>& out) {
    Form form{};
    out.resize(rows);
    const std::span times(reinterpret_cast<std::uint64_t*>(out.data()), rows);
    return in.get(form) &&
           (form == Form::Runs
                ? take_runs(in, rows, [&](std::size_t i, std::uint64_t value) { times[i] = value; })
                : form == Form::Offsets && take_groups(in, times));
}

bool take_parts(ByteReader& in, Parts& out) {
    std::uint64_t rows = 0;
    std::uint64_t text_bytes = 0;
    ByteView raw;
    if (!in.get_varint(rows) || rows > rows_max || !in.get_varint(text_bytes)) {
        return false;
    }
    out.bits.resize(rows);
    if (!take_series(in, rows, out.series) || !take_times(in, rows, out.times) ||
        !take_stretches(in, rows, out.types) || !take_stretches(in, rows, out.qualities) ||
        !take_groups(in, out.bits) || !in.get_bytes(text_bytes, raw) || !in.empty()) {
        return false;
    }
    out.texts = as_text(raw);
    return true;
}

bool take_plain_parts(ByteReader& in, Parts& out) {
    std::uint32_t rows = 0;
    std::uint32_t text_bytes = 0;
    std::vector<std::uint32_t> series;
    std::vector<std::uint32_t> qualities;
    ByteView raw;
    if (!in.get(rows) || !in.get(text_bytes) || !in.get_all(series, rows) ||
        !in.get_all(out.times, rows) || !in.get_all(out.bits, rows) ||
        !in.get_all(qualities, rows) || !in.get_all(out.types, rows) ||
        !in.get_bytes(text_bytes, raw) || !in.empty()) {
        return false;
    }
    for (std::uint32_t i = 0; i < rows; ++i) {
        out.series.push_back(SeriesId{series[i]});
        out.qualities.push_back(Quality{qualities[i]});
    }
    out.texts = as_text(raw);
    return true;
}

bool are_rows(const Parts& parts) {
    for (std::size_t i = 0; i < parts.types.size(); ++i) {
        if (parts.types[i] > ValueType::String) {
            return false;
        }
        const std::uint64_t offset = parts.bits[i] >> 32;
        const std::uint64_t length = parts.bits[i] & UINT32_MAX;
        if (parts.types[i] == ValueType::String && offset + length > parts.texts.size()) {
            return false;
        }
    }
    return true;
}

}  // namespace

void encode_batch(const SampleBatch& batch, Bytes& out) {
    ASSERT(batch.size() <= rows_max);
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

bool decode_batch(std::uint32_t type, ByteView payload, SampleBatch& out) {
    out.clear();
    ByteReader in(payload);
    Parts parts;
    const bool taken = type == batch_record         ? take_parts(in, parts)
                       : type == plain_batch_record ? take_plain_parts(in, parts)
                                                    : false;
    if (!taken || !are_rows(parts)) {
        return false;
    }
    out = SampleBatch(std::move(parts.series), std::move(parts.times), std::move(parts.types),
                      std::move(parts.bits), std::move(parts.qualities), std::string(parts.texts));
    return true;
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

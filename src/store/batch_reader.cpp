// SPDX-License-Identifier: Apache-2.0
#include "store/batch_reader.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <ranges>

namespace gantry::store {
namespace {

// ---- one group

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

std::size_t width_bytes(Width width) {
    switch (width) {
        case Width::None: return 0;
        case Width::One: return 1;
        case Width::Two: return 2;
        case Width::Four:
        case Width::High: return 4;
        case Width::Eight: return 8;
    }
    return SIZE_MAX;
}

// ---- where the next column begins

bool skip_groups(ByteReader& in, std::size_t rows) {
    for (std::size_t at = 0; at < rows; at += group_rows) {
        Width width{};
        std::int64_t least = 0;
        ByteView values;
        if (!in.get(width) || width_bytes(width) == SIZE_MAX ||
            (width != Width::Eight && width != Width::High && !in.get_signed_varint(least)) ||
            !in.get_bytes(std::min(group_rows, rows - at) * width_bytes(width), values)) {
            return false;
        }
    }
    return true;
}

// Calls `visit` with the first value of each run, its step and its rows.
template <class Visit>
bool walk_runs(ByteReader& in, std::size_t rows, Visit visit) {
    std::uint64_t runs = 0;
    std::uint64_t start = 0;
    std::size_t left = rows;
    if (!in.get_varint(runs)) {
        return false;
    }
    for (; runs > 0; --runs) {
        std::uint64_t length = 0;
        std::int64_t change = 0;
        std::int64_t step = 0;
        if (!in.get_varint(length) || !in.get_signed_varint(change) ||
            !in.get_signed_varint(step) || length > left) {
            return false;
        }
        start += static_cast<std::uint64_t>(change);
        visit(start, static_cast<std::uint64_t>(step), length);
        left -= length;
    }
    return left == 0;
}

template <class T, class Allowed>
bool skip_stretches(ByteReader& in, std::size_t rows, Allowed allowed) {
    while (rows > 0) {
        std::uint64_t length = 0;
        T value{};
        ByteView raw;
        if (!in.get_varint(length) || length == 0 || length > rows ||
            !in.get_bytes(sizeof(value), raw)) {
            return false;
        }
        std::memcpy(&value, raw.data(), sizeof(value));
        if (!allowed(value)) {
            return false;
        }
        rows -= length;
    }
    return true;
}

bool is_type(ValueType type) { return type <= ValueType::String; }

std::uint32_t largest_id(ByteView raw) {
    std::uint32_t out = 0;
    for (std::size_t at = 0; at < raw.size(); at += sizeof(std::uint32_t)) {
        std::uint32_t id = 0;
        std::memcpy(&id, raw.data() + at, sizeof(id));
        out = std::max(out, id);
    }
    return out;
}

// The largest of a run of ids, which may go down or around.
std::uint32_t largest_id(std::uint64_t start, std::uint64_t step, std::uint64_t rows) {
    if (start <= UINT32_MAX && step <= UINT32_MAX && start + step * (rows - 1) <= UINT32_MAX) {
        return static_cast<std::uint32_t>(start + step * (rows - 1));
    }
    std::uint32_t out = 0;
    for (std::uint64_t i = 0; i < rows; ++i) {
        out = std::max(out, static_cast<std::uint32_t>(start + i * step));
    }
    return out;
}

// Whether types are types, and strings lie in the texts.
bool are_rows(const RowColumns& rows) {
    ValueType most = ValueType::Null;
    for (const ValueType type : rows.type) {
        most = std::max(most, type);
    }
    if (most < ValueType::String) {
        return true;
    }
    return is_type(most) &&
           std::ranges::all_of(std::views::iota(std::size_t{0}, rows.size()),
                               [&rows](std::size_t i) {
                                   const std::uint64_t bits = rows.bits[i];
                                   return rows.type[i] != ValueType::String ||
                                          (bits >> 32) + (bits & UINT32_MAX) <= rows.texts.size();
                               });
}

template <class T>
T from_word(std::uint64_t word) {
    if constexpr (std::is_same_v<T, SeriesId>) {
        return SeriesId{static_cast<std::uint32_t>(word)};
    } else if constexpr (std::is_same_v<T, Quality>) {
        return Quality{static_cast<std::uint32_t>(word)};
    } else {
        return static_cast<T>(word);
    }
}

}  // namespace

bool ColumnReader::next_run() {
    std::int64_t change = 0;
    std::int64_t step = 0;
    if (!in_.get_varint(left_) || !in_.get_signed_varint(change) || !in_.get_signed_varint(step)) {
        return false;
    }
    start_ += static_cast<std::uint64_t>(change);
    value_ = start_;
    step_ = static_cast<std::uint64_t>(step);
    return true;
}

template <class T>
bool ColumnReader::next_stretch() {
    ByteView raw;
    if (!in_.get_varint(left_) || !in_.get_bytes(sizeof(T), raw)) {
        return false;
    }
    value_ = 0;
    std::memcpy(&value_, raw.data(), sizeof(T));
    return true;
}

template <class T>
bool ColumnReader::fill_runs(std::span<T> out) {
    for (std::size_t at = 0; at < out.size();) {
        if (left_ == 0 && !next_run()) {
            return false;
        }
        const std::size_t rows = std::min<std::uint64_t>(left_, out.size() - at);
        for (std::size_t i = 0; i < rows; ++i) {
            out[at + i] = from_word<T>(value_ + i * step_);
        }
        value_ += rows * step_;
        left_ -= rows;
        at += rows;
    }
    return true;
}

template <class T>
bool ColumnReader::fill_stretches(std::span<T> out) {
    for (std::size_t at = 0; at < out.size();) {
        if (left_ == 0 && !next_stretch<T>()) {
            return false;
        }
        const std::size_t rows = std::min<std::uint64_t>(left_, out.size() - at);
        std::ranges::fill(out.subspan(at, rows), from_word<T>(value_));
        left_ -= rows;
        at += rows;
    }
    return true;
}

template <class T>
bool ColumnReader::fill(std::span<T> out) {
    switch (kind_) {
        case Kind::Runs: return fill_runs(out);
        case Kind::Stretches: return fill_stretches(out);
        case Kind::Groups:
            if constexpr (sizeof(T) == sizeof(std::uint64_t)) {
                return take_group(in_, {reinterpret_cast<std::uint64_t*>(out.data()), out.size()});
            }
            return false;
        case Kind::Raw: break;
    }
    ByteView raw;
    if (!in_.get_bytes(out.size_bytes(), raw)) {
        return false;
    }
    std::memcpy(out.data(), raw.data(), raw.size());
    return true;
}

template <class T>
bool ColumnReader::skip(std::size_t rows) {
    ByteView raw;
    switch (kind_) {
        case Kind::Raw: return in_.get_bytes(rows * sizeof(T), raw);
        case Kind::Groups: return skip_groups(in_, rows);
        case Kind::Runs:
        case Kind::Stretches: break;
    }
    while (rows > 0) {
        if (left_ == 0 && !(kind_ == Kind::Runs ? next_run() : next_stretch<T>())) {
            return false;
        }
        const std::size_t part = std::min<std::uint64_t>(left_, rows);
        value_ += kind_ == Kind::Runs ? part * step_ : 0;
        left_ -= part;
        rows -= part;
    }
    return true;
}

bool BatchReader::open(std::uint32_t type, ByteView payload) {
    *this = {};
    ByteReader in(payload);
    const bool opened = type == batch_record         ? open_packed(in)
                        : type == plain_batch_record ? open_plain(in)
                                                     : false;
    left_ = rows_;
    return opened && in.empty();
}

bool BatchReader::open_series(ByteReader& in) {
    Form form{};
    if (!in.get(form)) {
        return false;
    }
    if (form == Form::Runs) {
        return open_runs(in, series_, [this](auto start, auto step, auto rows) {
            series_max_ = std::max(series_max_, rows == 0 ? 0 : largest_id(start, step, rows));
        });
    }
    return form == Form::Raw && open_raw(in, sizeof(SeriesId), series_, &series_max_);
}

bool BatchReader::open_times(ByteReader& in) {
    Form form{};
    if (!in.get(form)) {
        return false;
    }
    if (form == Form::Runs) {
        return open_runs(in, time_, [](auto, auto, auto) {});
    }
    time_ = {ColumnReader::Kind::Groups, in};
    return form == Form::Groups && skip_groups(in, rows_);
}

template <class Visit>
bool BatchReader::open_runs(ByteReader& in, ColumnReader& out, Visit visit) {
    ByteReader first = in;
    std::uint64_t runs = 0;
    if (!first.get_varint(runs)) {
        return false;
    }
    out = {ColumnReader::Kind::Runs, first};
    return walk_runs(in, rows_, visit);
}

bool BatchReader::open_raw(ByteReader& in, std::size_t width, ColumnReader& out,
                           std::uint32_t* largest) {
    ByteView raw;
    out = {ColumnReader::Kind::Raw, in};
    if (!in.get_bytes(rows_ * width, raw)) {
        return false;
    }
    if (largest != nullptr) {
        *largest = largest_id(raw);
    }
    return true;
}

bool BatchReader::open_packed(ByteReader& in) {
    using Kind = ColumnReader::Kind;
    std::uint64_t text_bytes = 0;
    ByteView texts;
    if (!in.get_varint(rows_) || rows_ > batch_rows_max || !in.get_varint(text_bytes) ||
        !open_series(in) || !open_times(in)) {
        return false;
    }
    type_ = {Kind::Stretches, in};
    if (!skip_stretches<ValueType>(in, rows_, is_type)) {
        return false;
    }
    quality_ = {Kind::Stretches, in};
    if (!skip_stretches<Quality>(in, rows_, [](Quality) { return true; })) {
        return false;
    }
    bits_ = {Kind::Groups, in};
    if (!skip_groups(in, rows_) || !in.get_bytes(text_bytes, texts)) {
        return false;
    }
    texts_ = as_text(texts);
    return true;
}

bool BatchReader::open_plain(ByteReader& in) {
    std::uint32_t rows = 0;
    std::uint32_t text_bytes = 0;
    ByteView texts;
    if (!in.get(rows) || !in.get(text_bytes)) {
        return false;
    }
    rows_ = rows;
    if (!open_raw(in, sizeof(SeriesId), series_, &series_max_) ||
        !open_raw(in, sizeof(Time), time_) || !open_raw(in, sizeof(std::uint64_t), bits_) ||
        !open_raw(in, sizeof(Quality), quality_) || !open_raw(in, sizeof(ValueType), type_) ||
        !in.get_bytes(text_bytes, texts)) {
        return false;
    }
    texts_ = as_text(texts);
    return true;
}

bool BatchReader::next(Room& room, RowColumns& out) {
    const std::size_t rows = std::min<std::size_t>(left_, group_rows);
    left_ -= rows;
    const std::span series = std::span(room.series).first(rows);
    const std::span time = std::span(room.time).first(rows);
    const std::span type = std::span(room.type).first(rows);
    const std::span bits = std::span(room.bits).first(rows);
    const std::span quality = std::span(room.quality).first(rows);
    out = {series, time, type, bits, quality, texts_};
    return rows == 0 || (series_.fill(series) && time_.fill(time) && type_.fill(type) &&
                         quality_.fill(quality) && bits_.fill(bits) && are_rows(out));
}

bool BatchReader::skip(Room& room, std::span<const SeriesId>& series) {
    const std::size_t rows = std::min<std::size_t>(left_, group_rows);
    left_ -= rows;
    const std::span ids = std::span(room.series).first(rows);
    series = ids;
    return rows == 0 ||
           (series_.fill(ids) && time_.skip<Time>(rows) && type_.skip<ValueType>(rows) &&
            quality_.skip<Quality>(rows) && bits_.skip<std::uint64_t>(rows));
}

bool decode_batch(std::uint32_t type, ByteView payload, SampleBatch& out) {
    out.clear();
    BatchReader reader;
    if (!reader.open(type, payload)) {
        return false;
    }
    std::vector<SeriesId> series;
    std::vector<Time> time;
    std::vector<ValueType> types;
    std::vector<std::uint64_t> bits;
    std::vector<Quality> quality;
    series.reserve(reader.rows());
    time.reserve(reader.rows());
    types.reserve(reader.rows());
    bits.reserve(reader.rows());
    quality.reserve(reader.rows());
    const auto room = std::make_unique<BatchReader::Room>();
    RowColumns rows;
    do {
        if (!reader.next(*room, rows)) {
            return false;
        }
        series.insert(series.end(), rows.series.begin(), rows.series.end());
        time.insert(time.end(), rows.time.begin(), rows.time.end());
        types.insert(types.end(), rows.type.begin(), rows.type.end());
        bits.insert(bits.end(), rows.bits.begin(), rows.bits.end());
        quality.insert(quality.end(), rows.quality.begin(), rows.quality.end());
    } while (!rows.empty());
    out = SampleBatch(std::move(series), std::move(time), std::move(types), std::move(bits),
                      std::move(quality), std::string(reader.texts()));
    return true;
}

}  // namespace gantry::store

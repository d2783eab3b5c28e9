// SPDX-License-Identifier: Apache-2.0
#include "model/sample_batch.h"

#include "base/assert.h"

namespace gantry {

Value value_of(ValueType type, std::uint64_t bits, std::string_view text) {
    switch (type) {
        case ValueType::Null: return {};
        case ValueType::Bool: return bits != 0;
        case ValueType::Int64: return static_cast<std::int64_t>(bits);
        case ValueType::Float64: return std::bit_cast<double>(bits);
        case ValueType::String: return std::string(text);
    }
    return {};
}

Value Row::value() const { return value_of(type, bits, text); }

void SampleBatch::clear() {
    series_.clear();
    time_.clear();
    type_.clear();
    bits_.clear();
    quality_.clear();
    texts_.clear();
}

void SampleBatch::reserve(std::size_t rows) {
    series_.reserve(rows);
    time_.reserve(rows);
    type_.reserve(rows);
    bits_.reserve(rows);
    quality_.reserve(rows);
}

void SampleBatch::add(SeriesId series, Time time, Quality quality, const Value& value) {
    switch (type_of(value)) {
        case ValueType::Null: add_null(series, time, quality); break;
        case ValueType::Bool: add_bool(series, time, quality, std::get<bool>(value)); break;
        case ValueType::Int64: add_int(series, time, quality, std::get<std::int64_t>(value)); break;
        case ValueType::Float64: add_float(series, time, quality, std::get<double>(value)); break;
        case ValueType::String:
            add_text(series, time, quality, std::get<std::string>(value));
            break;
    }
}

void SampleBatch::add_row(const Row& row) {
    if (row.type == ValueType::String) {
        add_text(row.series, row.time, row.quality, row.text);
    } else {
        add_bits(row.series, row.time, row.quality, row.type, row.bits);
    }
}

void SampleBatch::add_text(SeriesId series, Time time, Quality quality, std::string_view value) {
    ASSERT(value.size() <= UINT32_MAX && texts_.size() + value.size() <= UINT32_MAX);
    const std::uint64_t bits = static_cast<std::uint64_t>(texts_.size()) << 32 | value.size();
    texts_ += value;
    add_bits(series, time, quality, ValueType::String, bits);
}

void SampleBatch::add_rows(std::span<const SeriesId> series, Time time, Quality quality,
                           std::span<const ValueType> types, std::span<const std::uint64_t> bits) {
    ASSERT(types.size() == series.size() && bits.size() == series.size());
    series_.insert(series_.end(), series.begin(), series.end());
    time_.insert(time_.end(), series.size(), time);
    quality_.insert(quality_.end(), series.size(), quality);
    type_.insert(type_.end(), types.begin(), types.end());
    bits_.insert(bits_.end(), bits.begin(), bits.end());
}

void SampleBatch::append(const SampleBatch& other) {
    reserve(size() + other.size());
    for (std::size_t i = 0; i < other.size(); ++i) {
        add_row(other.row(i));
    }
}

Row SampleBatch::row(std::size_t index) const {
    Row out{series_[index], time_[index], type_[index], bits_[index], {}, quality_[index]};
    if (out.type == ValueType::String) {
        out.text = std::string_view(texts_).substr(out.bits >> 32, out.bits & UINT32_MAX);
        out.bits = 0;
    }
    return out;
}

}  // namespace gantry

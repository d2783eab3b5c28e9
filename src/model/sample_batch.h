// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "model/value.h"

namespace gantry {

// One point's stored history. Given out by the store, dense, never used again for another.
using SeriesId = Index<struct SeriesTag, std::uint32_t>;

// One row of a batch, without a copy. The text belongs to the batch.
struct Row {
    SeriesId series;
    Time time = 0;
    ValueType type = ValueType::Null;
    std::uint64_t bits = 0;  // of bool, int64 or float64
    std::string_view text;   // of string
    Quality quality;

    Value value() const;
};

// Rows of {series, time, value, quality}, a column each: the one form in which values travel, from
// whatever source. Rows are in the order in which they were added; of two rows with one series and
// time the later wins.
class SampleBatch {
public:
    SampleBatch() = default;
    // Of columns of one length; every string's bits must lie within the texts.
    SampleBatch(std::vector<SeriesId> series, std::vector<Time> time, std::vector<ValueType> type,
                std::vector<std::uint64_t> bits, std::vector<Quality> quality, std::string texts)
        : series_(std::move(series)),
          time_(std::move(time)),
          type_(std::move(type)),
          bits_(std::move(bits)),
          quality_(std::move(quality)),
          texts_(std::move(texts)) {}

    std::size_t size() const { return time_.size(); }
    bool empty() const { return time_.empty(); }
    void clear();
    void reserve(std::size_t rows);

    void add(SeriesId series, Time time, Quality quality, const Value& value);
    void add_row(const Row& row);
    void add_float(SeriesId series, Time time, Quality quality, double value) {
        add_bits(series, time, quality, ValueType::Float64, std::bit_cast<std::uint64_t>(value));
    }
    void add_int(SeriesId series, Time time, Quality quality, std::int64_t value) {
        add_bits(series, time, quality, ValueType::Int64, static_cast<std::uint64_t>(value));
    }
    void add_bool(SeriesId series, Time time, Quality quality, bool value) {
        add_bits(series, time, quality, ValueType::Bool, value ? 1 : 0);
    }
    void add_text(SeriesId series, Time time, Quality quality, std::string_view value);
    void add_null(SeriesId series, Time time, Quality quality) {
        add_bits(series, time, quality, ValueType::Null, 0);
    }
    // Values of one time, none of them a string; a column each, of one length.
    void add_rows(std::span<const SeriesId> series, Time time, Quality quality,
                  std::span<const ValueType> types, std::span<const std::uint64_t> bits);
    void append(const SampleBatch& other);

    Row row(std::size_t index) const;
    SeriesId series(std::size_t index) const { return series_[index]; }
    Time time(std::size_t index) const { return time_[index]; }

    // The columns. For strings, bits holds offset << 32 | length into texts().
    const std::vector<SeriesId>& series_column() const { return series_; }
    const std::vector<Time>& time_column() const { return time_; }
    const std::vector<ValueType>& type_column() const { return type_; }
    const std::vector<std::uint64_t>& bits_column() const { return bits_; }
    const std::vector<Quality>& quality_column() const { return quality_; }
    const std::string& texts() const { return texts_; }

    // Bytes that the batch takes in memory, for budgets.
    std::size_t bytes() const { return size() * 25 + texts_.size(); }

private:
    void add_bits(SeriesId series, Time time, Quality quality, ValueType type, std::uint64_t bits) {
        series_.push_back(series);
        time_.push_back(time);
        quality_.push_back(quality);
        type_.push_back(type);
        bits_.push_back(bits);
    }

    std::vector<SeriesId> series_;
    std::vector<Time> time_;
    std::vector<ValueType> type_;
    std::vector<std::uint64_t> bits_;
    std::vector<Quality> quality_;
    std::string texts_;
};

Value value_of(ValueType type, std::uint64_t bits, std::string_view text);

}  // namespace gantry

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "model/sample_batch.h"

namespace gantry::store {

// Rows of one series, in rising time, one a time. The spans are good during the call only.
struct Chunk {
    SeriesId series;
    ValueType type = ValueType::Null;  // of the rows that have a value
    std::span<const Time> time;
    std::span<const std::uint64_t> bits;    // of strings: offset << 32 | length into texts
    std::span<const Quality> quality;       // empty when all are good with code 0
    std::span<const std::uint8_t> present;  // 1 where there is a value; empty when there is always
    std::string_view texts;

    std::size_t size() const { return time.size(); }
    // Every row has a value and is good.
    bool plain() const { return quality.empty() && present.empty(); }
    Quality quality_of(std::size_t index) const {
        return quality.empty() ? gantry::quality::good : quality[index];
    }
    ValueType type_of(std::size_t index) const {
        return present.empty() || present[index] != 0 ? type : ValueType::Null;
    }
    Row row(std::size_t index) const;
    // Rows [from, to).
    Chunk part(std::size_t from, std::size_t to) const;
};

// Returns false to end the scan.
using ChunkVisitor = std::function<bool(const Chunk&)>;

// A row on its own.
struct LastRow {
    Time time = 0;
    ValueType type = ValueType::Null;
    std::uint64_t bits = 0;  // of bool, int64 or float64
    Quality quality;
    std::string text;  // of string

    static LastRow of(const Sample& sample);
    Sample sample() const { return {time, value_of(type, bits, text), quality}; }
};

}  // namespace gantry::store

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/sample_batch.h"

namespace gantry {

// A value whose series is not known yet, only what its sender calls the point. Texts belong to
// whoever made it.
struct Reading {
    std::string_view point;  // "factory/line1/pump"
    Time time = 0;
    ValueType type = ValueType::Null;
    std::uint64_t bits = 0;      // of bool, int64 or float64
    std::string_view text = {};  // of string
    std::string_view unit = {};  // as the sender says it; empty: unknown
    Quality quality = {};
    // Of the past, sent late: it goes into the history and is not the latest value.
    bool historical = false;

    Value value() const { return value_of(type, bits, text); }
    void set(bool value) {
        type = ValueType::Bool;
        bits = value ? 1 : 0;
    }
    void set(std::int64_t value) {
        type = ValueType::Int64;
        bits = static_cast<std::uint64_t>(value);
    }
    void set(double value) {
        type = ValueType::Float64;
        bits = std::bit_cast<std::uint64_t>(value);
    }
    void set(std::string_view value) {
        type = ValueType::String;
        text = value;
    }
};

// Readings on their way to where their points are looked up. Keeps its memory when it is cleared,
// so that a value costs no allocation.
class ReadingBatch {
public:
    std::size_t size() const { return entries_.size(); }
    bool empty() const { return entries_.empty(); }
    void clear() { shrink(0); }
    // Forgets all but the first ones.
    void shrink(std::size_t size);
    // Copies its texts; together they stay below 4 GiB.
    void add(const Reading& reading);
    // Good until the batch changes.
    Reading operator[](std::size_t index) const;
    // Bytes that it takes in memory, for budgets.
    std::size_t bytes() const { return entries_.size() * sizeof(Entry) + texts_.size(); }

private:
    struct Entry {
        Time time;
        std::uint64_t bits;
        std::size_t texts;  // where its texts begin: point, unit, value
        std::uint32_t point_bytes;
        std::uint32_t unit_bytes;
        std::uint32_t value_bytes;
        Quality quality;
        ValueType type;
        bool historical;
    };

    std::vector<Entry> entries_;
    std::string texts_;
};

}  // namespace gantry

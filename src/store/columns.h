// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "store/chunk.h"

namespace gantry::store {

// Rows of one series, a column each; what a Chunk looks at. They have one type of value, and Null.
struct Columns {
    ValueType type = ValueType::Null;
    std::vector<Time> time;
    std::vector<std::uint64_t> bits;
    std::vector<Quality> quality;
    std::vector<std::uint8_t> present;
    std::string texts;

    std::size_t size() const { return time.size(); }
    bool empty() const { return time.empty(); }
    bool plain() const { return quality.empty() && present.empty(); }
    void clear();
    void add(const Row& row);
    void add(const Chunk& rows);
    Chunk chunk(SeriesId series) const {
        return {series, type, time, bits, quality, present, texts};
    }
    // Rising time; of rows with one time the last stays.
    void sort_unique();
    // Leaves only the rows from `from` (inclusive) to `to` (exclusive).
    void slice(std::size_t from, std::size_t to);
    void keep(TimeRange range);  // of sorted rows
};

}  // namespace gantry::store

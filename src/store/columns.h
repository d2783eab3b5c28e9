// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "store/store.h"

namespace gantry::store {

// Rows of one series, a column each.
struct Columns {
    std::vector<Time> time;
    std::vector<ValueType> type;
    std::vector<std::uint64_t> bits;
    std::vector<Quality> quality;
    std::string texts;

    std::size_t size() const { return time.size(); }
    bool empty() const { return time.empty(); }
    void clear();
    void add(const Row& row);
    Row row(SeriesId series, std::size_t index) const;
    Chunk chunk(SeriesId series) const { return {series, time, type, bits, quality, texts}; }
    std::size_t bytes() const { return size() * 21 + texts.size(); }
    // Rising time; of rows with one time the last stays.
    void sort_unique();
    // Leaves only the rows from `from` (inclusive) to `to` (exclusive).
    void slice(std::size_t from, std::size_t to);
};

}  // namespace gantry::store

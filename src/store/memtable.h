// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unordered_map>
#include <vector>

#include "store/columns.h"

namespace gantry::store {

// What was appended and is not in a segment yet. Not thread-safe: the store's lock guards it.
class Memtable {
public:
    void add(const SampleBatch& batch, Lsn lsn);

    // Rows of the series in the range, sorted, one a time; appended to nothing, out is replaced.
    void read(SeriesId series, TimeRange range, Columns& out) const;
    // Sorted ids of the series that have rows.
    std::vector<SeriesId> series() const;

    std::uint64_t rows() const { return rows_; }
    std::uint64_t bytes() const { return bytes_; }
    Lsn last() const { return last_; }
    bool empty() const { return rows_ == 0; }

private:
    std::unordered_map<std::uint32_t, Columns> series_;
    std::uint64_t rows_ = 0;
    std::uint64_t bytes_ = 0;
    Lsn last_ = 0;
};

}  // namespace gantry::store

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "store/merge.h"
#include "store/state.h"

namespace gantry::store {

// Reads series from one snapshot of a store. For one thread; keeps what it learnt of the indexes,
// so series should be asked for in rising order.
class Reader {
public:
    explicit Reader(const State& state);

    // False if a visitor ended it.
    bool scan(SeriesId series, TimeRange range, const ChunkVisitor& visit,
              const BlockVisitor& visit_block = {});
    // The row with the largest time before that one.
    std::optional<Sample> before(SeriesId series, Time time);
    // The row with the largest time, of what is in segments. Tombstones are not looked at.
    std::optional<Sample> last_in_segments(SeriesId series);

    const Snapshot& snapshot() const { return snapshot_; }

private:
    Columns& room();
    void add_segment(std::size_t index, SeriesId series, TimeRange range);
    void add_memory(SeriesId series, TimeRange range);

    const State& state_;
    Snapshot snapshot_;
    std::vector<IndexReader> indexes_;
    std::vector<Cursor> cursors_;
    std::vector<std::unique_ptr<Columns>> rooms_;
    std::size_t rooms_used_ = 0;
};

}  // namespace gantry::store

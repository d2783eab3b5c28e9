// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "store/segment.h"

namespace gantry::store {

// One source of rows of one series, in rising time: some blocks of a segment, or rows in memory.
class Cursor {
public:
    Cursor(const Segment& segment, std::span<const BlockEntry> blocks, TimeRange range)
        : segment_(&segment), blocks_(blocks), range_(range) {
        load();
    }
    explicit Cursor(Columns rows) : rows_(std::move(rows)) {}

    bool done() const { return at_ == rows_.size(); }
    Time time() const { return rows_.time[at_]; }
    Time last_time() const { return rows_.time.back(); }
    const Columns& rows() const { return rows_; }
    std::size_t at() const { return at_; }
    void skip_to(std::size_t index) {
        at_ = index;
        load();
    }

private:
    void load();

    const Segment* segment_ = nullptr;
    std::span<const BlockEntry> blocks_;
    TimeRange range_;
    Columns rows_;
    std::size_t at_ = 0;
};

// Hands the rows of all cursors to `visit` in rising time, up to block_rows_max at once; of rows
// with one time that of the last cursor counts, so cursors go from the oldest source to the newest.
// False if the visitor ended it.
bool merge(SeriesId series, std::vector<Cursor>& cursors, const ChunkVisitor& visit);

}  // namespace gantry::store

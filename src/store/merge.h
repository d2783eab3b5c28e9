// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "store/segment.h"

namespace gantry::store {

// What to do with a block that no newer row touches: the visitor has all it wants of it, wants its
// rows, or wants no more at all.
enum class BlockVerdict : unsigned char { Taken, Read, End };
using BlockVisitor = std::function<BlockVerdict(const Segment&, const BlockEntry&)>;

// One source of rows of one series, in rising time: some blocks of a segment, or rows in memory.
// What it reads it puts into `room`, which nobody else may use meanwhile.
class Cursor {
public:
    // Of the blocks, the rows in the range.
    Cursor(const Segment& segment, std::span<const BlockEntry> blocks, TimeRange range,
           Columns& room)
        : segment_(&segment), blocks_(blocks), range_(range), rows_(&room) {
        rows_->clear();
        advance();
    }
    // The rows in `room`.
    explicit Cursor(Columns& room) : rows_(&room) {}

    bool done() const { return !waiting_ && at_ == rows_->size(); }
    Time time() const { return waiting_ ? blocks_.front().first : rows_->time[at_]; }
    Time last_time() const { return waiting_ ? blocks_.front().last : rows_->time.back(); }
    // No row of the cursor is later.
    Time latest_time() const { return blocks_.empty() ? rows_->time.back() : blocks_.back().last; }

    // A block that lies in the range as a whole is not read before its rows are asked for.
    const BlockEntry* waiting() const { return waiting_ ? &blocks_.front() : nullptr; }
    const Segment& segment() const { return *segment_; }
    void load();
    void skip_block();

    // When no block is waiting.
    const Columns& rows() const { return *rows_; }
    std::size_t at() const { return at_; }
    void skip_to(std::size_t index) {
        at_ = index;
        advance();
    }

private:
    void advance();

    const Segment* segment_ = nullptr;
    std::span<const BlockEntry> blocks_;  // that have not been read
    bool waiting_ = false;                // the first of them is next
    TimeRange range_;
    Columns* rows_;
    std::size_t at_ = 0;
};

// Hands the rows of all cursors to `visit` in rising time, up to block_rows_max at once; of rows
// with one time that of the last cursor counts, so cursors go from the oldest source to the newest.
// A block that no other cursor has rows in is offered to `visit_block` first, if there is one.
// False if a visitor ended it.
bool merge(SeriesId series, std::vector<Cursor>& cursors, const ChunkVisitor& visit,
           const BlockVisitor& visit_block = {});

}  // namespace gantry::store

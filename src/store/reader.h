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
    // For each series whether rows of it are in memory: 1 or 0.
    std::vector<std::uint8_t> in_memory(std::span<const SeriesId> series) const;
    // Where the rows of the series in the range lie, in rising time, if they lie in whole blocks of
    // which none touches another; false if they must be merged, or are in part hidden. What is in
    // memory is not looked at. `range` shrinks to what is still kept. Good until the next call.
    bool stretches(SeriesId series, TimeRange& range, std::vector<Stretch>& out);
    // Series from that one on, up to the one before the end, lie in one page of each segment, and
    // nothing of them is hidden but by the range.
    std::uint64_t run_end(SeriesId first, TimeRange range) const;
    // Where the rows of such series lie, the last one's too: a stretch a segment, with blocks that
    // may lie outside the range or touch. Good until the next call.
    void run(SeriesId first, SeriesId last, TimeRange& range, std::vector<Stretch>& out);
    // The row with the largest time before that one.
    std::optional<Sample> before(SeriesId series, Time time);
    // The row with the largest time, of what is in segments. Tombstones are not looked at.
    std::optional<Sample> last_in_segments(SeriesId series);

    // Blocks that scan() has had to look at, so far.
    std::uint64_t blocks_seen() const { return blocks_seen_; }

    const Snapshot& snapshot() const { return snapshot_; }

private:
    Columns& room();
    Time cutoff(SeriesId series) const;
    bool touches(std::size_t segment, TimeRange range) const;
    void add_segment(std::size_t index, SeriesId series, TimeRange range);
    void add_memory(SeriesId series, TimeRange range);

    const State& state_;
    Snapshot snapshot_;
    std::vector<IndexReader> indexes_;
    std::vector<Cursor> cursors_;
    std::vector<std::unique_ptr<Columns>> rooms_;
    std::size_t rooms_used_ = 0;
    std::uint64_t blocks_seen_ = 0;
    bool cutoffs_differ_;
    Time cutoff_;  // of all series, unless they differ
};

}  // namespace gantry::store

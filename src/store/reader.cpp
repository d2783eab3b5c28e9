// SPDX-License-Identifier: Apache-2.0
#include "store/reader.h"

#include <algorithm>

#include "store/look_back.h"

namespace gantry::store {
namespace {

Sample sample_of(const Row& row) { return {row.time, row.value(), row.quality}; }

}  // namespace

Reader::Reader(const State& state)
    : state_(state),
      snapshot_(state.snapshot()),
      cutoffs_differ_(state.catalogue->longest_time_to_live().count() != 0),
      cutoff_(state.cutoff_after(state.options.retention)) {
    indexes_.reserve(snapshot_.segments->size());
    for (const LiveSegment& segment : *snapshot_.segments) {
        indexes_.emplace_back(*segment.file, state.pages, segment.entry.number);
    }
}

Time Reader::cutoff(SeriesId series) const {
    return cutoffs_differ_ ? state_.cutoff(series) : cutoff_;
}

std::vector<std::uint8_t> Reader::in_memory(std::span<const SeriesId> series) const {
    constexpr std::size_t at_once = 256;  // a writer waits for as long as these take
    std::vector<std::uint8_t> out(series.size());
    for (std::size_t at = 0; at < series.size(); at += at_once) {
        const std::shared_lock lock(state_.mutex);
        if (!snapshot_.frozen && snapshot_.active->empty()) {
            break;
        }
        for (std::size_t i = at; i < std::min(series.size(), at + at_once); ++i) {
            const bool has = snapshot_.active->has(series[i]) ||
                             (snapshot_.frozen && snapshot_.frozen->has(series[i]));
            out[i] = has ? 1 : 0;
        }
    }
    return out;
}

bool Reader::touches(std::size_t segment, TimeRange range) const {
    const SegmentSummary& summary = (*snapshot_.segments)[segment].entry.summary;
    return summary.last >= range.from && summary.first < range.to;
}

bool Reader::stretches(SeriesId series, TimeRange& range, std::vector<Stretch>& out) {
    out.clear();
    range.from = std::max(range.from, cutoff(series));
    for (std::size_t i = 0; i < indexes_.size() && !range.empty(); ++i) {
        const std::size_t before = out.size();
        if (touches(i, range)) {
            indexes_[i].stretches(series, range, out);
        }
        if (before > 0 && before < out.size() &&
            out[before - 1].back().last >= out[before].front().first) {
            return false;
        }
    }
    return snapshot_.tombstones->empty() || snapshot_.tombstones->of(series).empty();
}

std::uint64_t Reader::run_end(SeriesId first, TimeRange range) const {
    if (cutoffs_differ_ || !snapshot_.tombstones->empty()) {
        return first.value;
    }
    std::uint64_t end = UINT64_MAX;
    for (std::size_t i = 0; i < indexes_.size(); ++i) {
        end = touches(i, range) ? std::min(end, indexes_[i].run_end(first)) : end;
    }
    return end;
}

void Reader::run(SeriesId first, SeriesId last, TimeRange& range, std::vector<Stretch>& out) {
    out.clear();
    for (std::size_t i = 0; i < indexes_.size(); ++i) {
        if (touches(i, range)) {
            indexes_[i].run(first, last, out);
        }
    }
    range.from = std::max(range.from, cutoff_);
}

Columns& Reader::room() {
    if (rooms_used_ == rooms_.size()) {
        rooms_.push_back(std::make_unique<Columns>());
    }
    return *rooms_[rooms_used_++];
}

void Reader::add_segment(std::size_t index, SeriesId series, TimeRange range) {
    const LiveSegment& segment = (*snapshot_.segments)[index];
    const SegmentSummary& summary = segment.entry.summary;
    if (summary.last < range.from || summary.first >= range.to) {
        return;
    }
    const auto blocks = indexes_[index].blocks(series, range);
    if (blocks.empty()) {
        return;
    }
    blocks_seen_ += blocks.size();
    const auto tombstones = snapshot_.tombstones->of(series);
    if (tombstones.empty()) {
        cursors_.emplace_back(*segment.file, blocks, range, room());
        return;
    }
    for (const TimeRange& part : remaining(tombstones, summary.last_lsn, range)) {
        const auto from = std::ranges::lower_bound(blocks, part.from, {}, &BlockEntry::last);
        const auto to =
            std::ranges::lower_bound(from, blocks.end(), part.to, {}, &BlockEntry::first);
        if (from < to) {
            cursors_.emplace_back(*segment.file, std::span(from, to), part, room());
        }
    }
}

void Reader::add_memory(SeriesId series, TimeRange range) {
    const auto tombstones = snapshot_.tombstones->of(series);
    if (snapshot_.frozen && snapshot_.frozen->has(series)) {
        for (const TimeRange& part : remaining(tombstones, snapshot_.frozen->last(), range)) {
            Columns& rows = room();
            snapshot_.frozen->read(series, part, rows);
            cursors_.emplace_back(rows);
        }
    }
    const std::shared_lock lock(state_.mutex);
    if (snapshot_.active->has(series)) {
        Columns& rows = room();
        snapshot_.active->read(series, range, rows);
        cursors_.emplace_back(rows);
    }
}

bool Reader::scan(SeriesId series, TimeRange range, const ChunkVisitor& visit,
                  const BlockVisitor& visit_block) {
    range.from = std::max(range.from, cutoff(series));
    if (range.empty()) {
        return true;
    }
    cursors_.clear();
    rooms_used_ = 0;
    for (std::size_t i = 0; i < indexes_.size(); ++i) {
        add_segment(i, series, range);
    }
    add_memory(series, range);
    return merge(series, cursors_, visit, visit_block);
}

std::optional<Sample> Reader::before(SeriesId series, Time time) {
    return look_back(time, [&](TimeRange range) {
        std::optional<Sample> found;
        (void)scan(series, range, [&found](const Chunk& chunk) {
            found = sample_of(chunk.row(chunk.size() - 1));
            return true;
        });
        return found;
    });
}

std::optional<Sample> Reader::last_in_segments(SeriesId series) {
    const Segment* holder = nullptr;
    BlockEntry best;
    for (std::size_t i = 0; i < indexes_.size(); ++i) {
        const auto entry = indexes_[i].last(series);
        if (entry && (holder == nullptr || entry->last >= best.last)) {
            holder = (*snapshot_.segments)[i].file.get();
            best = *entry;
        }
    }
    rooms_used_ = 0;
    Columns& rows = room();
    if (holder == nullptr) {
        return std::nullopt;
    }
    if (!holder->read(best, rows)) {
        return before(series, best.first);  // the block is damaged: what comes before it counts
    }
    return sample_of(rows.chunk(series).row(rows.size() - 1));
}

}  // namespace gantry::store

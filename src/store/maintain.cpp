// SPDX-License-Identifier: Apache-2.0
// Flushing memory to segments and merging segments.
#include <algorithm>
#include <numeric>

#include "store/catalogue.h"
#include "store/manifest.h"
#include "store/memtable.h"
#include "store/merge.h"
#include "store/segment.h"
#include "store/store.h"

namespace gantry::store {
namespace {

// So many neighbours of one level are merged into one of the next: each row is rewritten about
// log₄(size / memtable) times.
constexpr std::size_t merge_count = 4;

}  // namespace

bool Store::flush_is_due() const {
    const std::shared_lock lock(mutex_);
    const bool old = clock_.now() - active_since_ > options_.flush_after.count();
    return frozen_ ||
           (!active_->empty() &&
            (old || active_->bytes() >= static_cast<std::uint64_t>(options_.memtable_bytes)));
}

// Makes the segment part of the store in place of `count` others, from `first` on.
Result<> Store::install(std::shared_ptr<const Segment> segment, Manifest manifest,
                        std::size_t first, std::size_t count) {
    TRY(write_manifest(disk_, folder_, manifest, log_));
    *manifest_ = std::move(manifest);
    Segments segments = *segments_;
    const auto at = segments.begin() + static_cast<std::ptrdiff_t>(first);
    segments.insert(segments.erase(at, at + static_cast<std::ptrdiff_t>(count)),
                    std::move(segment));
    const std::unique_lock lock(mutex_);
    segments_ = std::make_shared<const Segments>(std::move(segments));
    if (count == 0) {
        frozen_.reset();
    }
    return {};
}

Result<> Store::flush_locked() {
    {
        const std::unique_lock lock(mutex_);
        if (!frozen_) {
            if (active_->empty()) {
                return {};
            }
            frozen_ = std::move(active_);
            active_ = std::make_shared<Memtable>();
        }
    }
    // A segment must never name a series that a crash could take.
    TRY(catalogue_->commit());
    const std::uint64_t number = manifest_->next_number++;
    const std::string path = segment_path(folder_, number);
    TRY_ASSIGN(SegmentWriter writer, SegmentWriter::create(disk_, path));
    const auto written = [&]() -> Result<> {
        Columns rows;
        for (const SeriesId series : frozen_->series()) {
            frozen_->read(series, {}, rows);
            TRY(writer.add(series, rows, 0, rows.size()));
        }
        return writer.finish();
    }();
    if (!written) {
        (void)disk_.remove(path);
        return within("writing a segment", written.error());
    }
    TRY_ASSIGN(auto segment, Segment::open(disk_, path, log_, damaged_blocks_));
    Manifest manifest = *manifest_;
    manifest.segments.push_back({number, 0});
    manifest.flushed = frozen_->last();
    log_.info("store", "segment written",
              {{"file", path}, {"rows", segment->rows()}, {"bytes", segment->bytes()}});
    TRY(install(std::move(segment), std::move(manifest), segments_->size(), 0));
    return journal_->release(manifest_->flushed);
}

Result<bool> Store::merge_segments(std::size_t first, std::size_t count) {
    const auto inputs = std::span(*segments_).subspan(first, count);
    const std::uint64_t damaged_before = damaged_blocks_.value();
    const std::uint64_t number = manifest_->next_number++;
    const std::string path = segment_path(folder_, number);
    TRY_ASSIGN(SegmentWriter writer, SegmentWriter::create(disk_, path));
    const auto written = [&]() -> Result<> {
        std::vector<std::uint32_t> ids;
        for (const auto& input : inputs) {
            for (const BlockEntry& entry : input->all_blocks()) {
                ids.push_back(entry.series);
            }
        }
        std::ranges::sort(ids);
        ids.erase(std::ranges::unique(ids).begin(), ids.end());
        for (const std::uint32_t id : ids) {
            std::vector<Cursor> cursors;
            for (const auto& input : inputs) {
                cursors.emplace_back(*input, input->blocks(SeriesId{id}), TimeRange{});
            }
            Columns gathered;  // so that many short pieces become full blocks
            Result<> added;
            merge(SeriesId{id}, cursors, [&](const Chunk& chunk) {
                for (std::size_t i = 0; i < chunk.size(); ++i) {
                    gathered.add(chunk.row(i));
                }
                if (gathered.size() >= 16 * 1024) {
                    added = writer.add(SeriesId{id}, gathered, 0, gathered.size());
                    gathered.clear();
                }
                return added.has_value();
            });
            TRY(added);
            if (!gathered.empty()) {
                TRY(writer.add(SeriesId{id}, gathered, 0, gathered.size()));
            }
        }
        return writer.finish();
    }();
    if (!written || damaged_blocks_.value() != damaged_before) {
        (void)disk_.remove(path);
        if (!written) {
            return within("merging segments", written.error());
        }
        // What is damaged stays where it is, for repair; merging would lose it for good.
        for (std::size_t i = first; i < first + count; ++i) {
            unmergeable_.push_back(manifest_->segments[i].number);
        }
        return true;
    }
    TRY_ASSIGN(auto segment, Segment::open(disk_, path, log_, damaged_blocks_));
    Manifest manifest = *manifest_;
    const auto at = manifest.segments.begin() + static_cast<std::ptrdiff_t>(first);
    const std::uint32_t level = at->level + 1;
    std::vector<std::string> old;
    for (const auto& input : inputs) {
        old.push_back(input->path());
    }
    manifest.segments.insert(manifest.segments.erase(at, at + static_cast<std::ptrdiff_t>(count)),
                             {number, level});
    log_.info("store", "segments merged",
              {{"file", path}, {"inputs", count}, {"rows", segment->rows()}});
    TRY(install(std::move(segment), std::move(manifest), first, count));
    for (const std::string& gone : old) {
        TRY(disk_.remove(gone));
    }
    return true;
}

Result<bool> Store::merge_step() {
    const auto& entries = manifest_->segments;
    std::size_t run = 0;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const bool mergeable =
            std::ranges::find(unmergeable_, entries[i].number) == unmergeable_.end();
        const bool same = run > 0 && entries[i - 1].level == entries[i].level;
        run = !mergeable ? 0 : same ? run + 1 : 1;
        if (run == merge_count) {
            return merge_segments(i + 1 - merge_count, merge_count);
        }
    }
    return false;
}

Result<bool> Store::maintain() {
    const std::lock_guard lock(maintenance_);
    if (!journal_->failed()) {
        // After a full disk, this is what makes appending possible again.
        TRY(journal_->prepare());
        TRY(catalogue_->prepare());
    }
    if (flush_is_due()) {
        TRY(flush_locked());
        return true;
    }
    return merge_step();
}

Result<> Store::flush() {
    const std::lock_guard lock(maintenance_);
    TRY(flush_locked());
    return flush_locked();  // what came while an older part was still to be written
}

}  // namespace gantry::store

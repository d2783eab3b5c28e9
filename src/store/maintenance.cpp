// SPDX-License-Identifier: Apache-2.0
#include "store/maintenance.h"

#include <algorithm>
#include <map>

namespace gantry::store {

Result<std::unique_ptr<Maintenance>> Maintenance::open(State& state, Random& random) {
    std::unique_ptr<Maintenance> out(new Maintenance(state));
    TRY(out->recover(random));
    return out;
}

std::uint64_t Maintenance::next_number() {
    const std::lock_guard lock(numbers_mutex_);
    return next_number_++;
}

std::function<std::uint64_t()> Maintenance::numbers() {
    return [this] { return next_number(); };
}

std::int64_t Maintenance::partition_of(const Manifest::Entry& entry) const {
    const std::int64_t first = store::partition_of(entry.summary.first, state_.options.partition);
    return first == store::partition_of(entry.summary.last, state_.options.partition)
               ? first
               : several_partitions;
}

bool Maintenance::flush_is_due() const {
    const std::shared_lock lock(state_.mutex);
    if (state_.frozen) {
        return true;
    }
    const bool old = state_.clock.now() - state_.active_since > state_.options.flush_after.count();
    const bool large = state_.is_large(*state_.active);
    // A file that is not full cannot be given back.
    const auto most = static_cast<std::uint64_t>(
        std::max(state_.options.journal_bytes, 2 * state_.options.journal.file_bytes));
    return !state_.active->empty() && (old || large || state_.journal->replayable_bytes() >= most);
}

Result<> Maintenance::install(const std::set<std::uint64_t>& gone, std::vector<LiveSegment> added,
                              Lsn flushed) {
    Manifest manifest = manifest_;
    auto at = gone.empty()
                  ? manifest.segments.end()
                  : std::ranges::find(manifest.segments, *gone.begin(), &Manifest::Entry::number);
    for (const LiveSegment& segment : added) {
        at = std::next(manifest.segments.insert(at, segment.entry));
    }
    std::erase_if(manifest.segments,
                  [&gone](const Manifest::Entry& entry) { return gone.contains(entry.number); });
    std::map<std::uint64_t, LiveSegment> files;
    for (LiveSegment& segment : added) {
        files.emplace(segment.entry.number, std::move(segment));
    }
    std::vector<std::string> removed;
    const Snapshot before = state_.snapshot();
    for (const LiveSegment& segment : *before.segments) {
        files.emplace(segment.entry.number, segment);
        if (gone.contains(segment.entry.number)) {
            removed.push_back(segment.file->path());
        }
    }
    auto segments = std::make_shared<Segments>();
    for (const Manifest::Entry& entry : manifest.segments) {
        segments->push_back(files.at(entry.number));
    }
    manifest.flushed = std::max(manifest.flushed, flushed);
    manifest.next_number = next_number();
    manifest.tombstones.assign(before.tombstones->all().begin(), before.tombstones->all().end());
    std::erase_if(manifest.tombstones, [&manifest](const Tombstone& tombstone) {
        return tombstone.lsn > manifest.flushed;  // the journal has it
    });
    TRY(write_manifest(state_.disk, state_.folder, manifest, state_.log));
    manifest_ = std::move(manifest);
    {
        const std::unique_lock lock(state_.mutex);
        state_.segments = std::move(segments);
        if (state_.frozen && state_.frozen->last() <= manifest_.flushed) {
            state_.frozen.reset();
            state_.flush_wait->end();
        }
    }
    for (const std::string& path : removed) {
        if (const auto done = state_.disk.remove(path); !done) {
            // The next start does it.
            state_.log.warn("store", "segment not removed", {{"detail", done.error().message}});
        }
    }
    return {};
}

Result<> Maintenance::publish(std::vector<LiveSegment> segments) {
    const std::lock_guard lock(mutex_);
    // What was appended before must be older than what comes now.
    TRY(flush_all());
    const Lsn last = state_.journal->last();
    for (LiveSegment& segment : segments) {
        segment.entry.summary.last_lsn = last;
    }
    const std::vector<LiveSegment> published = segments;
    TRY(install({}, std::move(segments), manifest_.flushed));
    const std::unique_lock state_lock(state_.mutex);
    for (const LiveSegment& segment : published) {
        state_.newest = std::max(state_.newest.load(), segment.entry.summary.last);
        learn(*segment.file, [this](const BlockEntry& entry) {
            state_.last_values.forget(SeriesId{entry.series});
        });
    }
    return {};
}

void Maintenance::learn(const Segment& segment,
                        const std::function<void(const BlockEntry&)>& also) {
    std::vector<BlockEntry> entries;
    for (std::size_t page = 0; page < segment.pages().size(); ++page) {
        segment.read_page(page, entries);
        for (const BlockEntry& entry : entries) {
            if (entry.series >= watermarks_.size()) {
                watermarks_.resize(std::size_t{entry.series} + 1, time_min);
            }
            watermarks_[entry.series] = std::max(watermarks_[entry.series], entry.last);
            if (also) {
                also(entry);
            }
        }
    }
}

// ---- flush

Result<> Maintenance::write_memory(const Memtable& memory, SegmentSet& out) {
    Columns rows;
    Result<> written;
    memory.each_series([&](SeriesId series) {
        memory.read(series, {}, rows);
        if (watermarks_.size() <= series.value) {
            watermarks_.resize(std::size_t{series.value} + 1, time_min);
        }
        const Time watermark = watermarks_[series.value];
        const Chunk all = rows.chunk(series);
        // Of a series that is in no segment nothing is late.
        const auto late =
            watermark == time_min
                ? std::size_t{0}
                : static_cast<std::size_t>(std::ranges::upper_bound(rows.time, watermark) -
                                           rows.time.begin());
        if (late > 0) {
            written = out.add(all.part(0, late), true);
        }
        if (written && late < rows.size()) {
            written = out.add(all.part(late, rows.size()));
        }
        return written.has_value();
    });
    return written;
}

Result<> Maintenance::flush_locked() {
    freeze();
    auto done = write_frozen();
    state_.disk_full = !done && done.error().code == Code::StorageFull;
    TRY(done);
    return state_.journal->release(manifest_.flushed);
}

void Maintenance::freeze() {
    const std::unique_lock lock(state_.mutex);
    if (!state_.frozen && !state_.active->empty()) {
        state_.frozen = std::move(state_.active);
        state_.active = std::make_shared<Memtable>();
        state_.flush_wait->begin();
    }
}

Result<> Maintenance::write_frozen() {
    const std::shared_ptr<const Memtable> frozen = state_.snapshot().frozen;
    if (!frozen) {
        return {};
    }
    const Memtable& memory = *frozen;
    // A segment must never name a series that a crash could take.
    TRY(state_.catalogue->commit());
    SegmentSet out(state_, numbers());
    if (auto done = write_memory(memory, out); !done) {
        return within("writing a segment", done.error());
    }
    auto made = out.finish(0, memory.last());
    if (!made) {
        return within("writing a segment", made.error());
    }
    for (const LiveSegment& segment : *made) {
        state_.log.info("store", "segment written",
                        {{"file", segment.file->path()},
                         {"rows", segment.entry.summary.rows},
                         {"bytes", segment.file->bytes()}});
    }
    const Lsn last = memory.last();
    const std::vector<LiveSegment> written = *made;
    TRY(install({}, std::move(*made), last));
    for (const LiveSegment& segment : written) {
        learn(*segment.file);
    }
    return {};
}

Result<> Maintenance::flush() {
    const std::lock_guard lock(mutex_);
    return flush_all();
}

Result<> Maintenance::flush_all() {
    TRY(flush_locked());
    return flush_locked();  // what came while an older part was still to be written
}

// ---- dropping

Result<> Maintenance::drop_expired(bool& dropped) {
    const Time cutoff = state_.cutoff();
    std::set<std::uint64_t> gone;
    for (const Manifest::Entry& entry : manifest_.segments) {
        if (entry.summary.last < cutoff) {
            gone.insert(entry.number);
        }
    }
    dropped = !gone.empty();
    if (dropped) {
        state_.log.info("store", "segments dropped: older than samples are kept",
                        {{"segments", gone.size()}, {"before", format_time(cutoff)}});
        TRY(install(gone, {}, 0));
    }
    return {};
}

// Whether rows that were taken away still lie in a segment.
bool Maintenance::touches(const LiveSegment& segment, const Tombstone& tombstone) const {
    const SegmentSummary& summary = segment.entry.summary;
    return summary.last_lsn < tombstone.lsn && summary.first < tombstone.range.to &&
           summary.last >= tombstone.range.from &&
           !IndexReader(*segment.file).blocks(tombstone.series, tombstone.range).empty();
}

// Rewrites a segment that holds rows that were taken away, or forgets what no segment holds.
Result<bool> Maintenance::purge_step() {
    const Snapshot snapshot = state_.snapshot();
    if (!purge_wanted_ || snapshot.tombstones->empty()) {
        return false;
    }
    std::vector<Tombstone> needed;
    for (const Tombstone& tombstone : snapshot.tombstones->all()) {
        bool touched = tombstone.lsn > manifest_.flushed;
        for (const LiveSegment& segment : *snapshot.segments) {
            if (touches(segment, tombstone)) {
                touched = true;
                if (!unmergeable_.contains(segment.entry.number)) {
                    return merge({segment.entry.number}, segment.entry.level);
                }
            }
        }
        if (touched) {
            needed.push_back(tombstone);
        }
    }
    purge_wanted_ = false;
    if (needed.size() == snapshot.tombstones->all().size()) {
        return false;
    }
    {
        const std::unique_lock lock(state_.mutex);
        for (const Tombstone& tombstone : state_.tombstones->all()) {
            if (tombstone.lsn > manifest_.flushed &&
                std::ranges::find(needed, tombstone.lsn, &Tombstone::lsn) == needed.end()) {
                needed.push_back(tombstone);  // came meanwhile
            }
        }
        state_.tombstones = std::make_shared<const Tombstones>(std::move(needed));
    }
    TRY(install({}, {}, 0));
    return true;
}

Result<bool> Maintenance::step() {
    const std::lock_guard lock(mutex_);
    if (!state_.journal->failed()) {
        // After a full disk, this is what makes appending possible again.
        TRY(state_.journal->prepare());
        TRY(state_.catalogue->prepare());
    }
    {
        const std::shared_lock state_lock(state_.mutex);
        state_.memtable_bytes.set(static_cast<std::int64_t>(
            state_.active->bytes() + (state_.frozen ? state_.frozen->bytes() : 0)));
    }
    state_.journal_bytes.set(static_cast<std::int64_t>(state_.journal->disk_bytes()));
    if (flush_is_due()) {
        purge_wanted_ = true;
        TRY(flush_locked());
        return true;
    }
    bool dropped = false;
    TRY(drop_expired(dropped));
    if (dropped) {
        return true;
    }
    TRY_ASSIGN(const bool merged, merge_step());
    return merged ? Result<bool>(true) : purge_step();
}

}  // namespace gantry::store

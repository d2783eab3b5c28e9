// SPDX-License-Identifier: Apache-2.0
#include "store/maintenance.h"

#include <algorithm>
#include <map>

#include "base/assert.h"
#include "store/block.h"
#include "store/merge.h"

namespace gantry::store {
namespace {

// So many neighbours of one level are merged into one of the next: each row is rewritten about
// log₄(partition / memtable) times.
constexpr std::size_t merge_count = 4;

// Blocks of at least so many rows are copied as they are when nothing overlaps them.
constexpr std::size_t copied_rows_min = block_rows_max / 2;

// Segments over more than one partition.
constexpr std::int64_t several_partitions = INT64_MIN;

}  // namespace

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
    const bool large =
        state_.active->bytes() >= static_cast<std::uint64_t>(state_.options.memtable_bytes);
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
    TRY(flush_locked());
    const Lsn last = state_.journal->last();
    for (LiveSegment& segment : segments) {
        segment.entry.summary.last_lsn = last;
        state_.newest = std::max(state_.newest.load(), segment.entry.summary.last);
    }
    const std::vector<LiveSegment> published = segments;
    TRY(install({}, std::move(segments), manifest_.flushed));
    const std::unique_lock state_lock(state_.mutex);
    for (const LiveSegment& segment : published) {
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
        const auto late = static_cast<std::size_t>(std::ranges::upper_bound(rows.time, watermark) -
                                                   rows.time.begin());
        if (late > 0 && watermark != time_min) {
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
    {
        const std::unique_lock lock(state_.mutex);
        if (!state_.frozen) {
            if (state_.active->empty()) {
                return {};
            }
            state_.frozen = std::move(state_.active);
            state_.active = std::make_shared<Memtable>();
        }
    }
    const Memtable& memory = *state_.frozen;
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
    return state_.journal->release(manifest_.flushed);
}

Result<> Maintenance::flush() {
    const std::lock_guard lock(mutex_);
    TRY(flush_locked());
    return flush_locked();  // what came while an older part was still to be written
}

// ---- merging

Result<> Maintenance::merge_series(SeriesId series, const Segments& inputs,
                                   const Tombstones& tombstones, std::vector<IndexReader>& indexes,
                                   SegmentSet& out) {
    std::vector<Cursor> cursors;
    std::vector<std::unique_ptr<Columns>> rooms;
    const TimeRange kept{state_.cutoff(series), time_max};
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const auto blocks = indexes[i].blocks(series, kept);
        const Lsn last_lsn = inputs[i].entry.summary.last_lsn;
        for (const TimeRange& part : remaining(tombstones.of(series), last_lsn, kept)) {
            const auto from = std::ranges::lower_bound(blocks, part.from, {}, &BlockEntry::last);
            const auto to =
                std::ranges::lower_bound(from, blocks.end(), part.to, {}, &BlockEntry::first);
            if (from < to) {
                rooms.push_back(std::make_unique<Columns>());
                cursors.emplace_back(*inputs[i].file, std::span(from, to), part, *rooms.back());
            }
        }
    }
    Columns gathered;  // so that many short pieces become full blocks
    Result<> written;
    const auto write_out = [&] {
        if (!gathered.empty() && written) {
            written = out.add(gathered.chunk(series));
            gathered.clear();
        }
        return written.has_value();
    };
    const auto gather = [&](const Chunk& rows) {
        gathered.add(rows);
        return gathered.size() < 16 * block_rows_max || write_out();
    };
    const auto copy = [&](const Segment& segment, const BlockEntry& block) {
        const bool worth = block.rows >= copied_rows_min &&
                           (gathered.empty() || gathered.size() >= copied_rows_min);
        const ByteView bytes = worth ? segment.raw(block) : ByteView{};
        if (bytes.empty() || block.statistics.empty()) {
            return BlockVerdict::Read;
        }
        if (!write_out()) {
            return BlockVerdict::End;
        }
        const auto copied = out.copy(block, bytes);
        if (!copied) {
            written = std::unexpected(copied.error());
            return BlockVerdict::End;
        }
        return *copied ? BlockVerdict::Taken : BlockVerdict::Read;
    };
    store::merge(series, cursors, gather, copy);
    (void)write_out();
    return written;
}

Result<bool> Maintenance::merge(const std::set<std::uint64_t>& numbers_in, std::uint32_t level) {
    const Snapshot snapshot = state_.snapshot();
    Segments inputs;
    // What was taken away up to now is not in the outcome, so these tombstones need not be asked
    // about it again.
    Lsn last_lsn = snapshot.tombstones->last();
    for (const LiveSegment& segment : *snapshot.segments) {
        if (numbers_in.contains(segment.entry.number)) {
            inputs.push_back(segment);
            last_lsn = std::max(last_lsn, segment.entry.summary.last_lsn);
        }
    }
    const std::uint64_t damaged_before = state_.damaged_blocks.value();
    // The series of all inputs in rising order, a page at a time.
    struct Walk {
        std::size_t page = 0;
        std::size_t at = 0;
        std::vector<BlockEntry> entries;
    };
    std::vector<Walk> walks(inputs.size());
    std::vector<IndexReader> indexes;
    for (const LiveSegment& input : inputs) {
        indexes.emplace_back(*input.file);
    }
    const auto next_from = [&](std::size_t i, std::uint64_t least) -> std::optional<std::uint64_t> {
        Walk& walk = walks[i];
        while (true) {
            while (walk.at < walk.entries.size() && walk.entries[walk.at].series < least) {
                ++walk.at;
            }
            if (walk.at < walk.entries.size()) {
                return walk.entries[walk.at].series;
            }
            if (walk.page == inputs[i].file->pages().size()) {
                return std::nullopt;
            }
            inputs[i].file->read_page(walk.page++, walk.entries);
            walk.at = 0;
        }
    };
    SegmentSet out(state_, numbers());
    std::size_t done = 0;
    for (std::uint64_t least = 0;;) {
        std::optional<std::uint64_t> series;
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            const auto next = next_from(i, least);
            series = next && (!series || *next < *series) ? next : series;
        }
        if (!series) {
            break;
        }
        if (auto merged = merge_series(SeriesId{static_cast<std::uint32_t>(*series)}, inputs,
                                       *snapshot.tombstones, indexes, out);
            !merged) {
            return within("merging segments", merged.error());
        }
        least = *series + 1;
        // Memory does not wait for a long merge.
        constexpr std::size_t between = 256;
        if (++done % between == 0 && flush_is_due()) {
            TRY(flush_locked());
        }
    }
    if (state_.damaged_blocks.value() != damaged_before) {
        // What is damaged stays where it is, for repair; merging would lose it for good.
        unmergeable_.insert(numbers_in.begin(), numbers_in.end());
        return true;
    }
    auto made = out.finish(level, last_lsn);
    if (!made) {
        return within("merging segments", made.error());
    }
    std::uint64_t rows = 0;
    for (const LiveSegment& segment : *made) {
        rows += segment.entry.summary.rows;
    }
    state_.log.info("store", "segments merged",
                    {{"inputs", inputs.size()}, {"outputs", made->size()}, {"rows", rows}});
    purge_wanted_ = true;
    TRY(install(numbers_in, std::move(*made), 0));
    return true;
}

Result<bool> Maintenance::merge_step() {
    struct Run {
        std::uint32_t level = 0;
        std::set<std::uint64_t> numbers;
    };
    std::map<std::int64_t, Run> runs;  // by partition
    for (const Manifest::Entry& entry : manifest_.segments) {
        const std::int64_t partition = partition_of(entry);
        if (partition == several_partitions) {
            // It may have rows that are newer than those of a partition and older than others.
            std::erase_if(runs, [](const auto& run) { return run.first != several_partitions; });
        } else {
            runs.erase(several_partitions);
        }
        Run& run = runs[partition];
        const bool mergeable = !unmergeable_.contains(entry.number);
        if (!mergeable || run.level != entry.level) {
            run.numbers.clear();
        }
        run.level = entry.level;
        if (mergeable) {
            run.numbers.insert(entry.number);
        }
        if (run.numbers.size() == merge_count) {
            return merge(run.numbers, entry.level + 1);
        }
    }
    return false;
}

// Neighbours that can be merged into one, or one that must be split into partitions; the longest
// run. Segments with damage, and those over several partitions, lie between runs.
std::set<std::uint64_t> Maintenance::longest_run(bool& several) const {
    several = std::ranges::any_of(manifest_.segments, [this](const Manifest::Entry& entry) {
        return partition_of(entry) == several_partitions;
    });
    std::map<std::int64_t, std::set<std::uint64_t>> runs;  // by partition
    std::set<std::uint64_t> longest;
    for (const Manifest::Entry& entry : manifest_.segments) {
        // Where there are any over several partitions, everything goes together.
        auto& run = runs[several ? 0 : partition_of(entry)];
        if (unmergeable_.contains(entry.number)) {
            several ? runs.clear() : run.clear();
            continue;
        }
        run.insert(entry.number);
        longest = run.size() > longest.size() ? run : longest;
    }
    return longest;
}

Result<> Maintenance::compact() {
    const std::lock_guard lock(mutex_);
    TRY(flush_locked());
    std::uint32_t level = 0;
    for (const Manifest::Entry& entry : manifest_.segments) {
        level = std::max(level, entry.level + 1);
    }
    for (bool several = false; !several;) {
        const auto run = longest_run(several);
        if (run.size() < 2) {
            return {};
        }
        TRY(merge(run, level));
    }
    return {};
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

// SPDX-License-Identifier: Apache-2.0
// Merging segments: which, and how. Segments of one level become one of the next; once a partition
// of time is over and at rest, all that it has becomes one cold segment.
#include <algorithm>
#include <map>
#include <utility>

#include "store/block.h"
#include "store/maintenance.h"
#include "store/merge.h"

namespace gantry::store {
namespace {

// So many neighbours of one level are merged into one of the next: each row is rewritten about
// log₄(partition / memtable) times.
constexpr std::size_t merge_count = 4;

// Blocks of at least so many rows are copied as they are when nothing overlaps them.
constexpr std::size_t copied_rows_min = block_rows_max / 2;

// So many rows of a series are put together before they are written: a number of full blocks.
constexpr std::size_t gathered_rows_max = 16 * block_rows_max;

// Whether partitions are at rest is asked so many times in the time that they must be.
constexpr int looks = 16;

std::uint32_t level_after(std::uint32_t level) {
    return level == cold_level ? cold_level : level + 1;
}

}  // namespace

Result<> Maintenance::merge_series(SeriesId series, const Segments& inputs,
                                   const Tombstones& tombstones, std::vector<IndexReader>& indexes,
                                   std::uint32_t level, SegmentSet& out) {
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
        for (std::size_t at = 0; at < rows.size();) {
            const std::size_t to = std::min(rows.size(), at + gathered_rows_max - gathered.size());
            gathered.add(rows.part(at, to));
            at = to;
            if (gathered.size() == gathered_rows_max && !write_out()) {
                return false;
            }
        }
        return true;
    };
    const auto as_cold = [&](const Segment& segment) {
        return level != cold_level || std::ranges::any_of(inputs, [&](const LiveSegment& input) {
                   return input.file.get() == &segment && input.entry.level == cold_level;
               });
    };
    const auto copy = [&](const Segment& segment, const BlockEntry& block) {
        const bool worth = block.rows >= copied_rows_min &&
                           (gathered.empty() || gathered.size() >= copied_rows_min) &&
                           as_cold(segment);
        const ByteView bytes = worth ? segment.raw(block) : ByteView{};
        if (bytes.empty() || block.statistics.empty() || !block.sound()) {
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
    SegmentSet out(state_, numbers(), tier_of(level));
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
                                       *snapshot.tombstones, indexes, level, out);
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
        state_.merged_bytes.add(segment.file->bytes());
    }
    state_.log.info("store", "segments merged",
                    {{"inputs", inputs.size()},
                     {"outputs", made->size()},
                     {"rows", rows},
                     {"cold", level == cold_level}});
    purge_wanted_ = true;
    TRY(install(numbers_in, std::move(*made), 0));
    return true;
}

Result<bool> Maintenance::merge_step() {
    struct Run {
        std::uint32_t level = 0;
        std::set<std::uint64_t> numbers;
    };
    std::vector<Run> waiting;
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
            waiting.push_back(std::exchange(run, {}));
        }
    }
    state_.merges_waiting.set(static_cast<std::int64_t>(waiting.size()));
    if (waiting.empty()) {
        return cool_step();
    }
    if (!throttle_.admits(waiting.size())) {
        state_.merges_held_back.add();
        return false;
    }
    const std::uint64_t before = state_.merged_bytes.value();
    const auto merged = merge(waiting.front().numbers, level_after(waiting.front().level));
    throttle_.spend(state_.merged_bytes.value() - before);
    return merged;
}

// Where one partition can become colder: its segments that can be merged into one, longest run
// first. Those with damage, and those over several partitions, lie between runs.
std::map<std::int64_t, Maintenance::Neighbours> Maintenance::runs_by_partition() const {
    std::map<std::int64_t, Neighbours> current;
    std::map<std::int64_t, Neighbours> longest;
    for (const Manifest::Entry& entry : manifest_.segments) {
        const std::int64_t partition = partition_of(entry);
        if (partition == several_partitions) {
            current.clear();
            continue;
        }
        Neighbours& run = current[partition];
        if (unmergeable_.contains(entry.number)) {
            run = {};
            continue;
        }
        run.cold = run.numbers.empty() && entry.level == cold_level;
        run.numbers.insert(entry.number);
        Neighbours& best = longest[partition];
        best = run.numbers.size() >= best.numbers.size() ? run : best;
    }
    return longest;
}

// Makes one cold segment of a partition that is over and has got no new segment for a while.
Result<bool> Maintenance::cool_step() {
    if (state_.options.cold_after.count() == 0) {
        return false;
    }
    const Time now = state_.clock.now();
    if (looked_ && now >= *looked_ && now - *looked_ < state_.options.cold_after.count() / looks) {
        return false;
    }
    std::map<std::int64_t, Rest> rests;
    for (const auto& [partition, run] : runs_by_partition()) {
        const auto known = rests_.find(partition);
        const std::uint64_t newest = *run.numbers.rbegin();
        const bool rested = known != rests_.end() && known->second.newest == newest;
        const Rest rest = rested ? known->second : Rest{newest, now};
        rests.emplace(partition, rest);
        const Time end = end_of_partition(partition, state_.options.partition);
        if (!run.cold && std::max(end, rest.since) <= now - state_.options.cold_after.count()) {
            return merge(run.numbers, cold_level);
        }
    }
    rests_ = std::move(rests);
    looked_ = now;
    return false;
}

Result<> Maintenance::compact() {
    const std::lock_guard lock(mutex_);
    TRY(flush_locked());
    // Where there are any over several partitions, everything goes together first.
    std::set<std::uint64_t> all;
    std::set<std::uint64_t> longest;
    bool several = false;
    for (const Manifest::Entry& entry : manifest_.segments) {
        several = several || partition_of(entry) == several_partitions;
        unmergeable_.contains(entry.number) ? all.clear() : void(all.insert(entry.number));
        longest = all.size() > longest.size() ? all : longest;
    }
    if (several && !longest.empty()) {
        TRY(merge(longest, cold_level));
    }
    for (const auto& [partition, run] : runs_by_partition()) {
        if (!run.cold) {
            TRY(merge(run.numbers, cold_level));
        }
    }
    return {};
}

}  // namespace gantry::store

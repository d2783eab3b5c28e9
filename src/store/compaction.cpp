// SPDX-License-Identifier: Apache-2.0
// Merging segments: which, and how.
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

}  // namespace

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
        state_.merged_bytes.add(segment.file->bytes());
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
        return false;
    }
    if (!throttle_.admits(waiting.size())) {
        state_.merges_held_back.add();
        return false;
    }
    const std::uint64_t before = state_.merged_bytes.value();
    const auto merged = merge(waiting.front().numbers, waiting.front().level + 1);
    throttle_.spend(state_.merged_bytes.value() - before);
    return merged;
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

}  // namespace gantry::store

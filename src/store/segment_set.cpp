// SPDX-License-Identifier: Apache-2.0
#include "store/segment_set.h"

#include <algorithm>

namespace gantry::store {
namespace {

// Of rows of all other partitions.
constexpr std::int64_t any_partition = INT64_MIN;

// A block of late rows ends where a gap is so many times the mean one: then it does not overlap all
// that lies between two handfuls of rows that were late.
constexpr double gap_of_means = 32;

}  // namespace

std::int64_t partition_of(Time time, Duration partition) {
    const Time length = partition.count();
    return time / length - (time % length < 0 ? 1 : 0);
}

Time end_of_partition(std::int64_t number, Duration partition) {
    Time end = 0;
    return __builtin_mul_overflow(number + 1, partition.count(), &end) ? time_max : end;
}

SegmentSet::SegmentSet(State& state, std::function<std::uint64_t()> number, codec::Tier tier)
    : state_(state), number_(std::move(number)), tier_(tier) {}

SegmentSet::~SegmentSet() {
    outputs_.clear();
    for (const std::string& path : unfinished_) {
        (void)state_.disk.remove(path);
    }
}

Result<SegmentWriter*> SegmentSet::writer(Key key) {
    auto found = outputs_.find(key);
    if (found == outputs_.end()) {
        // The partition of today always gets a file of its own.
        const std::int64_t today = partition_of(state_.clock.now(), state_.options.partition);
        if (outputs_.size() >= files_max && key.partition != today) {
            key.partition = any_partition;
            found = outputs_.find(key);
        }
    }
    if (found == outputs_.end()) {
        const std::uint64_t number = number_();
        const std::string path = segment_path(state_.folder, number);
        TRY_ASSIGN(auto made, SegmentWriter::create(state_.disk, path, tier_,
                                                    state_.options.roll_up_rows_min));
        unfinished_.push_back(path);
        found = outputs_.emplace(key, Output{number, std::move(made)}).first;
    }
    return &found->second.writer;
}

Result<> SegmentSet::add_late(SegmentWriter& out, const Chunk& rows) {
    const double mean =
        (static_cast<double>(rows.time.back()) - static_cast<double>(rows.time.front())) /
        static_cast<double>(rows.size());
    std::size_t from = 0;
    for (std::size_t i = 1; i < rows.size(); ++i) {
        const double gap =
            static_cast<double>(rows.time[i]) - static_cast<double>(rows.time[i - 1]);
        if (gap > gap_of_means * mean) {
            TRY(out.add(rows.part(from, i)));
            from = i;
        }
    }
    return out.add(rows.part(from, rows.size()));
}

Result<> SegmentSet::add(const Chunk& rows, bool late) {
    for (std::size_t from = 0; from < rows.size();) {
        const std::int64_t partition = partition_of(rows.time[from], state_.options.partition);
        std::size_t to = rows.size();
        if (partition_of(rows.time.back(), state_.options.partition) != partition) {
            const auto end = std::ranges::partition_point(rows.time.subspan(from), [&](Time time) {
                return partition_of(time, state_.options.partition) == partition;
            });
            to = static_cast<std::size_t>(end - rows.time.begin());
        }
        TRY_ASSIGN(SegmentWriter* const out, writer({late, partition}));
        const Chunk part = rows.part(from, to);
        TRY(late ? add_late(*out, part) : out->add(part));
        from = to;
    }
    return {};
}

Result<bool> SegmentSet::copy(const BlockEntry& entry, ByteView block) {
    const std::int64_t partition = partition_of(entry.first, state_.options.partition);
    if (partition_of(entry.last, state_.options.partition) != partition) {
        return false;
    }
    TRY_ASSIGN(SegmentWriter* const out, writer({false, partition}));
    TRY(out->copy(entry, block));
    return true;
}

Result<std::vector<LiveSegment>> SegmentSet::finish(std::uint32_t level, journal::Lsn last_lsn) {
    std::vector<LiveSegment> out;
    for (auto& [key, output] : outputs_) {
        TRY_ASSIGN(const SegmentSummary summary, output.writer.finish(last_lsn));
        TRY_ASSIGN(auto file, Segment::open(state_.disk, output.writer.path(), state_.log,
                                            state_.damaged_blocks));
        out.push_back({std::move(file), {output.number, level, summary}});
    }
    unfinished_.clear();
    outputs_.clear();
    return out;
}

}  // namespace gantry::store

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "store/segment_writer.h"
#include "store/state.h"

namespace gantry::store {

// Which partition of time a time belongs to; they are counted from 1970.
std::int64_t partition_of(Time time, Duration partition);
// The first time that is not in it.
Time end_of_partition(std::int64_t number, Duration partition);

// Writes rows into as many segments as they need: one for each partition, and one more for rows
// that came late. Rows are given series by series in rising order, those of a series in rising
// time. A few partitions get a file each; whatever else there is shares one, so that rows from all
// over time cannot use up files. Files that were not taken over are removed.
class SegmentSet {
public:
    // `number` gives out the number of a new file.
    SegmentSet(State& state, std::function<std::uint64_t()> number,
               codec::Tier tier = codec::Tier::Hot);
    SegmentSet(const SegmentSet&) = delete;
    SegmentSet& operator=(const SegmentSet&) = delete;
    ~SegmentSet();

    Result<> add(const Chunk& rows, bool late = false);
    // A block as it stands in another segment; false if it does not lie in one partition.
    Result<bool> copy(const BlockEntry& entry, ByteView block);
    // Makes all durable and hands it over, rows that came late last.
    Result<std::vector<LiveSegment>> finish(std::uint32_t level, journal::Lsn last_lsn);

private:
    struct Key {
        bool late = false;
        std::int64_t partition = 0;
        auto operator<=>(const Key&) const = default;
    };
    struct Output {
        std::uint64_t number = 0;
        SegmentWriter writer;
    };
    static constexpr std::size_t files_max = 12;

    Result<SegmentWriter*> writer(Key key);
    Result<> add_late(SegmentWriter& out, const Chunk& rows);

    State& state_;
    std::function<std::uint64_t()> number_;
    codec::Tier tier_;
    std::map<Key, Output> outputs_;
    std::vector<std::string> unfinished_;  // paths
};

}  // namespace gantry::store

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "store/merge_throttle.h"
#include "store/segment_set.h"
#include "store/state.h"

namespace gantry::store {

// Moves rows to where they are cheap: memory to segments, small segments to larger ones, old ones
// away. Owns the manifest. Any thread; one step at a time.
class Maintenance {
public:
    // Reads what is on disk: manifest, segments, catalogue, journal.
    static Result<std::unique_ptr<Maintenance>> open(State& state, Random& random);

    Result<bool> step();
    Result<> flush();
    Result<> compact();
    // Makes segments part of the store, newer than all that was appended. They must have been
    // written with numbers from next_number().
    Result<> publish(std::vector<LiveSegment> segments);
    std::uint64_t next_number();

private:
    explicit Maintenance(State& state)
        : state_(state), throttle_(state.clock, state.options.merge_bytes_per_second) {}

    Result<> recover(Random& random);
    Result<> begin_manifest();
    Result<> open_segments();
    Result<> remove_strangers();
    Result<> replay_journal(Random& random);
    // Up to where each series lies in segments: rows from there on are late.
    void learn(const Segment& segment, const std::function<void(const BlockEntry&)>& also = {});

    bool flush_is_due() const;
    Result<> flush_locked();
    // Makes what was added since the last time a part of memory of its own, to be written.
    void freeze();
    Result<> write_frozen();
    Result<> flush_all();
    Result<> write_memory(const Memtable& memory, SegmentSet& out);
    Result<> drop_expired(bool& dropped);
    Result<bool> merge_step();
    Result<bool> purge_step();
    struct Neighbours {
        bool cold = false;  // one cold segment, and no other
        std::set<std::uint64_t> numbers;
    };
    std::map<std::int64_t, Neighbours> runs_by_partition() const;
    Result<bool> cool_step();
    bool touches(const LiveSegment& segment, const Tombstone& tombstone) const;
    // Rewrites segments, given by number from the oldest to the newest, as one a partition.
    Result<bool> merge(const std::set<std::uint64_t>& numbers, std::uint32_t level);
    Result<> merge_series(SeriesId series, const Segments& inputs, const Tombstones& tombstones,
                          std::vector<IndexReader>& indexes, std::uint32_t level, SegmentSet& out);
    // Puts `added` in the place of those numbers, or behind all.
    Result<> install(const std::set<std::uint64_t>& gone, std::vector<LiveSegment> added,
                     Lsn flushed);
    // The partition of a segment, or that it has rows of several.
    std::int64_t partition_of(const Manifest::Entry& entry) const;
    static constexpr std::int64_t several_partitions = INT64_MIN;
    std::function<std::uint64_t()> numbers();

    State& state_;
    std::mutex mutex_;  // guards what follows; taken before the state's
    Manifest manifest_;
    std::set<std::uint64_t> unmergeable_;  // segments with a damaged block
    // Since when a partition has got no new segment.
    struct Rest {
        std::uint64_t newest = 0;
        Time since = 0;
    };
    std::map<std::int64_t, Rest> rests_;
    std::optional<Time> looked_;    // when that was asked last
    std::vector<Time> watermarks_;  // by series: the largest time in a segment
    bool purge_wanted_ = true;
    MergeThrottle throttle_;
    std::mutex numbers_mutex_;
    std::uint64_t next_number_ = 1;
};

}  // namespace gantry::store

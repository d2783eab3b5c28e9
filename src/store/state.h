// SPDX-License-Identifier: Apache-2.0
// What the parts of a store share. Not for users of the store.
#pragma once

#include <atomic>
#include <memory>
#include <shared_mutex>
#include <vector>

#include "store/catalogue.h"
#include "store/disk_wait.h"
#include "store/last_values.h"
#include "store/manifest.h"
#include "store/memtable.h"
#include "store/page_cache.h"
#include "store/store.h"
#include "store/tombstones.h"

namespace gantry::store {

// A segment that is in force.
struct LiveSegment {
    std::shared_ptr<const Segment> file;
    Manifest::Entry entry;
};
using Segments = std::vector<LiveSegment>;  // oldest data first

// What a reader looks at: nothing of it goes away while he has it. Rows are still added to the
// active part, under the lock.
struct Snapshot {
    std::shared_ptr<const Segments> segments = std::make_shared<const Segments>();
    std::shared_ptr<const Memtable> frozen;  // being written to segments, or null
    std::shared_ptr<const Memtable> active;
    std::shared_ptr<const Tombstones> tombstones = std::make_shared<const Tombstones>();
};

class Reader;

class State {
public:
    State(Disk& disk_used, const Clock& clock_used, Log& log_used, Metrics& metrics,
          StoreOptions chosen);

    Snapshot snapshot() const;
    // Whether the rows are of series that exist, with values of their types.
    Result<> check(const SampleBatch& batch) const;
    // Rows of the series before this are older than they are kept.
    Time cutoff(SeriesId series) const;
    // The same for all series: what is before it nobody keeps.
    Time cutoff() const;
    Time cutoff_after(Duration kept) const;
    // No row of any series is ever too old.
    bool keeps_all() const;
    // Time goes on only as far as the clock and the samples agree: a clock that jumps ahead makes
    // nothing old.
    Time horizon() const;
    // Under the lock: takes rows away from memory, and hides those in segments.
    void erase(SeriesId series, TimeRange range, Lsn lsn);
    // Under the lock: whether memory takes in more, and the disk answers.
    Result<> check_room() const;
    // So much in one part of memory has to go to segments.
    bool is_large(const Memtable& memory) const;
    // So much is more than all of memory may hold, and so much beside.
    bool is_full(std::uint64_t bytes, std::uint64_t rows, std::uint64_t beside = 0) const;
    // The last row of a series; false if it has none. `reader` is used and may be replaced by a
    // newer one.
    bool find_last(SeriesId series, std::optional<Reader>& reader, LastRow& out) const;

    Disk& disk;
    const Clock& clock;
    Log& log;
    const StoreOptions options;
    const std::string folder;
    Counter& damaged_blocks;
    Counter& summed_blocks;  // of which aggregates took the statistics
    Counter& rolled_up_blocks;
    Counter& read_blocks;
    Counter& rows_total;
    Counter& refused_total;
    LatencyHistogram& commit_latency;
    Gauge& memtable_bytes;
    Gauge& journal_bytes;
    Counter& merged_bytes;
    Gauge& merges_waiting;
    Counter& merges_held_back;
    const std::shared_ptr<DiskWait> commit_wait;  // shared with the metrics that show them
    const std::shared_ptr<DiskWait> flush_wait;

    std::unique_ptr<Catalogue> catalogue;
    std::unique_ptr<journal::Journal> journal;
    std::atomic<bool> disk_full = false;  // the last try to write memory to segments found it so
    std::atomic<Time> newest = time_min;  // of all samples; written under the lock
    mutable LastValues last_values;       // written under the lock
    mutable PageCache pages;

    mutable std::shared_mutex mutex;  // guards what follows
    std::shared_ptr<Memtable> active;
    std::shared_ptr<const Memtable> frozen;
    std::shared_ptr<const Segments> segments;
    std::shared_ptr<const Tombstones> tombstones;
    Time active_since = 0;
};

}  // namespace gantry::store

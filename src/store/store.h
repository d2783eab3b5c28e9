// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "store/aggregate.h"
#include "store/chunk.h"
#include "store/options.h"

namespace gantry::store {

using journal::Lsn;

struct SeriesInfo {
    SeriesId id;
    ValueType type = ValueType::Null;

    bool operator==(const SeriesInfo&) const = default;
};

struct SeriesSpec {
    std::string_view key;
    ValueType type = ValueType::Null;
};

struct StoreStatistics {
    std::uint64_t series = 0;
    std::uint64_t segments = 0;
    std::uint64_t segment_bytes = 0;
    std::uint64_t segment_rows = 0;
    std::uint64_t segment_blocks = 0;
    std::uint64_t memtable_rows = 0;
    std::uint64_t memtable_bytes = 0;
    std::uint64_t journal_bytes = 0;
    std::uint64_t index_bytes = 0;  // memory that indexes of segments take
    std::uint64_t tombstones = 0;
    std::uint64_t damaged_blocks = 0;  // found since the start, not served
    // Of which aggregates took the statistics, the roll-ups or the rows since the start.
    std::uint64_t summed_blocks = 0;
    std::uint64_t rolled_up_blocks = 0;
    std::uint64_t read_blocks = 0;
    Lsn last = 0;  // appended
    Lsn durable = 0;
    bool accepting = true;  // false once a write to the journal has failed
};

class Backfill;
class Maintenance;
class State;

// A durable set of time series. On disk, in one folder: catalogue (names and types of the series),
// journal (appends that are not in a segment yet), segments (immutable, columnar), MANIFEST.
// Formats: docs/formats/. Of two rows with one series and time the later appended wins.
//
// Any thread may call any method. Reading works on a snapshot and never waits for a writer's disk.
class Store {
public:
    static Result<std::unique_ptr<Store>> open(Disk& disk, const Clock& clock, Random& random,
                                               Log& log, Metrics& metrics, StoreOptions options);
    ~Store();

    // The series of that key, made if there is none. Conflict if it has another type; RateLimited
    // when series_max is reached. Durable before any row of it is.
    Result<SeriesId> make_series(std::string_view key, ValueType type);
    // The same for many, all or none; `out` gets their ids in the same order.
    Result<> make_series(std::span<const SeriesSpec> specs, std::vector<SeriesId>& out);
    std::optional<SeriesInfo> find_series(std::string_view key) const;
    std::optional<SeriesInfo> series(SeriesId id) const;
    // Good for the store's life; empty when there is no such series.
    std::string_view series_key(SeriesId id) const;
    // How long samples of the series are kept, counted from the newest of the store, in place of
    // what the options say; 0 is as they say. What is older is hidden at once, and leaves the disk
    // with the next merge. NotFound: there is no such series.
    Result<> set_time_to_live(SeriesId id, Duration time_to_live);

    // All rows or none. They can be read at once and are durable when durable() has reached the
    // number returned. InvalidArgument: unknown series or wrong type. TooLarge: more than
    // batch_bytes_max. StorageFull: no space, and nothing was stored. Unavailable: the journal has
    // failed, the disk has not finished a commit for stall_after, or memory is full because
    // segments cannot be written.
    Result<Lsn> append(const SampleBatch& batch);
    static constexpr std::size_t batch_bytes_max = 8 * 1024 * 1024;

    // Takes away the rows of the series in the range that were appended before. Durable as with
    // append().
    Result<Lsn> erase(SeriesId series, TimeRange range);

    // Makes all that was appended durable: one write and one fdatasync for everybody who waits. An
    // error is final: the store goes on serving reads and refuses to append.
    Result<> commit();
    Lsn durable() const;

    // Rows of the series in the range, series by series in the order given.
    Result<> scan(std::span<const SeriesId> series, TimeRange range,
                  const ChunkVisitor& visit) const;

    // The same, by buckets of length `every` that start at range.from, which must be a real time
    // then; empty buckets are left out. every = 0 is one bucket.
    Result<> aggregate(std::span<const SeriesId> series, TimeRange range, Duration every,
                       const BucketVisitor& visit, AggregateOptions options = {}) const;
    // All series together, as one; buckets carry the first of them.
    Result<> aggregate_group(std::span<const SeriesId> series, TimeRange range, Duration every,
                             const BucketVisitor& visit, AggregateOptions options = {}) const;
    // How long the series had which value in the range; each holds until the next row, the last
    // until the range ends. Rows that are not usable, and times before the first row, belong to no
    // state.
    Result<std::vector<StateDuration>> state_durations(SeriesId series, TimeRange range,
                                                       Usable usable = Usable::NotBad) const;
    static constexpr std::size_t states_max = 10'000;  // more different values are TooLarge

    // The row with the largest time, good or not.
    Result<std::optional<Sample>> latest(SeriesId series) const;
    Result<> latest(std::span<const SeriesId> series,
                    const std::function<void(SeriesId, const LastRow&)>& visit) const;

    // One step of flushing, dropping or merging; false when there was nothing to do, or merges are
    // to wait (merge_bytes_per_second). To be called again and again, also after an error: it
    // retries what a full disk prevented.
    Result<bool> maintain();
    // Writes all that is in memory to segments.
    Result<> flush();
    // Merges all that can be merged.
    Result<> compact();

    // Old data in bulk, past the journal.
    std::unique_ptr<Backfill> begin_backfill();

    StoreStatistics statistics() const;

private:
    explicit Store(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
    std::unique_ptr<Maintenance> maintenance_;
};

}  // namespace gantry::store

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/options.h"
#include "base/random.h"
#include "journal/journal.h"
#include "model/sample_batch.h"

namespace gantry::store {

using journal::Lsn;

struct StoreOptions {
    std::string folder = "store";
    std::int64_t memtable_bytes = 64 * 1024 * 1024;
    std::int64_t series_max = 4'000'000;
    Duration flush_after = std::chrono::minutes(10);
    journal::JournalOptions journal;

    void describe(OptionVisitor& options) {
        options.number("memtable_bytes", memtable_bytes, 4096, std::int64_t{1} << 36,
                       "Samples kept in memory before they are written to a segment.");
        options.number("series_max", series_max, 1, INT64_C(0xffff0000),
                       "Largest number of series; one more is refused.");
        options.duration("flush_after", flush_after, std::chrono::seconds(1),
                         std::chrono::hours(24),
                         "Age of the oldest sample in memory at which it is written to a segment.");
        options.number("journal_file_bytes", journal.file_bytes, 4096, std::int64_t{1} << 32,
                       "Size of one journal file, reserved on disk when it is begun.");
    }
};

struct SeriesInfo {
    SeriesId id;
    ValueType type = ValueType::Null;

    bool operator==(const SeriesInfo&) const = default;
};

struct SeriesSpec {
    std::string_view key;
    ValueType type = ValueType::Null;
};

// Rows of one series, in rising time, one a time. The spans are good during the call only.
struct Chunk {
    SeriesId series;
    std::span<const Time> time;
    std::span<const ValueType> type;      // the series' type, or Null
    std::span<const std::uint64_t> bits;  // of strings: offset << 32 | length into texts
    std::span<const Quality> quality;
    std::string_view texts;

    std::size_t size() const { return time.size(); }
    Row row(std::size_t index) const;
};

// Returns false to end the scan.
using ChunkVisitor = std::function<bool(const Chunk&)>;

// One bucket of one series. A row is usable when it is not bad and has a value; NaN is none. Bool
// counts as 0 and 1; of strings there is only the count.
struct Aggregate {
    std::uint64_t rows = 0;        // all rows, the bad ones too
    std::uint64_t count = 0;       // the usable ones
    std::uint64_t good_count = 0;  // of these, the good ones
    bool numeric = false;          // the values below mean something
    double min = 0;
    double max = 0;
    double sum = 0;
    double square_sum = 0;  // of the differences to the first value, for a stable deviation
    double first = 0;
    double last = 0;
    Time first_time = 0;  // of the usable rows
    Time last_time = 0;

    double average() const { return sum / static_cast<double>(count); }
    // Of the population; 0 for one value.
    double deviation() const;
    // Good when every row is, bad when no value could be used, else uncertain.
    Quality quality() const;
    // Rows [from, to), which are later than all before.
    void add(const Chunk& chunk, std::size_t from, std::size_t to);
    // What follows in time, and is not empty.
    void add(const Aggregate& later);
};

struct Bucket {
    SeriesId series;
    Time start = 0;  // from + n * every
    Aggregate aggregate;
};

using BucketVisitor = std::function<bool(const Bucket&)>;

struct StoreStatistics {
    std::uint64_t series = 0;
    std::uint64_t segments = 0;
    std::uint64_t segment_bytes = 0;
    std::uint64_t segment_rows = 0;
    std::uint64_t memtable_rows = 0;
    std::uint64_t memtable_bytes = 0;
    std::uint64_t journal_bytes = 0;
    std::uint64_t damaged_blocks = 0;  // found since the start, not served
    Lsn durable = 0;
    bool accepting = true;  // false once a write to the journal has failed
};

class Catalogue;
class Memtable;
class Segment;
struct BlockEntry;
struct Manifest;

// What to do with a block that no newer row touches: the visitor has all it wants of it, wants its
// rows, or wants no more at all.
enum class BlockVerdict : unsigned char { Taken, Read, End };
using BlockVisitor = std::function<BlockVerdict(const BlockEntry&)>;

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

    // All rows or none. They can be read at once and are durable when durable() has reached the
    // number returned. InvalidArgument: unknown series or wrong type. TooLarge: more than
    // batch_bytes_max. StorageFull: no space, and nothing was stored. Unavailable: the journal has
    // failed, or memory is full because segments cannot be written.
    Result<Lsn> append(const SampleBatch& batch);
    static constexpr std::size_t batch_bytes_max = 8 * 1024 * 1024;

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
                       const BucketVisitor& visit) const;

    // The row with the largest time, good or not.
    Result<std::optional<Sample>> latest(SeriesId series) const;

    // One step of flushing or merging; false when there was nothing to do. To be called again and
    // again, also after an error: it retries what a full disk prevented.
    Result<bool> maintain();
    // Writes all that is in memory to a segment.
    Result<> flush();

    StoreStatistics statistics() const;

private:
    using Segments = std::vector<std::shared_ptr<const Segment>>;

    Store(Disk& disk, const Clock& clock, Log& log, Metrics& metrics, StoreOptions options);

    Result<> recover(Random& random);
    Result<> open_segments();
    Result<> remove_strangers();
    Result<> replay(const journal::Record& record);
    Result<> check(const SampleBatch& batch) const;
    bool flush_is_due() const;
    Result<> flush_locked();
    Result<bool> merge_step();
    Result<> install(std::shared_ptr<const Segment> segment, Manifest manifest, std::size_t first,
                     std::size_t count);
    Result<bool> merge_segments(std::size_t first, std::size_t count);
    // False if the visitor ended it.
    bool scan_series(SeriesId series, TimeRange range, const ChunkVisitor& visit,
                     const BlockVisitor& visit_block = {}) const;
    std::optional<Sample> latest_in_segments(SeriesId series, const Segments& segments) const;

    Disk& disk_;
    const Clock& clock_;
    Log& log_;
    const StoreOptions options_;
    const std::string folder_;
    Counter& damaged_blocks_;
    Counter& rows_total_;
    LatencyHistogram& commit_latency_;

    std::unique_ptr<Catalogue> catalogue_;
    std::unique_ptr<journal::Journal> journal_;

    std::mutex maintenance_;  // held by maintain() and flush(), before mutex_
    std::unique_ptr<Manifest> manifest_;
    std::vector<std::uint64_t> unmergeable_;  // numbers of segments with a damaged block

    mutable std::shared_mutex mutex_;  // guards what follows
    std::shared_ptr<Memtable> active_;
    std::shared_ptr<const Memtable> frozen_;  // being written to a segment
    std::shared_ptr<const Segments> segments_;
    Time active_since_ = 0;
    mutable std::unordered_map<std::uint32_t, Sample> latest_;  // filled when first asked for
};

}  // namespace gantry::store

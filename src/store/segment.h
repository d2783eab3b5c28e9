// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/log.h"
#include "base/metrics.h"
#include "codec/codec.h"
#include "store/columns.h"

namespace gantry::store {

// Where a block of one series lies in a segment, and what its rows come to (Aggregate says how).
struct BlockEntry {
    static constexpr std::uint32_t counted = 1;  // what stands below `flags` is known
    static constexpr std::uint32_t numeric = 2;

    std::uint32_t series = 0;
    std::uint32_t rows = 0;
    std::uint64_t offset = 0;
    Time first = 0;  // times of the first and last row
    Time last = 0;
    std::uint32_t flags = 0;
    std::uint16_t count = 0;
    std::uint16_t good_count = 0;
    Time first_time = 0;
    Time last_time = 0;
    double min = 0;
    double max = 0;
    double sum = 0;
    double square_sum = 0;
    double first_value = 0;
    double last_value = 0;

    // Nothing if it is not known: in segments of version 1.
    std::optional<Aggregate> aggregate() const;
    void set_aggregate(const Aggregate& aggregate);
};
static_assert(sizeof(BlockEntry) == 104);

// An immutable file of blocks, sorted by series and time (docs/formats/segment.md). Any thread.
class Segment {
public:
    // A damaged index is made again from the blocks; a damaged block is found when it is read.
    static Result<std::shared_ptr<const Segment>> open(Disk& disk, const std::string& path,
                                                       Log& log, Counter& damaged_blocks);

    std::span<const BlockEntry> blocks(SeriesId series) const;
    std::span<const BlockEntry> all_blocks() const { return index_; }

    // False, logged and counted, if the block is not what was written; its rows are not served.
    [[nodiscard]] bool read(const BlockEntry& entry, Columns& out) const;

    const std::string& path() const { return path_; }
    std::uint64_t bytes() const { return bytes_; }
    std::uint64_t rows() const { return rows_; }

private:
    Segment(std::unique_ptr<File> file, std::string path, Log& log, Counter& damaged_blocks)
        : file_(std::move(file)),
          path_(std::move(path)),
          log_(log),
          damaged_blocks_(damaged_blocks) {}

    Result<bool> read_index();
    Result<> rebuild_index();
    bool decode(ByteView payload, Columns& out) const;

    std::unique_ptr<File> file_;
    std::string path_;
    Log& log_;
    Counter& damaged_blocks_;
    std::uint32_t version_ = 0;
    std::vector<BlockEntry> index_;
    std::uint64_t bytes_ = 0;
    std::uint64_t rows_ = 0;
};

// Writes a segment: series in rising order, rows of a series in rising time. Durable, its name
// included, when finish() has returned.
class SegmentWriter {
public:
    static Result<SegmentWriter> create(Disk& disk, std::string path);

    // Rows [from, to) of `rows`, which follow all that was written for this series.
    Result<> add(SeriesId series, const Columns& rows, std::size_t from, std::size_t to);
    Result<> finish();
    bool empty() const { return index_.empty(); }

private:
    SegmentWriter(Disk& disk, std::string path, std::unique_ptr<File> file)
        : disk_(&disk), path_(std::move(path)), file_(std::move(file)) {}

    Result<> write_out();

    Disk* disk_;
    std::string path_;
    std::unique_ptr<File> file_;
    Bytes buffer_;
    codec::FloatScale scale_;  // of the series that is being written
    std::uint64_t written_ = 0;
    std::uint64_t rows_ = 0;
    std::vector<BlockEntry> index_;
};

}  // namespace gantry::store

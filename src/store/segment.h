// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/log.h"
#include "base/metrics.h"
#include "journal/journal.h"
#include "store/columns.h"
#include "store/segment_index.h"

namespace gantry::store {

// Of a page of the index: the blocks from the first entry on, up to the next page.
struct PageEntry {
    std::uint32_t first_series = 0;
    std::uint32_t last_series = 0;
    Time first_time = 0;  // of the first entry
    std::uint64_t blocks_offset = 0;
    std::uint64_t page_offset = 0;
    std::uint32_t page_bytes = 0;
    std::uint32_t entries = 0;
    std::uint32_t crc = 0;
    std::uint32_t reserved = 0;
};
static_assert(sizeof(PageEntry) == 48);

// What is known of a segment without reading its blocks.
struct SegmentSummary {
    std::uint64_t rows = 0;
    std::uint64_t blocks = 0;
    Time first = time_max;  // of all rows
    Time last = time_min;
    journal::Lsn last_lsn = 0;  // every row came with this record or one before it
};

// Something in a segment that is not what was written.
struct SegmentDamage {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::string what;
    BlockEntry block;  // if it is one; no rows otherwise
};

// An immutable file of blocks, sorted by series and time (docs/formats/segment.md), mapped into
// memory. Any thread.
class Segment {
public:
    // A damaged index is made again from the blocks; a damaged block is found when it is read.
    static Result<std::shared_ptr<const Segment>> open(Disk& disk, const std::string& path,
                                                       Log& log, Counter& damaged_blocks);

    // False, logged and counted, if the block is not what was written; its rows are not served.
    [[nodiscard]] bool read(const BlockEntry& entry, Columns& out) const;
    // The block as it stands in the file; empty if read() would be false, or if it is of an older
    // version.
    ByteView raw(const BlockEntry& entry) const;

    // Entries of one page in the order of the file.
    std::span<const PageEntry> pages() const { return pages_; }
    void read_page(std::size_t page, std::vector<BlockEntry>& out) const;

    const std::string& path() const { return path_; }
    std::uint64_t bytes() const { return mapping_->bytes().size(); }
    const SegmentSummary& summary() const { return summary_; }
    std::uint64_t memory_bytes() const { return memory_bytes_; }

    // Reads everything. Empty when all is what was written.
    std::vector<SegmentDamage> check() const;

private:
    Segment(std::unique_ptr<Mapping> mapping, std::string path, Log& log, Counter& damaged_blocks)
        : mapping_(std::move(mapping)),
          path_(std::move(path)),
          log_(log),
          damaged_blocks_(damaged_blocks) {}

    Result<> read_index();
    bool read_pages();
    void rebuild_index();
    void hold_entries(std::vector<BlockEntry> entries);
    // The payload behind the header of a block, if all is what was written.
    std::optional<ByteView> payload(const BlockEntry& entry) const;
    bool decode(ByteView payload, Columns& out) const;

    std::unique_ptr<Mapping> mapping_;
    std::string path_;
    Log& log_;
    Counter& damaged_blocks_;
    std::uint32_t version_ = 0;  // 0: the head is damaged
    SegmentSummary summary_;
    std::vector<PageEntry> pages_;
    // Pages that cannot be read from the file: of older versions, and those made again. They have
    // no statistics.
    std::vector<std::vector<BlockEntry>> held_;
    std::uint64_t memory_bytes_ = 0;
};

// Finds entries in a segment's index for one reader: keeps the page that was read last, so series
// should be asked for in rising order. The segment must outlive it.
class IndexReader {
public:
    explicit IndexReader(const Segment& segment) : segment_(&segment) {}

    // Of one series, those with rows in the range; good until the next call.
    std::span<const BlockEntry> blocks(SeriesId series, TimeRange range = {});
    // The last of one series.
    std::optional<BlockEntry> last(SeriesId series);

private:
    void load(std::size_t page);
    // The first entry of the page that is not of a series before that one.
    std::size_t seek(std::uint32_t series);

    const Segment* segment_;
    std::size_t page_ = SIZE_MAX;
    std::size_t at_ = 0;                 // where the last seek ended
    std::vector<BlockEntry> entries_;    // of that page
    std::vector<BlockEntry> collected_;  // from several pages
};

}  // namespace gantry::store

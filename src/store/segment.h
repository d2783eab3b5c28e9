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

struct PlainBlock;

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
    // The same of a block whose rows are all good and have a number each. False if it is another,
    // or damaged: read() tells which.
    [[nodiscard]] bool read_plain(const BlockEntry& entry, PlainBlock& out) const;
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

class PageCache;

// Entries of a page that lie one behind another: [from, to).
struct Stretch {
    const Segment* segment = nullptr;
    const IndexPage* page = nullptr;
    std::size_t from = 0;
    std::size_t to = 0;

    const BlockSummary& front() const { return page->summaries[from]; }
    const BlockSummary& back() const { return page->summaries[to - 1]; }
    std::span<const BlockSummary> blocks() const {
        return std::span(page->summaries).subspan(from, to - from);
    }
    bool whole_page() const { return to - from == page->summaries.size(); }
};

// Finds entries in a segment's index for one reader: keeps the page that was read last, so series
// should be asked for in rising order. The segment must outlive it.
class IndexReader {
public:
    explicit IndexReader(const Segment& segment) : segment_(&segment) {}
    // Whose pages come from the cache; `number` is that of the segment's file.
    IndexReader(const Segment& segment, PageCache& cache, std::uint64_t number)
        : segment_(&segment), cache_(&cache), number_(number) {}

    // Of one series, those with rows in the range; good until the next call.
    std::span<const BlockEntry> blocks(SeriesId series, TimeRange range = {});
    // The same, appended to `out` page by page. Only with a cache.
    void stretches(SeriesId series, TimeRange range, std::vector<Stretch>& out);
    // All entries of the series up to the one before the end that run_end() gives for the first of
    // them lie in one page.
    std::uint64_t run_end(SeriesId first) const;
    // Those of such series, the last one too, appended to `out` if there are any; good until the
    // next call. Only with a cache.
    void run(SeriesId first, SeriesId last, std::vector<Stretch>& out);
    // The last of one series.
    std::optional<BlockEntry> last(SeriesId series);

private:
    // The first page that may have entries of the series, or of later ones.
    std::size_t page_of(SeriesId series) const;
    void load(std::size_t page);
    std::span<const BlockEntry> entries() const { return page_ ? page_->entries : entries_; }
    // Places in the page that was loaded.
    struct Places {
        std::size_t from = 0;
        std::size_t to = 0;
    };
    template <class Entry>
    Places find_in(std::span<const Entry> all, SeriesId series, TimeRange range);
    // Calls back for each page that may have such entries, once it is loaded, and says whether the
    // series goes on in the next.
    template <class Visit>
    void each_page(SeriesId series, TimeRange range, const Visit& visit);

    const Segment* segment_;
    PageCache* cache_ = nullptr;
    std::uint64_t number_ = 0;
    std::size_t loaded_ = SIZE_MAX;
    std::size_t at_ = 0;                     // where the last search ended
    std::vector<BlockEntry> entries_;        // of the page that is loaded, without a cache
    std::shared_ptr<const IndexPage> page_;  // the same with one
    std::vector<BlockEntry> collected_;      // from several pages
    std::vector<std::shared_ptr<const IndexPage>> held_;  // that stretches lie in
};

}  // namespace gantry::store

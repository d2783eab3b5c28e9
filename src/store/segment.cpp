// SPDX-License-Identifier: Apache-2.0
#include "store/segment.h"

#include <algorithm>

#include "base/assert.h"
#include "store/block.h"
#include "store/page_cache.h"
#include "store/plain_block.h"
#include "store/segment_format.h"

namespace gantry::store {

Result<std::shared_ptr<const Segment>> Segment::open(Disk& disk, const std::string& path, Log& log,
                                                     Counter& damaged_blocks) {
    TRY_ASSIGN(const auto file, disk.open(path, OpenMode::Read));
    TRY_ASSIGN(auto mapping, file->map());
    std::shared_ptr<Segment> segment(new Segment(std::move(mapping), path, log, damaged_blocks));
    TRY(segment->read_index());
    return segment;
}

Result<> Segment::read_index() {
    SegmentHead head;
    const bool known = copy_struct(mapping_->bytes(), 0, head) && head.magic == segment_magic &&
                       head.crc == checksum(head);
    if (known && (head.version == 0 || head.version > segment_version)) {
        return fail(Code::Unsupported, "{} has format version {}, this program reads 1 to {}",
                    path_, head.version, segment_version);
    }
    version_ = known ? head.version : 0;
    std::vector<BlockEntry> entries;
    if (version_ == 1 || version_ == 2) {
        if (store::read_old_index(mapping_->bytes(), version_, entries)) {
            hold_entries(std::move(entries));
            return {};
        }
    } else if (read_pages()) {
        return {};
    }
    log_.error("store", "segment index damaged, made again from its blocks", {{"file", path_}});
    rebuild_index();
    return {};
}

// False when the table of pages or one of them is damaged.
bool Segment::read_pages() {
    const ByteView file = mapping_->bytes();
    SegmentFoot foot;
    if (file.size() < sizeof(SegmentHead) + sizeof(foot) ||
        !copy_struct(file, file.size() - sizeof(foot), foot) || foot.magic != segment_foot_magic ||
        foot.crc != checksum(foot) || foot.pages > file.size() / sizeof(PageEntry) ||
        foot.pages_offset + foot.pages * sizeof(PageEntry) + sizeof(foot) != file.size()) {
        return false;
    }
    const ByteView table = file.subspan(foot.pages_offset, foot.pages * sizeof(PageEntry));
    if (crc32c(table) != foot.pages_crc) {
        return false;
    }
    version_ = std::max(version_, segment_version_paged);
    summary_ = foot.summary;
    pages_.resize(foot.pages);
    std::memcpy(pages_.data(), table.data(), table.size());
    memory_bytes_ = pages_.size() * sizeof(PageEntry);
    for (const PageEntry& page : pages_) {
        if (page.page_offset > file.size() || page.page_bytes > file.size() - page.page_offset ||
            crc32c(file.subspan(page.page_offset, page.page_bytes)) != page.crc) {
            pages_.clear();
            summary_ = {};
            return false;
        }
    }
    return true;
}

// Entries that are kept in memory, as pages.
void Segment::hold_entries(std::vector<BlockEntry> entries) {
    pages_.clear();
    held_.clear();
    summary_.rows = 0;
    summary_.blocks = entries.size();
    for (std::size_t at = 0; at < entries.size(); at += page_entries_max) {
        const auto part =
            std::span(entries).subspan(at, std::min(page_entries_max, entries.size() - at));
        PageEntry& page = pages_.emplace_back();
        page.first_series = part.front().series;
        page.last_series = part.back().series;
        page.first_time = part.front().first;
        page.blocks_offset = part.front().offset;
        page.entries = static_cast<std::uint32_t>(part.size());
        held_.emplace_back(part.begin(), part.end());
    }
    for (const BlockEntry& entry : entries) {
        summary_.rows += entry.rows;
        summary_.first = std::min(summary_.first, entry.first);
        summary_.last = std::max(summary_.last, entry.last);
    }
    memory_bytes_ = entries.size() * sizeof(BlockEntry) + pages_.size() * sizeof(PageEntry);
}

namespace {

// The entry that the header at a place of the file would have.
template <class Header>
std::optional<BlockEntry> entry_at(ByteView file, std::uint64_t offset) {
    Header header;
    if (!copy_struct(file, offset, header) || header.magic != Header::block_magic ||
        header.rows == 0) {
        return std::nullopt;
    }
    BlockEntry entry;
    entry.series = header.series;
    entry.rows = header.rows;
    entry.offset = offset;
    entry.bytes = static_cast<std::uint32_t>(sizeof(header)) + header.payload;
    return entry;
}

// The payload of the block, if all is what was written.
template <class Header>
std::optional<ByteView> payload_of(ByteView file, const BlockEntry& entry) {
    Header header;
    if (entry.offset > file.size() || entry.bytes > file.size() - entry.offset ||
        entry.bytes < sizeof(header) || !copy_struct(file, entry.offset, header)) {
        return std::nullopt;
    }
    const ByteView bytes =
        file.subspan(entry.offset + sizeof(header), entry.bytes - sizeof(header));
    const bool good = header.magic == Header::block_magic && header.series == entry.series &&
                      header.rows == entry.rows && header.payload == bytes.size() &&
                      header.crc == checksum(header, bytes);
    return good ? std::optional(bytes) : std::nullopt;
}

}  // namespace

// Every block says whose it is, so the index can be had again by walking over them.
void Segment::rebuild_index() {
    const ByteView file = mapping_->bytes();
    std::vector<BlockEntry> entries;
    Columns rows;
    const auto try_at = [&](std::optional<BlockEntry> entry) {
        const auto bytes = entry ? payload(*entry) : std::nullopt;
        if (!bytes || !decode(*bytes, rows) || rows.size() != entry->rows) {
            return false;
        }
        entry->first = rows.time.front();
        entry->last = rows.time.back();
        entries.push_back(*entry);
        return true;
    };
    for (std::uint64_t at = sizeof(SegmentHead); at < file.size();) {
        const bool found =
            try_at(entry_at<BlockHeader>(file, at)) || try_at(entry_at<OldBlockHeader>(file, at));
        at += found ? aligned(entries.back().bytes) : block_alignment;
    }
    hold_entries(std::move(entries));
}

std::optional<ByteView> Segment::payload(const BlockEntry& entry) const {
    std::optional<ByteView> out;
    if (version_ >= segment_version_paged || version_ == 0) {
        out = payload_of<BlockHeader>(mapping_->bytes(), entry);
    }
    if (!out && version_ < segment_version_paged) {
        out = payload_of<OldBlockHeader>(mapping_->bytes(), entry);
    }
    return out;
}

// A head that is lost does not say how the blocks are written, so both ways are tried then.
bool Segment::decode(ByteView payload, Columns& out) const {
    return (version_ != 1 && decode_block(payload, out)) ||
           (version_ <= 1 && decode_block_v1(payload, out));
}

bool Segment::read(const BlockEntry& entry, Columns& out) const {
    const auto bytes = payload(entry);
    if (bytes && decode(*bytes, out) && out.size() == entry.rows) {
        return true;
    }
    out.clear();
    damaged_blocks_.add();
    log_.error("store", "damaged block, not served",
               {{"file", path_},
                {"offset", entry.offset},
                {"series", entry.series},
                {"rows", entry.rows}});
    return false;
}

bool Segment::read_plain(const BlockEntry& entry, PlainBlock& out) const {
    const auto bytes = version_ > 1 ? payload(entry) : std::nullopt;
    return bytes && decode_plain_block(*bytes, out) && out.rows == entry.rows;
}

ByteView Segment::raw(const BlockEntry& entry) const {
    if (version_ < segment_version_paged || !payload(entry)) {
        return {};
    }
    return mapping_->bytes().subspan(entry.offset, entry.bytes);
}

void Segment::read_page(std::size_t page, std::vector<BlockEntry>& out) const {
    if (!held_.empty()) {
        out = held_[page];
        return;
    }
    const PageEntry& entry = pages_[page];
    const ByteView bytes = mapping_->bytes().subspan(entry.page_offset, entry.page_bytes);
    if (crc32c(bytes) != entry.crc ||
        !decode_page(bytes, entry.blocks_offset, entry.entries, out)) {
        // It was good when the segment was opened: the disk lost it since.
        out.clear();
        damaged_blocks_.add(entry.entries);
        log_.error("store", "damaged index page, its blocks are not served until the next start",
                   {{"file", path_}, {"offset", entry.page_offset}, {"blocks", entry.entries}});
    }
}

std::vector<SegmentDamage> Segment::check() const {
    std::vector<SegmentDamage> out;
    const ByteView file = mapping_->bytes();
    SegmentHead head;
    if (!copy_struct(file, 0, head) || head.magic != segment_magic || head.crc != checksum(head)) {
        out.push_back({0, sizeof(head), "head", {}});
    }
    if (!held_.empty() && version_ != 1 && version_ != 2) {
        out.push_back({0, file.size(), "index", {}});
    }
    std::vector<BlockEntry> entries;
    Columns rows;
    for (std::size_t i = 0; i < pages_.size(); ++i) {
        read_page(i, entries);
        for (const BlockEntry& entry : entries) {
            const auto bytes = payload(entry);
            if (!bytes || !decode(*bytes, rows) || rows.size() != entry.rows) {
                BlockEntry lost = entry;
                lost.statistics = {};  // the segment's
                out.push_back(
                    {entry.offset, entry.bytes,
                     std::format("block of series {} with {} rows from {} to {}", entry.series,
                                 entry.rows, format_time(entry.first), format_time(entry.last)),
                     lost});
            }
            if (!entry.sound()) {
                out.push_back({pages_[i].page_offset,
                               pages_[i].page_bytes,
                               std::format("statistics of a block of series {}", entry.series),
                               {}});
            }
        }
    }
    return out;
}

void IndexReader::load(std::size_t page) {
    if (loaded_ == page) {
        return;
    }
    loaded_ = page;
    at_ = 0;
    if (cache_ == nullptr) {
        segment_->read_page(page, entries_);
    } else {
        page_ = cache_->page(*segment_, number_, page);
    }
}

// Most readers ask for series in rising order, so the place is near where the last one was.
template <class Entry>
IndexReader::Places IndexReader::find_in(std::span<const Entry> all, SeriesId series,
                                         TimeRange range) {
    const std::uint32_t number = series.value;
    if (at_ > 0 && all[at_ - 1].series >= number) {
        at_ = 0;
    }
    while (at_ < all.size() && all[at_].series < number) {
        ++at_;
    }
    Places out{at_, at_};
    while (out.from < all.size() && all[out.from].series == number &&
           all[out.from].last < range.from) {
        ++out.from;
    }
    out.to = out.from;
    while (out.to < all.size() && all[out.to].series == number && all[out.to].first < range.to) {
        ++out.to;
    }
    return out;
}

std::size_t IndexReader::page_of(SeriesId series) const {
    const auto pages = segment_->pages();
    const auto is = [&](std::size_t page) {
        return page < pages.size() && pages[page].last_series >= series.value &&
               (page == 0 || pages[page - 1].last_series < series.value);
    };
    if (is(loaded_)) {
        return loaded_;
    }
    if (is(loaded_ + 1)) {
        return loaded_ + 1;
    }
    return static_cast<std::size_t>(
        std::ranges::lower_bound(pages, series.value, {}, &PageEntry::last_series) - pages.begin());
}

std::uint64_t IndexReader::run_end(SeriesId first) const {
    const auto pages = segment_->pages();
    const std::size_t at = page_of(first);
    if (at == pages.size()) {
        return UINT64_MAX;
    }
    const PageEntry& page = pages[at];
    if (page.first_series > first.value) {
        return page.first_series;
    }
    const bool goes_on = at + 1 < pages.size() && pages[at + 1].first_series == page.last_series;
    return std::uint64_t{page.last_series} + (goes_on ? 0 : 1);
}

void IndexReader::run(SeriesId first, SeriesId last, std::vector<Stretch>& out) {
    const auto pages = segment_->pages();
    const std::size_t at = page_of(first);
    if (at == pages.size() || pages[at].first_series > last.value) {
        return;
    }
    load(at);
    const auto& all = page_->summaries;
    std::size_t from = 0;
    std::size_t to = all.size();
    if (pages[at].first_series < first.value || pages[at].last_series > last.value) {
        const auto begin = std::ranges::lower_bound(all, first.value, {}, &BlockSummary::series);
        const auto end = std::ranges::upper_bound(all, last.value, {}, &BlockSummary::series);
        from = static_cast<std::size_t>(begin - all.begin());
        to = static_cast<std::size_t>(end - all.begin());
    }
    if (from < to) {
        out.push_back({segment_, page_.get(), from, to});
    }
}

template <class Visit>
void IndexReader::each_page(SeriesId series, TimeRange range, const Visit& visit) {
    const auto pages = segment_->pages();
    for (std::size_t at = page_of(series);
         at < pages.size() && pages[at].first_series <= series.value; ++at) {
        // A series with more blocks than fit a page goes on in the next.
        const bool goes_on = at + 1 < pages.size() && pages[at + 1].first_series == series.value;
        if (goes_on && pages[at + 1].first_time <= range.from) {
            continue;
        }
        if (pages[at].first_series == series.value && pages[at].first_time >= range.to) {
            break;
        }
        load(at);
        visit(goes_on);
    }
}

std::span<const BlockEntry> IndexReader::blocks(SeriesId series, TimeRange range) {
    collected_.clear();
    std::span<const BlockEntry> out;
    each_page(series, range, [&](bool goes_on) {
        const Places found = find_in(entries(), series, range);
        const auto part = entries().subspan(found.from, found.to - found.from);
        if (!goes_on && collected_.empty()) {
            out = part;
        } else {
            collected_.insert(collected_.end(), part.begin(), part.end());
            out = collected_;
        }
    });
    return out;
}

void IndexReader::stretches(SeriesId series, TimeRange range, std::vector<Stretch>& out) {
    held_.clear();
    each_page(series, range, [&](bool goes_on) {
        const Places found = find_in<BlockSummary>(page_->summaries, series, range);
        if (found.from < found.to) {
            out.push_back({segment_, page_.get(), found.from, found.to});
        }
        if (goes_on) {
            held_.push_back(page_);
        }
    });
}

std::optional<BlockEntry> IndexReader::last(SeriesId series) {
    const auto pages = segment_->pages();
    const auto after = std::ranges::upper_bound(pages, series.value, {}, &PageEntry::first_series);
    if (after == pages.begin() || std::prev(after)->last_series < series.value) {
        return std::nullopt;
    }
    load(static_cast<std::size_t>(std::prev(after) - pages.begin()));
    const auto all = entries();
    const auto end = std::ranges::upper_bound(all, series.value, {}, &BlockEntry::series);
    return end != all.begin() && std::prev(end)->series == series.value
               ? std::optional(*std::prev(end))
               : std::nullopt;
}

}  // namespace gantry::store

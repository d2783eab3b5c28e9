// SPDX-License-Identifier: Apache-2.0
#include "store/segment_writer.h"

#include <algorithm>

#include "base/assert.h"
#include "store/block.h"
#include "store/segment_format.h"

namespace gantry::store {
namespace {

constexpr std::size_t write_bytes = 1024 * 1024;

}  // namespace

Result<SegmentWriter> SegmentWriter::create(Disk& disk, std::string path, codec::Tier tier,
                                            std::int64_t roll_up_rows_min) {
    TRY_ASSIGN(auto file, disk.open(path, OpenMode::Create));
    SegmentWriter writer(disk, std::move(path), std::move(file), tier);
    writer.roll_up_rows_min_ = tier == codec::Tier::Cold ? roll_up_rows_min : 0;
    SegmentHead head;
    head.crc = checksum(head);
    ByteWriter(writer.buffer_).put_bytes(std::as_bytes(std::span(&head, 1)));
    return writer;
}

Result<> SegmentWriter::write_out() {
    TRY(file_->write(written_, buffer_));
    written_ += buffer_.size();
    buffer_.clear();
    return {};
}

Result<> SegmentWriter::add(const Chunk& rows) {
    if (rows.series.value != series_ || summary_.blocks == 0) {
        scale_ = {};
    }
    for (std::size_t at = 0; at < rows.size(); at += block_rows_max) {
        const Chunk part = rows.part(at, std::min(rows.size(), at + block_rows_max));
        BlockEntry entry;
        entry.series = rows.series.value;
        entry.rows = static_cast<std::uint32_t>(part.size());
        entry.offset = offset();
        entry.first = part.time.front();
        entry.last = part.time.back();

        buffer_.resize(buffer_.size() + sizeof(BlockHeader));
        encode_block(part, scale_, buffer_, tier_);
        entry.bytes = static_cast<std::uint32_t>(offset() - entry.offset);
        std::byte* const begin = buffer_.data() + (buffer_.size() - entry.bytes);
        BlockHeader header;
        header.rows = static_cast<std::uint16_t>(entry.rows);
        header.series = entry.series;
        header.payload = entry.bytes - static_cast<std::uint32_t>(sizeof(header));
        header.crc = checksum(header, ByteView(begin + sizeof(header), header.payload));
        std::memcpy(begin, &header, sizeof(header));
        TRY(after_block(entry, encode_statistics(part, roll_up_rows_min_)));
    }
    return {};
}

Result<> SegmentWriter::copy(const BlockEntry& entry, ByteView block) {
    BlockEntry moved = entry;
    moved.offset = offset();
    ByteWriter(buffer_).put_bytes(block);
    scale_ = {};
    return after_block(moved, {entry.statistics.begin(), entry.statistics.end()});
}

Result<> SegmentWriter::after_block(const BlockEntry& entry, Bytes statistics) {
    ASSERT(summary_.blocks == 0 || series_ < entry.series ||
           (series_ == entry.series && last_ < entry.first));
    series_ = entry.series;
    last_ = entry.last;
    summary_.rows += entry.rows;
    ++summary_.blocks;
    summary_.first = std::min(summary_.first, entry.first);
    summary_.last = std::max(summary_.last, entry.last);
    buffer_.resize(buffer_.size() + aligned(entry.bytes) - entry.bytes);
    page_.push_back({entry, std::move(statistics)});
    if (page_.size() == page_entries_max) {
        end_page();
    }
    return buffer_.size() < write_bytes ? Result<>{} : write_out();
}

void SegmentWriter::end_page() {
    if (page_.empty()) {
        return;
    }
    PageEntry& page = pages_.emplace_back();
    page.first_series = page_.front().block.series;
    page.last_series = page_.back().block.series;
    page.first_time = page_.front().block.first;
    page.blocks_offset = page_.front().block.offset;
    page.page_offset = offset();
    page.entries = static_cast<std::uint32_t>(page_.size());
    const std::size_t begin = buffer_.size();
    encode_page(page_, buffer_);
    page.page_bytes = static_cast<std::uint32_t>(buffer_.size() - begin);
    page.crc = crc32c(ByteView(buffer_).subspan(begin));
    buffer_.resize(begin + aligned(page.page_bytes));
    page_.clear();
}

Result<SegmentSummary> SegmentWriter::finish(journal::Lsn last_lsn) {
    end_page();
    summary_.last_lsn = last_lsn;
    const ByteView table = std::as_bytes(std::span(pages_));
    SegmentFoot foot;
    foot.pages_offset = offset();
    foot.pages = pages_.size();
    foot.summary = summary_;
    foot.pages_crc = crc32c(table);
    foot.crc = checksum(foot);
    ByteWriter out(buffer_);
    out.put_bytes(table);
    out.put_bytes(std::as_bytes(std::span(&foot, 1)));
    TRY(write_out());
    TRY(file_->sync());
    TRY(disk_->sync_directory(parent_of(path_)));
    return summary_;
}

}  // namespace gantry::store

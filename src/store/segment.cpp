// SPDX-License-Identifier: Apache-2.0
#include "store/segment.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "store/block.h"

namespace gantry::store {
namespace {

constexpr std::uint64_t head_magic = 0x314745535954'4e47;  // "GNTYSEG1"
constexpr std::uint64_t foot_magic = 0x464745535954'4e47;  // "GNTYSEGF"
constexpr std::uint32_t block_magic = 0x4b434c42;          // "BLCK"
constexpr std::uint32_t version = 1;
constexpr std::size_t alignment = 8;
constexpr std::size_t write_bytes = 4 * 1024 * 1024;

struct Head {
    std::uint64_t magic = head_magic;
    std::uint32_t format = version;
    std::uint32_t crc = 0;
};
static_assert(sizeof(Head) == 16);

struct BlockHeader {
    std::uint32_t magic = block_magic;
    std::uint32_t series = 0;
    std::uint32_t rows = 0;
    std::uint32_t payload = 0;
    Time first = 0;
    Time last = 0;
    std::uint32_t reserved = 0;
    std::uint32_t crc = 0;  // of the header with this field zero, then of the payload
};
static_assert(sizeof(BlockHeader) == 40);

struct Foot {
    std::uint64_t magic = foot_magic;
    std::uint64_t index_offset = 0;
    std::uint64_t blocks = 0;
    std::uint64_t rows = 0;
    std::uint32_t index_crc = 0;
    std::uint32_t crc = 0;
};
static_assert(sizeof(Foot) == 40);

template <class T>
std::uint32_t checksum(T header, ByteView payload = {}) {
    header.crc = 0;
    return crc32c(payload, crc32c(std::as_bytes(std::span(&header, 1))));
}

template <class T>
Result<bool> read_struct(const File& file, std::uint64_t offset, T& out) {
    TRY_ASSIGN(const std::size_t got,
               file.read(offset, std::as_writable_bytes(std::span(&out, 1))));
    return got == sizeof(T);
}

std::size_t padded(std::size_t size) { return (size + alignment - 1) / alignment * alignment; }

}  // namespace

Result<std::shared_ptr<const Segment>> Segment::open(Disk& disk, const std::string& path, Log& log,
                                                     Counter& damaged_blocks) {
    TRY_ASSIGN(auto file, disk.open(path, OpenMode::Read));
    std::shared_ptr<Segment> segment(new Segment(std::move(file), path, log, damaged_blocks));
    TRY_ASSIGN(segment->bytes_, segment->file_->size());
    Head head;
    TRY_ASSIGN(const bool whole, read_struct(*segment->file_, 0, head));
    if (whole && head.magic == head_magic && head.crc == checksum(head) && head.format != version) {
        return fail(Code::Unsupported, "{} has format version {}, this program reads {}", path,
                    head.format, version);
    }
    TRY_ASSIGN(const bool good, segment->read_index());
    if (!good) {
        log.error("store", "segment index damaged, made again from its blocks", {{"file", path}});
        TRY(segment->rebuild_index());
    }
    for (const BlockEntry& entry : segment->index_) {
        segment->rows_ += entry.rows;
    }
    return segment;
}

Result<bool> Segment::read_index() {
    Foot foot;
    if (bytes_ < sizeof(Head) + sizeof(Foot)) {
        return false;
    }
    TRY_ASSIGN(const bool whole, read_struct(*file_, bytes_ - sizeof(foot), foot));
    if (!whole || foot.magic != foot_magic || foot.crc != checksum(foot) ||
        foot.blocks > bytes_ / sizeof(BlockEntry) ||
        foot.index_offset + foot.blocks * sizeof(BlockEntry) + sizeof(foot) != bytes_) {
        return false;
    }
    index_.resize(foot.blocks);
    const auto raw = std::as_writable_bytes(std::span(index_));
    TRY_ASSIGN(const std::size_t got, file_->read(foot.index_offset, raw));
    if (got != raw.size() || crc32c(raw) != foot.index_crc) {
        index_.clear();
        return false;
    }
    return true;
}

// Every block says whose it is, so the index can be had again by walking over them.
Result<> Segment::rebuild_index() {
    std::uint64_t at = sizeof(Head);
    while (at + sizeof(BlockHeader) <= bytes_) {
        BlockHeader header;
        TRY_ASSIGN(const bool whole, read_struct(*file_, at, header));
        bool valid = whole && header.magic == block_magic && header.payload <= bytes_ - at;
        if (valid) {
            Bytes payload(header.payload);
            TRY_ASSIGN(const std::size_t got, file_->read(at + sizeof(header), payload));
            valid = got == payload.size() && header.crc == checksum(header, payload);
        }
        if (valid) {
            index_.push_back({header.series, header.rows, at, header.first, header.last});
            at += sizeof(header) + padded(header.payload);
        } else {
            at += alignment;
        }
    }
    return {};
}

std::span<const BlockEntry> Segment::blocks(SeriesId series) const {
    const auto range = std::ranges::equal_range(index_, series.value, {}, &BlockEntry::series);
    return {range.begin(), range.end()};
}

bool Segment::read(const BlockEntry& entry, Columns& out) const {
    const auto checked = [&]() -> Result<bool> {
        BlockHeader header;
        TRY_ASSIGN(const bool whole, read_struct(*file_, entry.offset, header));
        if (!whole || header.magic != block_magic || header.series != entry.series ||
            header.payload > bytes_ - entry.offset) {
            return false;
        }
        Bytes payload(header.payload);
        TRY_ASSIGN(const std::size_t got, file_->read(entry.offset + sizeof(header), payload));
        return got == payload.size() && header.crc == checksum(header, payload) &&
               decode_block(payload, out) && out.size() == entry.rows;
    }();
    if (checked && *checked) {
        return true;
    }
    out.clear();
    damaged_blocks_.add();
    log_.error("store", "damaged block, not served",
               {{"file", path_},
                {"offset", entry.offset},
                {"series", entry.series},
                {"rows", entry.rows},
                {"detail", checked ? std::string("checksum") : checked.error().message}});
    return false;
}

Result<SegmentWriter> SegmentWriter::create(Disk& disk, std::string path) {
    TRY_ASSIGN(auto file, disk.open(path, OpenMode::Create));
    SegmentWriter writer(disk, std::move(path), std::move(file));
    Head head;
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

Result<> SegmentWriter::add(SeriesId series, const Columns& rows, std::size_t from,
                            std::size_t to) {
    ASSERT(index_.empty() || index_.back().series < series.value ||
           (index_.back().series == series.value && index_.back().last < rows.time[from]));
    for (std::size_t at = from; at < to; at += block_rows_max) {
        const std::size_t end = std::min(to, at + block_rows_max);
        const Bytes payload = encode_block(rows, at, end);
        BlockHeader header;
        header.series = series.value;
        header.rows = static_cast<std::uint32_t>(end - at);
        header.payload = static_cast<std::uint32_t>(payload.size());
        header.first = rows.time[at];
        header.last = rows.time[end - 1];
        header.crc = checksum(header, payload);
        index_.push_back(
            {header.series, header.rows, written_ + buffer_.size(), header.first, header.last});
        ByteWriter out(buffer_);
        out.put_bytes(std::as_bytes(std::span(&header, 1)));
        out.put_bytes(payload);
        buffer_.resize(buffer_.size() + padded(payload.size()) - payload.size());
        rows_ += header.rows;
    }
    return buffer_.size() < write_bytes ? Result<>{} : write_out();
}

Result<> SegmentWriter::finish() {
    const ByteView index = std::as_bytes(std::span(index_));
    Foot foot;
    foot.index_offset = written_ + buffer_.size();
    foot.blocks = index_.size();
    foot.rows = rows_;
    foot.index_crc = crc32c(index);
    foot.crc = checksum(foot);
    ByteWriter out(buffer_);
    out.put_bytes(index);
    out.put_bytes(std::as_bytes(std::span(&foot, 1)));
    TRY(write_out());
    TRY(file_->sync());
    return disk_->sync_directory(parent_of(path_));
}

}  // namespace gantry::store

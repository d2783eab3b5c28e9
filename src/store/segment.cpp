// SPDX-License-Identifier: Apache-2.0
#include "store/segment.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/assert.h"
#include "store/block.h"

namespace gantry::store {
namespace {

constexpr std::uint64_t head_magic = 0x314745535954'4e47;  // "GNTYSEG1"
constexpr std::uint64_t foot_magic = 0x464745535954'4e47;  // "GNTYSEGF"
constexpr std::uint32_t block_magic = 0x4b434c42;          // "BLCK"
constexpr std::uint32_t version = 2;
constexpr std::uint32_t oldest_version = 1;
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

// An entry of the index in version 1.
struct BlockEntryV1 {
    std::uint32_t series = 0;
    std::uint32_t rows = 0;
    std::uint64_t offset = 0;
    Time first = 0;
    Time last = 0;
};
static_assert(sizeof(BlockEntryV1) == 32);

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

Aggregate aggregate_of(const Columns& rows, std::size_t from, std::size_t to) {
    Aggregate out;
    out.add(rows.chunk({}), from, to);
    return out;
}

}  // namespace

std::optional<Aggregate> BlockEntry::aggregate() const {
    if ((flags & counted) == 0) {
        return std::nullopt;
    }
    return Aggregate{.rows = rows,
                     .count = count,
                     .good_count = good_count,
                     .numeric = (flags & numeric) != 0,
                     .min = min,
                     .max = max,
                     .sum = sum,
                     .square_sum = square_sum,
                     .first = first_value,
                     .last = last_value,
                     .first_time = first_time,
                     .last_time = last_time};
}

void BlockEntry::set_aggregate(const Aggregate& aggregate) {
    // Infinities and what overflows cannot be put together from parts.
    if (!std::isfinite(aggregate.sum) || !std::isfinite(aggregate.square_sum)) {
        return;
    }
    flags = counted | (aggregate.numeric ? numeric : 0);
    count = static_cast<std::uint16_t>(aggregate.count);
    good_count = static_cast<std::uint16_t>(aggregate.good_count);
    min = aggregate.min;
    max = aggregate.max;
    sum = aggregate.sum;
    square_sum = aggregate.square_sum;
    first_value = aggregate.first;
    last_value = aggregate.last;
    first_time = aggregate.first_time;
    last_time = aggregate.last_time;
}

Result<std::shared_ptr<const Segment>> Segment::open(Disk& disk, const std::string& path, Log& log,
                                                     Counter& damaged_blocks) {
    TRY_ASSIGN(auto file, disk.open(path, OpenMode::Read));
    std::shared_ptr<Segment> segment(new Segment(std::move(file), path, log, damaged_blocks));
    TRY_ASSIGN(segment->bytes_, segment->file_->size());
    Head head;
    TRY_ASSIGN(const bool whole, read_struct(*segment->file_, 0, head));
    const bool known = whole && head.magic == head_magic && head.crc == checksum(head);
    if (known && (head.format < oldest_version || head.format > version)) {
        return fail(Code::Unsupported, "{} has format version {}, this program reads {} to {}",
                    path, head.format, oldest_version, version);
    }
    segment->version_ = known ? head.format : 0;
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
    const std::size_t entry_bytes = version_ == 1 ? sizeof(BlockEntryV1) : sizeof(BlockEntry);
    if (!whole || version_ == 0 || foot.magic != foot_magic || foot.crc != checksum(foot) ||
        foot.blocks > bytes_ / entry_bytes ||
        foot.index_offset + foot.blocks * entry_bytes + sizeof(foot) != bytes_) {
        return false;
    }
    Bytes raw(foot.blocks * entry_bytes);
    TRY_ASSIGN(const std::size_t got, file_->read(foot.index_offset, raw));
    if (got != raw.size() || crc32c(raw) != foot.index_crc) {
        return false;
    }
    index_.resize(foot.blocks);
    if (version_ == version) {
        std::memcpy(index_.data(), raw.data(), raw.size());
        return true;
    }
    for (std::size_t i = 0; i < index_.size(); ++i) {
        BlockEntryV1 entry;
        std::memcpy(&entry, raw.data() + i * entry_bytes, entry_bytes);
        index_[i] = {.series = entry.series,
                     .rows = entry.rows,
                     .offset = entry.offset,
                     .first = entry.first,
                     .last = entry.last};
    }
    return true;
}

// A head that is lost does not say how the blocks are written, so both ways are tried then.
bool Segment::decode(ByteView payload, Columns& out) const {
    return (version_ != 1 && decode_block(payload, out)) ||
           (version_ <= 1 && decode_block_v1(payload, out));
}

// Every block says whose it is, so the index can be had again by walking over them.
Result<> Segment::rebuild_index() {
    std::uint64_t at = sizeof(Head);
    Bytes payload;
    Columns rows;
    while (at + sizeof(BlockHeader) <= bytes_) {
        BlockHeader header;
        TRY_ASSIGN(const bool whole, read_struct(*file_, at, header));
        bool valid = whole && header.magic == block_magic && header.payload <= bytes_ - at;
        if (valid) {
            payload.resize(header.payload);
            TRY_ASSIGN(const std::size_t got, file_->read(at + sizeof(header), payload));
            valid = got == payload.size() && header.crc == checksum(header, payload);
        }
        if (valid) {
            BlockEntry entry{.series = header.series,
                             .rows = header.rows,
                             .offset = at,
                             .first = header.first,
                             .last = header.last};
            if (decode(payload, rows) && rows.size() == entry.rows) {
                entry.set_aggregate(aggregate_of(rows, 0, rows.size()));
            }
            index_.push_back(entry);
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
               decode(payload, out) && out.size() == entry.rows;
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
    if (index_.empty() || index_.back().series != series.value) {
        scale_ = {};
    }
    Bytes payload;
    for (std::size_t at = from; at < to; at += block_rows_max) {
        const std::size_t end = std::min(to, at + block_rows_max);
        payload.clear();
        encode_block(rows, at, end, scale_, payload);
        BlockHeader header;
        header.series = series.value;
        header.rows = static_cast<std::uint32_t>(end - at);
        header.payload = static_cast<std::uint32_t>(payload.size());
        header.first = rows.time[at];
        header.last = rows.time[end - 1];
        header.crc = checksum(header, payload);
        index_.push_back({.series = header.series,
                          .rows = header.rows,
                          .offset = written_ + buffer_.size(),
                          .first = header.first,
                          .last = header.last});
        index_.back().set_aggregate(aggregate_of(rows, at, end));
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

// SPDX-License-Identifier: Apache-2.0
#include "mqtt/detail/checkpoint_file.h"

#include <algorithm>
#include <cstring>

#include "mqtt/record_bytes.h"

namespace gantry::mqtt::detail {
namespace {

constexpr std::uint64_t file_magic = 0x3143514d59544e47;  // "GNTYMQC1"
constexpr std::uint32_t file_version = 1;
constexpr std::size_t records_of_chunk = 1024;
constexpr std::size_t bytes_of_chunk = std::size_t{1} << 20;
constexpr std::uint32_t chunk_bytes_max = std::uint32_t{1} << 30;
constexpr std::uint64_t sync_every = std::uint64_t{8} << 20;
constexpr std::uint32_t space_bytes_max = 255;

struct FileHead {
    std::uint64_t magic = file_magic;
    std::uint32_t version = file_version;
    std::uint32_t crc = 0;  // with this field zero, and of the space
    std::uint64_t number = 0;
    std::uint64_t lsn = 0;
    std::uint32_t space_bytes = 0;
    std::uint32_t zero = 0;
};
static_assert(sizeof(FileHead) == 40);

struct ChunkHead {
    std::uint32_t length = 0;  // 0: the end
    std::uint32_t crc = 0;
};

ByteView bytes_of(const auto& value) { return std::as_bytes(std::span(&value, 1)); }

std::uint32_t head_crc(FileHead head, std::string_view space) {
    head.crc = 0;
    return crc32c(as_bytes(space), crc32c(bytes_of(head)));
}

// A chunk in the place of another is none.
std::uint32_t chunk_crc(std::uint64_t index, std::uint32_t length, ByteView payload) {
    return crc32c(payload, crc32c(bytes_of(length), crc32c(bytes_of(index))));
}

}  // namespace

Result<std::unique_ptr<CheckpointWriter>> CheckpointWriter::begin(Disk& disk, std::string path,
                                                                  const CheckpointHead& head) {
    TRY_ASSIGN(auto file, disk.open(path, OpenMode::Create));
    std::unique_ptr<CheckpointWriter> out(new CheckpointWriter(std::move(file)));
    FileHead first;
    first.number = head.number;
    first.lsn = head.lsn;
    first.space_bytes = static_cast<std::uint32_t>(head.space.size());
    first.crc = head_crc(first, head.space);
    Bytes bytes;
    ByteWriter(bytes).put_bytes(bytes_of(first));
    ByteWriter(bytes).put_bytes(as_bytes(head.space));
    TRY(out->write(bytes));
    return out;
}

Result<> CheckpointWriter::write(ByteView bytes) {
    TRY(file_->write(at_, bytes));
    at_ += bytes.size();
    if (at_ - synced_ >= sync_every) {
        TRY(file_->sync());
        synced_ = at_;
    }
    return {};
}

Result<> CheckpointWriter::add(std::span<const Record> records) {
    while (!records.empty()) {
        std::size_t count = 0;
        std::size_t bytes = 0;
        const std::uint64_t number = records.front().number;
        // Those of one part of a snapshot: they have one number.
        while (count < std::min(records.size(), records_of_chunk) && bytes < bytes_of_chunk &&
               records[count].number == number) {
            const MessagePtr& message = records[count++].message;
            bytes += message == nullptr ? 0 : message->bytes();
        }
        TRY(add_chunk(records.first(count)));
        records = records.subspan(count);
    }
    return {};
}

Result<> CheckpointWriter::add_chunk(std::span<const Record> records) {
    chunk_.assign(sizeof(ChunkHead), std::byte{0});
    encode_records(records, chunk_);
    const ByteView payload = ByteView(chunk_).subspan(sizeof(ChunkHead));
    if (payload.size() > chunk_bytes_max) {
        return fail(Code::TooLarge, "a message of {} bytes does not fit a checkpoint",
                    payload.size());
    }
    ChunkHead head;
    head.length = static_cast<std::uint32_t>(payload.size());
    head.crc = chunk_crc(chunks_++, head.length, payload);
    std::memcpy(chunk_.data(), &head, sizeof(head));
    records_ += records.size();
    return write(chunk_);
}

Result<> CheckpointWriter::finish() {
    ChunkHead head;
    head.crc = chunk_crc(chunks_, 0, bytes_of(records_));
    Bytes bytes;
    ByteWriter(bytes).put_bytes(bytes_of(head));
    ByteWriter(bytes).put(records_);
    TRY(write(bytes));
    return file_->sync();
}

Result<CheckpointReader> CheckpointReader::open(Disk& disk, const std::string& path) {
    CheckpointReader out;
    out.path_ = path;
    TRY_ASSIGN(out.file_, disk.open(path, OpenMode::Read));
    TRY_ASSIGN(out.bytes_, out.file_->size());
    TRY(out.read_head());
    return out;
}

std::unexpected<Error> CheckpointReader::damaged(std::uint64_t at) const {
    return fail(Code::Corrupt,
                "{}, the MQTT sessions and retained messages of {}, is damaged at byte {}: put it "
                "back from a backup; or move it away, then its broker begins with what came after "
                "it",
                path_, head_.space.empty() ? "a tenant" : head_.space, at);
}

Result<> CheckpointReader::read_head() {
    FileHead head;
    TRY_ASSIGN(const std::size_t size, file_->read(0, std::as_writable_bytes(std::span(&head, 1))));
    if (size < sizeof(head) || head.magic != file_magic || head.space_bytes > space_bytes_max) {
        return damaged(0);
    }
    std::string space(head.space_bytes, '\0');
    TRY_ASSIGN(const std::size_t got,
               file_->read(sizeof(head), std::as_writable_bytes(std::span(space))));
    if (got < space.size() || head.crc != head_crc(head, space)) {
        return damaged(0);
    }
    if (head.version != file_version) {
        return fail(Code::Unsupported,
                    "{} has format version {}, this program reads {}: use the program that wrote "
                    "it, or a newer one",
                    path_, head.version, file_version);
    }
    head_ = {head.number, head.lsn, std::move(space)};
    chunks_at_ = sizeof(head) + head.space_bytes;
    return {};
}

Result<> CheckpointReader::each_chunk(const std::function<Result<>(ByteView)>& visit) const {
    std::uint64_t at = chunks_at_;
    Bytes payload;
    for (std::uint64_t index = 0;; ++index) {
        ChunkHead head;
        TRY_ASSIGN(const std::size_t size,
                   file_->read(at, std::as_writable_bytes(std::span(&head, 1))));
        const bool last = head.length == 0;
        const std::uint64_t length = last ? sizeof(std::uint64_t) : head.length;
        if (size < sizeof(head) || length > chunk_bytes_max ||
            length > bytes_ - at - sizeof(head)) {
            return damaged(at);
        }
        payload.resize(length);
        TRY_ASSIGN(const std::size_t got, file_->read(at + sizeof(head), payload));
        if (got < length || head.crc != chunk_crc(index, head.length, payload)) {
            return damaged(at);
        }
        at += sizeof(head) + length;
        if (last) {
            return at == bytes_ ? Result<>{} : damaged(at);
        }
        TRY(visit(payload));
    }
}

Result<> CheckpointReader::read(
    const std::function<Result<>(std::span<const Record>)>& visit) const {
    TRY(each_chunk([](ByteView) -> Result<> { return {}; }));
    return each_chunk([&](ByteView payload) -> Result<> {
        std::vector<Record> records;
        auto reader = RecordReader::open(payload);
        while (reader) {
            Record one;
            const auto more = reader->next(one);
            if (!more) {
                return within(path_, more.error());
            }
            if (!*more) {
                return visit(records);
            }
            records.push_back(std::move(one));
        }
        return within(path_, reader.error());
    });
}

}  // namespace gantry::mqtt::detail

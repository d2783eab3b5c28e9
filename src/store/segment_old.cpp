// SPDX-License-Identifier: Apache-2.0
// Segments as versions 1 and 2 of the format had them: read, never written.
#include "store/segment_format.h"

namespace gantry::store {
namespace {

struct OldFoot {
    std::uint64_t magic = segment_foot_magic;
    std::uint64_t index_offset = 0;
    std::uint64_t blocks = 0;
    std::uint64_t rows = 0;
    std::uint32_t index_crc = 0;
    std::uint32_t crc = 0;
};
static_assert(sizeof(OldFoot) == 40);

// What both versions have in common; version 2 has statistics behind it, which are not used: they
// lack what holds between rows.
struct OldEntry {
    std::uint32_t series = 0;
    std::uint32_t rows = 0;
    std::uint64_t offset = 0;
    Time first = 0;
    Time last = 0;
};
static_assert(sizeof(OldEntry) == 32);

constexpr std::size_t entry_bytes_of(std::uint32_t version) { return version == 1 ? 32 : 104; }

}  // namespace

bool read_old_index(ByteView file, std::uint32_t version, std::vector<BlockEntry>& out) {
    OldFoot foot;
    const std::size_t entry_bytes = entry_bytes_of(version);
    if (file.size() < sizeof(SegmentHead) + sizeof(foot) ||
        !copy_struct(file, file.size() - sizeof(foot), foot) || foot.magic != segment_foot_magic ||
        foot.crc != checksum(foot) || foot.blocks > file.size() / entry_bytes ||
        foot.index_offset + foot.blocks * entry_bytes + sizeof(foot) != file.size()) {
        return false;
    }
    const ByteView index = file.subspan(foot.index_offset, foot.blocks * entry_bytes);
    if (crc32c(index) != foot.index_crc) {
        return false;
    }
    out.reserve(foot.blocks);
    for (std::size_t i = 0; i < foot.blocks; ++i) {
        OldEntry old;
        OldBlockHeader header;
        std::memcpy(&old, index.data() + i * entry_bytes, sizeof(old));
        if (!copy_struct(file, old.offset, header)) {
            return false;
        }
        BlockEntry& entry = out.emplace_back();
        entry.series = old.series;
        entry.rows = old.rows;
        entry.offset = old.offset;
        entry.bytes = static_cast<std::uint32_t>(sizeof(header)) + header.payload;
        entry.first = old.first;
        entry.last = old.last;
    }
    return true;
}

}  // namespace gantry::store

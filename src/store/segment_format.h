// SPDX-License-Identifier: Apache-2.0
// The fixed parts of a segment file (docs/formats/segment.md).
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "store/segment.h"

namespace gantry::store {

inline constexpr std::uint64_t segment_magic = 0x314745535954'4e47;       // "GNTYSEG1"
inline constexpr std::uint64_t segment_foot_magic = 0x464745535954'4e47;  // "GNTYSEGF"
inline constexpr std::uint32_t segment_version = 5;

// The first whose blocks and index are of today's form; what came since is codecs, and roll-ups.
inline constexpr std::uint32_t segment_version_paged = 3;

struct SegmentHead {
    std::uint64_t magic = segment_magic;
    std::uint32_t version = segment_version;
    std::uint32_t crc = 0;
};
static_assert(sizeof(SegmentHead) == 16);

struct BlockHeader {
    static constexpr std::uint16_t block_magic = 0x4b42;  // "BK"

    std::uint32_t crc = 0;  // of the header with this field zero, then of the payload
    std::uint16_t magic = block_magic;
    std::uint16_t rows = 0;
    std::uint32_t series = 0;
    std::uint32_t payload = 0;
};
static_assert(sizeof(BlockHeader) == 16);

struct SegmentFoot {
    std::uint64_t magic = segment_foot_magic;
    std::uint64_t pages_offset = 0;
    std::uint64_t pages = 0;
    SegmentSummary summary;
    std::uint32_t pages_crc = 0;
    std::uint32_t crc = 0;
};
static_assert(sizeof(SegmentFoot) == 72);

// CRC-32C of a structure whose field `crc` counts as zero, and of what follows it.
template <class T>
std::uint32_t checksum(T header, ByteView payload = {}) {
    header.crc = 0;
    return crc32c(payload, crc32c(std::as_bytes(std::span(&header, 1))));
}

// Copies a structure out of a file; false if it does not lie inside.
template <class T>
[[nodiscard]] bool copy_struct(ByteView file, std::uint64_t offset, T& out) {
    if (offset > file.size() || file.size() - offset < sizeof(T)) {
        return false;
    }
    std::memcpy(&out, file.data() + offset, sizeof(T));
    return true;
}

// Segments of versions 1 and 2: one index for the whole file.
// Their blocks have a header of 40 bytes and lie at multiples of 8.
struct OldBlockHeader {
    static constexpr std::uint32_t block_magic = 0x4b434c42;  // "BLCK"

    std::uint32_t magic = block_magic;
    std::uint32_t series = 0;
    std::uint32_t rows = 0;
    std::uint32_t payload = 0;
    Time first = 0;
    Time last = 0;
    std::uint32_t reserved = 0;
    std::uint32_t crc = 0;
};
static_assert(sizeof(OldBlockHeader) == 40);

// False if the index is damaged; then the entries are to be had from the blocks.
[[nodiscard]] bool read_old_index(ByteView file, std::uint32_t version,
                                  std::vector<BlockEntry>& out);

}  // namespace gantry::store

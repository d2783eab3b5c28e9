// SPDX-License-Identifier: Apache-2.0
// The bytes of a journal file: docs/formats/journal.md.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace gantry::journal {

inline constexpr std::uint64_t file_magic = 0x314c4e4a59544e47;  // "GNTYJNL1"
inline constexpr std::uint32_t file_version = 1;
inline constexpr std::uint32_t frame_magic = 0x454d5246;  // "FRME"

struct FileHeader {
    std::uint64_t magic = file_magic;
    std::uint32_t version = file_version;
    std::uint32_t crc = 0;  // over the header with this field zero
    std::uint64_t epoch = 0;
    std::uint64_t first = 0;
};
static_assert(sizeof(FileHeader) == 32);

struct FrameHeader {
    std::uint32_t magic = frame_magic;
    std::uint32_t length = 0;  // of the payload, without padding
    std::uint64_t lsn = 0;
    std::uint64_t epoch = 0;
    std::uint32_t type = 0;
    std::uint32_t crc = 0;  // over the header with this field zero, then the payload
};
static_assert(sizeof(FrameHeader) == 32);

inline constexpr std::size_t frame_alignment = 8;

// Not one that is only reserved.
bool is_journal_file(std::string_view name);

// What a frame takes in the file.
inline std::size_t frame_bytes(std::size_t payload) {
    return sizeof(FrameHeader) +
           (payload + frame_alignment - 1) / frame_alignment * frame_alignment;
}

template <class Header>
std::uint32_t header_crc(Header header, ByteView payload = {}) {
    header.crc = 0;
    return crc32c(payload, crc32c(std::as_bytes(std::span(&header, 1))));
}

}  // namespace gantry::journal

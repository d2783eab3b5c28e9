// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk.h"
#include "base/log.h"
#include "codec/codec.h"
#include "store/segment.h"

namespace gantry::store {

// Rows of a series that were taken away: those in segments whose rows all came before.
struct Tombstone {
    SeriesId series;
    TimeRange range;
    journal::Lsn lsn = 0;
};

// Of a segment that holds all that its partition had when it was written, in the codecs of the cold
// tier.
inline constexpr std::uint32_t cold_level = 255;

inline codec::Tier tier_of(std::uint32_t level) {
    return level == cold_level ? codec::Tier::Cold : codec::Tier::Hot;
}

// Which segments make up the store, oldest data first, and up to which record the journal is in
// them.
struct Manifest {
    struct Entry {
        std::uint64_t number = 0;  // of the file, never used again
        std::uint32_t level = 0;   // how often its rows were merged, or cold_level
        SegmentSummary summary;
    };

    std::uint64_t generation = 0;
    std::uint64_t next_number = 1;
    journal::Lsn flushed = 0;
    std::vector<Entry> segments;
    std::vector<Tombstone> tombstones;
};

inline constexpr std::array<std::string_view, 2> manifest_copies = {"MANIFEST", "MANIFEST.copy"};
inline constexpr std::uint64_t manifest_bytes_max = 64 * 1024 * 1024;

// Reads the newer of the two copies that is whole; a new store has none. Corrupt if both are
// damaged.
Result<Manifest> read_manifest(Disk& disk, const std::string& folder, Log& log);

// Replaces first one copy, then the other, so that a flipped bit in one costs nothing. The manifest
// is in force when the first is replaced, which alone decides about success. After an error either
// the old or the new one may be in force: files of both must stay.
Result<> write_manifest(Disk& disk, const std::string& folder, Manifest& manifest, Log& log);

// False if the bytes are not a manifest; Unsupported if it is of a newer version.
Result<bool> decode_manifest(ByteView bytes, const std::string& path, Manifest& out);

// Where the store keeps the segment of that number, and the number of a file of such a name.
std::string segment_path(const std::string& folder, std::uint64_t number);
std::optional<std::uint64_t> segment_number(std::string_view name);

}  // namespace gantry::store

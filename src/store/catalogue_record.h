// SPDX-License-Identifier: Apache-2.0
// The records of the catalogue's journal: docs/formats/store.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "store/store.h"

namespace gantry::store {

inline constexpr std::uint32_t one_series_record = 1;  // read, and no longer written
inline constexpr std::uint32_t series_record = 2;
inline constexpr std::uint32_t time_to_live_record = 3;

// What a record of any type says. The keys are views of its payload.
struct CatalogueRecord {
    SeriesId first;
    std::vector<SeriesSpec> series;  // their ids count up from `first`; none in a time to live
    Duration time_to_live{};         // of `first`
};

// False for bytes that no version of this program has written.
bool decode_catalogue_record(std::uint32_t type, ByteView payload, CatalogueRecord& out);

// Puts as many of the series as bytes_max allows, one at least, in place of what the payload held.
// Returns how many.
std::size_t encode_series(SeriesId first, std::span<const SeriesSpec> series, std::size_t bytes_max,
                          Bytes& payload);
// Bytes of a payload that holds one series beside its key, at most.
inline constexpr std::size_t series_overhead_max = 16;

Bytes encode_time_to_live(SeriesId series, Duration time_to_live);

}  // namespace gantry::store

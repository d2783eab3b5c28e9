// SPDX-License-Identifier: Apache-2.0
// What the journal of the store holds (docs/formats/store.md).
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "journal/journal.h"
#include "model/sample_batch.h"

namespace gantry::store {

// Types of records. Numbers are never used again for something else.
inline constexpr std::uint32_t plain_batch_record = 1;  // of version 1: read, not written
inline constexpr std::uint32_t batch_record = 2;
inline constexpr std::uint32_t erase_record = 3;

// A batch in few bytes: columns as runs of steps, values in as few bytes as they need.
void encode_batch(const SampleBatch& batch, Bytes& out);
// False if the payload is not one. `out` is replaced.
[[nodiscard]] bool decode_batch(std::uint32_t type, ByteView payload, SampleBatch& out);

// The rows of a series that are taken away.
struct Erase {
    SeriesId series;
    TimeRange range;
};
void encode_erase(const Erase& erase, Bytes& out);
[[nodiscard]] bool decode_erase(ByteView payload, Erase& out);

}  // namespace gantry::store

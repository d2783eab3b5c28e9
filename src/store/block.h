// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "codec/codec.h"
#include "store/columns.h"

namespace gantry::store {

inline constexpr std::size_t block_rows_max = codec::values_max;

// Rows as the payload of a block (docs/formats/segment.md), appended to `out`; at most
// block_rows_max. `scale` goes from block to block of one series.
void encode_block(const Chunk& rows, codec::FloatScale& scale, Bytes& out,
                  codec::Tier tier = codec::Tier::Hot);

// False if the bytes are not such a payload.
[[nodiscard]] bool decode_block(ByteView payload, Columns& out);
// The same for a segment of version 1.
[[nodiscard]] bool decode_block_v1(ByteView payload, Columns& out);

}  // namespace gantry::store

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "store/columns.h"

namespace gantry::store {

inline constexpr std::size_t block_rows_max = 1024;

// Rows [from, to) as the payload of a block (docs/formats/segment.md).
Bytes encode_block(const Columns& rows, std::size_t from, std::size_t to);

// False if the bytes are not such a payload.
[[nodiscard]] bool decode_block(ByteView payload, Columns& out);

}  // namespace gantry::store

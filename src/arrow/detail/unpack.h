// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arrow/column.h"

namespace gantry::arrow {

enum class Codec : unsigned char { Lz4, Zstd };

// A compressed buffer: how long it is unpacked (-1: it is not packed) in eight bytes, then one
// frame. The bytes are kept by `kept`.
Result<ByteView> unpack(ByteView bytes, Codec codec, Unpacked& kept, Budget& budget);

}  // namespace gantry::arrow

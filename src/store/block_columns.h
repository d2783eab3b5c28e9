// SPDX-License-Identifier: Apache-2.0
// How the columns of a block are written, without decoding them.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "codec/codec.h"

namespace gantry::store {

enum class BlockColumn : unsigned char { Time, Quality, Presence, Value };

// "time"
std::string_view column_name(BlockColumn column);

struct ColumnUse {
    BlockColumn column = BlockColumn::Time;
    codec::Codec codec = codec::Codec::Raw;
    std::size_t values = 0;
    std::size_t bytes = 0;
};

// Every column of a block's payload. False if it is not one; then some may have been visited.
[[nodiscard]] bool visit_columns(ByteView payload,
                                 const std::function<void(const ColumnUse&)>& visit);

// "dictionary"; "codec 23" of one that this program does not know.
std::string codec_name(codec::Codec codec);

}  // namespace gantry::store

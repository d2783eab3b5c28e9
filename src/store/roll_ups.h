// SPDX-License-Identifier: Apache-2.0
// What the rows of a block come to by the minute or by the hour of UTC, from which aggregates over
// whole minutes or hours are put together without reading it (docs/formats/segment.md).
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "store/aggregate.h"

namespace gantry::store {

inline constexpr Time minute_length = 60'000'000'000;
inline constexpr Time hour_length = 60 * minute_length;

// Parts of a block, in rising time: at least two, of a bucket each that has rows.
struct RollUps {
    Time length = 0;  // of a bucket; they begin at multiples of it
    std::vector<Aggregate> parts;
};

// By the minute if one has so many rows in the mean, else by the hour if one has. Nothing if
// neither has, the block has fewer itself, or one bucket has all of it; nor if it is to be 0 rows.
std::optional<RollUps> block_roll_ups(const Chunk& rows, std::int64_t rows_min);

// `block` is what all parts come to.
void put_roll_ups(const Aggregate& block, const RollUps& roll_ups, Bytes& out);
// Takes all that is left. False if it is not roll-ups of such a block.
[[nodiscard]] bool take_roll_ups(ByteReader& in, const Aggregate& block, RollUps& out);

}  // namespace gantry::store

// SPDX-License-Identifier: Apache-2.0
// What rows of one series come to, as the bytes that an index says it in (docs/formats/segment.md).
#pragma once

#include <optional>

#include "base/bytes.h"
#include "store/aggregate.h"

namespace gantry::store {

// Every row is usable and good.
bool is_whole(const Aggregate& aggregate);

// Of the rows that are not bad, as bytes can say it. Infinities and what overflows cannot be put
// together from parts: then it is not known.
std::optional<Aggregate> block_aggregate(const Chunk& rows);

// The number of rows and the times of the first and the last one stand elsewhere.
void put_statistics(const Aggregate& aggregate, bool with_roll_ups, Bytes& out);
// `aggregate` has those already. False if the bytes are damaged.
[[nodiscard]] bool take_statistics(ByteReader& in, Aggregate& aggregate);
// Whether such bytes say that roll-ups follow.
bool has_roll_ups(ByteView statistics);

}  // namespace gantry::store

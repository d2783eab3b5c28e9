// SPDX-License-Identifier: Apache-2.0
// Parts that aggregates are put together from where rows are many. Not for users of the store.
#pragma once

#include "store/segment_index.h"

namespace gantry::store {

// Rows that are later than all before, each with a number and good. False if one is NaN: nothing
// was added then. No integral: that takes the times.
[[nodiscard]] bool add_numbers(Aggregate& to, ValueType type, std::span<const std::uint64_t> bits,
                               Time first, Time last, bool deviation);

// A whole block that is later than all before.
void add_block(Aggregate& to, const BlockSummary& block, const BlockMoments& moments);

// Blocks of any series over the same span of time, those of a later series behind. False unless all
// are whole: nothing was added then. Neither square sum nor integral.
[[nodiscard]] bool add_blocks(Aggregate& to, std::span<const BlockSummary> blocks);

}  // namespace gantry::store

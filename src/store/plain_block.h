// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "store/block.h"

namespace gantry::store {

// A block whose rows are all good and have a number each, as far as sums need it: times that are
// regular are not written out.
struct PlainBlock {
    ValueType type = ValueType::Null;
    std::size_t rows = 0;
    std::optional<codec::RegularTimes> regular;
    std::array<Time, block_rows_max> times;  // unless they are regular
    std::array<std::uint64_t, block_rows_max> bits;

    Time time(std::size_t index) const {
        return regular ? regular->first + static_cast<Time>(index) * regular->step : times[index];
    }
    // The first row that is not before that time; `rows` if there is none.
    std::size_t seek(Time time) const;
};

// False if the payload is not that of such a block; then decode_block() tells more.
[[nodiscard]] bool decode_plain_block(ByteView payload, PlainBlock& out);

}  // namespace gantry::store

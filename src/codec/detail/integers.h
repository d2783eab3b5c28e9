// SPDX-License-Identifier: Apache-2.0
// Integers as a frame of reference: of themselves, of their differences, or of the differences of
// those, whichever is shortest; with a common unit, and with a few that do not fit kept apart.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace gantry::codec::detail {

// The shortest form that was found for some integers; what write_integers writes.
struct IntegerPlan {
    unsigned order = 0;  // 0 values, 1 differences, 2 differences of differences
    unsigned width = 64;
    std::uint64_t base = 0;
    std::uint64_t unit = 1;
    bool exceptions = false;
    std::size_t bytes = 0;  // about how many it takes
};

IntegerPlan plan_integers(std::span<const std::uint64_t> values);
void write_integers(std::span<const std::uint64_t> values, const IntegerPlan& plan, Bytes& out);
[[nodiscard]] bool read_integers(ByteReader& in, std::span<std::uint64_t> values);

}  // namespace gantry::codec::detail

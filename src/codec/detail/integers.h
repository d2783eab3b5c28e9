// SPDX-License-Identifier: Apache-2.0
// Integers as a frame of reference: of themselves, of their differences, or of the differences of
// those, whichever is shortest; with a common unit, and with a few that do not fit kept apart.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "codec/codec.h"
#include "codec/detail/coded.h"
#include "codec/detail/column_writer.h"
#include "codec/detail/kernels.h"

namespace gantry::codec::detail {

// The shortest form that was found for some integers; what write_integers writes.
struct IntegerPlan {
    unsigned order = 0;  // 0 values, 1 differences, 2 differences of differences
    unsigned width = 64;
    std::uint64_t base = 0;
    std::uint64_t unit = 1;
    bool exceptions = false;
    bool coded = false;  // not packed: signed distances to the base, in units
    CodedPlan code;
    std::size_t bytes = 0;  // how many it takes; about, where there are exceptions
};

// With neither unit nor exceptions.
IntegerPlan plan_plain(std::span<const std::uint64_t> values, const Survey& survey);
// Does not look long for what would take more than `others`. In the cold tier coded, where that
// takes a good part less.
IntegerPlan plan_integers(std::span<const std::uint64_t> values, const Survey& survey,
                          std::size_t others, Tier tier);
void write_integers(std::span<const std::uint64_t> values, const IntegerPlan& plan,
                    ColumnWriter& writer);
// With a scale the bits of the floats that the integers stand for.
[[nodiscard]] bool read_integers(ByteReader& in, const Scale* scale,
                                 std::span<std::uint64_t> values);

}  // namespace gantry::codec::detail

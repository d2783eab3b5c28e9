// SPDX-License-Identifier: Apache-2.0
// Numbers of which the small ones are many, in nearly as few bits as their frequencies allow:
// tabled asymmetric numeral systems (J. Duda, arXiv 1311.2540) over tokens. A small number is a
// token; a larger one is a token that says how many bits it has, and the rest of these bits as they
// are. docs/formats/codecs.md has the bytes.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace gantry::codec::detail {

class ColumnWriter;

// How some numbers are best coded.
struct CodedPlan {
    unsigned table_log = 0;  // of the number of states
    unsigned fine = 0;       // bits of a large number that its token tells, below the first
    std::size_t bytes = 0;   // how many it takes
};

// Of at least one number, at most values_max.
CodedPlan plan_coded(std::span<const std::uint64_t> numbers);
void write_coded(std::span<const std::uint64_t> numbers, const CodedPlan& plan,
                 ColumnWriter& writer);
[[nodiscard]] bool read_coded(ByteReader& in, std::span<std::uint64_t> numbers);

}  // namespace gantry::codec::detail

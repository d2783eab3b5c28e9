// SPDX-License-Identifier: Apache-2.0
// Stretches of a column at once, in loops that the compiler turns into vector instructions. None of
// them looks at the validity.
#pragma once

#include "arrow/column.h"
#include "model/value.h"

namespace gantry::arrow {

// Whether no row of the stretch is null.
bool all_valid(const Column& column, std::size_t from, std::size_t count);

// False when a time does not fit: before 1677 or after 2262.
[[nodiscard]] bool decode_times(const Column& column, std::size_t from, std::size_t count,
                                Time* out);
[[nodiscard]] bool decode_time(const Column& column, std::size_t row, Time& out);

// What a column of that type holds, other than texts; Null where it holds none of our values.
ValueType value_type_of(const Type& type);
// Bits of value_type_of(). False when an unsigned number does not fit.
[[nodiscard]] bool decode_bits(const Column& column, std::size_t from, std::size_t count,
                               std::uint64_t* out);
// Makes the numbers those of another type, all or none: from bool and int to float, from bool to
// int. False where that is not one of these, or would lose something.
[[nodiscard]] bool convert_bits(std::uint64_t* bits, std::size_t count, ValueType from,
                                ValueType to);

// Indices into a dictionary of that size; false when one lies outside.
[[nodiscard]] bool decode_indices(const Column& column, std::size_t from, std::size_t count,
                                  std::size_t size, std::uint32_t* out);

}  // namespace gantry::arrow

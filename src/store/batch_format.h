// SPDX-License-Identifier: Apache-2.0
// What the writer and the reader of a batch's record share: docs/formats/store.md.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gantry::store {

inline constexpr std::size_t batch_rows_max = 1024 * 1024;  // far more than a batch may hold
inline constexpr std::size_t group_rows = 1024;

// How a column of series or times stands.
enum class Form : std::uint8_t { Raw = 0, Runs = 1, Groups = 2 };

// How a group of values stands: each less the base, in so many bytes; or its high half.
enum class Width : std::uint8_t { None = 0, One = 1, Two = 2, Four = 4, Eight = 8, High = 0x84 };

}  // namespace gantry::store

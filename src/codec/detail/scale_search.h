// SPDX-License-Identifier: Apache-2.0
// Looks for the scale with which floats are integers: decimals, or counts of a converter.
#pragma once

#include <cstdint>
#include <span>

#include "codec/codec.h"
#include "codec/detail/kernels.h"

namespace gantry::codec::detail {

inline constexpr int exponent_max = 17;

double power_of_ten(int exponent);  // 0 to exponent_max, exact
Scale kernel_scale(const FloatScale& scale);

// From a sample of the block; `known` is false in what is returned when there is none.
FloatScale search_scale(std::span<const std::uint64_t> floats);

}  // namespace gantry::codec::detail

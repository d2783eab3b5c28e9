// SPDX-License-Identifier: Apache-2.0
// What the numbers of a column come to. Pure, any thread.
#pragma once

#include <cstdint>
#include <span>

namespace gantry::codec {

// Of no numbers all is 0. `square_sum` is of the differences to the shift.
struct Reduction {
    std::uint64_t count = 0;
    double min = 0;
    double max = 0;
    double sum = 0;
    double square_sum = 0;

    bool operator==(const Reduction&) const = default;
};

// To the last bit the same on every processor: the i-th value goes to lane i mod 8; a lane begins
// with the sums 0 and takes its values in their order, each difference, square and sum rounded by
// itself; then lanes k and k + 4 become one, then k and k + 2, then the two that are left. Minimum
// and maximum keep the first met in that order where two are equal, as 0 and -0 are.
//
// NaN is no number and is left out. Infinities of both signs have a sum that is NaN. The shift is
// finite.
Reduction reduce_floats(std::span<const std::uint64_t> bits, double shift);
// Of signed numbers, each as the nearest float64.
Reduction reduce_integers(std::span<const std::uint64_t> bits, double shift);

// The same without the sum of squares, which costs a third of the time: it is 0.
Reduction reduce_floats(std::span<const std::uint64_t> bits);
Reduction reduce_integers(std::span<const std::uint64_t> bits);

}  // namespace gantry::codec

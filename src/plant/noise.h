// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/random.h"

namespace gantry::plant {

// The chance in one machine: the same sequence for the same seed.
class Noise {
public:
    explicit Noise(std::uint64_t seed) : random_(seed) {}

    bool chance(double probability) { return random_.chance(probability); }
    // Uniform in [least, most).
    double between(double least, double most);
    // Normal with mean 0 and deviation 1, by the polar method of Marsaglia.
    double gaussian();
    // The time to the next event of a Poisson process.
    double exponential(double mean);

private:
    SeededRandom random_;
    std::optional<double> spare_;
};

// An Ornstein-Uhlenbeck process: wanders about 0 with a given deviation and forgets where it was
// with a given time constant, as ambient disturbances do.
class Wander {
public:
    Wander(double deviation, double time_constant_seconds);

    double step(Noise& noise);
    double value() const { return value_; }

private:
    double keep_;
    double kick_;
    double value_ = 0;
};

}  // namespace gantry::plant

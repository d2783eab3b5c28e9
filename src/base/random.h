// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace gantry {

// Where randomness comes from.
class Random {
public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::byte> out) = 0;

    std::uint64_t number();
    // Uniform in [0, bound); bound > 0.
    std::uint64_t below(std::uint64_t bound);
    bool chance(double probability);
    // Uniform in [0, 1).
    double fraction();
};

// From the operating system (getrandom): fit for keys and tokens. Any thread.
class SystemRandom final : public Random {
public:
    void fill(std::span<std::byte> out) override;
};

// The same sequence for the same seed (xoshiro256**, by Blackman and Vigna, seeded by splitmix64).
// For simulations and jitter; never for secrets. One thread.
class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed);
    void fill(std::span<std::byte> out) override;
    std::uint64_t next();

private:
    std::uint64_t state_[4];
};

}  // namespace gantry

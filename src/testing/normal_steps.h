// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "base/random.h"

namespace gantry::testing {

// Steps of a random walk, of mean 0 and deviation 1, at a fraction of a random number each: drawn
// from a table. Half of the table is the other half with its sign changed, so a walk does not
// drift.
class NormalSteps {
public:
    explicit NormalSteps(SeededRandom& random) : random_(random) {
        double squares = 0;
        for (std::size_t i = 0; i < table_size; i += 2) {
            double sum = -6;  // twelve even ones make a normal one, nearly (Irwin-Hall)
            for (int part = 0; part < 12; ++part) {
                sum += random_.fraction();
            }
            table_[i] = static_cast<float>(sum);
            table_[i + 1] = -table_[i];
            squares += 2 * sum * sum;
        }
        const auto scale = static_cast<float>(std::sqrt(table_size / squares));
        for (float& step : table_) {
            step *= scale;
        }
    }

    float next() {
        if (left_ == 0) {
            bits_ = random_.next();
            left_ = 64 / index_bits;
        }
        const float step = table_[bits_ % table_size];
        bits_ >>= index_bits;
        --left_;
        return step;
    }

private:
    static constexpr int index_bits = 12;
    static constexpr std::size_t table_size = std::size_t{1} << index_bits;

    SeededRandom& random_;
    std::array<float, table_size> table_;
    std::uint64_t bits_ = 0;
    int left_ = 0;
};

}  // namespace gantry::testing

// SPDX-License-Identifier: Apache-2.0
#include "plant/noise.h"

#include <cmath>

#include "plant/step.h"

namespace gantry::plant {

double Noise::between(double least, double most) {
    return least + (most - least) * random_.fraction();
}

double Noise::gaussian() {
    if (spare_) {
        const double value = *spare_;
        spare_.reset();
        return value;
    }
    while (true) {
        const double x = between(-1, 1);
        const double y = between(-1, 1);
        const double square = x * x + y * y;
        if (square > 0 && square < 1) {
            const double factor = std::sqrt(-2 * std::log(square) / square);
            spare_ = y * factor;
            return x * factor;
        }
    }
}

double Noise::exponential(double mean) { return -mean * std::log1p(-random_.fraction()); }

Wander::Wander(double deviation, double time_constant_seconds)
    : keep_(std::exp(-step_seconds / time_constant_seconds)),
      kick_(deviation * std::sqrt(1 - keep_ * keep_)) {}

double Wander::step(Noise& noise) {
    value_ = value_ * keep_ + kick_ * noise.gaussian();
    return value_;
}

}  // namespace gantry::plant

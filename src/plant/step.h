// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "base/time.h"

namespace gantry::plant {

// The model moves in steps of one length, so that the same seed gives the same plant however the
// time was cut into calls.
inline constexpr Duration step_length = std::chrono::milliseconds(100);
inline constexpr double step_seconds = 0.1;
inline constexpr double step_hours = step_seconds / 3600.0;

// Moves a value towards a target by at most `most` a step.
constexpr double approach(double value, double target, double most) {
    if (value < target) {
        return value + most < target ? value + most : target;
    }
    return value - most > target ? value - most : target;
}

// One step of a first-order lag: how a temperature, or a filtered reading, follows its target.
constexpr double lag(double value, double target, double time_constant_seconds) {
    return value + (target - value) * step_seconds / (time_constant_seconds + step_seconds);
}

}  // namespace gantry::plant

// SPDX-License-Identifier: Apache-2.0
#include "plant/day.h"

#include <cmath>
#include <numbers>

namespace gantry::plant {
namespace {

constexpr double first_hour = 6;
constexpr double ambient_mean_celsius = 22;
constexpr double ambient_swing_celsius = 5;
// Makes the mean of demand_factor over a day 1.
constexpr double demand_scale = 1.0 / 0.8610;

// A peak of height 1 at `at`, on a circle of 24 hours.
double bell(double hour, double at, double width) {
    double distance = std::fabs(hour - at);
    distance = std::fmin(distance, 24 - distance) / width;
    return std::exp(-0.5 * distance * distance);
}

}  // namespace

double hour_of_day(Duration elapsed) {
    const double hours = std::chrono::duration<double, std::ratio<3600>>(elapsed).count();
    return std::fmod(first_hour + hours, 24);
}

double demand_factor(Duration elapsed) {
    const double hour = hour_of_day(elapsed);
    return demand_scale * (0.45 + 0.85 * bell(hour, 7.5, 1.6) + 0.35 * bell(hour, 13, 2.5) +
                           0.85 * bell(hour, 19, 2.0));
}

double ambient_celsius(Duration elapsed) {
    const double angle = (hour_of_day(elapsed) - 16) * std::numbers::pi / 12;
    return ambient_mean_celsius + ambient_swing_celsius * std::cos(angle);
}

double sunshine(Duration elapsed) {
    return std::fmax(0, std::sin((hour_of_day(elapsed) - 6) * std::numbers::pi / 12));
}

}  // namespace gantry::plant

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "plant/step.h"

namespace gantry::plant {

// An open tank with vertical walls. What comes in is what goes out, overflows or stays: the totals
// let a test close the balance.
class Tank {
public:
    static constexpr double area_m2 = 12;
    static constexpr double height_m = 5;

    explicit Tank(double level_m) : volume_m3_(level_m * area_m2) {}

    // An empty tank delivers what comes in; a full one overflows.
    void step(double inflow_m3h, double demand_m3h) {
        const double in = inflow_m3h * step_hours;
        const double out = std::min(demand_m3h * step_hours, volume_m3_ + in);
        const double overflow = std::max(0.0, volume_m3_ + in - out - area_m2 * height_m);
        volume_m3_ += in - out - overflow;
        inflow_m3_ += in;
        outflow_m3_ += out;
        overflow_m3_ += overflow;
        outflow_m3h_ = out / step_hours;
    }

    double level_m() const { return volume_m3_ / area_m2; }
    double volume_m3() const { return volume_m3_; }
    double outflow_m3h() const { return outflow_m3h_; }
    double total_inflow_m3() const { return inflow_m3_; }
    double total_outflow_m3() const { return outflow_m3_; }
    double total_overflow_m3() const { return overflow_m3_; }

private:
    double volume_m3_;
    double outflow_m3h_ = 0;
    double inflow_m3_ = 0;
    double outflow_m3_ = 0;
    double overflow_m3_ = 0;
};

}  // namespace gantry::plant

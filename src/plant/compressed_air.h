// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "plant/step.h"

namespace gantry::plant {

// A compressor that loads and unloads between two pressures, a receiver, the use of the line, and a
// leak. Rates are changes of the receiver's pressure in bar a second.
class CompressedAir {
public:
    static constexpr double load_bar = 6.4;
    static constexpr double unload_bar = 7.6;
    static constexpr double low_bar = 4.8;  // below it the line is held
    static constexpr double loaded_kw = 7.5;

    // `use`: of the line, as a share of its use at rated speed.
    void step(double use, bool powered) {
        if (pressure_bar_ < load_bar) {
            loaded_ = true;
        } else if (pressure_bar_ > unload_bar) {
            loaded_ = false;
        }
        loaded_ = loaded_ && powered;
        if (leaking_) {
            leak_ = std::min(leak_ + leak_growth * step_seconds, leak_most);
        }
        const double rate = (loaded_ ? delivery : 0) - use * line_use - standing_use - leak_;
        pressure_bar_ = std::clamp(pressure_bar_ + rate * step_seconds, 0.0, 10.0);
    }

    void set_leaking(bool leaking) {
        leaking_ = leaking;
        leak_ = leaking ? leak_ : 0;
    }
    bool leaking() const { return leaking_; }
    bool loaded() const { return loaded_; }
    bool low() const { return pressure_bar_ < low_bar; }
    double pressure_bar() const { return pressure_bar_; }

private:
    static constexpr double delivery = 0.030;
    static constexpr double line_use = 0.012;
    static constexpr double standing_use = 0.002;
    static constexpr double leak_growth = 0.04 / 3600;
    static constexpr double leak_most = 0.032;

    double pressure_bar_ = 7.0;
    double leak_ = 0;
    bool leaking_ = false;
    bool loaded_ = true;
};

}  // namespace gantry::plant

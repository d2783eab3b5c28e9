// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"
#include "plant/faults.h"
#include "plant/noise.h"
#include "plant/step.h"

namespace gantry::plant {

inline constexpr std::size_t phase_count = 3;

struct Phase {
    double voltage_v = 0;  // to neutral
    double current_a = 0;
    double power_w = 0;
};

// The mains, a small solar plant behind the meter, and the meter. Positive power is drawn from the
// grid, negative is given to it.
class PowerFeed {
public:
    static constexpr double nominal_voltage = 230;  // IEC 60038

    explicit PowerFeed(std::uint64_t seed);

    // The first half of a step: what the mains are, before anybody uses them.
    void supply();
    // As a share of nominal.
    double voltage_ratio() const { return voltage_ratio_; }
    // The second half: measures what the plant used.
    void measure(Duration elapsed, double load_kw);

    // Begins a PowerDip, or ends it early; others are not its own.
    void set_fault(Fault fault, bool active);
    bool dipping() const { return dip_seconds_ > 0; }

    const Phase& phase(std::size_t index) const { return phases_[index]; }
    double frequency_hz() const { return frequency_hz_; }
    double power_w() const { return power_w_; }
    double reactive_var() const { return reactive_var_; }
    double apparent_va() const { return apparent_va_; }
    // Negative while power is given to the grid.
    double power_factor() const;
    double solar_w() const { return solar_w_; }
    double imported_wh() const { return imported_wh_; }
    double exported_wh() const { return exported_wh_; }
    double reactive_varh() const { return reactive_varh_; }
    // Mean over the last quarter of an hour, and the highest of those.
    double demand_w() const { return demand_w_; }
    double demand_most_w() const { return demand_most_w_; }
    double distortion_percent() const { return distortion_percent_; }
    std::uint32_t dips() const { return dips_; }

private:
    Noise noise_;
    Wander voltage_wander_{0.012, 900};
    Wander frequency_wander_{0.018, 60};
    Wander cloud_wander_{0.25, 600};
    Wander unbalance_wander_{0.02, 1200};
    std::array<Phase, phase_count> phases_{};
    double voltage_ratio_ = 1;
    double dip_seconds_ = 0;  // what is left
    std::uint32_t dips_ = 0;
    double frequency_hz_ = 50;
    double power_w_ = 0;
    double reactive_var_ = 0;
    double apparent_va_ = 0;
    double solar_w_ = 0;
    // Meters do not begin at zero.
    double imported_wh_ = 48'215'300;
    double exported_wh_ = 6'120'450;
    double reactive_varh_ = 21'870'110;
    double demand_w_ = 0;
    double demand_most_w_ = 0;
    double quarter_wh_ = 0;
    double quarter_seconds_ = 0;
    double distortion_percent_ = 2.4;
};

}  // namespace gantry::plant

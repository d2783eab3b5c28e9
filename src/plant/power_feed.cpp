// SPDX-License-Identifier: Apache-2.0
#include "plant/power_feed.h"

#include <algorithm>
#include <cmath>

#include "plant/day.h"

namespace gantry::plant {
namespace {

constexpr double dip_ratio = 0.55;
constexpr double dip_seconds = 0.4;
constexpr double nominal_hz = 50;
constexpr double solar_peak_w = 24'000;
constexpr double building_w = 3'200;  // light, offices
constexpr double load_power_factor = 0.88;
constexpr double quarter_hour_seconds = 15 * 60;

}  // namespace

PowerFeed::PowerFeed(std::uint64_t seed) : noise_(seed) {}

void PowerFeed::set_fault(Fault fault, bool active) {
    if (fault == Fault::PowerDip) {
        dips_ += active && !dipping() ? 1 : 0;
        dip_seconds_ = active ? dip_seconds : 0;
    }
}

void PowerFeed::supply() {
    const double wander = voltage_wander_.step(noise_);
    voltage_ratio_ = std::clamp(1 + wander, 0.92, 1.08) * (dipping() ? dip_ratio : 1);
    dip_seconds_ = std::max(0.0, dip_seconds_ - step_seconds);
    frequency_hz_ = nominal_hz + frequency_wander_.step(noise_);
}

void PowerFeed::measure(Duration elapsed, double load_kw) {
    const double cloud = std::clamp(0.75 + cloud_wander_.step(noise_), 0.1, 1.0);
    solar_w_ = dipping() ? 0 : solar_peak_w * sunshine(elapsed) * cloud;
    const double load_w = load_kw * 1000 + building_w;
    power_w_ = load_w - solar_w_;
    reactive_var_ = load_w * std::tan(std::acos(load_power_factor));
    apparent_va_ = std::hypot(power_w_, reactive_var_);

    const double unbalance = unbalance_wander_.step(noise_);
    const std::array<double, phase_count> shares = {1 + unbalance, 1 - 0.4 * unbalance,
                                                    1 - 0.6 * unbalance};
    for (std::size_t i = 0; i < phase_count; ++i) {
        Phase& phase = phases_[i];
        phase.voltage_v = nominal_voltage * voltage_ratio_ * (1 + 0.001 * noise_.gaussian());
        phase.power_w = power_w_ * shares[i] / phase_count;
        phase.current_a = apparent_va_ * shares[i] / phase_count / std::max(phase.voltage_v, 50.0);
    }
    imported_wh_ += std::max(0.0, power_w_) * step_hours;
    exported_wh_ += std::max(0.0, -power_w_) * step_hours;
    reactive_varh_ += reactive_var_ * step_hours;
    distortion_percent_ =
        lag(distortion_percent_, 1.6 + load_kw / 15 + 0.3 * noise_.gaussian(), 30);

    quarter_wh_ += power_w_ * step_hours;
    quarter_seconds_ += step_seconds;
    if (quarter_seconds_ >= quarter_hour_seconds) {
        demand_w_ = quarter_wh_ / quarter_seconds_ * 3600;
        demand_most_w_ = std::max(demand_most_w_, demand_w_);
        quarter_wh_ = 0;
        quarter_seconds_ = 0;
    }
}

double PowerFeed::power_factor() const { return apparent_va_ > 0 ? power_w_ / apparent_va_ : 1; }

}  // namespace gantry::plant

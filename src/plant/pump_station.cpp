// SPDX-License-Identifier: Apache-2.0
#include "plant/pump_station.h"

#include <algorithm>

#include "plant/day.h"
#include "plant/step.h"

namespace gantry::plant {
namespace {

// Heights in metres above the centre line of the pumps.
constexpr double reservoir_level_m = 2.5;
constexpr double tank_bottom_m = 12.5;
// Friction in m/(m³/h)²: with one pump at full speed and the tank at 3 m it gives the rated point.
constexpr double suction_friction = 0.0006;
constexpr double delivery_friction = 0.0047;

constexpr double mean_demand_m3h = 28;
constexpr double mean_water_celsius = 14;
constexpr double sensor_failure_seconds = 5 * 60;
constexpr double sensor_stuck_seconds = 30 * 60;
constexpr double repair_seconds = 2 * 3600;

}  // namespace

PumpStation::PumpStation(std::uint64_t seed)
    : noise_(seed),
      pumps_{Pump(seed ^ 0x5eed1, ambient_celsius({})), Pump(seed ^ 0x5eed2, ambient_celsius({}))} {
    level_.observe(tank_.level_m());
}

void PumpStation::command_by_hand(std::size_t pump, bool run) {
    automatic_ = false;
    pumps_[pump].command(run);
}

void PumpStation::reset_faults() {
    for (Pump& pump : pumps_) {
        pump.reset();
    }
}

void PumpStation::set_fault(Fault fault, bool active) {
    switch (fault) {
        case Fault::BearingWear:
            if (active) {
                pumps_[0].begin_wear();
            } else {
                pumps_[0].replace_bearing();
            }
            return;
        case Fault::SensorFailure:
            sensor_failed_seconds_ = active ? sensor_failure_seconds : 0;
            pumps_[0].vibration_sensor().set_failed(active);
            return;
        case Fault::SensorStuck:
            sensor_stuck_seconds_ = active ? sensor_stuck_seconds : 0;
            level_.set_stuck(active);
            return;
        default: return;
    }
}

bool PumpStation::fault_active(Fault fault) const {
    switch (fault) {
        case Fault::BearingWear: return pumps_[0].wearing();
        case Fault::SensorFailure: return pumps_[0].vibration_sensor().failed();
        case Fault::SensorStuck: return level_.stuck();
        default: return false;
    }
}

double PumpStation::power_kw() const {
    return pumps_[0].readings().power_kw + pumps_[1].readings().power_kw;
}

void PumpStation::step(Duration elapsed, double voltage_ratio) {
    maintain();
    control_level();
    for (Pump& pump : pumps_) {
        pump.drive(voltage_ratio);
    }
    suction_level_m_ = reservoir_level_m + suction_wander_.step(noise_);
    const SystemCurve system{
        .static_head_m = tank_bottom_m + tank_.level_m() - suction_level_m_,
        .friction = suction_friction + delivery_friction,
    };
    const OperatingPoint point =
        operating_point(Pump::curve, {pumps_[0].speed(), pumps_[1].speed()}, system);
    flow_m3h_ = point.total_flow_m3h();

    const double wander = std::max(0.2, 1 + demand_wander_.step(noise_));
    tank_.step(flow_m3h_, mean_demand_m3h * demand_factor(elapsed) * wander);
    level_.observe(tank_.level_m() + 0.002 * noise_.gaussian());

    const double squared = flow_m3h_ * flow_m3h_;
    const double suction_head = suction_level_m_ - suction_friction * squared;
    header_bar_ = bar_of_head(tank_bottom_m + tank_.level_m() + delivery_friction * squared) +
                  0.008 * noise_.gaussian();
    water_celsius_ = mean_water_celsius + water_wander_.step(noise_);
    const double ambient = ambient_celsius(elapsed);
    for (std::size_t i = 0; i < pump_count; ++i) {
        pumps_[i].load({.flow_m3h = point.flow_m3h[i],
                        .suction_head_m = suction_head,
                        .ambient_celsius = ambient});
    }
}

void PumpStation::control_level() {
    const auto tripped = [](const Pump& pump) {
        return pump.state() == PumpState::Fault && pump.trip() != PumpTrip::Undervoltage;
    };
    if (automatic_) {
        if (!filling_ && !tripped(pumps_[0])) {
            duty_ = 0;  // pump 1 is preferred; it takes the duty back between two fillings
        }
        const std::size_t standby = 1 - duty_;
        if (tripped(pumps_[duty_]) && !tripped(pumps_[standby])) {
            duty_ = standby;
            ++changeovers_;
        }
        // The controller knows only what the transmitter shows.
        const double shortfall = level_setpoint_m_ - level_.reading();
        filling_ = filling_ ? shortfall > -level_hysteresis_m_ : shortfall > level_hysteresis_m_;
        assisting_ = filling_ && (assisting_ || shortfall > 2.5 * level_hysteresis_m_);
        pumps_[duty_].command(filling_);
        pumps_[1 - duty_].command(assisting_);
    }
    if (level_high()) {
        for (Pump& pump : pumps_) {
            pump.command(false);
        }
    }
}

// What the people of the plant do by themselves, so that a demonstration can run for weeks.
void PumpStation::maintain() {
    if (pumps_[0].vibration_sensor().failed() && (sensor_failed_seconds_ -= step_seconds) <= 0) {
        set_fault(Fault::SensorFailure, false);
    }
    if (level_.stuck() && (sensor_stuck_seconds_ -= step_seconds) <= 0) {
        set_fault(Fault::SensorStuck, false);
    }
    for (std::size_t i = 0; i < pump_count; ++i) {
        const bool tripped = pumps_[i].state() == PumpState::Fault;
        tripped_seconds_[i] = tripped ? tripped_seconds_[i] + step_seconds : 0;
        if (tripped_seconds_[i] > repair_seconds) {
            pumps_[i].replace_bearing();
            pumps_[i].reset();
        }
    }
}

}  // namespace gantry::plant

// SPDX-License-Identifier: Apache-2.0
#include "plant/pump.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "plant/step.h"

namespace gantry::plant {
namespace {

// The drive ramps the speed, in shares of the rated speed a second; a tripped pump coasts down.
constexpr double ramp_up = 0.10;
constexpr double ramp_down = 0.08;
constexpr double coast_seconds = 2;

// The motor: 11 kW, four poles, 400 V, 50 Hz.
constexpr double rated_hz = 50;
constexpr double rated_volts = 400;
constexpr double rated_motor_kw = 11;
constexpr double rated_current_a = 20.5;
constexpr double magnetising_share = 0.35;
constexpr double motor_efficiency = 0.91;
constexpr double drive_standby_kw = 0.04;

// Shaft power of a radial pump of low specific speed rises about linearly with the flow (Gülich,
// Centrifugal Pumps, chapter 4).
constexpr double rated_shaft_kw = 7.25;
constexpr double shutoff_power_share = 0.45;

// A rolling bearing in grease: its heat follows speed and wear, within about a quarter of an hour.
constexpr double bearing_rise_celsius = 30;
constexpr double bearing_wear_rise_celsius = 38;
constexpr double bearing_seconds = 900;
constexpr double motor_rise_celsius = 60;
constexpr double motor_seconds = 1800;

// Wear feeds itself once it has begun. From 0 it takes 3.9 time constants to reach 1.
constexpr double wear_hours = 1.5;
constexpr double wear_seed = 0.02;
// Ordinary wear: the nominal life of a bearing, ISO 281, is 40,000 h here.
constexpr double bearing_life_hours = 40'000;
constexpr double wear_vibration_mm_s = 10;

constexpr double trip_delay_seconds = 3;
constexpr double undervoltage_ratio = 0.7;
constexpr double restart_ratio = 0.9;
constexpr double restart_delay_seconds = 10;

}  // namespace

Pump::Pump(std::uint64_t seed, double ambient_celsius)
    : noise_(seed), bearing_celsius_(ambient_celsius), motor_celsius_(ambient_celsius) {}

void Pump::reset() {
    if (state_ == PumpState::Fault) {
        state_ = turning() ? PumpState::Stopping : PumpState::Stopped;
        trip_ = PumpTrip::None;
        over_limit_seconds_ = 0;
    }
}

void Pump::replace_bearing() {
    wearing_ = false;
    wear_ = 0;
}

void Pump::trip_with(PumpTrip cause) {
    state_ = PumpState::Fault;
    trip_ = cause;
    voltage_back_seconds_ = 0;
}

void Pump::drive(double voltage_ratio) {
    readings_.dc_link_v =
        voltage_ratio * rated_volts * std::numbers::sqrt2 * (1 + 0.002 * noise_.gaussian());
    if (state_ != PumpState::Fault && turning() && voltage_ratio < undervoltage_ratio) {
        trip_with(PumpTrip::Undervoltage);
    }
    if (trip_ == PumpTrip::Undervoltage) {
        voltage_back_seconds_ =
            voltage_ratio > restart_ratio ? voltage_back_seconds_ + step_seconds : 0;
        if (voltage_back_seconds_ > restart_delay_seconds) {
            reset();  // drives restart by themselves after a dip, as most are set up to
        }
    }
    if (state_ == PumpState::Fault) {
        speed_ = speed_ < 0.01 ? 0 : lag(speed_, 0, coast_seconds);
    } else {
        follow_command();
    }
    running_seconds_ += turning() ? step_seconds : 0;
}

void Pump::follow_command() {
    const double target = commanded_ ? speed_setpoint_ : 0;
    if (commanded_ && (state_ == PumpState::Stopped || state_ == PumpState::Stopping)) {
        state_ = PumpState::Starting;
        ++starts_;
    } else if (!commanded_ && (state_ == PumpState::Starting || state_ == PumpState::Running)) {
        state_ = PumpState::Stopping;
    }
    const double rate = target > speed_ ? ramp_up : ramp_down;
    speed_ = approach(speed_, target, rate * step_seconds);
    if (state_ == PumpState::Starting && speed_ == target) {
        state_ = PumpState::Running;
    } else if (state_ == PumpState::Stopping && speed_ == 0) {
        state_ = PumpState::Stopped;
    }
}

double Pump::shaft_power_kw(double flow_m3h) const {
    if (!turning()) {
        return 0;
    }
    const double share = flow_m3h / (curve.rated_flow_m3h * speed_);
    return rated_shaft_kw * speed_ * speed_ * speed_ *
           (shutoff_power_share + (1 - shutoff_power_share) * share);
}

// A healthy pump near its best flow runs in zone A of ISO 10816-7 (below 3.2 mm/s); away from it,
// recirculation shakes it more.
double Pump::true_vibration(double flow_m3h) {
    if (!turning()) {
        return 0.05;
    }
    const double share = flow_m3h / (curve.rated_flow_m3h * std::max(speed_, 0.1));
    const double healthy = 0.4 + 1.2 * speed_ * speed_ + 0.8 * speed_ * (share - 1) * (share - 1);
    const double worn = wear_vibration_mm_s * wear_ * wear_ * speed_;
    return (healthy + worn) * (1 + 0.04 * noise_.gaussian());
}

void Pump::load(const PumpLoad& load) {
    const bool on = turning() && state_ != PumpState::Fault;
    const double head = curve.head(load.flow_m3h, speed_);
    const double shaft = shaft_power_kw(load.flow_m3h);
    const double active_a = rated_current_a * shaft / rated_motor_kw;
    const double idle_a = rated_current_a * magnetising_share;
    const double current = on ? std::hypot(active_a, idle_a) : 0;

    PumpReadings& shown = readings_;
    shown.flow_m3h = load.flow_m3h * (1 + 0.003 * noise_.gaussian());
    shown.suction_bar = bar_of_head(load.suction_head_m) + 0.003 * noise_.gaussian();
    shown.discharge_bar = bar_of_head(load.suction_head_m + head) + 0.008 * noise_.gaussian();
    shown.head_m = head;
    shown.frequency_hz = on ? speed_ * rated_hz : 0;
    shown.current_a = std::max(0.0, current * (1 + 0.004 * noise_.gaussian()));
    shown.power_kw = drive_standby_kw + (on ? shaft / motor_efficiency : 0);
    const double rated_torque = rated_motor_kw;  // at speed 1
    shown.torque_percent = on ? 100 * shaft / std::max(speed_, 0.05) / rated_torque : 0;
    const double hydraulic_kw = water_density * gravity * (load.flow_m3h / 3600) * head / 1000;
    shown.efficiency_percent = shaft > 0 ? 100 * hydraulic_kw / shaft : 0;

    if (turning()) {
        wear_ += step_hours / bearing_life_hours;
        wear_ += wearing_ ? (wear_seed + wear_) * step_hours / wear_hours : 0;
        wear_ = std::min(wear_, 1.2);
    }
    bearing_celsius_ = lag(bearing_celsius_,
                           load.ambient_celsius + bearing_rise_celsius * speed_ * speed_ +
                               bearing_wear_rise_celsius * wear_ * speed_,
                           bearing_seconds);
    const double heat = current / rated_current_a;
    motor_celsius_ =
        lag(motor_celsius_, load.ambient_celsius + motor_rise_celsius * heat * heat, motor_seconds);
    shown.motor_celsius = motor_celsius_;
    vibration_mm_s_ = lag(vibration_mm_s_, true_vibration(load.flow_m3h), 1.0);
    vibration_.observe(vibration_mm_s_);
    bearing_.observe(bearing_celsius_);
    protect();
}

// A dead sensor cannot trip the pump: the protection is blind then, as in many real plants.
void Pump::protect() {
    const bool shaking = !vibration_.failed() && vibration_.reading() > vibration_trip_;
    const bool hot = bearing_.reading() > bearing_trip_celsius;
    over_limit_seconds_ = turning() && (shaking || hot) ? over_limit_seconds_ + step_seconds : 0;
    if (over_limit_seconds_ > trip_delay_seconds && state_ != PumpState::Fault) {
        trip_with(shaking ? PumpTrip::Vibration : PumpTrip::BearingTemperature);
    }
}

}  // namespace gantry::plant

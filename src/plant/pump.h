// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "plant/hydraulics.h"
#include "plant/noise.h"
#include "plant/sensor.h"

namespace gantry::plant {

enum class PumpState : std::uint16_t {
    Stopped = 1,
    Starting = 2,
    Running = 3,
    Stopping = 4,
    Fault = 5,
};

// Why a pump was tripped.
enum class PumpTrip : std::uint16_t {
    None = 0,
    Vibration = 1,
    BearingTemperature = 2,
    Undervoltage = 3,
};

// What surrounds a pump in one step.
struct PumpLoad {
    double flow_m3h = 0;
    double suction_head_m = 0;  // at the inlet flange, above atmosphere
    double ambient_celsius = 20;
};

// What the instruments of a pump and its drive show.
struct PumpReadings {
    double flow_m3h = 0;
    double suction_bar = 0;    // gauge
    double discharge_bar = 0;  // gauge, before the check valve
    double head_m = 0;
    double frequency_hz = 0;
    double current_a = 0;
    double power_kw = 0;  // drawn from the mains
    double torque_percent = 0;
    double efficiency_percent = 0;  // hydraulic power over shaft power
    double motor_celsius = 0;
    double dc_link_v = 0;
};

// A centrifugal pump with its motor, drive, bearing and protection. It does what it is commanded
// to, unless it has tripped.
class Pump {
public:
    static constexpr PumpCurve curve{};
    static constexpr double speed_least_percent = 40;
    static constexpr double speed_most_percent = 100;
    // Rotodynamic pumps of category II up to 200 kW, ISO 10816-7:2009, mm/s RMS: alarm and trip.
    static constexpr double vibration_alarm_mm_s = 6.4;
    static constexpr double vibration_trip_mm_s = 10.6;
    static constexpr double bearing_alarm_celsius = 80;
    static constexpr double bearing_trip_celsius = 95;

    Pump(std::uint64_t seed, double ambient_celsius);

    void command(bool run) { commanded_ = run; }
    bool commanded() const { return commanded_; }
    void set_speed_percent(double percent) { speed_setpoint_ = percent / 100; }
    double speed_setpoint_percent() const { return speed_setpoint_ * 100; }
    void set_vibration_trip(double mm_s) { vibration_trip_ = mm_s; }
    double vibration_trip() const { return vibration_trip_; }
    // Acknowledges a trip. The pump then follows its command again; it trips anew if the cause
    // lasts.
    void reset();

    // The bearing begins to wear: vibration and heat grow over about six hours to a trip.
    void begin_wear() { wearing_ = true; }
    void replace_bearing();
    bool wearing() const { return wearing_; }
    double wear() const { return wear_; }

    // One step, in two halves, because the flow that loads a pump depends on all speeds.
    void drive(double voltage_ratio);
    void load(const PumpLoad& load);

    PumpState state() const { return state_; }
    PumpTrip trip() const { return trip_; }
    // As a share of the rated speed.
    double speed() const { return speed_; }
    bool turning() const { return speed_ > 0; }
    double running_hours() const { return running_seconds_ / 3600; }
    std::uint32_t starts() const { return starts_; }
    const PumpReadings& readings() const { return readings_; }
    const Sensor& vibration_sensor() const { return vibration_; }
    Sensor& vibration_sensor() { return vibration_; }
    const Sensor& bearing_sensor() const { return bearing_; }

private:
    void follow_command();
    void trip_with(PumpTrip cause);
    double shaft_power_kw(double flow_m3h) const;
    double true_vibration(double flow_m3h);
    void protect();

    Noise noise_;
    PumpState state_ = PumpState::Stopped;
    PumpTrip trip_ = PumpTrip::None;
    bool commanded_ = false;
    double speed_setpoint_ = 1;
    double speed_ = 0;
    double vibration_trip_ = vibration_trip_mm_s;
    double over_limit_seconds_ = 0;
    double voltage_back_seconds_ = 0;

    bool wearing_ = false;
    double wear_ = 0;  // 0 new, 1 worn out
    double bearing_celsius_;
    double motor_celsius_;
    double vibration_mm_s_ = 0;
    double running_seconds_ = 0;
    std::uint32_t starts_ = 0;

    PumpReadings readings_;
    Sensor vibration_;
    Sensor bearing_;
};

}  // namespace gantry::plant

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "base/time.h"
#include "plant/faults.h"
#include "plant/hydraulics.h"
#include "plant/noise.h"
#include "plant/pump.h"
#include "plant/sensor.h"
#include "plant/tank.h"

namespace gantry::plant {

// Two pumps in parallel lift water from a reservoir into a header tank from which the town draws.
// In automatic mode the duty pump runs between two levels around the setpoint, the stand-by pump
// helps when the level goes on falling, and takes over the duty when the duty pump trips. In hand
// mode each pump does what its coil says. A float switch stops both before the tank overflows.
class PumpStation {
public:
    static constexpr double level_setpoint_least_m = 1.0;
    static constexpr double level_setpoint_most_m = 4.2;
    static constexpr double level_high_m = 4.7;  // the float switch
    static constexpr double level_low_m = 0.5;

    explicit PumpStation(std::uint64_t seed);

    // One step. `voltage_ratio`: the mains as a share of nominal.
    void step(Duration elapsed, double voltage_ratio);

    // Puts the station into hand mode with this command for one pump.
    void command_by_hand(std::size_t pump, bool run);
    void set_automatic(bool automatic) { automatic_ = automatic; }
    bool automatic() const { return automatic_; }
    void reset_faults();
    void set_level_setpoint(double metres) { level_setpoint_m_ = metres; }
    double level_setpoint_m() const { return level_setpoint_m_; }
    void set_level_hysteresis(double metres) { level_hysteresis_m_ = metres; }
    double level_hysteresis_m() const { return level_hysteresis_m_; }

    // Begins or ends BearingWear, SensorFailure or SensorStuck; others are not its own.
    void set_fault(Fault fault, bool active);
    bool fault_active(Fault fault) const;

    const Pump& pump(std::size_t index) const { return pumps_[index]; }
    Pump& pump(std::size_t index) { return pumps_[index]; }
    std::size_t duty() const { return duty_; }
    const Tank& tank() const { return tank_; }
    const Sensor& level_sensor() const { return level_; }
    double flow_m3h() const { return flow_m3h_; }
    double demand_m3h() const { return tank_.outflow_m3h(); }
    double header_bar() const { return header_bar_; }
    double suction_level_m() const { return suction_level_m_; }
    double water_celsius() const { return water_celsius_; }
    double power_kw() const;
    bool level_high() const { return tank_.level_m() > level_high_m; }
    bool level_low() const { return tank_.level_m() < level_low_m; }
    double pumped_m3() const { return tank_.total_inflow_m3(); }
    std::uint32_t changeovers() const { return changeovers_; }

private:
    void control_level();
    void maintain();

    Noise noise_;
    std::array<Pump, pump_count> pumps_;
    Tank tank_{3.0};
    Sensor level_;
    Wander demand_wander_{0.08, 600};
    Wander suction_wander_{0.25, 7200};
    Wander water_wander_{0.6, 20'000};

    bool automatic_ = true;
    bool filling_ = true;
    bool assisting_ = false;
    std::size_t duty_ = 0;
    std::uint32_t changeovers_ = 0;
    double level_setpoint_m_ = 3.5;
    double level_hysteresis_m_ = 0.4;
    double flow_m3h_ = 0;
    double header_bar_ = 0;
    double suction_level_m_ = 2.5;
    double water_celsius_ = 14;

    double sensor_failed_seconds_ = 0;  // what is left
    double sensor_stuck_seconds_ = 0;
    std::array<double, pump_count> tripped_seconds_{};
};

}  // namespace gantry::plant

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"
#include "plant/compressed_air.h"
#include "plant/faults.h"
#include "plant/filler.h"
#include "plant/noise.h"
#include "plant/packml.h"

namespace gantry::plant {

// A filler, a capper and a labeller on one conveyor, with a few bottles between each two. The line
// follows the PackML state model; its machines show the state that follows from the line's. An
// operator brings the line back after a fault, but not after someone stopped it on purpose.
class BottlingLine {
public:
    static constexpr double speed_least = 60;  // bottles a minute
    static constexpr double speed_most = 300;
    static constexpr std::uint32_t buffer_most = 40;  // bottles between two machines
    static constexpr std::size_t batch_size_most = 16;
    // PET bottles with a 28 mm cap, N·m.
    static constexpr double torque_least = 1.4;
    static constexpr double torque_most = 2.4;

    explicit BottlingLine(std::uint64_t seed);

    // One step. `voltage_ratio`: the mains as a share of nominal.
    void step(Duration elapsed, double voltage_ratio);

    // A command that the state does not allow is ignored.
    void command(PackMlCommand command);
    void set_speed(double bottles_a_minute) { speed_setpoint_ = bottles_a_minute; }
    double speed_setpoint() const { return speed_setpoint_; }
    // Begins a batch: production against plan counts from zero.
    void begin_batch(std::string name);
    const std::string& batch() const { return batch_; }

    // Begins or ends NozzleDrift, AirLeak or Jam; others are not its own.
    void set_fault(Fault fault, bool active);
    bool fault_active(Fault fault) const;

    PackMlState state() const { return packml_.state(); }
    PackMlState filler_state() const { return behind_jam(); }
    PackMlState capper_state() const { return behind_jam(); }
    PackMlState labeller_state() const { return packml_.state(); }
    bool jammed() const { return jam_seconds_ > 0; }
    double speed() const { return speed_; }
    double conveyor_m_min() const;
    const Filler& filler() const { return filler_; }
    Filler& filler() { return filler_; }
    const BottleCount& capper_count() const { return capper_; }
    const BottleCount& labeller_count() const { return labeller_; }
    std::uint32_t before_capper() const { return before_capper_; }
    std::uint32_t before_labeller() const { return before_labeller_; }
    double torque_nm() const { return torque_nm_; }
    double product_celsius() const { return product_celsius_; }
    double drive_celsius() const { return drive_celsius_; }
    const CompressedAir& air() const { return air_; }
    double air_bar() const { return air_bar_; }
    double power_kw() const { return power_kw_; }
    double energy_kwh() const { return energy_kwh_; }
    // Good bottles of this batch less those that the speed setpoint would have made.
    std::int32_t against_plan() const;
    double state_seconds() const { return state_seconds_; }

private:
    PackMlState behind_jam() const;
    void drive_conveyor();
    void hold_or_release();
    void operate();
    void move_bottles();
    void cap_one();
    void label_one();
    void maintain();

    Noise noise_;
    PackMl packml_{PackMlState::Idle};
    Filler filler_;
    CompressedAir air_;
    BottleCount capper_;
    BottleCount labeller_;
    Wander product_wander_{0.5, 1800};

    bool wanted_ = true;  // nobody stopped the line on purpose
    bool held_by_hand_ = false;
    double operator_seconds_ = 0;
    double speed_setpoint_ = 200;
    double speed_ = 0;
    double filler_carry_ = 0;  // parts of a bottle since the last whole one
    double capper_carry_ = 0;
    double labeller_carry_ = 0;
    std::uint32_t before_capper_ = 0;
    std::uint32_t before_labeller_ = 0;
    double torque_nm_ = 1.9;
    double product_celsius_ = 8;
    double drive_celsius_ = 22;
    double air_bar_ = 7;
    double power_kw_ = 0;
    double energy_kwh_ = 0;

    std::string batch_;
    std::uint32_t batch_number_ = 1;
    std::uint32_t batch_first_ = 0;  // good bottles when it began
    double planned_ = 0;
    double state_seconds_ = 0;

    double jam_seconds_ = 0;  // what is left
    double rejecting_seconds_ = 0;
    double air_low_seconds_ = 0;
};

}  // namespace gantry::plant

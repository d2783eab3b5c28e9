// SPDX-License-Identifier: Apache-2.0
#include "plant/bottling_line.h"

#include <algorithm>
#include <cmath>
#include <format>
#include <utility>

#include "plant/day.h"
#include "plant/step.h"

namespace gantry::plant {
namespace {

constexpr double rated_speed = 200;  // bottles a minute
constexpr double acceleration = 20;  // bottles a minute, a second
// The line stands before Stopping (4 s), Holding (2 s) and Aborting (1 s) are over.
constexpr double braking = 150;
constexpr double emergency_braking = 300;
constexpr double bottle_pitch_m = 0.085;  // from one bottle on the conveyor to the next
constexpr double abort_ratio = 0.8;       // of the nominal voltage
constexpr double torque_mean_nm = 1.9;
constexpr double torque_deviation_nm = 0.07;
constexpr double label_reject_chance = 0.002;
constexpr double product_mean_celsius = 8;
constexpr double drive_rise_celsius = 35;
constexpr double drive_lag_seconds = 1200;
constexpr std::uint32_t bottles_a_batch = 20'000;

constexpr double operator_delay_seconds = 3 * 60;
constexpr double reject_share_most = 0.05;
constexpr double reject_patience_seconds = 20 * 60;
constexpr double air_repair_seconds = 40 * 60;

constexpr double standby_kw = 1.5;
constexpr double running_kw = 8.5;  // at rated speed

}  // namespace

BottlingLine::BottlingLine(std::uint64_t seed) : noise_(seed), filler_(noise_) {
    begin_batch(std::format("LOT-{:06}", batch_number_));
}

void BottlingLine::command(PackMlCommand command) {
    const bool obeyed = packml_.command(command);
    switch (command) {
        case PackMlCommand::Start: wanted_ = wanted_ || obeyed; break;
        case PackMlCommand::Hold: held_by_hand_ = held_by_hand_ || obeyed; break;
        case PackMlCommand::Unhold: held_by_hand_ = false; break;
        case PackMlCommand::Stop:
        case PackMlCommand::Abort:
            wanted_ = false;
            held_by_hand_ = false;
            break;
        default: break;
    }
}

void BottlingLine::begin_batch(std::string name) {
    batch_ = std::move(name);
    batch_first_ = labeller_.good;
    planned_ = 0;
}

void BottlingLine::set_fault(Fault fault, bool active) {
    switch (fault) {
        case Fault::NozzleDrift: filler_.set_drifting(active); return;
        case Fault::AirLeak: air_.set_leaking(active); return;
        case Fault::Jam: jam_seconds_ = active ? noise_.between(120, 360) : 0; return;
        default: return;
    }
}

bool BottlingLine::fault_active(Fault fault) const {
    switch (fault) {
        case Fault::NozzleDrift: return filler_.drifting();
        case Fault::AirLeak: return air_.leaking();
        case Fault::Jam: return jammed();
        default: return false;
    }
}

double BottlingLine::conveyor_m_min() const { return speed_ * bottle_pitch_m; }

std::int32_t BottlingLine::against_plan() const {
    return static_cast<std::int32_t>(
        std::lround(static_cast<double>(labeller_.good - batch_first_) - planned_));
}

// A machine that cannot pass its bottles on is suspended, not held (ISA-TR88.00.02).
PackMlState BottlingLine::behind_jam() const {
    if (!jammed()) {
        return state();
    }
    switch (state()) {
        case PackMlState::Holding: return PackMlState::Suspending;
        case PackMlState::Held: return PackMlState::Suspended;
        default: return state();
    }
}

void BottlingLine::step(Duration elapsed, double voltage_ratio) {
    const PackMlState before = state();
    const bool powered = voltage_ratio > abort_ratio;
    if (!powered) {
        packml_.command(PackMlCommand::Abort);
    }
    maintain();
    hold_or_release();
    operate();
    packml_.step();

    drive_conveyor();
    const double share = speed_ / rated_speed;
    air_.step(share, powered);
    air_bar_ = air_.pressure_bar() + 0.01 * noise_.gaussian();
    move_bottles();
    planned_ += wanted_ ? speed_setpoint_ * step_seconds / 60 : 0;

    product_celsius_ = product_mean_celsius + product_wander_.step(noise_);
    drive_celsius_ = lag(drive_celsius_, ambient_celsius(elapsed) + drive_rise_celsius * share,
                         drive_lag_seconds);
    power_kw_ = powered ? standby_kw + running_kw * share * (1 + 0.02 * noise_.gaussian()) +
                              (air_.loaded() ? CompressedAir::loaded_kw : 0)
                        : 0;
    energy_kwh_ += power_kw_ * step_hours;
    state_seconds_ = before == state() ? state_seconds_ + step_seconds : 0;
}

void BottlingLine::drive_conveyor() {
    const bool aborted = state() == PackMlState::Aborting || state() == PackMlState::Aborted;
    const double rate = packml_.executing() ? acceleration : aborted ? emergency_braking : braking;
    speed_ = approach(speed_, packml_.executing() ? speed_setpoint_ : 0, rate * step_seconds);
}

void BottlingLine::hold_or_release() {
    if (jammed() || air_.low()) {
        packml_.command(PackMlCommand::Hold);
    } else if (state() == PackMlState::Held && !held_by_hand_ &&
               air_.pressure_bar() > CompressedAir::load_bar) {
        packml_.command(PackMlCommand::Unhold);
    }
}

// The operator clears an aborted line, resets it and starts it, each after a while.
void BottlingLine::operate() {
    const bool waiting =
        wanted_ && (state() == PackMlState::Aborted || state() == PackMlState::Stopped ||
                    state() == PackMlState::Idle);
    const bool aborted = state() == PackMlState::Aborted;
    operator_seconds_ = waiting ? operator_seconds_ + step_seconds : 0;
    if (operator_seconds_ > (aborted ? operator_delay_seconds : 2)) {
        operator_seconds_ = 0;
        packml_.command(aborted                           ? PackMlCommand::Clear
                        : state() == PackMlState::Stopped ? PackMlCommand::Reset
                                                          : PackMlCommand::Start);
    }
}

void BottlingLine::move_bottles() {
    const double bottles = speed_ / 60 * step_seconds;
    filler_carry_ += bottles;
    while (filler_carry_ >= 1 && before_capper_ < buffer_most) {
        filler_carry_ -= 1;
        before_capper_ += filler_.fill(noise_) ? 1 : 0;
    }
    filler_carry_ = std::min(filler_carry_, 1.0);
    // Each machine downstream runs a little faster the more bottles wait for it, so that the
    // buffers settle at half.
    const auto pace = [&](std::uint32_t waiting) {
        return bottles * (0.9 + 0.2 * waiting / buffer_most);
    };
    capper_carry_ += pace(before_capper_);
    while (capper_carry_ >= 1 && before_capper_ > 0 && before_labeller_ < buffer_most) {
        capper_carry_ -= 1;
        cap_one();
    }
    capper_carry_ = std::min(capper_carry_, 1.0);
    labeller_carry_ += pace(before_labeller_);
    while (labeller_carry_ >= 1 && before_labeller_ > 0) {
        labeller_carry_ -= 1;
        label_one();
    }
    labeller_carry_ = std::min(labeller_carry_, 1.0);
}

// The capper's clutches are pneumatic: with little air they slip.
void BottlingLine::cap_one() {
    --before_capper_;
    const double air = std::min(1.0, air_.pressure_bar() / 5.5);
    torque_nm_ = torque_mean_nm * air + torque_deviation_nm * noise_.gaussian();
    const bool good = torque_nm_ >= torque_least && torque_nm_ <= torque_most;
    ++(good ? capper_.good : capper_.rejected);
    before_labeller_ += good ? 1 : 0;
}

void BottlingLine::label_one() {
    --before_labeller_;
    if (noise_.chance(label_reject_chance)) {
        ++labeller_.rejected;
        return;
    }
    ++labeller_.good;
    if (labeller_.good - batch_first_ >= bottles_a_batch) {
        begin_batch(std::format("LOT-{:06}", ++batch_number_));
    }
}

void BottlingLine::maintain() {
    jam_seconds_ = std::max(0.0, jam_seconds_ - step_seconds);
    const bool rejecting = filler_.drifting() && filler_.reject_share() > reject_share_most;
    rejecting_seconds_ = rejecting ? rejecting_seconds_ + step_seconds : 0;
    if (rejecting_seconds_ > reject_patience_seconds) {
        filler_.set_drifting(false);
    }
    air_low_seconds_ = air_.low() ? air_low_seconds_ + step_seconds : 0;
    if (air_low_seconds_ > air_repair_seconds) {
        air_.set_leaking(false);
    }
}

}  // namespace gantry::plant

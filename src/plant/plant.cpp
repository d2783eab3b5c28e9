// SPDX-License-Identifier: Apache-2.0
#include "plant/plant.h"

#include <utility>

#include "base/assert.h"
#include "plant/step.h"

namespace gantry::plant {
namespace {

// Every fault may come by chance.
std::vector<Fault> all_faults() {
    std::vector<Fault> faults;
    for (const FaultInfo& info : fault_table()) {
        faults.push_back(info.fault);
    }
    return faults;
}

}  // namespace

Plant::Plant(PlantSettings settings)
    : station_(settings.seed * 4 + 1),
      line_(settings.seed * 4 + 2),
      feed_(settings.seed * 4 + 3),
      faults_(settings.seed * 4, settings.fault_rate, all_faults(), std::move(settings.planned)) {
    extra_stations_.reserve(settings.extra_stations);
    for (std::size_t i = 0; i < settings.extra_stations; ++i) {
        extra_stations_.emplace_back(settings.seed * 4 + 1 + (i + 1) * 1'000'003);
    }
}

void Plant::advance(Duration by) {
    ASSERT(by >= Duration::zero());
    rest_ += by;
    while (rest_ >= step_length) {
        rest_ -= step_length;
        step();
    }
}

double Plant::elapsed_seconds() const { return std::chrono::duration<double>(elapsed_).count(); }

void Plant::step() {
    for (const Fault fault : faults_.due(elapsed_)) {
        set_fault(fault, true);
        begun_.push_back(fault);
    }
    feed_.supply();
    const double voltage = feed_.voltage_ratio();
    station_.step(elapsed_, voltage);
    for (PumpStation& station : extra_stations_) {
        station.step(elapsed_, voltage);
    }
    line_.step(elapsed_, voltage);
    feed_.measure(elapsed_, station_.power_kw() + line_.power_kw());
    elapsed_ += step_length;
}

void Plant::set_fault(Fault fault, bool active) {
    station_.set_fault(fault, active);
    for (PumpStation& station : extra_stations_) {
        station.set_fault(fault, active);
    }
    line_.set_fault(fault, active);
    feed_.set_fault(fault, active);
}

bool Plant::fault_active(Fault fault) const {
    return station_.fault_active(fault) || line_.fault_active(fault) ||
           (fault == Fault::PowerDip && feed_.dipping());
}

std::vector<Fault> Plant::take_begun_faults() { return std::exchange(begun_, {}); }

}  // namespace gantry::plant

// SPDX-License-Identifier: Apache-2.0
#include "plant/filler.h"

#include <cmath>
#include <numeric>

namespace gantry::plant {
namespace {

constexpr double nozzle_deviation_ml = 0.4;
constexpr double bottle_deviation_ml = 1.1;
// At 200 bottles a minute a nozzle fills 1,000 an hour: out of tolerance after about two hours.
constexpr double drift_ml_a_bottle = 0.004;
constexpr double spill_chance = 0.001;
constexpr double mean_weight = 0.1;
constexpr double share_weight = 1.0 / 300;

}  // namespace

Filler::Filler(Noise& noise) {
    for (double& bias : bias_ml_) {
        bias = nozzle_deviation_ml * noise.gaussian();
    }
    nozzle_ml_.fill(target_ml_);
}

void Filler::set_drifting(bool drifting) {
    drifting_ = drifting;
    drift_ml_ = drifting ? drift_ml_ : 0;
}

bool Filler::fill(Noise& noise) {
    const std::size_t nozzle = next_nozzle_;
    next_nozzle_ = (next_nozzle_ + 1) % nozzle_count;
    double volume = target_ml_ + bias_ml_[nozzle] + bottle_deviation_ml * noise.gaussian();
    if (nozzle == drifting_nozzle && drifting_) {
        drift_ml_ += drift_ml_a_bottle;
        volume -= drift_ml_;
    }
    if (noise.chance(spill_chance)) {
        volume -= noise.between(10, 60);
    }
    last_ml_ = volume;
    nozzle_ml_[nozzle] += mean_weight * (volume - nozzle_ml_[nozzle]);
    const bool good = std::fabs(volume - target_ml_) <= tolerance_ml;
    reject_share_ += share_weight * ((good ? 0 : 1) - reject_share_);
    ++(good ? count_.good : count_.rejected);
    return good;
}

double Filler::mean_ml() const {
    return std::accumulate(nozzle_ml_.begin(), nozzle_ml_.end(), 0.0) / nozzle_count;
}

}  // namespace gantry::plant

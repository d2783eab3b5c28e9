// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "plant/noise.h"

namespace gantry::plant {

// What one machine of the line has made.
struct BottleCount {
    std::uint32_t good = 0;
    std::uint32_t rejected = 0;
};

// Fills bottles, one after the other from twelve nozzles, and rejects those with too much or too
// little in them. A nozzle that drifts gives less with every bottle.
class Filler {
public:
    static constexpr std::size_t nozzle_count = 12;
    static constexpr std::size_t drifting_nozzle = 6;  // nozzle 7
    static constexpr double target_least_ml = 480;
    static constexpr double target_most_ml = 520;
    // Half of the tolerable negative error at 500 ml, Directive 76/211/EEC annex I.
    static constexpr double tolerance_ml = 7.5;

    explicit Filler(Noise& noise);

    // True when the bottle is good.
    bool fill(Noise& noise);

    void set_target_ml(double millilitres) { target_ml_ = millilitres; }
    double target_ml() const { return target_ml_; }
    void set_drifting(bool drifting);
    bool drifting() const { return drifting_; }

    const BottleCount& count() const { return count_; }
    double last_ml() const { return last_ml_; }
    double mean_ml() const;
    double nozzle_ml(std::size_t nozzle) const { return nozzle_ml_[nozzle]; }
    // Of the last few hundred bottles.
    double reject_share() const { return reject_share_; }

private:
    BottleCount count_;
    double target_ml_ = 500;
    bool drifting_ = false;
    double drift_ml_ = 0;
    double last_ml_ = 500;
    double reject_share_ = 0;
    std::size_t next_nozzle_ = 0;
    std::array<double, nozzle_count> bias_ml_{};
    std::array<double, nozzle_count> nozzle_ml_{};  // running mean of each
};

}  // namespace gantry::plant

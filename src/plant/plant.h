// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "plant/bottling_line.h"
#include "plant/faults.h"
#include "plant/power_feed.h"
#include "plant/pump_station.h"

namespace gantry::plant {

struct PlantSettings {
    std::uint64_t seed = 1;
    double fault_rate = 1;  // 0: nothing fails by chance
    std::vector<PlannedFault> planned;
    std::size_t extra_stations = 0;  // further pump stations, for load; not on the meter
};

// The whole plant as a pure function of its seed, of the time that passed and of what was written
// to it: no clock, no thread, no input. One thread at a time.
class Plant {
public:
    explicit Plant(PlantSettings settings);

    // Time passes. What is less than a step is kept for the next call.
    void advance(Duration by);
    // In whole steps.
    Duration elapsed() const { return elapsed_; }
    double elapsed_seconds() const;

    // Begins or ends a fault; on all pump stations where it is one of theirs.
    void set_fault(Fault fault, bool active);
    bool fault_active(Fault fault) const;
    // The faults that chance or the plan began since the last call.
    std::vector<Fault> take_begun_faults();

    const PumpStation& station() const { return station_; }
    PumpStation& station() { return station_; }
    const BottlingLine& line() const { return line_; }
    BottlingLine& line() { return line_; }
    const PowerFeed& feed() const { return feed_; }
    PowerFeed& feed() { return feed_; }
    std::vector<PumpStation>& extra_stations() { return extra_stations_; }

private:
    void step();

    PumpStation station_;
    BottlingLine line_;
    PowerFeed feed_;
    std::vector<PumpStation> extra_stations_;
    FaultClock faults_;
    std::vector<Fault> begun_;
    Duration elapsed_{};
    Duration rest_{};
};

}  // namespace gantry::plant

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "plant/noise.h"

namespace gantry::plant {

// What can go wrong by chance, from the command line or through a coil.
enum class Fault : std::uint8_t {
    BearingWear,
    SensorFailure,
    SensorStuck,
    NozzleDrift,
    AirLeak,
    Jam,
    PowerDip,
};

struct FaultInfo {
    Fault fault = Fault::BearingWear;
    std::string_view name;
    double mean_hours = 0;  // between two by chance, at fault rate 1
    std::string_view name_zh;
    std::string_view about;
};

inline constexpr std::size_t fault_count = 7;

// One row a fault, in the order of the enumeration.
std::span<const FaultInfo, fault_count> fault_table();
const FaultInfo& fault_info(Fault fault);
Result<Fault> parse_fault(std::string_view name);

struct PlannedFault {
    Fault fault = Fault::BearingWear;
    Duration at{};

    bool operator==(const PlannedFault&) const = default;
};

// "bearing-wear@2h": the fault, and when after the start in plant time.
Result<PlannedFault> parse_planned_fault(std::string_view text);

// Says which faults begin in each step: those that were planned, and those that chance brings as a
// Poisson process each.
class FaultClock {
public:
    // A rate of 0 leaves only what is planned; 2 brings twice as many.
    FaultClock(std::uint64_t seed, double rate, std::span<const Fault> by_chance,
               std::vector<PlannedFault> planned);

    // The faults that began up to `elapsed`, since the last call.
    std::vector<Fault> due(Duration elapsed);

private:
    struct Source {
        Fault fault;
        double mean_hours;
        Duration next;
    };

    Duration next_after(Duration from, double mean_hours);

    Noise noise_;
    std::vector<Source> sources_;
    std::vector<PlannedFault> planned_;  // last one first
    Duration earliest_{};
};

}  // namespace gantry::plant

// SPDX-License-Identifier: Apache-2.0
#include "plant/faults.h"

#include <algorithm>

#include "base/assert.h"
#include "base/encoding.h"

namespace gantry::plant {
namespace {

constexpr std::array<FaultInfo, fault_count> table = {{
    {Fault::BearingWear, "bearing-wear", 72, "轴承磨损",
     "The bearing of pump 1 wears: vibration and temperature rise for about six running "
     "hours until the pump trips and the other takes over; the bearing is replaced two hours "
     "later"},
    {Fault::SensorFailure, "sensor-failure", 24, "传感器失效",
     "The vibration transmitter of pump 1 is dead for 5 min: its register answers exception 04"},
    {Fault::SensorStuck, "sensor-stuck", 36, "传感器卡滞",
     "The level transmitter shows the same value for 30 min; the level control believes it"},
    {Fault::NozzleDrift, "nozzle-drift", 12, "灌装阀漂移",
     "Nozzle 7 of the filler gives less and less until its bottles are rejected; it is cleaned "
     "after 20 min of too many rejects"},
    {Fault::AirLeak, "air-leak", 24, "压缩空气泄漏",
     "A leak grows for half an hour until the compressor cannot keep up and the line is held; "
     "repaired 40 min later"},
    {Fault::Jam, "jam", 1.5, "卡瓶",
     "A bottle jams in the labeller: the line is held for 2 to 6 min"},
    {Fault::PowerDip, "power-dip", 48, "电压暂降",
     "The mains fall to 55 % for 0.4 s: the drives trip and restart, the line aborts"},
}};

Duration from_hours(double hours) {
    return std::chrono::duration_cast<Duration>(
        std::chrono::duration<double, std::ratio<3600>>(hours));
}

}  // namespace

std::span<const FaultInfo, fault_count> fault_table() { return table; }

const FaultInfo& fault_info(Fault fault) {
    const FaultInfo& info = table[static_cast<std::size_t>(fault)];
    ASSERT(info.fault == fault);
    return info;
}

Result<Fault> parse_fault(std::string_view name) {
    const FaultInfo* nearest = table.data();
    for (const FaultInfo& info : table) {
        if (info.name == name) {
            return info.fault;
        }
        if (edit_distance(name, info.name) < edit_distance(name, nearest->name)) {
            nearest = &info;
        }
    }
    if (edit_distance(name, nearest->name) <= 3) {
        return fail(Code::InvalidArgument, "there is no fault '{}': did you mean '{}'?", name,
                    nearest->name);
    }
    std::string all;
    for (const FaultInfo& info : table) {
        all += all.empty() ? "" : ", ";
        all += info.name;
    }
    return fail(Code::InvalidArgument, "there is no fault '{}': write one of {}", name, all);
}

Result<PlannedFault> parse_planned_fault(std::string_view text) {
    const std::size_t at = text.find('@');
    if (at == std::string_view::npos) {
        return fail(Code::InvalidArgument,
                    "'{}' does not say when: write <fault>@<time>, as in jam@5m", text);
    }
    TRY_ASSIGN(const Fault fault, parse_fault(text.substr(0, at)));
    TRY_ASSIGN(const Duration when, parse_duration(text.substr(at + 1)));
    if (when < Duration::zero()) {
        return fail(Code::InvalidArgument, "'{}' lies before the start", text);
    }
    return PlannedFault{fault, when};
}

FaultClock::FaultClock(std::uint64_t seed, double rate, std::span<const Fault> by_chance,
                       std::vector<PlannedFault> planned)
    : noise_(seed), planned_(std::move(planned)) {
    std::ranges::stable_sort(planned_, std::greater{}, &PlannedFault::at);
    for (const Fault fault : by_chance) {
        if (rate > 0) {
            const double mean = fault_info(fault).mean_hours / rate;
            sources_.push_back({fault, mean, next_after(Duration::zero(), mean)});
        }
    }
}

Duration FaultClock::next_after(Duration from, double mean_hours) {
    // Capped, so that a tiny rate cannot overflow: a century is never in a demonstration.
    return from + from_hours(std::min(noise_.exponential(mean_hours), 100.0 * 8766));
}

std::vector<Fault> FaultClock::due(Duration elapsed) {
    std::vector<Fault> begun;
    if (elapsed < earliest_) {
        return begun;
    }
    while (!planned_.empty() && planned_.back().at <= elapsed) {
        begun.push_back(planned_.back().fault);
        planned_.pop_back();
    }
    earliest_ = planned_.empty() ? Duration::max() : planned_.back().at;
    for (Source& source : sources_) {
        if (source.next <= elapsed) {
            begun.push_back(source.fault);
            source.next = next_after(elapsed, source.mean_hours);
        }
        earliest_ = std::min(earliest_, source.next);
    }
    return begun;
}

}  // namespace gantry::plant

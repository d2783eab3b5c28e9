// SPDX-License-Identifier: Apache-2.0
#include "plant/plant_service.h"

#include <algorithm>
#include <cmath>
#include <format>
#include <utility>

#include "plant/step.h"

namespace gantry::plant {
namespace {

constexpr Duration catch_up_most = std::chrono::seconds(1);

PlantSettings settings_of(const CommandLine& line) {
    return {.seed = line.seed,
            .fault_rate = line.devices > 0 ? 0 : line.fault_rate,
            .planned = line.faults,
            .extra_stations = line.devices > 0 ? 0 : line.stations};
}

template <class Machine>
std::unique_ptr<Unit> make_unit(const UnitTable<Machine>& table, Machine& machine,
                                std::function<std::uint64_t()> revision) {
    return std::make_unique<Unit>(std::make_unique<MachinePoints<Machine>>(table, machine),
                                  std::move(revision));
}

}  // namespace

PlantService::PlantService(const CommandLine& line, const Clock& clock, Log& log)
    : line_(line),
      clock_(clock),
      log_(log),
      plant_(settings_of(line)),
      last_tick_(clock.monotonic()) {
    plant_.advance(step_length);  // before the first step the instruments show nothing
    for (std::size_t i = 0; i < line.devices; ++i) {
        devices_.emplace_back(static_cast<std::uint32_t>(i));
    }
}

std::vector<Gateway> PlantService::make_gateways() {
    if (line_.devices > 0) {
        return make_device_gateways();
    }
    const auto revision = [this] { return static_cast<std::uint64_t>(elapsed().count()); };
    Gateway gateway;
    gateway.endpoint = line_.listen;
    gateway.units[1] = make_unit(station_table_, plant_.station(), revision);
    gateway.units[2] = make_unit(line_table_, plant_.line(), revision);
    gateway.units[3] = make_unit(feed_table_, plant_.feed(), revision);
    std::uint8_t unit = first_station_unit;
    for (PumpStation& station : plant_.extra_stations()) {
        gateway.units[unit++] = make_unit(station_table_, station, revision);
    }
    std::vector<Gateway> gateways;
    gateways.push_back(std::move(gateway));
    return gateways;
}

std::vector<Gateway> PlantService::make_device_gateways() {
    std::vector<Gateway> gateways;
    for (RampDevice& device : devices_) {
        Gateway& gateway = gateways.emplace_back();
        gateway.endpoint = {line_.listen.address, 0};
        if (line_.ports_from != 0) {
            gateway.endpoint.port = static_cast<std::uint16_t>(line_.ports_from + device.number());
        }
        gateway.units[1] = make_unit(device_table_, device, [&device] {
            return static_cast<std::uint64_t>(device.sequence());
        });
    }
    return gateways;
}

Duration PlantService::elapsed() const { return plant_.elapsed(); }

void PlantService::tick() {
    const Duration now = clock_.monotonic();
    Duration passed = now - std::exchange(last_tick_, now);
    if (passed > catch_up_most) {
        log_.warn("plant", "fell_behind",
                  {{"seconds", std::chrono::duration<double>(passed).count()}});
        passed = catch_up_most;
    }
    const Duration plant_time{static_cast<Duration::rep>(
        std::llround(static_cast<double>(passed.count()) * line_.speed))};
    if (line_.devices == 0) {
        plant_.advance(plant_time);
        report_faults();
        return;
    }
    device_time_ += plant_time;
    for (RampDevice& device : devices_) {
        device.set_sequence(static_cast<std::uint32_t>(device_time_ / step_length));
    }
}

void PlantService::report_faults() {
    for (const Fault fault : plant_.take_begun_faults()) {
        log_.info("plant", "fault_begun",
                  {{"fault", fault_info(fault).name}, {"plant_seconds", plant_.elapsed_seconds()}});
    }
}

std::vector<MappedUnit> PlantService::mapped_units() const {
    if (line_.devices > 0) {
        return {{1, &device_table_.map()}};
    }
    return {{1, &station_table_.map()}, {2, &line_table_.map()}, {3, &feed_table_.map()}};
}

std::string PlantService::summary() const {
    if (line_.devices > 0) {
        return std::format("{} load devices, unit 1 of a port each", line_.devices);
    }
    std::string text = "units 1 pump station, 2 bottling line, 3 energy meter";
    if (line_.stations > 0) {
        text += std::format(", {} to {} further pump stations", first_station_unit,
                            first_station_unit + line_.stations - 1);
    }
    return text;
}

}  // namespace gantry::plant

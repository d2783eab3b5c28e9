// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "plant/command_line.h"
#include "plant/map_text.h"
#include "plant/maps.h"
#include "plant/modbus_server.h"
#include "plant/plant.h"

namespace gantry::plant {

// The plant, or the load devices, together with the units by which they are served; carries the
// time of a clock into them. The units borrow from it: it must outlive the server. One thread.
class PlantService {
public:
    PlantService(const CommandLine& line, const Clock& clock, Log& log);
    PlantService(const PlantService&) = delete;

    // The units, each behind its port. Call once.
    std::vector<Gateway> make_gateways();
    // Brings the model up to the present. After a pause of the whole process (over a second) it
    // does not catch up, and says so.
    void tick();

    std::vector<MappedUnit> mapped_units() const;
    // What is served, for people: "units 1 pump station, …".
    std::string summary() const;

private:
    std::vector<Gateway> make_device_gateways();
    Duration elapsed() const;
    void report_faults();

    CommandLine line_;
    const Clock& clock_;
    Log& log_;
    UnitTable<PumpStation> station_table_ = pump_station_table();
    UnitTable<BottlingLine> line_table_ = bottling_line_table();
    UnitTable<PowerFeed> feed_table_ = power_feed_table();
    UnitTable<RampDevice> device_table_ = ramp_device_table();
    Plant plant_;
    std::vector<RampDevice> devices_;
    Duration device_time_{};
    Duration last_tick_;
};

}  // namespace gantry::plant

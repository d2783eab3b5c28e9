// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plant/bottling_line.h"
#include "plant/power_feed.h"
#include "plant/pump_station.h"
#include "plant/ramp_device.h"
#include "plant/unit_table.h"

namespace gantry::plant {

// The register map of each kind of unit, declared here and nowhere else.
UnitTable<PumpStation> pump_station_table();
UnitTable<BottlingLine> bottling_line_table();
UnitTable<PowerFeed> power_feed_table();
UnitTable<RampDevice> ramp_device_table();

}  // namespace gantry::plant

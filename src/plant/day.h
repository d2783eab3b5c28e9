// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.h"

namespace gantry::plant {

// The plant's own day, which begins at 06:00 whatever the wall clock says, so that a run can be
// repeated. Each is a pure function of the time since the start.

// In [0, 24).
double hour_of_day(Duration elapsed);

// Water drawn from the tank, as a share of its mean: a peak in the morning and one in the evening,
// little at night, as in a diurnal curve of a water supply.
double demand_factor(Duration elapsed);

// Air temperature in the halls in °C: coldest at 04:00, warmest at 16:00.
double ambient_celsius(Duration elapsed);

// Power of the sun as a share of its clear-sky noon; 0 from 18:00 to 06:00.
double sunshine(Duration elapsed);

}  // namespace gantry::plant

// SPDX-License-Identifier: Apache-2.0
#include "plant/hydraulics.h"

#include <algorithm>
#include <cmath>

namespace gantry::plant {

double PumpCurve::flow(double head_m, double speed) const {
    const double surplus = shutoff_head_m * speed * speed - head_m;
    return surplus > 0 ? std::sqrt(surplus / droop()) : 0;
}

OperatingPoint operating_point(const PumpCurve& pump, std::array<double, pump_count> speeds,
                               const SystemCurve& system) {
    const auto flows_against = [&](double head_m) {
        OperatingPoint point{.head_m = head_m};
        for (std::size_t i = 0; i < pump_count; ++i) {
            point.flow_m3h[i] = pump.flow(head_m, speeds[i]);
        }
        return point;
    };
    // The pumps give less the higher the head, the system asks for more the higher the flow: one
    // root, found by halving. 40 halvings of 40 m leave 4e-11 m.
    const double fastest = std::max(speeds[0], speeds[1]);
    double low = system.static_head_m;
    double high = std::max(low, pump.shutoff_head_m * fastest * fastest);
    if (high <= low) {
        return flows_against(low);
    }
    for (int i = 0; i < 40; ++i) {
        const double middle = 0.5 * (low + high);
        if (system.head(flows_against(middle).total_flow_m3h()) > middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return flows_against(0.5 * (low + high));
}

}  // namespace gantry::plant

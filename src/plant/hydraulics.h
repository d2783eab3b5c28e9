// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

namespace gantry::plant {

// Standard acceleration of free fall (3rd CGPM, 1901), m/s².
inline constexpr double gravity = 9.80665;
// Density of water at 20 °C (CRC Handbook of Chemistry and Physics), kg/m³.
inline constexpr double water_density = 998.2;

// The pressure of a column of water of that height.
constexpr double bar_of_head(double head_m) { return head_m * water_density * gravity / 1e5; }

// Head against flow of a centrifugal pump, a parabola falling from the shut-off head. `speed` is a
// share of the rated speed; the affinity laws (Q ~ n, H ~ n²) carry the curve to other speeds.
struct PumpCurve {
    double shutoff_head_m = 40;
    double rated_flow_m3h = 60;
    double rated_head_m = 32;

    constexpr double droop() const {
        return (shutoff_head_m - rated_head_m) / (rated_flow_m3h * rated_flow_m3h);
    }
    constexpr double head(double flow_m3h, double speed) const {
        return shutoff_head_m * speed * speed - droop() * flow_m3h * flow_m3h;
    }
    // The flow that the pump gives against a head; 0 where it cannot reach the head, because a
    // check valve keeps the water from running back.
    double flow(double head_m, double speed) const;
};

// What the pipework asks for: the height to lift, and friction that grows with the square of the
// flow.
struct SystemCurve {
    double static_head_m = 0;
    double friction = 0;  // m/(m³/h)²

    constexpr double head(double flow_m3h) const {
        return static_head_m + friction * flow_m3h * flow_m3h;
    }
};

inline constexpr std::size_t pump_count = 2;

// Where the curves of pumps in parallel and of the system meet.
struct OperatingPoint {
    double head_m = 0;
    std::array<double, pump_count> flow_m3h{};

    double total_flow_m3h() const { return flow_m3h[0] + flow_m3h[1]; }
};

OperatingPoint operating_point(const PumpCurve& pump, std::array<double, pump_count> speeds,
                               const SystemCurve& system);

}  // namespace gantry::plant

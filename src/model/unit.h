// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/result.h"

namespace gantry {

// A unit of measure by its UCUM code (Unified Code for Units of Measure 2.1, case sensitive):
// "bar", "m3/h", "mm/s", "kW.h", "Cel", "%", "{count}". A quantity in it is `value * factor +
// offset` in the base units m, s, g, rad, K, C (coulomb), cd; only Cel and [degF] have an offset.
struct Unit {
    static constexpr std::size_t dimensions = 7;

    std::string code;
    std::array<int, dimensions> exponents{};
    double factor = 1;
    double offset = 0;

    // Whether values can be converted between the two.
    bool comparable(const Unit& other) const { return exponents == other.exponents; }
};

Result<Unit> parse_unit(std::string_view code);

// What a value in one unit is in the other. The units must be comparable.
double convert_unit(double value, const Unit& from, const Unit& to);

}  // namespace gantry

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace gantry::opcua {

// A unit as OPC UA tells it (EUInformation, OPC 10000-8, 5.6.4.3).
struct EngineeringUnit {
    std::string_view name_space;
    std::int32_t id = -1;     // the characters of its UNECE code as a number; -1 if it has none
    std::string_view symbol;  // "°C"
    std::string_view name;    // "degree Celsius"
};

// Of a UCUM code. What UNECE Recommendation 20 has no code for comes by its UCUM code.
EngineeringUnit engineering_unit(std::string_view ucum);

}  // namespace gantry::opcua

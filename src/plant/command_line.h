// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "plant/faults.h"
#include "plant/modbus_server.h"

namespace gantry::plant {

enum class MapFormat : std::uint8_t { None, Table, Json, Csv };

// What the program was asked to do.
struct CommandLine {
    std::string help;                 // not empty: print it and stop
    MapFormat map = MapFormat::None;  // not None: print the register map and stop

    Endpoint listen;
    std::uint64_t seed = 1;
    double speed = 1;
    double fault_rate = 1;
    std::vector<PlannedFault> faults;
    std::size_t stations = 0;  // further pump stations from unit id 10
    Duration latency{};
    std::size_t devices = 0;  // not 0: load devices instead of the plant, a port each
    std::uint16_t ports_from = 0;
};

inline constexpr std::uint8_t first_station_unit = 10;
inline constexpr std::size_t stations_most = 200;
inline constexpr std::size_t devices_most = 10'000;
inline constexpr double speed_most = 3600;
// Of the speed times the number of pump stations: about a third of a core.
inline constexpr double load_most = 36'000;

// InvalidArgument names the option and the remedy.
Result<CommandLine> parse_command_line(int count, const char* const* words);

// "127.0.0.1:5020"; "localhost" is 127.0.0.1.
Result<Endpoint> parse_endpoint(std::string_view text);

}  // namespace gantry::plant

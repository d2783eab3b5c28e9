// SPDX-License-Identifier: Apache-2.0
// Short visits to a device, for somebody who is setting up a connection. Each makes a TCP
// connection of its own and closes it again.
#pragma once

#include "connector/connector.h"
#include "connector/modbus/settings.h"

namespace gantry::connector::modbus {

inline constexpr std::size_t probes_max = 64;
inline constexpr std::int64_t scan_count_max = 2000;
inline constexpr std::size_t scan_requests_max = 200;
inline constexpr Duration scan_pause = std::chrono::milliseconds(50);

// See Protocol::test, read and scan.
Async<TestReport> try_connection(const Surroundings& around, const Settings& settings,
                                 std::vector<std::string> addresses);
Async<std::vector<TrialReading>> try_addresses(const Surroundings& around, const Settings& settings,
                                               std::vector<TrialTag> tags);
Async<ScanReport> scan_registers(const Surroundings& around, const Settings& settings,
                                 ScanRequest request);

}  // namespace gantry::connector::modbus

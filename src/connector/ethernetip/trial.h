// SPDX-License-Identifier: Apache-2.0
// Short visits to a controller, for somebody who is setting up a connection. Each makes a
// connection of its own and closes it again.
#pragma once

#include "connector/connector.h"
#include "connector/ethernetip/settings.h"

namespace gantry::connector::ethernetip {

inline constexpr std::int64_t scan_count_max = 1000;
inline constexpr Duration scan_pause = std::chrono::milliseconds(20);

// See Protocol::test, read and scan.
Async<TestReport> try_connection(const Surroundings& around, const Settings& settings,
                                 const std::vector<std::string>& addresses);
Async<std::vector<TrialReading>> try_addresses(const Surroundings& around, const Settings& settings,
                                               const std::vector<TrialTag>& tags);
// The tags of a program ("Program:Main"), or of the controller ("controller"), by their places in
// its list: structures by their members, of arrays the first element.
Async<ScanReport> scan_tags(const Surroundings& around, const Settings& settings,
                            const ScanRequest& request);

}  // namespace gantry::connector::ethernetip

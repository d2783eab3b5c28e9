// SPDX-License-Identifier: Apache-2.0
// Short visits to a controller, for somebody who is setting up a connection. Each makes a
// connection of its own and closes it again.
#pragma once

#include "connector/connector.h"
#include "connector/words/settings.h"

namespace gantry::connector::words {

inline constexpr std::int64_t scan_count_max = 2048;  // words, or bits

// See Protocol::test, read and scan.
Async<TestReport> try_connection(const Surroundings& around, const Settings& settings,
                                 const std::vector<std::string>& addresses);
Async<std::vector<TrialReading>> try_addresses(const Surroundings& around, const Settings& settings,
                                               const std::vector<TrialTag>& tags);
Async<ScanReport> look_around(const Surroundings& around, const Settings& settings,
                              const ScanRequest& request);

}  // namespace gantry::connector::words

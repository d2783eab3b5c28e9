// SPDX-License-Identifier: Apache-2.0
// Short visits to a server, for somebody who is setting up a connection. Each makes a session of
// its own and ends it again.
#pragma once

#include "connector/connector.h"
#include "connector/opcua/settings.h"

namespace gantry::connector::opcua {

// See Protocol::test, read and scan.
Async<TestReport> try_connection(const Surroundings& around, const Settings& settings,
                                 const std::vector<std::string>& addresses);
Async<std::vector<TrialReading>> try_addresses(const Surroundings& around, const Settings& settings,
                                               const std::vector<TrialTag>& tags);
Async<ScanReport> look_around(const Surroundings& around, const Settings& settings,
                              const ScanRequest& request);

}  // namespace gantry::connector::opcua

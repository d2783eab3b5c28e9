// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/iec104/conversation.h"
#include "connector/iec104/tags.h"

namespace gantry::connector::iec104 {

// Connects and interrogates the common addresses that the addresses name, or the settings'.
Async<TestReport> try_connection(const Surroundings& around, const Settings& settings,
                                 const std::vector<std::string>& addresses);

// What an interrogation says of each address; what it does not say is asked for.
Async<std::vector<TrialReading>> try_addresses(const Surroundings& around, const Settings& settings,
                                               std::vector<TrialTag> tags);

// The objects that an interrogation of a common address brings, from `from` on.
Async<ScanReport> scan_objects(const Surroundings& around, const Settings& settings,
                               ScanRequest request);

}  // namespace gantry::connector::iec104

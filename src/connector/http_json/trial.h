// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/connector.h"
#include "connector/http_json/settings.h"

namespace gantry::connector::http_json {

// The coroutines of Protocol, with the settings read.
Async<TestReport> try_connection(const Surroundings& around, const Settings& settings,
                                 const std::vector<std::string>& addresses);
Async<std::vector<TrialReading>> try_addresses(const Surroundings& around, const Settings& settings,
                                               const std::vector<TrialTag>& tags);
Async<ScanReport> scan_resource(const Surroundings& around, const Settings& settings,
                                ScanRequest request);

}  // namespace gantry::connector::http_json

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/connector.h"
#include "connector/file/settings.h"
#include "connector/local/local.h"

namespace gantry::connector::file {

// The coroutines of Protocol, with the settings read. Nothing is moved and no position kept.
Async<TestReport> try_connection(const Local& local, const Settings& settings);
Async<std::vector<TrialReading>> try_addresses(const Local& local, const Surroundings& around,
                                               const Settings& settings,
                                               const std::vector<TrialTag>& tags);
Async<ScanReport> scan_columns(const Local& local, const Settings& settings,
                               const ScanRequest& request);

}  // namespace gantry::connector::file

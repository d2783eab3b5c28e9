// SPDX-License-Identifier: Apache-2.0
// Short visits to a device, for somebody who is setting up a connection. Each opens a socket of its
// own and closes it again; nothing is written.
#pragma once

#include "connector/bacnet/settings.h"
#include "connector/connector.h"
#include "runtime/datagrams.h"

namespace gantry::connector::bacnet {

inline constexpr std::int64_t scan_count_max = 500;
inline constexpr std::string_view objects_area = "objects";

// See Protocol::test, read and scan.
Async<TestReport> try_connection(const Surroundings& around, Datagrams& datagrams,
                                 const Settings& settings,
                                 const std::vector<std::string>& addresses);
Async<std::vector<TrialReading>> try_addresses(const Surroundings& around, Datagrams& datagrams,
                                               const Settings& settings,
                                               const std::vector<TrialTag>& tags);
// The objects of the device ("objects"), or those of a type ("AI"), by their places in its list:
// present value, name, description and units.
Async<ScanReport> scan_objects(const Surroundings& around, Datagrams& datagrams,
                               const Settings& settings, const ScanRequest& request);

}  // namespace gantry::connector::bacnet

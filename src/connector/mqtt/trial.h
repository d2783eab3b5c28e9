// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/mqtt/conversation.h"
#include "connector/mqtt/tags.h"

namespace gantry::connector::mqtt {

// All of these come under another client identifier than the connection, which they do not disturb,
// and leave no session behind.

// Connects and subscribes the topics of the addresses.
Async<TestReport> try_connection(const Surroundings& around, const Settings& settings,
                                 const std::vector<std::string>& addresses);

// What is retained of each address, or comes within a while.
Async<std::vector<TrialReading>> try_addresses(const Surroundings& around, const Settings& settings,
                                               std::vector<TrialTag> tags);

// The topics of a filter, and what of JSON stands in their messages: those that are retained, or
// come within a while; by name, from the `from`th on.
Async<ScanReport> scan_topics(const Surroundings& around, const Settings& settings,
                              ScanRequest request);

// How long the last two listen.
inline constexpr Duration listen_for = std::chrono::seconds(5);

}  // namespace gantry::connector::mqtt

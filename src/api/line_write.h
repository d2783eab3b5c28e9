// SPDX-License-Identifier: Apache-2.0
// Lines of InfluxDB line protocol on their way from a request into the store.
#pragma once

#include <string>
#include <vector>

#include "api/call.h"
#include "lineprotocol/line_options.h"
#include "runtime/ports.h"

namespace gantry::api {

struct LineRequest {
    lineprotocol::Precision precision = lineprotocol::Precision::Nanoseconds;
    std::string database;  // becomes the tag `db`; empty: none
    Acknowledge acknowledge = Acknowledge::Durable;
};

struct LineReport {
    std::uint64_t points = 0;                     // stored
    std::uint64_t lines = 0;                      // stored
    std::uint64_t refused = 0;                    // lines
    std::vector<lineprotocol::LineError> errors;  // the first of the refused lines
};

// Stores the lines of the request's body, which may be gzip. Each line is taken or refused by
// itself. An error of the whole (StorageFull, Unavailable, a body that is not gzip) may come after
// lines before it were stored; to send them again does no harm.
Async<LineReport> write_lines(Services& services, const Call& call, const LineRequest& request);

// "line 3, column 14: field 'usage' has no value (and 2 more lines)"
std::string summary_of(const LineReport& report);

// Whether the principal has the permission for everything, so that no name need be looked at.
bool may_everywhere(const security::Context& context, std::string_view permission);

}  // namespace gantry::api

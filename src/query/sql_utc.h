// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <duckdb.hpp>

namespace gantry::query {

// Every session's time zone is UTC. So functions of a TIMESTAMPTZ become those of a TIMESTAMP,
// which say the same there, and need no calendar of ICU.
void use_utc(duckdb::Connection& connection);

}  // namespace gantry::query

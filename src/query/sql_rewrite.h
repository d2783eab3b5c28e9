// SPDX-License-Identifier: Apache-2.0
// Makes a plan that aggregates rows of series read the store's own aggregates instead, where the
// answer is the same.
#pragma once

#include <duckdb.hpp>

namespace gantry::query {

// To be added once to each database. It acts on connections whose SqlScope says `rewrites`.
void add_rewrite(duckdb::DatabaseInstance& database);

}  // namespace gantry::query

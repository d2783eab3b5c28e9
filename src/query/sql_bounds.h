// SPDX-License-Identifier: Apache-2.0
// What DuckDB does not bound itself: memory of the values that it works on, which its own limit
// does not count, and time in functions that look at nothing else until they are done.
#pragma once

#include <duckdb.hpp>

namespace gantry::query {

// For all that a database of DuckDB takes, what it counts itself included; beyond that many bytes
// its queries end as with any lack of memory.
duckdb::unique_ptr<duckdb::Allocator> bounded_allocator(std::int64_t bytes);

// Functions whose time grows with the product of two lengths refuse what would take many seconds,
// and see when the query is to end.
void bound_functions(duckdb::Connection& connection);

}  // namespace gantry::query

// SPDX-License-Identifier: Apache-2.0
// Columns of the table `samples` from rows as the store has them, a whole vector at a time.
#pragma once

#include "query/sql_tables.h"
#include "store/chunk.h"

namespace gantry::query {

// Fills the rows of a vector from `to` on with some of a chunk.
using Fill = void (*)(duckdb::Vector& vector, duckdb::idx_t to, const store::Chunk& rows);

// Null for a column that all rows of a point have in common.
Fill fill_of(SampleColumn column);

}  // namespace gantry::query

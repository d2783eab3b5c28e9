// SPDX-License-Identifier: Apache-2.0
// Between DuckDB's types and ours.
#pragma once

#include <duckdb.hpp>

#include "query/sql_values.h"

namespace gantry::query {

SqlType sql_type_of(const duckdb::LogicalType& type);

// Columns of a chunk, as they are to be after `fields`; what is of another type comes as text.
SqlRows rows_of(duckdb::DataChunk& chunk, const std::vector<SqlField>& fields);

// Conversion: text that is not a value of the type.
SqlResult<duckdb::BoundParameterData> parameter_of(const SqlArgument& argument);

// What an error of DuckDB is in ours.
SqlFault fault_of(const duckdb::ErrorData& error);

}  // namespace gantry::query

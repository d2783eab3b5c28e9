// SPDX-License-Identifier: Apache-2.0
// Which buckets of time an expression over `time` cannot tell apart.
#pragma once

#include <duckdb.hpp>
#include <duckdb/planner/expression/bound_columnref_expression.hpp>
#include <functional>
#include <optional>

#include "query/sql_buckets.h"

namespace gantry::query {

// The coarsest buckets of which each lies in one of either; width 0 stands for no limit.
Grid common_grid(const Grid& left, const Grid& right);

// The role of a column that the expression refers to.
using RoleOf = std::function<Role(const duckdb::BoundColumnRefExpression&)>;

// Buckets within which the expression is constant for one series: it says the same of a bucket's
// first row as of any other. Nothing if no such are known, or it is not a function of what a bucket
// knows. The time zone of every session is UTC.
std::optional<Grid> grid_of(const duckdb::Expression& expression, const RoleOf& role_of);

}  // namespace gantry::query

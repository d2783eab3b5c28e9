// SPDX-License-Identifier: Apache-2.0
// Columns of the table `samples` from rows as the store has them, a whole vector at a time.
#pragma once

#include <duckdb.hpp>

#include "store/chunk.h"

namespace gantry::query {

// Columns of `samples`, in order. Time has microseconds, because that is what SQL's functions on
// time work with; TimeNs is exact.
enum class SampleColumn : duckdb::idx_t {
    Point,
    Asset,
    Time,
    TimeNs,
    Value,
    ValueInt,
    ValueText,
    Quality,
    QualityCode,
    PointId,
    Count
};

// Fills the rows of a vector from `to` on with some of a chunk.
using Fill = void (*)(duckdb::Vector& vector, duckdb::idx_t to, const store::Chunk& rows);

// Null for a column that all rows of a point have in common.
Fill fill_of(SampleColumn column);

}  // namespace gantry::query

// SPDX-License-Identifier: Apache-2.0
// A table like `samples` or `metrics`, with what the rows of each bucket of time come to in place
// of the rows: made of the store's own aggregates, of which statistics of blocks are the most, and
// of the rows only where those would say something else than SQL does.
#pragma once

#include <duckdb.hpp>
#include <memory>

#include "query/sql_series.h"

namespace gantry::query {

// Buckets are [origin + k × width, origin + (k + 1) × width), in nanoseconds; those at the ends of
// the range are cut off there. Width 0: one for the whole range.
struct Grid {
    Time origin = 0;
    std::int64_t width = 0;
};

// Columns behind those of the table itself, of which only the ones that all rows of a series have
// in common can be read.
enum class BucketColumn : duckdb::column_t {
    Begin,  // `time` of the first row
    BeginNs,
    End,  // of the last
    EndNs,
    Rows,
    Count,  // of values
    Sum,
    Min,
    Max,
    First,  // value that is one, and its time
    FirstTime,
    FirstTimeNs,
    Last,
    LastTime,
    LastTimeNs,
    FirstRow,  // values of the first and last rows, also if they have none
    LastRow,
    Number
};

struct BucketsBind final : duckdb::TableFunctionData {
    const SeriesTable* table = nullptr;
    std::shared_ptr<SqlScope> scope;
    Narrowing narrowing;
    Grid grid;

    duckdb::unique_ptr<FunctionData> Copy() const override {
        return duckdb::make_uniq<BucketsBind>(*this);
    }
    bool Equals(const FunctionData& other) const override { return this == &other; }
};

// Where the column is in the table function, and of which type.
duckdb::column_t bucket_column(const SeriesTable& table, BucketColumn column);
duckdb::LogicalType bucket_type(BucketColumn column);
// All columns of the table function.
void bucket_columns(const SeriesTable& table, duckdb::vector<duckdb::LogicalType>& types,
                    duckdb::vector<std::string>& names);

// Can rows of these severities be had from the store's aggregates?
bool has_buckets(Severities severities);

// To be bound by a rewrite of ours only: its name is for EXPLAIN.
duckdb::TableFunction buckets_function();

}  // namespace gantry::query

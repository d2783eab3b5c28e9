// SPDX-License-Identifier: Apache-2.0
// The tables that SQL sees, as DuckDB table functions over the store and the registry.
#pragma once

#include <duckdb.hpp>

#include "directory/directory.h"
#include "security/context.h"
#include "store/store.h"

namespace gantry::query {

// What a connection of DuckDB carries: whose query it is. The table functions find it there.
class SqlScope : public duckdb::ClientContextState {
public:
    static constexpr const char* name = "gantry_scope";

    directory::Directory* directory = nullptr;
    registry::Registry* registry = nullptr;
    const store::Store* store = nullptr;
    security::Context context;
    std::string database;         // what gantry_database() is
    bool whole_division = false;  // 7 / 2 = 3, as in PostgreSQL
    // If set, samples are of these points and this range only (for export).
    std::vector<directory::PointRef> points;
    bool points_given = false;
    TimeRange range;
};

// Registers the functions and the views over them: samples, points, assets, models; and
// gantry_database() and gantry_login(), which say whose connection it is.
void register_tables(duckdb::Connection& connection);

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

duckdb::TableFunction samples_function();

}  // namespace gantry::query

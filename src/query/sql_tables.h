// SPDX-License-Identifier: Apache-2.0
// The tables that SQL sees, as DuckDB table functions over the store and the registry.
#pragma once

#include <duckdb.hpp>
#include <memory>

#include "directory/directory.h"
#include "labels/label_index.h"
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
    labels::LabelIndex* labels = nullptr;
    security::Context context;
    std::string database;         // what gantry_database() is
    bool whole_division = false;  // 7 / 2 = 3, as in PostgreSQL
    bool rewrites = true;         // the store's own aggregates answer where they say the same
    // If set, samples are of these points and this range only (for export).
    std::vector<directory::PointRef> points;
    bool points_given = false;
    TimeRange range;
};

// Registers the functions and the views over them, those of sql_tables(); and
// gantry_database() and gantry_login(), which say whose connection it is.
void register_tables(duckdb::Connection& connection);

// That of the connection. Throws where there is none.
std::shared_ptr<SqlScope> shared_scope_of(duckdb::ClientContext& context);

duckdb::TableFunction latest_function();

}  // namespace gantry::query

// SPDX-License-Identifier: Apache-2.0
// Tables whose rows are those of series: `samples` of points, `metrics` of series by labels.
#pragma once

#include <duckdb.hpp>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "query/sql_fill.h"
#include "query/sql_narrow.h"
#include "query/sql_tables.h"

namespace gantry::query {

// The series that a query reads, each once, and what all rows of one have in common.
class SeriesList {
public:
    SeriesList() = default;
    SeriesList(const SeriesList&) = delete;
    SeriesList& operator=(const SeriesList&) = delete;
    virtual ~SeriesList() = default;
    // Of a column that has no Fill.
    virtual duckdb::Value constant(duckdb::column_t column, std::size_t index) const = 0;

    std::vector<SeriesId> series;
};

struct SeriesColumn {
    const char* name;
    duckdb::LogicalType type;
    Role role;
    Fill fill;  // null where all rows of a series have the same
};

struct SeriesTable {
    const char* function;  // gantry_samples
    std::vector<SeriesColumn> columns;
    // Those that may be seen and are not ruled out. Throws what DuckDB understands.
    std::unique_ptr<SeriesList> (*list)(const SqlScope& scope, const Narrowing& narrowing);

    std::vector<Role> roles() const;
};

const SeriesTable& samples_table();
const SeriesTable& metrics_table();

struct SeriesBind final : duckdb::TableFunctionData {
    const SeriesTable* table = nullptr;
    std::shared_ptr<SqlScope> scope;
    Narrowing narrowing;

    duckdb::unique_ptr<FunctionData> Copy() const override {
        return duckdb::make_uniq<SeriesBind>(*this);
    }
    bool Equals(const FunctionData& other) const override { return this == &other; }
};

// "plant/pump" of "plant/pump.flow".
std::string asset_of(const std::string& point_path);
// Points that the scope may read samples of and that are not ruled out.
std::vector<directory::PointRef> wanted_points(const SqlScope& scope, const Narrowing& narrowing);

// The table function over such a table.
duckdb::TableFunction series_function(const SeriesTable& table);

}  // namespace gantry::query

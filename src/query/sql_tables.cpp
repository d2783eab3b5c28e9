// SPDX-License-Identifier: Apache-2.0
// The small tables, points, assets, models and alarms, and the views by which all tables are known.
#include "query/sql_tables.h"

#include <array>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/parser/parsed_data/create_scalar_function_info.hpp>
#include <duckdb/parser/parsed_data/create_table_function_info.hpp>
#include <format>

#include "model/entities.h"
#include "query/sql.h"
#include "query/sql_series.h"
#include "registry/registry.h"

namespace gantry::query {
namespace {

using duckdb::idx_t;
using TextRow = std::vector<duckdb::Value>;

// All rows of a small table, made when the query starts.
struct RowsBind final : duckdb::TableFunctionData {
    std::shared_ptr<std::vector<TextRow>> rows = std::make_shared<std::vector<TextRow>>();

    duckdb::unique_ptr<FunctionData> Copy() const override {
        return duckdb::make_uniq<RowsBind>(*this);
    }
    bool Equals(const FunctionData& other) const override { return this == &other; }
};

struct RowsGlobal final : duckdb::GlobalTableFunctionState {
    std::size_t at = 0;
    std::vector<duckdb::column_t> columns;
};

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> start(duckdb::ClientContext&,
                                                           duckdb::TableFunctionInitInput& input) {
    auto state = duckdb::make_uniq<RowsGlobal>();
    state->columns = input.column_ids;
    return state;
}

void scan(duckdb::ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& output) {
    const auto& rows = *input.bind_data->Cast<RowsBind>().rows;
    auto& state = input.global_state->Cast<RowsGlobal>();
    idx_t count = 0;
    for (; count < STANDARD_VECTOR_SIZE && state.at < rows.size(); ++count, ++state.at) {
        for (idx_t i = 0; i < state.columns.size(); ++i) {
            if (state.columns[i] < rows[state.at].size()) {
                output.SetValue(i, count, rows[state.at][state.columns[i]]);
            }
        }
    }
    output.SetCardinality(count);
}

SqlScope& scope_of(duckdb::ClientContext& context) { return *shared_scope_of(context); }

template <class T>
T or_throw(Result<T> result) {
    if (!result) {
        throw duckdb::IOException(result.error().message);
    }
    return std::move(*result);
}

duckdb::Value optional_number(const std::optional<double>& number) {
    return number ? duckdb::Value::DOUBLE(*number) : duckdb::Value(duckdb::LogicalType::DOUBLE);
}

duckdb::unique_ptr<duckdb::FunctionData> bind_points(duckdb::ClientContext& context,
                                                     duckdb::TableFunctionBindInput&,
                                                     duckdb::vector<duckdb::LogicalType>& types,
                                                     duckdb::vector<std::string>& names) {
    using duckdb::LogicalType;
    names = {"point", "asset", "key", "name_en", "name_zh", "type",
             "unit",  "min",   "max", "access",  "point_id"};
    types.assign(names.size(), LogicalType::VARCHAR);
    types[7] = types[8] = LogicalType::DOUBLE;
    const SqlScope& scope = scope_of(context);
    auto data = duckdb::make_uniq<RowsBind>();
    for (const auto& entry : scope.directory->under(scope.context.tenant, "")) {
        const Point& point = entry->point;
        if (!scope.context.may("points:read", point.path)) {
            continue;
        }
        const Property& property = point.property;
        data->rows->push_back(
            {duckdb::Value(point.path), duckdb::Value(point.path.substr(0, point.path.rfind('.'))),
             duckdb::Value(property.key), duckdb::Value(property.name.en),
             duckdb::Value(property.name.zh),
             duckdb::Value(std::string(value_type_name(property.type))),
             duckdb::Value(property.unit), optional_number(property.range.min),
             optional_number(property.range.max),
             duckdb::Value(property.access == Access::Read ? "read" : "read_write"),
             duckdb::Value(point.id.text())});
    }
    return data;
}

duckdb::unique_ptr<duckdb::FunctionData> bind_assets(duckdb::ClientContext& context,
                                                     duckdb::TableFunctionBindInput&,
                                                     duckdb::vector<duckdb::LogicalType>& types,
                                                     duckdb::vector<std::string>& names) {
    names = {"asset", "key", "parent_id", "name_en", "name_zh", "level", "model_id", "asset_id"};
    types.assign(names.size(), duckdb::LogicalType::VARCHAR);
    const SqlScope& scope = scope_of(context);
    auto data = duckdb::make_uniq<RowsBind>();
    registry::PageRequest page{.limit = registry::page_limit_max, .after = ""};
    do {
        auto assets = or_throw(scope.registry->assets().list(scope.context.tenant, {}, page));
        for (const auto& [asset, has_children] : assets.items) {
            if (scope.context.may("assets:read", asset.path)) {
                data->rows->push_back({duckdb::Value(asset.path), duckdb::Value(asset.key),
                                       duckdb::Value(asset.parent.text()),
                                       duckdb::Value(asset.name.en), duckdb::Value(asset.name.zh),
                                       duckdb::Value(std::string(asset_level_name(asset.level))),
                                       duckdb::Value(asset.model.text()),
                                       duckdb::Value(asset.id.text())});
            }
        }
        page.after = assets.next;
    } while (!page.after.empty());
    return data;
}

duckdb::unique_ptr<duckdb::FunctionData> bind_models(duckdb::ClientContext& context,
                                                     duckdb::TableFunctionBindInput&,
                                                     duckdb::vector<duckdb::LogicalType>& types,
                                                     duckdb::vector<std::string>& names) {
    names = {"model", "name_en", "name_zh", "parent_id", "model_id"};
    types.assign(names.size(), duckdb::LogicalType::VARCHAR);
    const SqlScope& scope = scope_of(context);
    auto data = duckdb::make_uniq<RowsBind>();
    if (!scope.context.may("models:read")) {
        return data;
    }
    registry::PageRequest page{.limit = registry::page_limit_max, .after = ""};
    do {
        auto models = or_throw(scope.registry->models().list(scope.context.tenant, page));
        for (const ThingModel& model : models.items) {
            data->rows->push_back({duckdb::Value(model.key), duckdb::Value(model.name.en),
                                   duckdb::Value(model.name.zh), duckdb::Value(model.parent.text()),
                                   duckdb::Value(model.id.text())});
        }
        page.after = models.next;
    } while (!page.after.empty());
    return data;
}

// In the terms of ISA-18.2 and IEC 62682: a row for each alarm that is not normal, or was raised in
// the time asked for. Nothing raises alarms yet, so there is none.
duckdb::unique_ptr<duckdb::FunctionData> bind_alarms(duckdb::ClientContext& context,
                                                     duckdb::TableFunctionBindInput&,
                                                     duckdb::vector<duckdb::LogicalType>& types,
                                                     duckdb::vector<std::string>& names) {
    using duckdb::LogicalType;
    const std::pair<const char*, LogicalType> columns[] = {
        {"alarm", LogicalType::VARCHAR},  // its name: "plant/pump3.pressure/high"
        {"asset", LogicalType::VARCHAR},  // that it is about
        {"point", LogicalType::VARCHAR},  // whose value raised it
        {"type", LogicalType::VARCHAR},   // high, low, deviation, rate_of_change, discrepancy, …
        {"class", LogicalType::VARCHAR},  // that it is managed with
        {"priority", LogicalType::VARCHAR},
        // normal, unacknowledged, acknowledged, returned_unacknowledged, latched_acknowledged,
        // latched_unacknowledged, shelved, suppressed_by_design, out_of_service
        {"state", LogicalType::VARCHAR},
        {"raised", LogicalType::TIMESTAMP_TZ},
        {"returned", LogicalType::TIMESTAMP_TZ},  // to normal
        {"acknowledged", LogicalType::TIMESTAMP_TZ},
        {"acknowledged_by", LogicalType::VARCHAR},
        {"shelved_until", LogicalType::TIMESTAMP_TZ},
        {"shelved_by", LogicalType::VARCHAR},
        {"shelved_reason", LogicalType::VARCHAR},
        {"setpoint", LogicalType::DOUBLE},  // the limit that was passed
        {"value", LogicalType::DOUBLE},     // when it was raised
        {"message", LogicalType::VARCHAR},
        {"alarm_id", LogicalType::VARCHAR},
    };
    for (const auto& [name, type] : columns) {
        names.emplace_back(name);
        types.push_back(type);
    }
    (void)scope_of(context);
    return duckdb::make_uniq<RowsBind>();
}

void add_function(duckdb::Connection& connection, duckdb::TableFunction function) {
    auto& context = *connection.context;
    context.RunFunctionInTransaction([&] {
        duckdb::CreateTableFunctionInfo info(std::move(function));
        duckdb::Catalog::GetSystemCatalog(context).CreateTableFunction(context, info);
    });
}

void add_rows_function(duckdb::Connection& connection, const char* name,
                       duckdb::table_function_bind_t bind) {
    duckdb::TableFunction function(name, {}, scan, bind, start);
    function.projection_pushdown = true;
    add_function(connection, std::move(function));
}

// A function without arguments that says something of the connection.
void add_word(duckdb::Connection& connection, const char* name,
              std::string (*word)(const SqlScope&)) {
    duckdb::ScalarFunction function(
        name, {}, duckdb::LogicalType::VARCHAR,
        [word](duckdb::DataChunk&, duckdb::ExpressionState& state, duckdb::Vector& result) {
            result.Reference(duckdb::Value(word(scope_of(state.GetContext()))));
        });
    function.stability = duckdb::FunctionStability::CONSISTENT_WITHIN_QUERY;
    auto& context = *connection.context;
    context.RunFunctionInTransaction([&] {
        duckdb::CreateScalarFunctionInfo info(std::move(function));
        duckdb::Catalog::GetSystemCatalog(context).CreateFunction(context, info);
    });
}

std::string database_word(const SqlScope& scope) { return scope.database; }

std::string login_word(const SqlScope& scope) {
    return scope.context.identity ? scope.context.identity->login : std::string();
}

constexpr std::array<std::string_view, 7> all_tables = {"samples", "latest", "metrics", "points",
                                                        "assets",  "models", "alarms"};

}  // namespace

std::shared_ptr<SqlScope> shared_scope_of(duckdb::ClientContext& context) {
    auto scope = context.registered_state->Get<SqlScope>(SqlScope::name);
    if (!scope) {
        throw duckdb::BinderException("this table cannot be read here");
    }
    return {scope.get(), [keep = scope](SqlScope*) {}};
}

std::span<const std::string_view> sql_tables() { return all_tables; }

void register_tables(duckdb::Connection& connection) {
    add_function(connection, series_function(samples_table()));
    add_function(connection, series_function(metrics_table()));
    add_function(connection, latest_function());
    add_rows_function(connection, "gantry_alarms", bind_alarms);
    add_rows_function(connection, "gantry_points", bind_points);
    add_rows_function(connection, "gantry_assets", bind_assets);
    add_rows_function(connection, "gantry_models", bind_models);
    add_word(connection, "gantry_database", database_word);
    add_word(connection, "gantry_login", login_word);
    // Binding a view looks at its function once, which wants a scope.
    for (const std::string_view table : sql_tables()) {
        const auto made = connection.Query(
            std::format("CREATE VIEW {} AS SELECT * FROM gantry_{}()", table, table));
        if (made->HasError()) {
            made->ThrowError();
        }
    }
}

}  // namespace gantry::query

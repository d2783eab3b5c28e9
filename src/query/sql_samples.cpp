// SPDX-License-Identifier: Apache-2.0
// The table `samples`. Conditions on time, point, asset and point_id narrow what is read; DuckDB
// applies them once more, so narrowing too little is never wrong.
#include <duckdb/planner/expression/bound_between_expression.hpp>
#include <duckdb/planner/expression/bound_cast_expression.hpp>
#include <duckdb/planner/expression/bound_columnref_expression.hpp>
#include <duckdb/planner/expression/bound_comparison_expression.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/expression/bound_operator_expression.hpp>
#include <duckdb/planner/operator/logical_get.hpp>
#include <optional>
#include <set>

#include "query/sql_tables.h"

namespace gantry::query {
namespace {

using duckdb::idx_t;

constexpr std::size_t rows_at_once = 32 * 1024;

// What the query wants to see at most.
struct SamplesBind final : duckdb::TableFunctionData {
    std::shared_ptr<SqlScope> scope;
    TimeRange range;
    // Values that point, asset or point_id must be among, where the query says so.
    std::optional<std::set<std::string>> points;
    std::optional<std::set<std::string>> assets;
    std::optional<std::set<std::string>> ids;

    duckdb::unique_ptr<FunctionData> Copy() const override {
        return duckdb::make_uniq<SamplesBind>(*this);
    }
    bool Equals(const FunctionData& other) const override { return this == &other; }
};

std::string asset_of(const std::string& point_path) {
    return point_path.substr(0, point_path.rfind('.'));
}

struct SamplesGlobal final : duckdb::GlobalTableFunctionState {
    std::vector<directory::PointRef> points;
    std::atomic<std::size_t> next = 0;
    std::vector<duckdb::column_t> columns;
    idx_t threads = 1;

    idx_t MaxThreads() const override { return threads; }
};

// One thread's place: it takes a point after the other, and of a point as many rows at a time as
// fit.
struct SamplesLocal final : duckdb::LocalTableFunctionState {
    directory::PointRef point;
    std::string asset;
    std::optional<Time> resume;
    std::vector<Sample> rows;
    std::size_t at = 0;
};

duckdb::unique_ptr<duckdb::FunctionData> bind(duckdb::ClientContext& context,
                                              duckdb::TableFunctionBindInput&,
                                              duckdb::vector<duckdb::LogicalType>& types,
                                              duckdb::vector<std::string>& names) {
    using duckdb::LogicalType;
    names = {"point",     "asset",      "time",    "time_ns",      "value",
             "value_int", "value_text", "quality", "quality_code", "point_id"};
    types = {LogicalType::VARCHAR, LogicalType::VARCHAR, LogicalType::TIMESTAMP_TZ,
             LogicalType::BIGINT,  LogicalType::DOUBLE,  LogicalType::BIGINT,
             LogicalType::VARCHAR, LogicalType::VARCHAR, LogicalType::UINTEGER,
             LogicalType::VARCHAR};
    auto data = duckdb::make_uniq<SamplesBind>();
    const auto scope = context.registered_state->Get<SqlScope>(SqlScope::name);
    if (!scope) {
        throw duckdb::BinderException("samples cannot be read here");
    }
    data->scope = std::shared_ptr<SqlScope>(scope.get(), [keep = scope](SqlScope*) {});
    data->range = scope->range;
    return data;
}

// The column that an expression is, a cast around it included.
std::optional<SampleColumn> column_of(const duckdb::Expression& expression,
                                      const duckdb::LogicalGet& get) {
    const duckdb::Expression* inner = &expression;
    while (inner->GetExpressionClass() == duckdb::ExpressionClass::BOUND_CAST) {
        inner = inner->Cast<duckdb::BoundCastExpression>().child.get();
    }
    if (inner->GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) {
        return std::nullopt;
    }
    const auto& reference = inner->Cast<duckdb::BoundColumnRefExpression>();
    const auto& ids = get.GetColumnIds();
    if (reference.binding.table_index != get.table_index ||
        reference.binding.column_index >= ids.size()) {
        return std::nullopt;
    }
    const idx_t column = ids[reference.binding.column_index].GetPrimaryIndex();
    return column < static_cast<idx_t>(SampleColumn::Count)
               ? std::optional(static_cast<SampleColumn>(column))
               : std::nullopt;
}

const duckdb::Value* constant_of(const duckdb::Expression& expression) {
    return expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_CONSTANT
               ? &expression.Cast<duckdb::BoundConstantExpression>().value
               : nullptr;
}

// Nanoseconds of a constant of a timestamp type; the time zone of every session is UTC.
std::optional<Time> nanos_of(const duckdb::Value& value, SampleColumn column) {
    if (value.IsNull()) {
        return std::nullopt;
    }
    if (column == SampleColumn::TimeNs) {
        return value.type().id() == duckdb::LogicalTypeId::BIGINT
                   ? std::optional(value.GetValueUnsafe<std::int64_t>())
                   : std::nullopt;
    }
    switch (value.type().id()) {
        case duckdb::LogicalTypeId::TIMESTAMP_NS: return value.GetValueUnsafe<std::int64_t>();
        case duckdb::LogicalTypeId::TIMESTAMP:
        case duckdb::LogicalTypeId::TIMESTAMP_TZ: {
            std::int64_t nanos = 0;
            return __builtin_mul_overflow(value.GetValueUnsafe<std::int64_t>(), 1000, &nanos)
                       ? std::nullopt
                       : std::optional(nanos);
        }
        default: return std::nullopt;
    }
}

bool is_time(std::optional<SampleColumn> column) {
    return column == SampleColumn::Time || column == SampleColumn::TimeNs;
}

void narrow_time(TimeRange& range, duckdb::ExpressionType comparison, Time bound) {
    using duckdb::ExpressionType;
    // A microsecond more on each side: the query may compare at that precision.
    const Time least = bound > time_min + 1000 ? bound - 1000 : time_min;
    const Time most = bound < time_max - 2000 ? bound + 2000 : time_max;
    switch (comparison) {
        case ExpressionType::COMPARE_EQUAL:
            range.from = std::max(range.from, least);
            range.to = std::min(range.to, most);
            break;
        case ExpressionType::COMPARE_GREATERTHAN:
        case ExpressionType::COMPARE_GREATERTHANOREQUALTO:
            range.from = std::max(range.from, least);
            break;
        case ExpressionType::COMPARE_LESSTHAN:
        case ExpressionType::COMPARE_LESSTHANOREQUALTO: range.to = std::min(range.to, most); break;
        default: break;
    }
}

void narrow_names(SamplesBind& data, SampleColumn column, const std::set<std::string>& wanted) {
    auto* target = column == SampleColumn::Point     ? &data.points
                   : column == SampleColumn::Asset   ? &data.assets
                   : column == SampleColumn::PointId ? &data.ids
                                                     : nullptr;
    if (target == nullptr) {
        return;
    }
    if (!*target) {
        *target = wanted;
        return;
    }
    std::set<std::string> both;
    std::ranges::set_intersection(**target, wanted, std::inserter(both, both.end()));
    *target = std::move(both);
}

void narrow_by_comparison(SamplesBind& data, const duckdb::LogicalGet& get,
                          const duckdb::BoundComparisonExpression& expression) {
    auto column = column_of(*expression.left, get);
    const duckdb::Value* constant = constant_of(*expression.right);
    duckdb::ExpressionType comparison = expression.GetExpressionType();
    if (!column || constant == nullptr) {
        column = column_of(*expression.right, get);
        constant = constant_of(*expression.left);
        comparison = duckdb::FlipComparisonExpression(comparison);
    }
    if (!column || constant == nullptr || constant->IsNull()) {
        return;
    }
    if (is_time(column)) {
        if (const auto bound = nanos_of(*constant, *column)) {
            narrow_time(data.range, comparison, *bound);
        }
    } else if (comparison == duckdb::ExpressionType::COMPARE_EQUAL &&
               constant->type().id() == duckdb::LogicalTypeId::VARCHAR) {
        narrow_names(data, *column, {constant->ToString()});
    }
}

void narrow_by_between(SamplesBind& data, const duckdb::LogicalGet& get,
                       const duckdb::BoundBetweenExpression& expression) {
    const auto column = column_of(*expression.input, get);
    if (!is_time(column)) {
        return;
    }
    const duckdb::Value* lower = constant_of(*expression.lower);
    const duckdb::Value* upper = constant_of(*expression.upper);
    const auto from = lower == nullptr ? std::nullopt : nanos_of(*lower, *column);
    const auto to = upper == nullptr ? std::nullopt : nanos_of(*upper, *column);
    if (from) {
        narrow_time(data.range, duckdb::ExpressionType::COMPARE_GREATERTHANOREQUALTO, *from);
    }
    if (to) {
        narrow_time(data.range, duckdb::ExpressionType::COMPARE_LESSTHANOREQUALTO, *to);
    }
}

void narrow_by_in(SamplesBind& data, const duckdb::LogicalGet& get,
                  const duckdb::BoundOperatorExpression& expression) {
    const auto column = column_of(*expression.children[0], get);
    if (expression.GetExpressionType() != duckdb::ExpressionType::COMPARE_IN || !column) {
        return;
    }
    std::set<std::string> wanted;
    for (idx_t i = 1; i < expression.children.size(); ++i) {
        const duckdb::Value* constant = constant_of(*expression.children[i]);
        if (constant == nullptr || constant->type().id() != duckdb::LogicalTypeId::VARCHAR) {
            return;
        }
        wanted.insert(constant->ToString());
    }
    narrow_names(data, *column, wanted);
}

void push_down(duckdb::ClientContext&, duckdb::LogicalGet& get, duckdb::FunctionData* raw,
               duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters) {
    auto& data = raw->Cast<SamplesBind>();
    for (const auto& filter : filters) {
        switch (filter->GetExpressionClass()) {
            case duckdb::ExpressionClass::BOUND_COMPARISON:
                narrow_by_comparison(data, get, filter->Cast<duckdb::BoundComparisonExpression>());
                break;
            case duckdb::ExpressionClass::BOUND_BETWEEN:
                narrow_by_between(data, get, filter->Cast<duckdb::BoundBetweenExpression>());
                break;
            case duckdb::ExpressionClass::BOUND_OPERATOR:
                narrow_by_in(data, get, filter->Cast<duckdb::BoundOperatorExpression>());
                break;
            default: break;
        }
    }
}

bool wanted(const SamplesBind& data, const directory::PointEntry& entry) {
    const std::string& path = entry.point.path;
    return (!data.points || data.points->contains(path)) &&
           (!data.assets || data.assets->contains(asset_of(path))) &&
           (!data.ids || data.ids->contains(entry.point.id.text())) &&
           data.scope->context.may("samples:read", path);
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> start(duckdb::ClientContext& context,
                                                           duckdb::TableFunctionInitInput& input) {
    const auto& data = input.bind_data->Cast<SamplesBind>();
    auto state = duckdb::make_uniq<SamplesGlobal>();
    state->columns = input.column_ids;
    const SqlScope& scope = *data.scope;
    const auto candidates =
        scope.points_given ? scope.points : scope.directory->under(scope.context.tenant, "");
    for (const directory::PointRef& entry : candidates) {
        if (wanted(data, *entry)) {
            state->points.push_back(entry);
        }
    }
    const auto threads =
        static_cast<idx_t>(duckdb::TaskScheduler::GetScheduler(context).NumberOfThreads());
    state->threads = std::max<idx_t>(1, std::min<idx_t>(threads, state->points.size()));
    return state;
}

duckdb::unique_ptr<duckdb::LocalTableFunctionState> start_thread(
    duckdb::ExecutionContext&, duckdb::TableFunctionInitInput&, duckdb::GlobalTableFunctionState*) {
    return duckdb::make_uniq<SamplesLocal>();
}

// Reads on; false when all points are done.
bool refill(const SamplesBind& data, SamplesGlobal& global, SamplesLocal& local) {
    local.rows.clear();
    local.at = 0;
    while (local.rows.empty()) {
        if (!local.point) {
            const std::size_t index = global.next.fetch_add(1);
            if (index >= global.points.size()) {
                return false;
            }
            local.point = global.points[index];
            local.asset = asset_of(local.point->point.path);
            local.resume = data.range.from;
        }
        const SeriesId series = local.point->series;
        const TimeRange range{*local.resume, data.range.to};
        local.resume.reset();
        const auto done = data.scope->store->scan(
            std::span(&series, 1), range, [&local](const store::Chunk& chunk) {
                for (std::size_t i = 0; i < chunk.size(); ++i) {
                    const Row row = chunk.row(i);
                    if (local.rows.size() == rows_at_once) {
                        local.resume = row.time;
                        return false;
                    }
                    local.rows.push_back({row.time, row.value(), row.quality});
                }
                return true;
            });
        if (!done) {
            throw duckdb::IOException(done.error().message);
        }
        if (local.rows.empty()) {
            local.point.reset();
        }
    }
    return true;
}

void put_text(duckdb::Vector& vector, idx_t row, const std::string& text) {
    duckdb::FlatVector::GetData<duckdb::string_t>(vector)[row] =
        duckdb::StringVector::AddString(vector, text);
}

void put_constant_text(duckdb::Vector& vector, const std::string& text) {
    vector.Reference(duckdb::Value(text));
}

void put_value(duckdb::Vector& vector, idx_t row, SampleColumn column, const Sample& sample) {
    const auto set_null = [&] { duckdb::FlatVector::SetNull(vector, row, true); };
    switch (column) {
        case SampleColumn::Time:  // microseconds, rounded down
            duckdb::FlatVector::GetData<std::int64_t>(vector)[row] =
                sample.time / 1000 - (sample.time % 1000 < 0 ? 1 : 0);
            break;
        case SampleColumn::TimeNs:
            duckdb::FlatVector::GetData<std::int64_t>(vector)[row] = sample.time;
            break;
        case SampleColumn::Value:
            if (const auto number = to_number(sample.value)) {
                duckdb::FlatVector::GetData<double>(vector)[row] = *number;
            } else {
                set_null();
            }
            break;
        case SampleColumn::ValueInt:
            if (const auto* number = std::get_if<std::int64_t>(&sample.value)) {
                duckdb::FlatVector::GetData<std::int64_t>(vector)[row] = *number;
            } else {
                set_null();
            }
            break;
        case SampleColumn::ValueText:
            if (const auto* text = std::get_if<std::string>(&sample.value)) {
                put_text(vector, row, *text);
            } else {
                set_null();
            }
            break;
        case SampleColumn::Quality:
            put_text(vector, row, std::string(severity_name(sample.quality.severity())));
            break;
        case SampleColumn::QualityCode:
            duckdb::FlatVector::GetData<std::uint32_t>(vector)[row] = sample.quality.code;
            break;
        default: break;
    }
}

void scan(duckdb::ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& output) {
    const auto& data = input.bind_data->Cast<SamplesBind>();
    auto& global = input.global_state->Cast<SamplesGlobal>();
    auto& local = input.local_state->Cast<SamplesLocal>();
    while (local.at == local.rows.size()) {
        if (local.point && !local.resume && local.at > 0) {
            local.point.reset();
        }
        if (!refill(data, global, local)) {
            output.SetCardinality(0);
            return;
        }
    }
    const idx_t count = std::min<idx_t>(STANDARD_VECTOR_SIZE, local.rows.size() - local.at);
    for (idx_t i = 0; i < global.columns.size(); ++i) {
        duckdb::Vector& vector = output.data[i];
        const auto column = static_cast<SampleColumn>(global.columns[i]);
        if (column == SampleColumn::Point) {
            put_constant_text(vector, local.point->point.path);
        } else if (column == SampleColumn::Asset) {
            put_constant_text(vector, local.asset);
        } else if (column == SampleColumn::PointId) {
            put_constant_text(vector, local.point->point.id.text());
        } else if (column < SampleColumn::Count) {
            for (idx_t row = 0; row < count; ++row) {
                put_value(vector, row, column, local.rows[local.at + row]);
            }
        }
    }
    output.SetCardinality(count);
    local.at += count;
}

}  // namespace

duckdb::TableFunction samples_function() {
    duckdb::TableFunction function("gantry_samples", {}, scan, bind, start, start_thread);
    function.projection_pushdown = true;
    function.pushdown_complex_filter = push_down;
    return function;
}

}  // namespace gantry::query

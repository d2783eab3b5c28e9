// SPDX-License-Identifier: Apache-2.0
// The table `samples`. Conditions on time, point, asset, point_id and quality narrow what is read.
// DuckDB applies them once more, so narrowing too little is never wrong; those that are met exactly
// are taken from it.
#include <duckdb/planner/expression/bound_between_expression.hpp>
#include <duckdb/planner/expression/bound_cast_expression.hpp>
#include <duckdb/planner/expression/bound_columnref_expression.hpp>
#include <duckdb/planner/expression/bound_comparison_expression.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/expression/bound_operator_expression.hpp>
#include <duckdb/planner/operator/logical_get.hpp>
#include <optional>
#include <set>

#include "query/sql_fill.h"
#include "query/sql_tables.h"
#include "store/columns.h"

namespace gantry::query {
namespace {

using duckdb::idx_t;

// Rows that a thread reads at once, and points that it takes at once: where points have few rows it
// is finding them that costs.
constexpr std::size_t rows_at_once = 32 * 1024;
constexpr std::size_t points_at_once = 256;

// Which severities the query wants, a bit each.
using Severities = std::uint8_t;
constexpr Severities all_severities = 7;

constexpr Severities bit_of(Severity severity) {
    return static_cast<Severities>(1U << static_cast<unsigned>(severity));
}

// What the query wants to see at most.
struct SamplesBind final : duckdb::TableFunctionData {
    std::shared_ptr<SqlScope> scope;
    TimeRange range;
    // Values that point, asset or point_id must be among, where the query says so.
    std::optional<std::set<std::string>> points;
    std::optional<std::set<std::string>> assets;
    std::optional<std::set<std::string>> ids;
    Severities severities = all_severities;

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
    std::vector<SeriesId> series;  // of these
    std::size_t points_at_once = 1;
    std::atomic<std::size_t> next = 0;
    std::vector<duckdb::column_t> columns;
    bool names_points = false;  // a column says whose row it is
    idx_t threads = 1;

    idx_t MaxThreads() const override { return threads; }
};

// Rows of one point, read and not given to DuckDB yet.
struct Part {
    std::size_t point = 0;
    store::Columns rows;
};

// One thread's place: it takes some points after the others, and of these as many rows at a time as
// fit.
struct SamplesLocal final : duckdb::LocalTableFunctionState {
    std::size_t point = 0;  // the next to be read
    std::size_t points_end = 0;
    std::optional<Time> resume;  // of that point, rows before it were read
    std::vector<Part> parts;     // of which the first `used` hold rows
    std::size_t used = 0;
    std::size_t part = 0;  // where reading them has come to
    std::size_t at = 0;
    std::string asset;  // of the point that was given last
    std::size_t asset_point = SIZE_MAX;
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

// The rows whose `time`, which is rounded down to microseconds, compares so to a bound of whole
// microseconds, or whose `time_ns` to any; nothing if that is not known.
std::optional<TimeRange> times_of(SampleColumn column, duckdb::ExpressionType comparison,
                                  Time bound) {
    using duckdb::ExpressionType;
    const Time unit = column == SampleColumn::Time ? 1000 : 1;
    if (bound > time_max - unit) {
        return std::nullopt;
    }
    switch (comparison) {
        case ExpressionType::COMPARE_EQUAL: return TimeRange{bound, bound + unit};
        case ExpressionType::COMPARE_GREATERTHAN: return TimeRange{bound + unit, time_max};
        case ExpressionType::COMPARE_GREATERTHANOREQUALTO: return TimeRange{bound, time_max};
        case ExpressionType::COMPARE_LESSTHAN: return TimeRange{time_min, bound};
        case ExpressionType::COMPARE_LESSTHANOREQUALTO: return TimeRange{time_min, bound + unit};
        default: return std::nullopt;
    }
}

// True if the condition is met exactly: the expression that the constant is compared with is the
// column itself, at its own precision.
bool narrow_time(TimeRange& range, SampleColumn column, duckdb::ExpressionType comparison,
                 const duckdb::Value& constant, const duckdb::Expression& compared) {
    const auto bound = nanos_of(constant, column);
    if (!bound) {
        return false;
    }
    const bool exact = compared.GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF &&
                       (column == SampleColumn::TimeNs ||
                        constant.type().id() == duckdb::LogicalTypeId::TIMESTAMP_TZ);
    const auto wanted = times_of(column, comparison, *bound);
    if (!wanted) {
        return false;
    }
    // Else a microsecond more on each side: the query may compare at that precision.
    constexpr Time margin = 1000;
    const bool wide = exact || wanted->from < time_min + margin;
    const bool far = exact || wanted->to > time_max - margin;
    range.from = std::max(range.from, wide ? wanted->from : wanted->from - margin);
    range.to = std::min(range.to, far ? wanted->to : wanted->to + margin);
    return exact;
}

// True if the condition is met exactly.
bool narrow_quality(SamplesBind& data, const std::set<std::string>& wanted) {
    Severities severities = 0;
    for (const Severity severity : {Severity::Good, Severity::Uncertain, Severity::Bad}) {
        severities |= wanted.contains(std::string(severity_name(severity))) ? bit_of(severity) : 0;
    }
    data.severities &= severities;
    return true;
}

bool narrow_names(SamplesBind& data, SampleColumn column, const std::set<std::string>& wanted,
                  const duckdb::Expression& compared) {
    if (column == SampleColumn::Quality) {
        return compared.GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF &&
               narrow_quality(data, wanted);
    }
    auto* target = column == SampleColumn::Point     ? &data.points
                   : column == SampleColumn::Asset   ? &data.assets
                   : column == SampleColumn::PointId ? &data.ids
                                                     : nullptr;
    if (target == nullptr) {
        return false;
    }
    if (!*target) {
        *target = wanted;
        return false;
    }
    std::set<std::string> both;
    std::ranges::set_intersection(**target, wanted, std::inserter(both, both.end()));
    *target = std::move(both);
    return false;
}

bool narrow_by_comparison(SamplesBind& data, const duckdb::LogicalGet& get,
                          const duckdb::BoundComparisonExpression& expression) {
    const duckdb::Expression* compared = expression.left.get();
    auto column = column_of(*compared, get);
    const duckdb::Value* constant = constant_of(*expression.right);
    duckdb::ExpressionType comparison = expression.GetExpressionType();
    if (!column || constant == nullptr) {
        compared = expression.right.get();
        column = column_of(*compared, get);
        constant = constant_of(*expression.left);
        comparison = duckdb::FlipComparisonExpression(comparison);
    }
    if (!column || constant == nullptr || constant->IsNull()) {
        return false;
    }
    if (is_time(column)) {
        return narrow_time(data.range, *column, comparison, *constant, *compared);
    }
    const bool text = constant->type().id() == duckdb::LogicalTypeId::VARCHAR;
    return comparison == duckdb::ExpressionType::COMPARE_EQUAL && text &&
           narrow_names(data, *column, {constant->ToString()}, *compared);
}

bool narrow_by_between(SamplesBind& data, const duckdb::LogicalGet& get,
                       const duckdb::BoundBetweenExpression& expression) {
    using duckdb::ExpressionType;
    const auto column = column_of(*expression.input, get);
    const duckdb::Value* lower = constant_of(*expression.lower);
    const duckdb::Value* upper = constant_of(*expression.upper);
    if (!is_time(column)) {
        return false;
    }
    const bool from =
        lower != nullptr && narrow_time(data.range, *column, expression.LowerComparisonType(),
                                        *lower, *expression.input);
    const bool to =
        upper != nullptr && narrow_time(data.range, *column, expression.UpperComparisonType(),
                                        *upper, *expression.input);
    return from && to;
}

bool narrow_by_in(SamplesBind& data, const duckdb::LogicalGet& get,
                  const duckdb::BoundOperatorExpression& expression) {
    const auto column = column_of(*expression.children[0], get);
    if (expression.GetExpressionType() != duckdb::ExpressionType::COMPARE_IN || !column) {
        return false;
    }
    std::set<std::string> wanted;
    for (idx_t i = 1; i < expression.children.size(); ++i) {
        const duckdb::Value* constant = constant_of(*expression.children[i]);
        if (constant == nullptr || constant->IsNull() ||
            constant->type().id() != duckdb::LogicalTypeId::VARCHAR) {
            return false;
        }
        wanted.insert(constant->ToString());
    }
    return narrow_names(data, *column, wanted, *expression.children[0]);
}

// True if the condition is met exactly by what is read then.
bool narrow(SamplesBind& data, const duckdb::LogicalGet& get, const duckdb::Expression& filter) {
    switch (filter.GetExpressionClass()) {
        case duckdb::ExpressionClass::BOUND_COMPARISON:
            return narrow_by_comparison(data, get,
                                        filter.Cast<duckdb::BoundComparisonExpression>());
        case duckdb::ExpressionClass::BOUND_BETWEEN:
            return narrow_by_between(data, get, filter.Cast<duckdb::BoundBetweenExpression>());
        case duckdb::ExpressionClass::BOUND_OPERATOR:
            return narrow_by_in(data, get, filter.Cast<duckdb::BoundOperatorExpression>());
        default: return false;
    }
}

void push_down(duckdb::ClientContext&, duckdb::LogicalGet& get, duckdb::FunctionData* raw,
               duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters) {
    auto& data = raw->Cast<SamplesBind>();
    std::erase_if(filters, [&](const auto& filter) { return narrow(data, get, *filter); });
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
    std::set<std::uint32_t> seen;
    for (const directory::PointRef& entry : candidates) {
        if (wanted(data, *entry) && seen.insert(entry->series.value).second) {
            state->points.push_back(entry);
        }
    }
    if (!scope.points_given) {
        // Rows of series with neighbouring numbers lie together.
        std::ranges::sort(state->points, {}, [](const auto& entry) { return entry->series.value; });
    }
    for (const directory::PointRef& entry : state->points) {
        state->series.push_back(entry->series);
    }
    state->names_points = std::ranges::any_of(state->columns, [](duckdb::column_t column) {
        return column == static_cast<idx_t>(SampleColumn::Point) ||
               column == static_cast<idx_t>(SampleColumn::Asset) ||
               column == static_cast<idx_t>(SampleColumn::PointId);
    });
    const auto threads =
        static_cast<idx_t>(duckdb::TaskScheduler::GetScheduler(context).NumberOfThreads());
    state->threads = std::max<idx_t>(1, std::min<idx_t>(threads, state->points.size()));
    state->points_at_once =
        std::clamp<std::size_t>(state->points.size() / (4 * state->threads), 1, points_at_once);
    return state;
}

duckdb::unique_ptr<duckdb::LocalTableFunctionState> start_thread(
    duckdb::ExecutionContext&, duckdb::TableFunctionInitInput&, duckdb::GlobalTableFunctionState*) {
    return duckdb::make_uniq<SamplesLocal>();
}

// Rows of a chunk whose quality is wanted, added to `out`.
void add_wanted(const store::Chunk& chunk, Severities severities, store::Columns& out) {
    if (severities == all_severities || (chunk.quality.empty() && (severities & 1U) != 0)) {
        out.add(chunk);
        return;
    }
    const auto is_wanted = [&](std::size_t i) {
        return (severities & bit_of(chunk.quality_of(i).severity())) != 0;
    };
    for (std::size_t from = 0; from < chunk.size();) {
        std::size_t to = from;
        while (to < chunk.size() && is_wanted(to)) {
            ++to;
        }
        if (to > from) {
            out.add(chunk.part(from, to));
        }
        from = to + 1;
    }
}

store::Columns& rows_of(SamplesLocal& local, std::size_t point) {
    if (local.used == 0 || local.parts[local.used - 1].point != point) {
        if (local.used == local.parts.size()) {
            local.parts.emplace_back();
        }
        Part& fresh = local.parts[local.used++];
        fresh.point = point;
        fresh.rows.clear();
    }
    return local.parts[local.used - 1].rows;
}

// Reads points from the next one on until there are enough rows; one that is not read to its end
// is to be resumed.
void read_points(const SamplesBind& data, const SamplesGlobal& global, SamplesLocal& local) {
    const std::size_t first = local.point;
    const std::size_t last = local.resume ? first + 1 : local.points_end;
    const TimeRange range{local.resume.value_or(data.range.from), data.range.to};
    local.resume.reset();
    std::size_t read = 0;
    const auto done =
        data.scope->store->scan(std::span(global.series).subspan(first, last - first), range,
                                [&](const store::Chunk& chunk) {
                                    while (global.series[local.point] != chunk.series) {
                                        ++local.point;
                                    }
                                    if (read >= rows_at_once) {
                                        local.resume = chunk.time.front();
                                        return false;
                                    }
                                    read += chunk.size();
                                    add_wanted(chunk, data.severities, rows_of(local, local.point));
                                    return true;
                                });
    if (!done) {
        throw duckdb::IOException(done.error().message);
    }
    local.point = local.resume ? local.point : last;
}

// Reads on; false when all points are done.
bool refill(const SamplesBind& data, SamplesGlobal& global, SamplesLocal& local) {
    local.used = local.part = local.at = 0;
    while (local.used == 0) {
        if (local.point == local.points_end) {
            local.point =
                std::min(global.next.fetch_add(global.points_at_once), global.points.size());
            local.points_end = std::min(local.point + global.points_at_once, global.points.size());
            if (local.point == local.points_end) {
                return false;
            }
        }
        read_points(data, global, local);
    }
    return true;
}

// What all rows of one point have in common.
void put_point(const SamplesGlobal& global, SamplesLocal& local, std::size_t index,
               duckdb::DataChunk& output) {
    const Point& point = global.points[index]->point;
    if (local.asset_point != index) {
        local.asset = asset_of(point.path);
        local.asset_point = index;
    }
    for (idx_t i = 0; i < global.columns.size(); ++i) {
        switch (static_cast<SampleColumn>(global.columns[i])) {
            case SampleColumn::Point: output.data[i].Reference(duckdb::Value(point.path)); break;
            case SampleColumn::Asset: output.data[i].Reference(duckdb::Value(local.asset)); break;
            case SampleColumn::PointId:
                output.data[i].Reference(duckdb::Value(point.id.text()));
                break;
            default: break;
        }
    }
}

// As many rows as fit; of one point only, if a column says whose they are.
void scan(duckdb::ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& output) {
    const auto& data = input.bind_data->Cast<SamplesBind>();
    auto& global = input.global_state->Cast<SamplesGlobal>();
    auto& local = input.local_state->Cast<SamplesLocal>();
    idx_t count = 0;
    while (count < STANDARD_VECTOR_SIZE) {
        if (local.part == local.used && (count > 0 || !refill(data, global, local))) {
            break;
        }
        const Part& part = local.parts[local.part];
        const std::size_t to =
            std::min<std::size_t>(part.rows.size(), local.at + STANDARD_VECTOR_SIZE - count);
        const store::Chunk rows = part.rows.chunk(global.series[part.point]).part(local.at, to);
        for (idx_t i = 0; i < global.columns.size(); ++i) {
            if (const Fill fill = fill_of(static_cast<SampleColumn>(global.columns[i]))) {
                fill(output.data[i], count, rows);
            }
        }
        if (global.names_points && rows.size() > 0) {
            put_point(global, local, part.point, output);
        }
        count += rows.size();
        local.at = to;
        if (to == part.rows.size()) {
            ++local.part;
            local.at = 0;
            if (global.names_points && count > 0) {
                break;
            }
        }
    }
    output.SetCardinality(count);
}

// For EXPLAIN: what is left to read. Conditions that are met exactly do not stand in the plan.
duckdb::InsertionOrderPreservingMap<std::string> describe(
    duckdb::TableFunctionToStringInput& input) {
    duckdb::InsertionOrderPreservingMap<std::string> out;
    const auto& data = input.bind_data->Cast<SamplesBind>();
    const auto bound = [](Time time, Time none, std::string_view otherwise) {
        return time == none ? std::string(otherwise) : format_time(time);
    };
    out["From"] = bound(data.range.from, time_min, "the beginning");
    out["To"] = bound(data.range.to, time_max, "the end");
    const auto names = [&out](const char* title, const std::optional<std::set<std::string>>& some) {
        if (some) {
            out[title] = std::to_string(some->size()) + " named";
        }
    };
    names("Points", data.points);
    names("Assets", data.assets);
    names("Point ids", data.ids);
    return out;
}

}  // namespace

duckdb::TableFunction samples_function() {
    duckdb::TableFunction function("gantry_samples", {}, scan, bind, start, start_thread);
    function.projection_pushdown = true;
    function.pushdown_complex_filter = push_down;
    function.to_string = describe;
    return function;
}

}  // namespace gantry::query

// SPDX-License-Identifier: Apache-2.0
#include "query/sql_rewrite.h"

#include <algorithm>
#include <duckdb/main/config.hpp>
#include <duckdb/optimizer/optimizer_extension.hpp>
#include <duckdb/planner/expression/bound_aggregate_expression.hpp>
#include <duckdb/planner/expression/bound_columnref_expression.hpp>
#include <duckdb/planner/expression_iterator.hpp>
#include <duckdb/planner/operator/logical_aggregate.hpp>
#include <duckdb/planner/operator/logical_filter.hpp>
#include <duckdb/planner/operator/logical_get.hpp>
#include <duckdb/planner/operator/logical_projection.hpp>

#include "query/sql_grid.h"
#include "query/sql_series.h"

namespace gantry::query {
namespace {

using duckdb::BoundAggregateExpression;
using duckdb::BoundColumnRefExpression;
using duckdb::Expression;
using duckdb::idx_t;
using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;
using Expressions = duckdb::vector<duckdb::unique_ptr<Expression>>;

// Shorter buckets have so few rows that there is nothing to win.
constexpr std::int64_t width_min = 1'000'000;  // 1 ms

// ---- what puts together what buckets come to

struct CountState {
    std::int64_t count;
};

struct AddCounts {
    template <class State>
    static void Initialize(State& state) {
        state.count = 0;
    }
    template <class Input, class State, class Op>
    static void Operation(State& state, const Input& input, duckdb::AggregateUnaryInput&) {
        state.count += input;
    }
    template <class Input, class State, class Op>
    static void ConstantOperation(State& state, const Input& input, duckdb::AggregateUnaryInput&,
                                  idx_t count) {
        state.count += input * static_cast<std::int64_t>(count);
    }
    template <class State, class Op>
    static void Combine(const State& source, State& target, duckdb::AggregateInputData&) {
        target.count += source.count;
    }
    template <class Target, class State>
    static void Finalize(State& state, Target& target, duckdb::AggregateFinalizeData&) {
        target = state.count;
    }
    static bool IgnoreNull() { return true; }
};

struct AverageState {
    double sum;
    std::int64_t count;
};

struct AverageOfSums {
    template <class State>
    static void Initialize(State& state) {
        state = {};
    }
    template <class Sum, class Count, class State, class Op>
    static void Operation(State& state, const Sum& sum, const Count& count,
                          duckdb::AggregateBinaryInput&) {
        state.sum += sum;
        state.count += count;
    }
    template <class State, class Op>
    static void Combine(const State& source, State& target, duckdb::AggregateInputData&) {
        target.sum += source.sum;
        target.count += source.count;
    }
    template <class Target, class State>
    static void Finalize(State& state, Target& target, duckdb::AggregateFinalizeData& data) {
        if (state.count == 0) {
            data.ReturnNull();
        } else {
            target = state.sum / static_cast<double>(state.count);
        }
    }
    static bool IgnoreNull() { return true; }
};

duckdb::AggregateFunction add_counts() {
    auto out = duckdb::AggregateFunction::UnaryAggregate<CountState, std::int64_t, std::int64_t,
                                                         AddCounts>(duckdb::LogicalType::BIGINT,
                                                                    duckdb::LogicalType::BIGINT);
    out.name = "gantry_add_counts";
    return out;
}

duckdb::AggregateFunction average_of_sums() {
    auto out = duckdb::AggregateFunction::BinaryAggregate<AverageState, double, std::int64_t,
                                                          double, AverageOfSums>(
        duckdb::LogicalType::DOUBLE, duckdb::LogicalType::BIGINT, duckdb::LogicalType::DOUBLE);
    out.name = "gantry_average_of_sums";
    return out;
}

// ---- the rewrite of one aggregation

// An aggregation right over a scan of series, maybe with filters and projections between, becomes
// the same aggregation over buckets. Those are made so that no group cuts through one: a group of
// buckets has just the rows of the group of rows.
class Rewrite {
public:
    explicit Rewrite(duckdb::LogicalAggregate& aggregate) : aggregate_(aggregate) {}

    // True if it was made; else nothing is changed.
    bool run() {
        if (aggregate_.grouping_sets.size() > 1 || !aggregate_.grouping_functions.empty() ||
            !find_scan()) {
            return false;
        }
        Expressions groups = inlined(aggregate_.groups);
        Expressions aggregates = inlined(aggregate_.expressions);
        Expressions filters = inlined(filters_);
        const bool can = has_buckets(data_->narrowing.severities) && find_grid(groups) &&
                         std::ranges::all_of(filters,
                                             [this](const auto& filter) {
                                                 const auto grid = grid_of(*filter, role_of_);
                                                 return grid && grid->width == 0;
                                             }) &&
                         std::ranges::all_of(aggregates, [this](auto& one) {
                             return replace(one->template Cast<BoundAggregateExpression>());
                         });
        if (!can) {
            return false;
        }
        for (Expressions* list : {&groups, &filters}) {
            for (auto& expression : *list) {
                to_buckets(expression);
            }
        }
        if (columns_.empty()) {
            column_of(BucketColumn::Rows);
        }
        aggregate_.groups = std::move(groups);
        aggregate_.expressions = std::move(aggregates);
        aggregate_.children[0] = scan(std::move(filters));
        return true;
    }

private:
    // The scan below, and what lies between.
    bool find_scan() {
        LogicalOperator* at = aggregate_.children[0].get();
        while (true) {
            switch (at->type) {
                case LogicalOperatorType::LOGICAL_PROJECTION:
                    projections_.push_back(&at->Cast<duckdb::LogicalProjection>());
                    break;
                case LogicalOperatorType::LOGICAL_FILTER:
                    for (const auto& filter : at->expressions) {
                        // Those above a projection are to be seen through it.
                        filters_.push_back(filter->Copy());
                    }
                    break;
                case LogicalOperatorType::LOGICAL_GET:
                    get_ = &at->Cast<duckdb::LogicalGet>();
                    return is_series(*get_);
                default: return false;
            }
            at = at->children[0].get();
        }
    }

    bool is_series(duckdb::LogicalGet& get) {
        for (const SeriesTable* table : {&samples_table(), &metrics_table()}) {
            if (get.function.name == table->function) {
                data_ = &get.bind_data->Cast<SeriesBind>();
                return get.projection_ids.empty() && get.table_filters.filters.empty() &&
                       !get.dynamic_filters && !get.extra_info.sample_options &&
                       !get.ordinality_idx.IsValid();
            }
        }
        return false;
    }

    // With what projections say in place of references to them.
    Expressions inlined(const Expressions& expressions) const {
        Expressions out;
        for (const auto& expression : expressions) {
            out.push_back(expression->Copy());
            for (const duckdb::LogicalProjection* projection : projections_) {
                see_through(out.back(), *projection);
            }
        }
        return out;
    }

    static void see_through(duckdb::unique_ptr<Expression>& expression,
                            const duckdb::LogicalProjection& projection) {
        if (expression->GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF) {
            const auto& binding = expression->Cast<BoundColumnRefExpression>().binding;
            if (binding.table_index == projection.table_index) {
                expression = projection.expressions[binding.column_index]->Copy();
            }
            return;
        }
        duckdb::ExpressionIterator::EnumerateChildren(
            *expression, [&projection](duckdb::unique_ptr<Expression>& child) {
                see_through(child, projection);
            });
    }

    std::optional<duckdb::column_t> table_column(const BoundColumnRefExpression& reference) const {
        const auto& ids = get_->GetColumnIds();
        const auto& binding = reference.binding;
        if (binding.table_index != get_->table_index || binding.column_index >= ids.size() ||
            reference.depth != 0) {
            return std::nullopt;
        }
        const auto column = ids[binding.column_index].GetPrimaryIndex();
        return column < data_->table->columns.size() ? std::optional(column) : std::nullopt;
    }

    bool find_grid(const Expressions& groups) {
        for (const auto& group : groups) {
            const auto grid = grid_of(*group, role_of_);
            if (!grid) {
                return false;
            }
            grid_ = common_grid(grid_, *grid);
        }
        return grid_.width == 0 || grid_.width >= width_min;
    }

    // ---- columns of the new scan

    idx_t position_of(duckdb::column_t column) {
        const auto found = std::ranges::find(columns_, column);
        if (found != columns_.end()) {
            return static_cast<idx_t>(found - columns_.begin());
        }
        columns_.push_back(column);
        return columns_.size() - 1;
    }
    duckdb::unique_ptr<Expression> column_of(BucketColumn column) {
        const idx_t position = position_of(bucket_column(*data_->table, column));
        return duckdb::make_uniq<BoundColumnRefExpression>(
            bucket_type(column), duckdb::ColumnBinding(get_->table_index, position));
    }

    // References to the table become ones to its buckets. For what grid_of() allows: a time there
    // may as well be that of the first row.
    void to_buckets(duckdb::unique_ptr<Expression>& expression) {
        if (expression->GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) {
            duckdb::ExpressionIterator::EnumerateChildren(
                *expression, [this](duckdb::unique_ptr<Expression>& child) { to_buckets(child); });
            return;
        }
        auto& reference = expression->Cast<BoundColumnRefExpression>();
        const Role role = role_of_(reference);
        if (role == Role::Time || role == Role::TimeNs) {
            expression =
                column_of(role == Role::Time ? BucketColumn::Begin : BucketColumn::BeginNs);
        } else {
            reference.binding.column_index = position_of(*table_column(reference));
        }
    }

    // ---- aggregates

    // False if it is not one that buckets answer.
    bool replace(BoundAggregateExpression& call) {
        if (call.IsDistinct() || call.filter || call.order_bys) {
            return false;
        }
        const std::string& name = call.function.name;
        if (name == "count_star") {
            return becomes(call, add_counts(), {BucketColumn::Rows});
        }
        if (call.children.empty() || call.children.size() > 2 ||
            call.children[0]->GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) {
            return false;
        }
        const auto& reference = call.children[0]->Cast<BoundColumnRefExpression>();
        const auto column = table_column(reference);
        if (!column) {
            return false;
        }
        const bool is_value = data_->table->columns[*column].fill == fill_of(SampleColumn::Value);
        if (call.children.size() == 2) {
            return is_value && replace_by_time(call);
        }
        return is_value ? replace_of_value(call) : replace_of_other(call, role_of_(reference));
    }

    bool replace_of_value(BoundAggregateExpression& call) {
        const std::string& name = call.function.name;
        if (name == "count") {
            return becomes(call, add_counts(), {BucketColumn::Count});
        }
        if (name == "avg" || name == "mean") {
            return becomes(call, average_of_sums(), {BucketColumn::Sum, BucketColumn::Count});
        }
        const std::pair<std::string_view, BucketColumn> same[] = {
            {"sum", BucketColumn::Sum},           {"min", BucketColumn::Min},
            {"max", BucketColumn::Max},           {"first", BucketColumn::FirstRow},
            {"last", BucketColumn::LastRow},      {"any_value", BucketColumn::First},
            {"arbitrary", BucketColumn::FirstRow}};
        const auto* found =
            std::ranges::find(same, name, &std::pair<std::string_view, BucketColumn>::first);
        return found != std::end(same) && keeps(call, {found->second});
    }

    // Columns that always have something in them.
    bool replace_of_other(BoundAggregateExpression& call, Role role) {
        const std::string& name = call.function.name;
        if (role == Role::Other) {
            return false;
        }
        if (name == "count") {
            return becomes(call, add_counts(), {BucketColumn::Rows});
        }
        const bool nanos = role == Role::TimeNs;
        if ((role == Role::Time || nanos) && (name == "min" || name == "max")) {
            return keeps(call,
                         {name == "min" ? (nanos ? BucketColumn::BeginNs : BucketColumn::Begin)
                                        : (nanos ? BucketColumn::EndNs : BucketColumn::End)});
        }
        return false;
    }

    // arg_min(value, time). Of several rows in the last microsecond arg_max(value, time) takes the
    // first, which a bucket does not know; by time_ns there is one.
    bool replace_by_time(BoundAggregateExpression& call) {
        if (call.children[1]->GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) {
            return false;
        }
        const Role by = role_of_(call.children[1]->Cast<BoundColumnRefExpression>());
        const std::string& name = call.function.name;
        const bool first = name == "arg_min" || name == "argmin" || name == "min_by";
        const bool last = name == "arg_max" || name == "argmax" || name == "max_by";
        if (first && by == Role::Time) {
            return keeps(call, {BucketColumn::First, BucketColumn::FirstTime});
        }
        if (first && by == Role::TimeNs) {
            return keeps(call, {BucketColumn::First, BucketColumn::FirstTimeNs});
        }
        return last && by == Role::TimeNs &&
               keeps(call, {BucketColumn::Last, BucketColumn::LastTimeNs});
    }

    bool becomes(BoundAggregateExpression& call, duckdb::AggregateFunction function,
                 std::initializer_list<BucketColumn> arguments) {
        call.function = std::move(function);
        call.bind_info.reset();
        return keeps(call, arguments);
    }
    // The same function of what a bucket says.
    bool keeps(BoundAggregateExpression& call, std::initializer_list<BucketColumn> arguments) {
        call.children.clear();
        for (const BucketColumn argument : arguments) {
            call.children.push_back(column_of(argument));
        }
        return true;
    }

    // ---- the new scan

    duckdb::unique_ptr<LogicalOperator> scan(Expressions filters) const {
        auto data = duckdb::make_uniq<BucketsBind>();
        data->table = data_->table;
        data->scope = data_->scope;
        data->narrowing = data_->narrowing;
        data->grid = grid_;
        duckdb::vector<duckdb::LogicalType> types;
        duckdb::vector<std::string> names;
        bucket_columns(*data_->table, types, names);
        auto get = duckdb::make_uniq<duckdb::LogicalGet>(get_->table_index, buckets_function(),
                                                         std::move(data), std::move(types),
                                                         std::move(names));
        for (const duckdb::column_t column : columns_) {
            get->AddColumnId(column);
        }
        if (filters.empty()) {
            return get;
        }
        auto out = duckdb::make_uniq<duckdb::LogicalFilter>();
        out->expressions = std::move(filters);
        out->children.push_back(std::move(get));
        return out;
    }

    duckdb::LogicalAggregate& aggregate_;
    duckdb::vector<const duckdb::LogicalProjection*> projections_;  // from the top
    Expressions filters_;
    duckdb::LogicalGet* get_ = nullptr;
    const SeriesBind* data_ = nullptr;
    Grid grid_;
    std::vector<duckdb::column_t> columns_;
    RoleOf role_of_ = [this](const BoundColumnRefExpression& reference) {
        const auto column = table_column(reference);
        return column ? data_->table->columns[*column].role : Role::Other;
    };
};

void rewrite_all(LogicalOperator& plan) {
    for (auto& child : plan.children) {
        rewrite_all(*child);
    }
    if (plan.type == LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY) {
        Rewrite(plan.Cast<duckdb::LogicalAggregate>()).run();
    }
}

void optimize(duckdb::OptimizerExtensionInput& input, duckdb::unique_ptr<LogicalOperator>& plan) {
    const auto scope = input.context.registered_state->Get<SqlScope>(SqlScope::name);
    if (scope && scope->rewrites) {
        rewrite_all(*plan);
    }
}

}  // namespace

void add_rewrite(duckdb::DatabaseInstance& database) {
    duckdb::OptimizerExtension extension;
    extension.optimize_function = optimize;
    duckdb::DBConfig::GetConfig(database).optimizer_extensions.push_back(std::move(extension));
}

}  // namespace gantry::query

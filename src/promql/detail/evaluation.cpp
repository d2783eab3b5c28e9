// SPDX-License-Identifier: Apache-2.0
#include "promql/detail/evaluation.h"

#include <algorithm>
#include <format>

#include "promql/detail/occupancy.h"
#include "promql/detail/parser.h"

namespace gantry::promql {
namespace {

bool any_present(Row values) { return !std::ranges::all_of(values, is_absent); }

// Whether rows of the expression still differ when they have lost their metric's name; true only
// where that is plain.
bool differs_without_name(const Expr& expr) {
    const Expr& inner = unwrapped(expr);
    if (const auto* selector = std::get_if<Selector>(&inner.node)) {
        return std::ranges::any_of(selector->matchers, [](const Matcher& matcher) {
            return matcher.name() == metric_name && matcher.kind() == MatchKind::Equal;
        });
    }
    if (const auto* subquery = std::get_if<Subquery>(&inner.node)) {
        return differs_without_name(*subquery->inner);
    }
    if (const auto* aggregation = std::get_if<Aggregation>(&inner.node)) {
        return aggregation->kind <= AggregateKind::Group &&
               (aggregation->without ||
                !std::ranges::binary_search(aggregation->labels, metric_name));
    }
    if (const auto* call = std::get_if<Call>(&inner.node)) {
        const FunctionKind kind = call->function->kind;
        return kind == FunctionKind::HistogramQuantile || is_number_by_number(kind) ||
               (is_over_range(kind) && kind != FunctionKind::LastOverTime);
    }
    return false;
}

}  // namespace

Result<> Rows::add(Labels& labels, Row values) {
    if (!any_present(values)) {
        return {};
    }
    TRY(holding_.add(values.size_bytes() + labels.bytes() + sizeof(HeldRow)));
    rows_.push_back({std::move(labels), {values.begin(), values.end()}});
    return {};
}

Result<> Rows::add_merged(Labels& labels, Row values) {
    auto& same_hash = by_hash_[labels.hash()];
    for (const std::size_t index : same_hash) {
        HeldRow& row = rows_[index];
        if (row.labels != labels) {
            continue;
        }
        for (std::size_t k = 0; k < values.size(); ++k) {
            if (is_absent(values[k])) {
                continue;
            }
            if (!is_absent(row.values[k])) {
                return same_labelset();
            }
            row.values[k] = values[k];
        }
        return {};
    }
    const std::size_t index = rows_.size();
    TRY(add(labels, values));
    if (rows_.size() > index) {
        same_hash.push_back(index);
    }
    return {};
}

RowSink Evaluation::distinct(const Expr& expr, const Grid& grid, const RowSink& sink, bool whole) {
    if (differs_without_name(expr)) {
        return [&sink](Labels& labels, Row values) { return sink(labels, values); };
    }
    auto checked = std::make_shared<DistinctRows>(work_, grid.count, sink, whole);
    return [checked](Labels& labels, Row values) { return (*checked)(labels, values); };
}

void Evaluation::warn(const Expr& where, const std::string& text) {
    const std::string place = located(query_.text(), where.place.from, "");
    const std::string told =
        std::format("PromQL warning: {} ({})", text, place.substr(0, place.find(": ")));
    constexpr std::size_t warnings_max = 10;  // as many as Prometheus shows
    if (told_.size() < warnings_max && told_.insert(told).second) {
        answer_.warnings.push_back(told);
    }
}

Result<Rows> Evaluation::collect(const Expr& expr, const Grid& grid) {
    Rows rows(work_);
    TRY(vector(expr, grid, [&](Labels& labels, Row values) { return rows.add(labels, values); }));
    return rows;
}

Result<> Evaluation::pinned(const Expr& expr, const Grid& grid, const RowSink& sink) {
    std::vector<double> repeated(grid.count);
    return vector(expr, {grid.start, 1, 1}, [&](Labels& labels, Row values) -> Result<> {
        TRY(work_.spend_or_fail(grid.count));
        std::ranges::fill(repeated, values[0]);
        return sink(labels, repeated);
    });
}

Result<> Evaluation::vector(const Expr& expr, const Grid& grid, const RowSink& sink) {
    TRY(work_.spend_or_fail(grid.count));
    if (expr.pinned() && grid.count > 1) {
        return pinned(expr, grid, sink);
    }
    if (const auto* node = std::get_if<Bracketed>(&expr.node)) {
        return vector(*node->inner, grid, sink);
    }
    if (const auto* node = std::get_if<Selector>(&expr.node)) {
        return selector(*node, grid, false, {}, sink);
    }
    if (const auto* node = std::get_if<Sign>(&expr.node)) {
        return sign(*node, grid, sink);
    }
    if (const auto* node = std::get_if<Binary>(&expr.node)) {
        return binary(*node, grid, sink);
    }
    if (const auto* node = std::get_if<Aggregation>(&expr.node)) {
        return aggregation(*node, grid, sink);
    }
    if (const auto* node = std::get_if<Call>(&expr.node)) {
        return call(*node, grid, sink);
    }
    return fail(Code::Internal, "an expression of type {} is no vector", type_name(expr.type));
}

const std::string& Evaluation::string(const Expr& expr) {
    return std::get<Text>(unwrapped(expr).node).value;
}

Labels group_of(const Labels& labels, bool without, std::span<const std::string> names) {
    std::vector<Label> kept;
    for (const Label& label : labels) {
        const bool named = std::ranges::binary_search(names, label.name);
        if (without ? !named && label.name != metric_name : named) {
            kept.push_back(label);
        }
    }
    return Labels(std::move(kept));
}

}  // namespace gantry::promql

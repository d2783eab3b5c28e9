// SPDX-License-Identifier: Apache-2.0
// Functions: of ranges, of single values, and those that look at whole vectors.
#include <algorithm>
#include <cmath>
#include <format>
#include <limits>
#include <numbers>

#include "promql/detail/evaluation.h"
#include "promql/detail/numbers.h"

namespace gantry::promql {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// Smoothing factors lie between 0 and 1.
Result<> check_factors(std::span<const double> factors, std::string_view what) {
    for (const double factor : factors) {
        if (!(factor > 0 && factor < 1)) {
            return fail(Code::Conflict, "invalid {} factor. Expected: 0 < {} < 1, got: {:f}", what,
                        what == "smoothing" ? "sf" : "tf", factor);
        }
    }
    return {};
}

}  // namespace

Result<> Evaluation::call(const Call& node, const Grid& grid, const RowSink& sink) {
    const FunctionKind kind = node.function->kind;
    if (kind == FunctionKind::AbsentOverTime || kind == FunctionKind::Absent) {
        return absent_series(node, grid, sink);
    }
    if (is_over_range(kind)) {
        return range_function(node, grid, sink);
    }
    switch (kind) {
        case FunctionKind::HistogramQuantile: return histogram_quantile(node, grid, sink);
        case FunctionKind::LabelJoin: return label_join(node, grid, sink);
        case FunctionKind::LabelReplace: return label_replace(node, grid, sink);
        case FunctionKind::Sort:
        case FunctionKind::SortDesc: return sorted(node, grid, sink);
        case FunctionKind::Timestamp: return timestamp(node, grid, sink);
        case FunctionKind::Vector: {
            std::vector<double> row(grid.count);
            TRY(scalar(*node.arguments[0], grid, row));
            Labels none;
            return sink(none, row);
        }
        default: return number_function(node, grid, sink);
    }
}

Result<> Evaluation::range_function(const Call& node, const Grid& grid, const RowSink& sink) {
    const FunctionKind kind = node.function->kind;
    const bool number_first = kind == FunctionKind::QuantileOverTime;
    const Expr& range = *node.arguments[number_first ? 1 : 0];
    std::vector<double> first(grid.count);
    std::vector<double> second(grid.count);
    if (node.arguments.size() > 1) {
        TRY(scalar(*node.arguments[number_first ? 0 : 1], grid, first));
    }
    if (node.arguments.size() > 2) {
        TRY(scalar(*node.arguments[2], grid, second));
    }
    const Windows windows = windows_of(range, grid);
    const WindowArguments arguments{grid, first, second};
    std::vector<double> row(grid.count);
    const RowSink checked = distinct(range, grid, sink, true);
    const auto pass = [&](Labels& labels) -> Result<> {
        if (std::ranges::all_of(row, is_absent)) {
            return {};
        }
        if (kind == FunctionKind::LastOverTime) {
            return sink(labels, row);
        }
        labels.erase(metric_name);
        return checked(labels, row);
    };
    const SamplesSink take = [&](Labels& labels, const Samples& samples) -> Result<> {
        if (kind == FunctionKind::HoltWinters) {
            TRY(check_factors(first, "smoothing"));
            TRY(check_factors(second, "trend"));
        }
        TRY(work_.spend_or_fail(grid.count + samples.size()));
        over_windows(kind, samples, windows, arguments, row, work_);
        TRY(work_.spend_or_fail(0));
        if (number_first) {
            warn_of_quantiles(*node.arguments[0], first, row);
        }
        return pass(labels);
    };
    const StatisticsSink take_statistics = [&](Labels& labels,
                                               std::span<const WindowStatistics> found) {
        over_statistics(kind, found, row);
        return pass(labels);
    };
    return range_vector(range, windows, node.function->name, take,
                        statistics_suffice(kind) ? &take_statistics : nullptr);
}

void Evaluation::warn_of_quantiles(const Expr& where, std::span<const double> quantiles,
                                   Row results) {
    for (std::size_t k = 0; k < quantiles.size(); ++k) {
        if (!(quantiles[k] >= 0 && quantiles[k] <= 1) && !is_absent(results[k])) {
            std::string text;
            append_value(text, quantiles[k]);
            warn(where, "quantile value should be between 0 and 1, got " + text);
        }
    }
}

Result<> Evaluation::number_function(const Call& node, const Grid& grid, const RowSink& sink) {
    const FunctionKind kind = node.function->kind;
    std::vector<double> first(grid.count);
    std::vector<double> second(grid.count);
    if (node.arguments.empty()) {
        // Functions of dates are those of the step then.
        for (std::size_t k = 0; k < grid.count; ++k) {
            first[k] = number_of(kind, static_cast<double>(grid.at(k)) / 1000, 0, 0);
        }
        Labels none;
        return sink(none, first);
    }
    const bool nearest = kind == FunctionKind::Round && node.arguments.size() == 1;
    std::ranges::fill(first, nearest ? 1 : 0);
    if (node.arguments.size() > 1) {
        TRY(scalar(*node.arguments[1], grid, first));
    }
    if (node.arguments.size() > 2) {
        TRY(scalar(*node.arguments[2], grid, second));
    }
    const RowSink checked = distinct(*node.arguments[0], grid, sink, false);
    return vector(*node.arguments[0], grid, [&](Labels& labels, Row row) -> Result<> {
        TRY(work_.spend_or_fail(row.size() * 4));
        numbers_of(kind, row, first, second);
        labels.erase(metric_name);
        return checked(labels, row);
    });
}

Result<> Evaluation::timestamp(const Call& node, const Grid& grid, const RowSink& sink) {
    const Expr& argument = unwrapped(*node.arguments[0]);
    const RowSink checked = distinct(argument, grid, sink, false);
    const RowSink nameless = [&](Labels& labels, Row row) {
        labels.erase(metric_name);
        return checked(labels, row);
    };
    if (const auto* selected = std::get_if<Selector>(&argument.node)) {
        return selector(*selected, grid, true, node.function->name, nameless);
    }
    return vector(argument, grid, [&](Labels& labels, Row row) {
        for (std::size_t k = 0; k < row.size(); ++k) {
            row[k] = is_absent(row[k]) ? absent : static_cast<double>(grid.at(k)) / 1000;
        }
        return nameless(labels, row);
    });
}

Result<> Evaluation::sorted(const Call& node, const Grid& grid, const RowSink& sink) {
    if (grid.count > 1) {
        // The series of a range query have an order of their own.
        return vector(*node.arguments[0], grid, sink);
    }
    TRY_ASSIGN(Rows rows, collect(*node.arguments[0], grid));
    const bool down = node.function->kind == FunctionKind::SortDesc;
    const auto before = [down](const HeldRow& a, const HeldRow& b) {
        const double left = a.values[0];
        const double right = b.values[0];
        if (std::isnan(left) || std::isnan(right)) {
            return !std::isnan(left) && std::isnan(right);
        }
        return down ? left > right : left < right;
    };
    std::ranges::stable_sort(rows.all(), before);
    for (HeldRow& row : rows.all()) {
        TRY(sink(row.labels, row.values));
    }
    return {};
}

Result<> Evaluation::absent_series(const Call& node, const Grid& grid, const RowSink& sink) {
    const Expr& argument = *node.arguments[0];
    std::vector<double> none(grid.count, 1);
    const auto mark = [&](Row row) {
        for (std::size_t k = 0; k < row.size(); ++k) {
            none[k] = is_absent(row[k]) ? none[k] : absent;
        }
    };
    if (node.function->kind == FunctionKind::Absent) {
        TRY(vector(argument, grid, [&](Labels&, Row row) -> Result<> {
            mark(row);
            return {};
        }));
    } else {
        const Windows windows = windows_of(argument, grid);
        std::vector<double> row(grid.count);
        const SamplesSink take = [&](Labels&, const Samples& samples) -> Result<> {
            TRY(work_.spend_or_fail(grid.count + samples.size()));
            over_windows(FunctionKind::PresentOverTime, samples, windows, {}, row, work_);
            mark(row);
            return {};
        };
        const StatisticsSink take_statistics = [&](Labels&,
                                                   std::span<const WindowStatistics> found) {
            over_statistics(FunctionKind::PresentOverTime, found, row);
            mark(row);
            return Result<>();
        };
        TRY(range_vector(argument, windows, node.function->name, take, &take_statistics));
    }
    if (std::ranges::all_of(none, is_absent)) {
        return {};
    }
    Labels labels = absent_labels(argument);
    return sink(labels, none);
}

Result<> Evaluation::sign(const Sign& node, const Grid& grid, const RowSink& sink) {
    if (!node.minus) {
        return vector(*node.inner, grid, sink);
    }
    const RowSink checked = distinct(*node.inner, grid, sink, false);
    return vector(*node.inner, grid, [&](Labels& labels, Row row) {
        for (double& value : row) {
            value = is_absent(value) ? absent : -value;
        }
        labels.erase(metric_name);
        return checked(labels, row);
    });
}

Result<> Evaluation::scalar(const Expr& expr, const Grid& grid, Row out) {
    TRY(work_.spend_or_fail(out.size()));
    const Expr& inner = unwrapped(expr);
    if (const auto* node = std::get_if<Number>(&inner.node)) {
        std::ranges::fill(out, node->value);
        return {};
    }
    if (const auto* node = std::get_if<Sign>(&inner.node)) {
        TRY(scalar(*node->inner, grid, out));
        for (double& value : out) {
            value = node->minus ? -value : value;
        }
        return {};
    }
    if (const auto* node = std::get_if<Binary>(&inner.node)) {
        std::vector<double> right(out.size());
        TRY(scalar(*node->left, grid, out));
        TRY(scalar(*node->right, grid, right));
        for (std::size_t k = 0; k < out.size(); ++k) {
            out[k] = is_comparison(node->kind) ? (compares(node->kind, out[k], right[k]) ? 1 : 0)
                                               : calculated(node->kind, out[k], right[k]);
        }
        return {};
    }
    return scalar_call(std::get<Call>(inner.node), grid, out);
}

Result<> Evaluation::scalar_call(const Call& node, const Grid& grid, Row out) {
    switch (node.function->kind) {
        case FunctionKind::Pi: std::ranges::fill(out, std::numbers::pi); return {};
        case FunctionKind::Time:
            for (std::size_t k = 0; k < out.size(); ++k) {
                out[k] = static_cast<double>(grid.at(k)) / 1000;
            }
            return {};
        case FunctionKind::Scalar: {
            // The one value there is, and NaN when there is none or several.
            std::vector<std::uint8_t> seen(out.size());
            std::ranges::fill(out, nan);
            return vector(*node.arguments[0], grid, [&](Labels&, Row row) -> Result<> {
                for (std::size_t k = 0; k < row.size(); ++k) {
                    if (!is_absent(row[k])) {
                        out[k] = seen[k] == 0 ? row[k] : nan;
                        seen[k] = 1;
                    }
                }
                return {};
            });
        }
        default: break;
    }
    return fail(Code::Internal, "{} is no scalar", node.function->name);
}

}  // namespace gantry::promql

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <format>
#include <limits>

#include "promql/detail/evaluation.h"
#include "promql/detail/fold.h"
#include "promql/detail/lexer.h"

namespace gantry::promql {
namespace {

// Folds that only aggregations need.
struct Counted {
    double count = 0;

    static Counted of(double) { return {1}; }
    void add(double) { count += 1; }
    double result() const { return count; }
};

struct Present {
    static Present of(double) { return {}; }
    void add(double) {}
    double result() const { return 1; }
};

// Of one value the variance is 0, whatever it is (Prometheus 2; over time it is not).
struct Varied : Spread {
    static Varied of(double value) { return {{1, value, 0}}; }
};

struct Deviated : Spread {
    static Deviated of(double value) { return {{1, value, 0}}; }
    double result() const { return std::sqrt(variance()); }
};

// The groups of an aggregation, each with a fold and whether it has a value, a step.
template <class Fold>
class Groups {
public:
    Groups(Work& work, const Aggregation& node, std::size_t steps)
        : node_(node), steps_(steps), holding_(work) {}

    Result<> add(const Labels& labels, Row row) {
        Labels group = group_of(labels, node_.without, node_.labels);
        const auto [found, fresh] = by_labels_.try_emplace(std::move(group), groups_.size());
        if (fresh) {
            TRY(holding_.add(found->first.bytes() + steps_ * (sizeof(Fold) + 1) + sizeof(Group)));
            groups_.push_back(
                {&found->first, std::vector<Fold>(steps_), std::vector<std::uint8_t>(steps_)});
        }
        Group& into = groups_[found->second];
        for (std::size_t k = 0; k < row.size(); ++k) {
            if (is_absent(row[k])) {
                continue;
            }
            if (into.present[k] == 0) {
                into.present[k] = 1;
                into.folds[k] = Fold::of(row[k]);
            } else {
                into.folds[k].add(row[k]);
            }
        }
        return {};
    }

    Result<> finish(const RowSink& sink) {
        std::vector<double> row(steps_);
        for (Group& group : groups_) {
            for (std::size_t k = 0; k < steps_; ++k) {
                row[k] = group.present[k] == 0 ? absent : group.folds[k].result();
            }
            Labels labels = *group.labels;
            TRY(sink(labels, row));
        }
        return {};
    }

private:
    struct Group {
        const Labels* labels;  // in the table, which never moves them
        std::vector<Fold> folds;
        std::vector<std::uint8_t> present;
    };

    const Aggregation& node_;
    const std::size_t steps_;
    std::unordered_map<Labels, std::size_t, LabelsHash> by_labels_;
    std::vector<Group> groups_;
    Holding holding_;
};

template <class Fold>
Result<> folded(Evaluation& evaluation, const Aggregation& node, const Grid& grid,
                const RowSink& sink) {
    Groups<Fold> groups(evaluation.work(), node, grid.count);
    const RowSink take = [&](Labels& labels, Row row) -> Result<> {
        TRY(evaluation.work().spend_or_fail(row.size() * 4));
        return groups.add(labels, row);
    };
    TRY(evaluation.vector(*node.inner, grid, take));
    return groups.finish(sink);
}

// The rows of each group, by their places.
std::vector<std::vector<std::size_t>> grouped(const Aggregation& node,
                                              std::span<const HeldRow> rows,
                                              std::vector<Labels>& labels) {
    std::vector<std::vector<std::size_t>> groups;
    std::unordered_map<Labels, std::size_t, LabelsHash> by_labels;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Labels group = group_of(rows[i].labels, node.without, node.labels);
        const auto [found, fresh] = by_labels.try_emplace(group, groups.size());
        if (fresh) {
            groups.emplace_back();
            labels.push_back(std::move(group));
        }
        groups[found->second].push_back(i);
    }
    return groups;
}

// How many topk() keeps: a whole number, or an error as Prometheus'.
Result<std::size_t> kept_count(double parameter, std::size_t all) {
    constexpr double limit = 9223372036854774784.0;  // the last below 2^63
    if (std::isnan(parameter) || parameter > limit || parameter < -limit) {
        std::string text;
        append_value(text, parameter);
        return fail(Code::Conflict, "Scalar value {} overflows int64", text);
    }
    if (parameter < 1) {
        return std::size_t{0};
    }
    return parameter >= static_cast<double>(all) ? all : static_cast<std::size_t>(parameter);
}

}  // namespace

Result<> Evaluation::aggregation(const Aggregation& node, const Grid& grid, const RowSink& sink) {
    switch (node.kind) {
        case AggregateKind::Sum: return folded<Sum>(*this, node, grid, sink);
        case AggregateKind::Avg: return folded<Mean>(*this, node, grid, sink);
        case AggregateKind::Min: return folded<Least>(*this, node, grid, sink);
        case AggregateKind::Max: return folded<Largest>(*this, node, grid, sink);
        case AggregateKind::Count: return folded<Counted>(*this, node, grid, sink);
        case AggregateKind::Group: return folded<Present>(*this, node, grid, sink);
        case AggregateKind::Stdvar: return folded<Varied>(*this, node, grid, sink);
        case AggregateKind::Stddev: return folded<Deviated>(*this, node, grid, sink);
        case AggregateKind::Topk:
        case AggregateKind::Bottomk: return choose(node, grid, sink);
        case AggregateKind::Quantile: return quantiles(node, grid, sink);
        case AggregateKind::CountValues: return count_values(node, grid, sink);
    }
    return {};
}

Result<> Evaluation::choose(const Aggregation& node, const Grid& grid, const RowSink& sink) {
    std::vector<double> counts(grid.count);
    TRY(scalar(*node.parameter, grid, counts));
    TRY_ASSIGN(Rows rows, collect(*node.inner, grid));
    std::vector<HeldRow>& all = rows.all();
    const bool top = node.kind == AggregateKind::Topk;
    std::vector<Labels> labels;
    std::vector<std::size_t> here;
    for (const auto& group : grouped(node, all, labels)) {
        for (std::size_t k = 0; k < grid.count; ++k) {
            TRY(work_.spend_or_fail(group.size() * 16));
            here.clear();
            std::ranges::copy_if(group, std::back_inserter(here),
                                 [&](std::size_t row) { return !is_absent(all[row].values[k]); });
            TRY_ASSIGN(const std::size_t kept, kept_count(counts[k], here.size()));
            const auto better = [&](std::size_t a, std::size_t b) {
                const double left = all[a].values[k];
                const double right = all[b].values[k];
                if (left == right || std::isnan(left) || std::isnan(right)) {
                    const bool alike = left == right || std::isnan(left) == std::isnan(right);
                    return alike ? a < b : std::isnan(right);
                }
                return top ? left > right : left < right;
            };
            const auto end = here.begin() + static_cast<std::ptrdiff_t>(kept);
            std::ranges::partial_sort(here, end, better);
            std::for_each(end, here.end(), [&](std::size_t row) { all[row].values[k] = absent; });
            if (grid.count == 1) {
                // The answer of an instant query is in this order.
                for (const std::size_t row : std::span(here.begin(), end)) {
                    TRY(sink(all[row].labels, all[row].values));
                }
            }
        }
    }
    for (HeldRow& row : all) {
        if (grid.count > 1 && !std::ranges::all_of(row.values, is_absent)) {
            TRY(sink(row.labels, row.values));
        }
    }
    return {};
}

Result<> Evaluation::quantiles(const Aggregation& node, const Grid& grid, const RowSink& sink) {
    std::vector<double> phi(grid.count);
    TRY(scalar(*node.parameter, grid, phi));
    TRY_ASSIGN(Rows rows, collect(*node.inner, grid));
    std::vector<Labels> labels;
    std::vector<double> values;
    std::vector<double> out(grid.count);
    const auto groups = grouped(node, rows.all(), labels);
    for (std::size_t i = 0; i < groups.size(); ++i) {
        for (std::size_t k = 0; k < grid.count; ++k) {
            TRY(work_.spend_or_fail(groups[i].size() * 8));
            values.clear();
            for (const std::size_t row : groups[i]) {
                if (const double value = rows.all()[row].values[k]; !is_absent(value)) {
                    values.push_back(value);
                }
            }
            out[k] = values.empty() ? absent : quantile(phi[k], values);
        }
        warn_of_quantiles(*node.parameter, phi, out);
        TRY(sink(labels[i], out));
    }
    return {};
}

Result<> Evaluation::count_values(const Aggregation& node, const Grid& grid, const RowSink& sink) {
    const std::string& label = string(*node.parameter);
    if (!is_label_name(label)) {
        return fail(Code::Conflict, "invalid label name {}", in_quotes(label));
    }
    std::unordered_map<Labels, std::vector<double>, LabelsHash> counts;
    Holding holding(work_);
    const RowSink take = [&](Labels& labels, Row row) -> Result<> {
        Labels group = group_of(labels, node.without, node.labels);
        std::string text;
        double shown = std::numeric_limits<double>::quiet_NaN();
        for (std::size_t k = 0; k < row.size(); ++k) {
            if (is_absent(row[k])) {
                continue;
            }
            TRY(work_.spend_or_fail(64));
            if (text.empty() || row[k] != shown) {
                text.clear();
                append_fixed(text, row[k]);
                shown = row[k];
                group.set(label, text);
            }
            auto found = counts.find(group);
            if (found == counts.end()) {
                TRY(holding.add(group.bytes() + grid.count * sizeof(double)));
                found = counts.emplace(group, std::vector<double>(grid.count, absent)).first;
            }
            double& count = found->second[k];
            count = is_absent(count) ? 1 : count + 1;
        }
        return {};
    };
    TRY(vector(*node.inner, grid, take));
    for (auto& [group, row] : counts) {
        Labels labels = group;
        TRY(sink(labels, row));
    }
    return {};
}

}  // namespace gantry::promql

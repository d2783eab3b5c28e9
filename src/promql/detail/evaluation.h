// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "promql/answer.h"
#include "promql/detail/windows.h"
#include "promql/detail/work.h"
#include "promql/expression.h"

namespace gantry::promql {

// A value for each time of a grid, `absent` where there is none.
using Row = std::span<double>;

// Takes the rows of a vector one after the other; may change and keep what it is given. Several
// rows may have the same labels, if no two of them have a value at one time.
using RowSink = std::function<Result<>(Labels& labels, Row values)>;

// A series as samples; good during the call.
using SamplesSink = std::function<Result<>(Labels& labels, const Samples& samples)>;
using StatisticsSink =
    std::function<Result<>(Labels& labels, std::span<const WindowStatistics> windows)>;

struct HeldRow {
    Labels labels;
    std::vector<double> values;
};

// Rows that had to be kept.
class Rows {
public:
    explicit Rows(Work& work) : holding_(work) {}

    Result<> add(Labels& labels, Row values);
    // One row a set of labels. Conflict when two of them have a value at the same time.
    Result<> add_merged(Labels& labels, Row values);
    std::vector<HeldRow>& all() { return rows_; }

private:
    std::vector<HeldRow> rows_;
    std::unordered_map<std::uint64_t, std::vector<std::size_t>> by_hash_;
    Holding holding_;
};

// Computes one query. An expression is computed at all times of a grid at once, and its series pass
// through the operators one by one; only what an operator cannot do without is kept.
class Evaluation {
public:
    // The times are those of the whole query, for @ start() and @ end().
    Evaluation(const Query& query, Source& source, const QueryOptions& options, Millis start,
               Millis end)
        : query_(query),
          source_(source),
          options_(options),
          start_(start),
          end_(end),
          work_(options) {}

    Result<> vector(const Expr& expr, const Grid& grid, const RowSink& sink);
    Result<> scalar(const Expr& expr, const Grid& grid, Row out);
    static const std::string& string(const Expr& expr);
    // A range vector: the samples of each series, which cover all windows. With a second sink the
    // source may give statistics in place of samples.
    Result<> range_vector(const Expr& expr, const Windows& windows, std::string_view function,
                          const SamplesSink& sink, const StatisticsSink* statistics = nullptr);
    // The windows of a range vector's expression, an end at every time of the grid.
    Windows windows_of(const Expr& expr, const Grid& grid) const;

    Result<Rows> collect(const Expr& expr, const Grid& grid);

    Work& work() { return work_; }
    const QueryOptions& options() const { return options_; }
    Answer& answer() { return answer_; }
    // Told once, with the place in the text.
    void warn(const Expr& where, const std::string& text);
    // Where there is a result.
    void warn_of_quantiles(const Expr& where, std::span<const double> quantiles, Row results);

    // Rows that have lost their metric's name, when their labels are still different: Conflict
    // otherwise. Unlike RowSinks of others `whole` refuses equal labels even at different times.
    RowSink distinct(const Expr& expr, const Grid& grid, const RowSink& sink, bool whole);

private:
    // selectors.cpp
    Result<> selector(const Selector& node, const Grid& grid, bool times, std::string_view function,
                      const RowSink& sink);
    Result<> subquery(const Subquery& node, const Windows& windows, const SamplesSink& sink);
    Windows windows(const When& when, Millis length, const Grid& grid) const;
    Result<> pinned(const Expr& expr, const Grid& grid, const RowSink& sink);

    // functions.cpp
    Result<> call(const Call& node, const Grid& grid, const RowSink& sink);
    Result<> range_function(const Call& node, const Grid& grid, const RowSink& sink);
    Result<> number_function(const Call& node, const Grid& grid, const RowSink& sink);
    Result<> timestamp(const Call& node, const Grid& grid, const RowSink& sink);
    Result<> sorted(const Call& node, const Grid& grid, const RowSink& sink);
    Result<> absent_series(const Call& node, const Grid& grid, const RowSink& sink);
    Result<> sign(const Sign& node, const Grid& grid, const RowSink& sink);
    Result<> scalar_call(const Call& node, const Grid& grid, Row out);

    // label_functions.cpp
    Result<> label_replace(const Call& node, const Grid& grid, const RowSink& sink);
    Result<> label_join(const Call& node, const Grid& grid, const RowSink& sink);

    // histograms.cpp
    Result<> histogram_quantile(const Call& node, const Grid& grid, const RowSink& sink);

    // aggregations.cpp
    Result<> aggregation(const Aggregation& node, const Grid& grid, const RowSink& sink);
    Result<> choose(const Aggregation& node, const Grid& grid, const RowSink& sink);
    Result<> count_values(const Aggregation& node, const Grid& grid, const RowSink& sink);
    Result<> quantiles(const Aggregation& node, const Grid& grid, const RowSink& sink);

    // binaries.cpp
    Result<> binary(const Binary& node, const Grid& grid, const RowSink& sink);
    Result<> with_scalar(const Binary& node, const Grid& grid, const RowSink& sink);

    const Query& query_;
    Source& source_;
    const QueryOptions& options_;
    Millis start_;
    Millis end_;
    Work work_;
    Answer answer_;
    std::set<std::string> told_;
};

// The labels that make up a group.
Labels group_of(const Labels& labels, bool without, std::span<const std::string> names);

// The labels that absent() makes of the matchers of a selector.
Labels absent_labels(const Expr& expr);

}  // namespace gantry::promql

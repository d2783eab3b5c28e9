// SPDX-License-Identifier: Apache-2.0
// How samples come from the source into the windows, and what subqueries put in their place.
#include <algorithm>
#include <format>

#include "promql/detail/evaluation.h"

namespace gantry::promql {
namespace {

constexpr Time nanoseconds = 1'000'000;

Millis to_millis(Time time) { return time / nanoseconds - (time % nanoseconds < 0 ? 1 : 0); }

Time to_time(Millis millis) {
    constexpr Millis max = time_max / nanoseconds;
    return std::clamp(millis, -max, max) * nanoseconds;
}

// Puts together the samples of each series that a source finds, and passes it on when it is whole.
class Collector final : public SeriesVisitor {
public:
    Collector(Work& work, const QueryLimits& limits, bool keep_stale, std::size_t windows,
              const SamplesSink& sink, const StatisticsSink* statistics)
        : work_(work),
          limits_(limits),
          keep_stale_(keep_stale),
          windows_(windows),
          sink_(sink),
          statistics_(statistics),
          holding_(work) {}

    Result<> series(const Labels& labels) override {
        TRY(finish());
        if (++series_ > limits_.series_max) {
            return fail(Code::TooLarge,
                        "a selector finds more than {} series: add conditions on labels",
                        limits_.series_max);
        }
        labels_ = labels;
        return {};
    }

    Result<> samples(std::span<const Time> time, std::span<const double> value) override {
        TRY(work_.read(time.size()));
        TRY(make_room(count_ + time.size()));
        std::size_t count = count_;
        for (std::size_t i = 0; i < time.size(); ++i) {
            if (is_stale(value[i]) && !keep_stale_) {
                continue;
            }
            const Millis millis = to_millis(time[i]);
            if (count > 0 && time_[count - 1] >= millis) {
                if (time_[count - 1] > millis) {
                    return fail(Code::Internal, "the samples of {} are not in order of time",
                                to_text(labels_));
                }
                --count;
            }
            time_[count] = millis;
            value_[count] = value[i];
            ++count;
        }
        count_ = count;
        return {};
    }

    Result<> statistics(std::span<const WindowStatistics> windows) override {
        if (statistics_ == nullptr || windows.size() != windows_) {
            return fail(Code::Internal, "the source gave statistics that were not asked for");
        }
        TRY(work_.read(windows.size()));
        return (*statistics_)(labels_, windows);
    }

    Result<> finish() {
        if (count_ > 0) {
            TRY(sink_(labels_, {std::span(time_).first(count_), std::span(value_).first(count_)}));
        }
        count_ = 0;
        return {};
    }

private:
    // The samples of one series, and what the windows over them take besides.
    Result<> make_room(std::size_t samples) {
        constexpr std::uint64_t bytes_each = 48;
        if (samples > time_.size()) {
            TRY(holding_.add((samples - time_.size()) * bytes_each));
            time_.resize(samples);
            value_.resize(samples);
        }
        return {};
    }

    Work& work_;
    const QueryLimits& limits_;
    const bool keep_stale_;
    const std::size_t windows_;
    const SamplesSink& sink_;
    const StatisticsSink* statistics_;
    std::uint64_t series_ = 0;
    Labels labels_;
    // Used again from series to series; the first count_ are those of the current one.
    std::vector<Millis> time_;
    std::vector<double> value_;
    std::size_t count_ = 0;
    Holding holding_;
};

SelectHints hints_of(const Windows& windows, std::string_view function, bool instant,
                     bool statistics) {
    SelectHints hints;
    hints.range.from = windows.range(0).from;
    hints.range.to = windows.range(windows.count - 1).to;
    hints.windows = windows;
    hints.function = function;
    hints.statistics_suffice = statistics;
    hints.last_suffices = windows.count == 1 && (instant || function == "last_over_time");
    return hints;
}

// Each of its rows is all of its series, so that it need not be put together first.
bool rows_are_series(const Expr& expr) {
    const Expr& inner = unwrapped(expr);
    const auto* call = std::get_if<Call>(&inner.node);
    return std::holds_alternative<Selector>(inner.node) ||
           (call != nullptr && is_over_range(call->function->kind) &&
            call->function->kind != FunctionKind::AbsentOverTime);
}

}  // namespace

TimeRange Windows::range(std::size_t k) const {
    const Millis end = first_end + static_cast<Millis>(k) * step;
    return {to_time(end - length + (closed ? 0 : 1)), to_time(end + 1)};
}

Windows Evaluation::windows(const When& when, Millis length, const Grid& grid) const {
    Windows made{.first_end = grid.start,
                 .step = grid.step,
                 .count = grid.count,
                 .length = length,
                 .closed = options_.closed_windows};
    if (when.at != When::At::Step) {
        made.first_end = when.at == When::At::Time    ? when.time
                         : when.at == When::At::Start ? start_
                                                      : end_;
        made.step = 0;
    }
    made.first_end -= when.offset;
    return made;
}

Windows Evaluation::windows_of(const Expr& expr, const Grid& grid) const {
    const Expr& inner = unwrapped(expr);
    if (const auto* selector = std::get_if<Selector>(&inner.node)) {
        return windows(selector->when, selector->range, grid);
    }
    const auto& subquery = std::get<Subquery>(inner.node);
    return windows(subquery.when, subquery.range, grid);
}

Result<> Evaluation::selector(const Selector& node, const Grid& grid, bool times,
                              std::string_view function, const RowSink& sink) {
    const Windows looked_at = windows(node.when, options_.lookback, grid);
    std::vector<double> row(grid.count);
    const SamplesSink take = [&](Labels& labels, const Samples& samples) -> Result<> {
        TRY(work_.spend_or_fail(grid.count + samples.size()));
        latest_in_windows(samples, looked_at, times, row);
        if (std::ranges::all_of(row, is_absent)) {
            return {};
        }
        return sink(labels, row);
    };
    Collector collector(work_, options_.limits, true, grid.count, take, nullptr);
    TRY(source_.select(node.matchers, hints_of(looked_at, function, true, false), collector));
    return collector.finish();
}

Result<> Evaluation::range_vector(const Expr& expr, const Windows& windows,
                                  std::string_view function, const SamplesSink& sink,
                                  const StatisticsSink* statistics) {
    const Expr& inner = unwrapped(expr);
    if (const auto* node = std::get_if<Subquery>(&inner.node)) {
        return subquery(*node, windows, sink);
    }
    const auto& node = std::get<Selector>(inner.node);
    Collector collector(work_, options_.limits, false, windows.count, sink, statistics);
    TRY(source_.select(node.matchers, hints_of(windows, function, false, statistics != nullptr),
                       collector));
    return collector.finish();
}

Result<> Evaluation::subquery(const Subquery& node, const Windows& windows,
                              const SamplesSink& sink) {
    const Millis step = node.step != 0 ? node.step : options_.subquery_step;
    const Millis from = windows.first_end - windows.length;
    const Millis to = windows.first_end + static_cast<Millis>(windows.count - 1) * windows.step;
    // Steps stand at multiples of their length, whatever the query's own times are.
    Millis first = from / step * step;
    if (first < from || (first == from && !windows.closed)) {
        first += step;
    }
    if (first > to) {
        return {};
    }
    const auto count = static_cast<std::uint64_t>((to - first) / step) + 1;
    if (count > options_.limits.samples_max) {
        return fail(Code::TooLarge,
                    "a subquery has more than {} steps: make them longer, as in [1d:1h]",
                    options_.limits.samples_max);
    }
    const Grid grid{first, step, static_cast<std::size_t>(count)};
    Holding holding(work_);
    TRY(holding.add(count * 4 * sizeof(double)));
    std::vector<Millis> times;
    std::vector<double> values;
    const RowSink pass = [&](Labels& labels, Row row) -> Result<> {
        times.clear();
        values.clear();
        for (std::size_t k = 0; k < row.size(); ++k) {
            if (!is_absent(row[k])) {
                times.push_back(grid.at(k));
                values.push_back(row[k]);
            }
        }
        TRY(work_.read(times.size()));
        return times.empty() ? Result<>() : sink(labels, {times, values});
    };
    if (rows_are_series(*node.inner)) {
        return vector(*node.inner, grid, pass);
    }
    Rows rows(work_);
    TRY(vector(*node.inner, grid,
               [&](Labels& labels, Row row) { return rows.add_merged(labels, row); }));
    for (HeldRow& row : rows.all()) {
        TRY(pass(row.labels, row.values));
    }
    return {};
}

Labels absent_labels(const Expr& expr) {
    const auto* selector = std::get_if<Selector>(&expr.node);
    Labels labels;
    std::set<std::string_view> seen;
    for (const Matcher& matcher :
         selector == nullptr ? std::span<const Matcher>() : std::span(selector->matchers)) {
        if (matcher.name() == metric_name) {
            continue;
        }
        if (matcher.kind() == MatchKind::Equal && seen.insert(matcher.name()).second) {
            labels.set(matcher.name(), matcher.value());
        } else {
            labels.erase(matcher.name());
        }
    }
    return labels;
}

}  // namespace gantry::promql

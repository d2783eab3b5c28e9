// SPDX-License-Identifier: Apache-2.0
#include "promql/query.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "promql/detail/evaluation.h"
#include "promql/detail/parser.h"

namespace gantry::promql {
namespace {

// Times that nanoseconds can count, so that no sum of a few of them overflows.
constexpr Millis time_limit = INT64_MAX / 1'000'000;

Result<double> read_seconds(std::string_view text) {
    double seconds = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, seconds);
    if (error != std::errc() || stopped != end) {
        return fail(Code::InvalidArgument, "{} is no number", in_quotes(text));
    }
    return seconds;
}

Result<> check_time(Millis time) {
    if (time < -time_limit || time > time_limit) {
        return fail(Code::InvalidArgument, "the time {} ms is before 1677 or after 2262", time);
    }
    return {};
}

Result<> check_options(const QueryOptions& options) {
    if (options.lookback < 0 || options.lookback > time_limit || options.subquery_step <= 0) {
        return fail(Code::InvalidArgument,
                    "the lookback must not be negative, and the step of subqueries positive");
    }
    return {};
}

Result<> instant_matrix(Evaluation& evaluation, const Expr& expr, Millis time) {
    Answer& answer = evaluation.answer();
    answer.kind = Answer::Kind::Matrix;
    const Windows window = evaluation.windows_of(expr, {time, 1, 1});
    return evaluation.range_vector(
        expr, window, {}, [&](Labels& labels, const Samples& samples) -> Result<> {
            const Millis first = window.first_end - window.length + (window.closed ? 0 : 1);
            const auto from = std::ranges::lower_bound(samples.time, first);
            const auto to = std::ranges::upper_bound(samples.time, window.first_end);
            if (from >= to) {
                return {};
            }
            AnswerSeries& series = answer.series.emplace_back();
            series.labels = std::move(labels);
            series.times.assign(from, to);
            series.values.assign(samples.value.begin() + (from - samples.time.begin()),
                                 samples.value.begin() + (to - samples.time.begin()));
            return evaluation.work().hold(series.times.size() * 16 + series.labels.bytes());
        });
}

bool keeps_its_order(const Expr& expr) {
    const Expr& inner = unwrapped(expr);
    if (const auto* call = std::get_if<Call>(&inner.node)) {
        return call->function->kind == FunctionKind::Sort ||
               call->function->kind == FunctionKind::SortDesc;
    }
    const auto* aggregation = std::get_if<Aggregation>(&inner.node);
    return aggregation != nullptr && (aggregation->kind == AggregateKind::Topk ||
                                      aggregation->kind == AggregateKind::Bottomk);
}

// Every row of a vector, those with the same labels as one.
Result<> take_rows(Evaluation& evaluation, const Expr& expr, const Grid& grid) {
    Rows rows(evaluation.work());
    TRY(evaluation.vector(
        expr, grid, [&](Labels& labels, Row values) { return rows.add_merged(labels, values); }));
    for (HeldRow& row : rows.all()) {
        evaluation.answer().series.push_back({std::move(row.labels), {}, std::move(row.values)});
    }
    return {};
}

void sort_series(Answer& answer) { std::ranges::sort(answer.series, {}, &AnswerSeries::labels); }

Answer finished(Evaluation& evaluation) {
    evaluation.answer().samples = evaluation.work().samples();
    return std::move(evaluation.answer());
}

std::unexpected<Error> too_long(ParseLimits limits) {
    return fail(Code::InvalidArgument,
                "1:1: parse error: the expression is longer than {} bytes: split it",
                limits.bytes_max);
}

}  // namespace

Result<Query> Query::parse(std::string_view text, ParseLimits limits) {
    if (text.size() > limits.bytes_max) {
        return too_long(limits);
    }
    TRY_ASSIGN(auto expression, Parser(text, limits).expression());
    return Query(std::string(text), std::move(expression));
}

Result<std::vector<Matcher>> parse_selector(std::string_view text) {
    const ParseLimits limits;
    if (text.size() > limits.bytes_max) {
        return too_long(limits);
    }
    return Parser(text, limits).selector();
}

Result<Millis> parse_query_time(std::string_view text) {
    if (const auto seconds = read_seconds(text)) {
        const double millis = std::round(*seconds * 1000);
        if (!(std::abs(millis) <= static_cast<double>(time_limit - 1))) {
            return fail(Code::InvalidArgument,
                        "cannot parse {} to a valid timestamp: it is before 1677 or after 2262",
                        in_quotes(text));
        }
        return static_cast<Millis>(millis);
    }
    const auto time = parse_time(text);
    if (!time) {
        return fail(Code::InvalidArgument,
                    "cannot parse {} to a valid timestamp: write seconds since 1970 or RFC 3339",
                    in_quotes(text));
    }
    return *time / 1'000'000 - (*time % 1'000'000 < 0 ? 1 : 0);
}

Result<Millis> parse_query_duration(std::string_view text) {
    if (const auto seconds = read_seconds(text)) {
        const double millis = *seconds * 1000;
        if (!(std::abs(millis) <= static_cast<double>(time_limit))) {
            return fail(Code::InvalidArgument,
                        "cannot parse {} to a valid duration: it is longer than 292 years",
                        in_quotes(text));
        }
        return static_cast<Millis>(millis);
    }
    const auto duration = read_duration(text);
    if (!duration) {
        return fail(Code::InvalidArgument,
                    "cannot parse {} to a valid duration: write seconds, or as in 1h30m",
                    in_quotes(text));
    }
    return *duration;
}

Result<Answer> evaluate(const Query& query, Source& source, Millis time,
                        const QueryOptions& options) {
    TRY(check_time(time));
    TRY(check_options(options));
    const Expr& expr = query.expression();
    Evaluation evaluation(query, source, options, time, time);
    Answer& answer = evaluation.answer();
    answer.start = time;
    const Grid grid{time, 1, 1};
    switch (expr.type) {
        case Type::String:
            answer.kind = Answer::Kind::String;
            answer.text = Evaluation::string(expr);
            break;
        case Type::Scalar:
            answer.kind = Answer::Kind::Scalar;
            TRY(evaluation.scalar(expr, grid, {&answer.scalar, 1}));
            break;
        case Type::Matrix:
            TRY(instant_matrix(evaluation, expr, time));
            sort_series(answer);
            break;
        default:
            answer.kind = Answer::Kind::Vector;
            TRY(take_rows(evaluation, expr, grid));
            if (!keeps_its_order(expr)) {
                sort_series(answer);
            }
    }
    return finished(evaluation);
}

Result<Answer> evaluate(const Query& query, Source& source, Steps steps,
                        const QueryOptions& options) {
    TRY(check_time(steps.start));
    TRY(check_time(steps.end));
    TRY(check_options(options));
    if (steps.step <= 0) {
        return fail(Code::InvalidArgument,
                    "zero or negative query resolution step widths are not accepted. Try a "
                    "positive integer");
    }
    if (steps.end < steps.start) {
        return fail(Code::InvalidArgument, "end timestamp must not be before start time");
    }
    const auto count = static_cast<std::uint64_t>((steps.end - steps.start) / steps.step) + 1;
    if (count - 1 > options.limits.points_max) {
        return fail(Code::InvalidArgument,
                    "exceeded maximum resolution of {} points per timeseries. Try decreasing the "
                    "query resolution (?step=XX)",
                    options.limits.points_max);
    }
    const Expr& expr = query.expression();
    if (expr.type != Type::Scalar && expr.type != Type::Vector) {
        return fail(Code::InvalidArgument,
                    "invalid expression type {} for range query, must be Scalar or instant Vector",
                    in_quotes(type_name(expr.type)));
    }
    Evaluation evaluation(query, source, options, steps.start, steps.end);
    Answer& answer = evaluation.answer();
    answer.kind = Answer::Kind::Matrix;
    answer.start = steps.start;
    answer.step = steps.step;
    const Grid grid{steps.start, steps.step, static_cast<std::size_t>(count)};
    if (expr.type == Type::Scalar) {
        std::vector<double> values(grid.count);
        TRY(evaluation.scalar(expr, grid, values));
        answer.series.push_back({{}, {}, std::move(values)});
    } else {
        TRY(take_rows(evaluation, expr, grid));
        sort_series(answer);
    }
    return finished(evaluation);
}

}  // namespace gantry::promql

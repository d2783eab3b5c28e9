// SPDX-License-Identifier: Apache-2.0
#include "opcua/history.h"

#include <algorithm>
#include <numeric>

#include "query/history.h"
#include "store/look_back.h"

namespace gantry::opcua {
namespace {

// OPC 10000-4, 7.39.1, and OPC 10000-6's StatusCode.csv.
constexpr Quality bad_bound_not_found{0x80d70000};
constexpr Quality bad_no_data{0x809b0000};
constexpr Quality uncertain_data_sub_normal{0x40a40000};
constexpr std::uint32_t calculated = 0x0401;  // with the info type that says so
constexpr std::uint32_t partial = 0x0404;

constexpr int halvings_max = 40;

Time after(Time time) { return time == time_max ? time_max : time + 1; }

Result<std::uint64_t> count_rows(const store::Store& store, SeriesId series, TimeRange range) {
    std::uint64_t rows = 0;
    TRY(store.aggregate(std::span(&series, 1), range, Duration{0},
                        [&rows](const store::Bucket& bucket) {
                            rows = bucket.aggregate.rows;
                            return true;
                        },
                        {.usable = store::Usable::Any, .deviation = false}));
    return rows;
}

// The last `limit` rows of a range, in falling time.
Result<std::vector<Sample>> last_rows(const store::Store& store, SeriesId series, TimeRange range,
                                      std::size_t limit) {
    std::vector<Sample> ring;
    std::size_t at = 0;
    TRY(store.scan(std::span(&series, 1), range, [&](const store::Chunk& chunk) {
        const std::size_t skipped = chunk.size() > limit ? chunk.size() - limit : 0;
        for (std::size_t i = skipped; i < chunk.size(); ++i) {
            const Row row = chunk.row(i);
            Sample sample{row.time, row.value(), row.quality};
            if (ring.size() < limit) {
                ring.push_back(std::move(sample));
            } else {
                ring[at++ % limit] = std::move(sample);
            }
        }
        return true;
    }));
    std::ranges::sort(ring, std::greater{}, &Sample::time);
    return ring;
}

// The same, without reading much more than that: first a stretch at the end of the range is looked
// for that has enough rows and not many more.
Result<std::vector<Sample>> rows_backward(const store::Store& store, SeriesId series,
                                          TimeRange range, std::size_t limit) {
    TRY_ASSIGN(const auto latest, store.latest(series));
    if (!latest || range.empty()) {
        return std::vector<Sample>{};
    }
    range.to = std::min(range.to, after(latest->time));
    Result<> done;
    const auto stretch = store::look_back(range.to, [&](TimeRange tried) -> std::optional<Time> {
        const TimeRange all{std::max(tried.from, range.from), range.to};
        const auto rows = count_rows(store, series, all);
        if (!rows) {
            done = std::unexpected(rows.error());
        }
        return !rows || *rows >= limit || all.from == range.from ? std::optional(all.from)
                                                                 : std::nullopt;
    });
    TRY(done);
    Time from = stretch.value_or(range.from);
    Time near = range.to;
    for (int i = 0; i < halvings_max && from < near - 1; ++i) {
        TRY_ASSIGN(const std::uint64_t rows, count_rows(store, series, {from, range.to}));
        if (rows <= 2 * limit + 1000) {
            break;
        }
        const Time middle = std::midpoint(from, near);
        TRY_ASSIGN(const std::uint64_t less, count_rows(store, series, {middle, range.to}));
        (less >= limit ? from : near) = middle;
    }
    return last_rows(store, series, {from, range.to}, limit);
}

Result<std::vector<Sample>> rows_forward(const store::Store& store, SeriesId series,
                                         TimeRange range, std::size_t limit) {
    TRY_ASSIGN(auto found, query::raw_history(store, series, range, limit));
    return std::move(found.samples);
}

// Rows in the direction of reading, from `from` on; as far as `to`, without it.
Result<std::vector<Sample>> rows_between(const store::Store& store, const RawQuestion& question,
                                         std::size_t limit) {
    if (question.forward) {
        return rows_forward(store, question.series, {question.from, question.to}, limit);
    }
    return rows_backward(store, question.series, {after(question.to), after(question.from)}, limit);
}

Result<std::optional<Sample>> nearest(const store::Store& store, SeriesId series, Time time,
                                      bool earlier) {
    TRY_ASSIGN(auto rows, earlier ? rows_backward(store, series, {time_min, after(time)}, 1)
                                  : rows_forward(store, series, {time, time_max}, 1));
    return rows.empty() ? std::nullopt : std::optional(std::move(rows.front()));
}

void add_bound(std::vector<Sample>& out, std::optional<Sample> bound, Time time) {
    out.push_back(bound ? std::move(*bound) : Sample{time, {}, bad_bound_not_found});
}

struct Limits {
    Time first = 0;  // of the series' rows
    Time last = 0;
};

Result<std::optional<Limits>> limits_of(const store::Store& store, SeriesId series) {
    TRY_ASSIGN(const auto latest, store.latest(series));
    if (!latest) {
        return std::nullopt;
    }
    TRY_ASSIGN(const auto first, rows_forward(store, series, {time_min, time_max}, 1));
    return first.empty() ? std::optional<Limits>() : Limits{first.front().time, latest->time};
}

Value result_of(const store::Aggregate& aggregate, const ProcessedQuestion& question) {
    const auto as_source = [&question](double number) {
        return question.type == ValueType::Int64 ? Value(static_cast<std::int64_t>(number))
                                                 : Value(number);
    };
    switch (question.aggregation) {
        case Aggregation::Average: return aggregate.average();
        case Aggregation::Minimum: return as_source(aggregate.min);
        case Aggregation::Maximum: return as_source(aggregate.max);
        case Aggregation::Range: return as_source(aggregate.max - aggregate.min);
        case Aggregation::Count: return static_cast<std::int64_t>(aggregate.count);
    }
    return {};
}

// OPC 10000-13, 5.4.3.2: by the share of rows that count.
Quality quality_of(const store::Aggregate& aggregate, const AggregateRules& rules) {
    if (aggregate.rows == 0) {
        return Quality{calculated};
    }
    const double good =
        100.0 * static_cast<double>(aggregate.count) / static_cast<double>(aggregate.rows);
    if (100.0 - good >= rules.percent_bad) {
        return quality::bad;
    }
    return good >= rules.percent_good ? Quality{calculated}
                                      : Quality{uncertain_data_sub_normal.code | calculated};
}

Sample summary(const store::Aggregate& aggregate, Time start, Time end, bool whole,
               const std::optional<Limits>& limits, const ProcessedQuestion& question) {
    const bool counts = question.aggregation == Aggregation::Count;
    const bool outside = !limits || end <= limits->first || start > limits->last;
    if (outside || (!counts && aggregate.rows == 0)) {
        return {start, {}, bad_no_data};
    }
    Quality quality = quality_of(aggregate, question.rules);
    if (!counts && aggregate.count == 0) {
        return {start, {}, quality.bad() ? quality : bad_no_data};
    }
    if (quality.bad()) {
        return {start, {}, quality};
    }
    if (!whole) {
        quality.code |= partial;
    }
    return {start, result_of(aggregate, question), quality};
}

}  // namespace

Result<RawPart> read_raw(const store::Store& store, const RawQuestion& question) {
    RawPart out;
    if (question.from == question.to) {
        TRY_ASSIGN(out.samples,
                   rows_forward(store, question.series, {question.from, after(question.from)}, 1));
        return out;
    }
    const std::size_t limit = std::max<std::size_t>(question.limit, 1);
    TRY_ASSIGN(auto rows, rows_between(store, question, limit + 1));
    if (question.start_bound && (rows.empty() || rows.front().time != question.from)) {
        TRY_ASSIGN(auto bound, nearest(store, question.series, question.from, question.forward));
        add_bound(out.samples, std::move(bound), question.from);
    }
    for (Sample& row : rows) {
        if (out.samples.size() >= limit) {
            out.next = row.time;
            return out;
        }
        out.samples.push_back(std::move(row));
    }
    if (question.end_bound) {
        if (out.samples.size() >= limit) {
            out.next = question.to;
            return out;
        }
        TRY_ASSIGN(auto bound, nearest(store, question.series, question.to, !question.forward));
        add_bound(out.samples, std::move(bound), question.to);
    }
    return out;
}

std::optional<Aggregation> aggregation_of(std::uint32_t node) {
    switch (node) {
        case 2342: return Aggregation::Average;
        case 2346: return Aggregation::Minimum;
        case 2347: return Aggregation::Maximum;
        case 2350: return Aggregation::Range;
        case 2352: return Aggregation::Count;
        default: return std::nullopt;
    }
}

Result<RawPart> read_processed(const store::Store& store, const ProcessedQuestion& question) {
    RawPart out;
    TRY_ASSIGN(const auto limits, limits_of(store, question.series));
    const Time wide = question.to - question.from;
    const Time step =
        question.interval.count() > 0 ? std::min(question.interval.count(), wide) : wide;
    const auto intervals = static_cast<std::size_t>((wide - 1) / step + 1);
    const std::size_t limit = std::min(intervals, std::max<std::size_t>(question.limit, 1));
    const Time end =
        limit == intervals ? question.to : question.from + static_cast<Time>(limit) * step;
    std::vector<store::Aggregate> found(limit);
    TRY(store.aggregate(
        std::span(&question.series, 1), {question.from, end}, Duration{step},
        [&](const store::Bucket& bucket) {
            const Time at = (bucket.start - question.from) / step;
            found[static_cast<std::size_t>(at)] = bucket.aggregate;
            return true;
        },
        {.usable = question.rules.uncertain_is_bad ? store::Usable::Good : store::Usable::NotBad,
         .deviation = false}));
    for (std::size_t i = 0; i < limit; ++i) {
        const Time start = question.from + static_cast<Time>(i) * step;
        const bool whole = end - start >= step;
        out.samples.push_back(
            summary(found[i], start, whole ? start + step : end, whole, limits, question));
    }
    if (limit < intervals) {
        out.next = end;
    }
    return out;
}

}  // namespace gantry::opcua

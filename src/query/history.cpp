// SPDX-License-Identifier: Apache-2.0
#include "query/history.h"

#include <algorithm>
#include <array>

#include "store/look_back.h"

namespace gantry::query {
namespace {

constexpr std::array<std::string_view, 11> names = {"count",  "good_count", "min",     "max",
                                                    "sum",    "avg",        "first",   "last",
                                                    "stddev", "time_avg",   "integral"};

bool is_time_weighted(AggregateKind kind) {
    return kind == AggregateKind::TimeAverage || kind == AggregateKind::Integral;
}

}  // namespace

std::optional<double> value_of(const store::Aggregate& aggregate, AggregateKind kind) {
    if (kind == AggregateKind::Count) {
        return static_cast<double>(aggregate.count);
    }
    if (kind == AggregateKind::GoodCount) {
        return static_cast<double>(aggregate.good_count);
    }
    const bool weighted = is_time_weighted(kind);
    if (!aggregate.numeric || (weighted ? aggregate.duration : aggregate.count) == 0) {
        return std::nullopt;
    }
    switch (kind) {
        case AggregateKind::TimeAverage: return aggregate.time_weighted_average();
        case AggregateKind::Integral: return aggregate.integral;
        case AggregateKind::Min: return aggregate.min;
        case AggregateKind::Max: return aggregate.max;
        case AggregateKind::Sum: return aggregate.sum;
        case AggregateKind::Average: return aggregate.average();
        case AggregateKind::First: return aggregate.first;
        case AggregateKind::Last: return aggregate.last;
        case AggregateKind::Deviation: return aggregate.deviation();
        default: return std::nullopt;
    }
}

store::AggregateOptions options_for(const std::vector<AggregateKind>& aggregates,
                                    store::Usable usable) {
    return {
        .usable = usable,
        .time_weighted = std::ranges::any_of(aggregates, is_time_weighted),
        .deviation = std::ranges::find(aggregates, AggregateKind::Deviation) != aggregates.end()};
}

Result<> check_buckets(TimeRange range, Duration every, std::size_t most) {
    const auto wide = static_cast<double>(range.to) - static_cast<double>(range.from);
    if (every.count() <= 0 ||
        wide / static_cast<double>(every.count()) > static_cast<double>(most)) {
        return fail(
            Code::InvalidArgument,
            "the range from {} to {} has more than {} buckets of {}: ask for a shorter range "
            "or longer buckets",
            format_time(range.from), format_time(range.to), most, format_duration(every));
    }
    return {};
}

namespace {

void add_bucket(BucketHistory& out, Time start, const store::Aggregate& aggregate,
                const std::vector<AggregateKind>& aggregates) {
    out.time.push_back(start);
    out.quality.push_back(aggregate.quality());
    for (std::size_t i = 0; i < aggregates.size(); ++i) {
        out.values[i].push_back(value_of(aggregate, aggregates[i]));
    }
}

// The last usable value before a time.
Result<std::optional<double>> value_before(const store::Store& store, SeriesId series, Time time,
                                           store::Usable usable) {
    Result<> done;
    const auto last = store::look_back(time, [&](TimeRange range) {
        std::optional<double> found;
        if (done) {
            done = store.aggregate(std::span(&series, 1), range, Duration{0},
                                   [&found](const store::Bucket& bucket) {
                                       if (bucket.aggregate.numeric) {
                                           found = bucket.aggregate.last;
                                       }
                                       return true;
                                   },
                                   {.usable = usable, .deviation = false});
        }
        return found;
    });
    TRY(done);
    return last;
}

// Puts a bucket wherever one is missing.
BucketHistory with_all_buckets(const BucketHistory& have, TimeRange range, Duration every) {
    BucketHistory out;
    out.work = have.work;
    out.values.resize(have.values.size());
    std::size_t at = 0;
    for (Time start = range.from; start < range.to; start += every.count()) {
        const bool present = at < have.time.size() && have.time[at] == start;
        out.time.push_back(start);
        out.quality.push_back(present ? have.quality[at] : quality::bad);
        for (std::size_t i = 0; i < have.values.size(); ++i) {
            out.values[i].push_back(present ? have.values[i][at] : std::nullopt);
        }
        at += present ? 1 : 0;
    }
    return out;
}

void fill_previous(std::vector<std::optional<double>>& column, std::vector<Quality>& quality,
                   std::optional<double> last) {
    for (std::size_t i = 0; i < column.size(); ++i) {
        if (column[i]) {
            last = column[i];
        } else if (last) {
            column[i] = last;
            quality[i] = quality::uncertain_last_usable_value;
        }
    }
}

void fill_linear(std::vector<std::optional<double>>& column, std::vector<Quality>& quality) {
    std::optional<std::size_t> before;
    for (std::size_t i = 0; i < column.size(); ++i) {
        if (!column[i]) {
            continue;
        }
        if (before) {
            const double start = *column[*before];
            const double slope = (*column[i] - start) / static_cast<double>(i - *before);
            for (std::size_t k = *before + 1; k < i; ++k) {
                column[k] = start + slope * static_cast<double>(k - *before);
                quality[k] = quality::uncertain;
            }
        }
        before = i;
    }
}

bool counts(AggregateKind kind) {
    return kind == AggregateKind::Count || kind == AggregateKind::GoodCount;
}

}  // namespace

std::string_view aggregate_name(AggregateKind kind) {
    return names[static_cast<std::size_t>(kind)];
}

std::optional<AggregateKind> parse_aggregate(std::string_view name) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == name) {
            return static_cast<AggregateKind>(i);
        }
    }
    return std::nullopt;
}

std::optional<Fill> parse_fill(std::string_view name) {
    return name == "none"       ? std::optional(Fill::None)
           : name == "previous" ? std::optional(Fill::Previous)
           : name == "linear"   ? std::optional(Fill::Linear)
                                : std::nullopt;
}

Result<RawHistory> raw_history(const store::Store& store, SeriesId series, TimeRange range,
                               std::size_t limit) {
    RawHistory out;
    TRY(store.scan(std::span(&series, 1), range, [&](const store::Chunk& chunk) {
        for (std::size_t i = 0; i < chunk.size(); ++i) {
            const Row row = chunk.row(i);
            if (out.samples.size() == limit) {
                out.next = row.time;
                return false;
            }
            out.samples.push_back({row.time, row.value(), row.quality});
        }
        return true;
    }));
    return out;
}

Result<BucketHistory> bucket_history(const store::Store& store, SeriesId series, TimeRange range,
                                     Duration every, const std::vector<AggregateKind>& aggregates,
                                     Fill fill, store::Usable usable) {
    BucketHistory out;
    out.values.resize(aggregates.size());
    if (range.empty()) {
        return out;
    }
    TRY(check_buckets(range, every, buckets_max));
    store::AggregateOptions options = options_for(aggregates, usable);
    options.work = &out.work;
    TRY(store.aggregate(
        std::span(&series, 1), range, every,
        [&](const store::Bucket& bucket) {
            add_bucket(out, bucket.start, bucket.aggregate, aggregates);
            return true;
        },
        options));
    if (fill == Fill::None) {
        return out;
    }
    out = with_all_buckets(out, range, every);
    for (std::size_t i = 0; i < aggregates.size(); ++i) {
        if (counts(aggregates[i])) {
            for (auto& value : out.values[i]) {
                value = value.value_or(0);
            }
        } else if (fill == Fill::Linear) {
            fill_linear(out.values[i], out.quality);
        } else {
            std::optional<double> last;
            if (!out.values[i].empty() && !out.values[i].front()) {
                TRY_ASSIGN(last, value_before(store, series, range.from, usable));
            }
            fill_previous(out.values[i], out.quality, last);
        }
    }
    return out;
}

Result<std::optional<Sample>> latest(const store::Store& store, SeriesId series) {
    return store.latest(series);
}

}  // namespace gantry::query

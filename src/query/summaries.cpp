// SPDX-License-Identifier: Apache-2.0
#include "query/summaries.h"

#include <algorithm>

namespace gantry::query {

std::optional<store::Usable> parse_usable(std::string_view name) {
    return name == "good"        ? std::optional(store::Usable::Good)
           : name == "uncertain" ? std::optional(store::Usable::NotBad)
           : name == "all"       ? std::optional(store::Usable::Any)
                                 : std::nullopt;
}

Result<RawHistory> usable_history(const store::Store& store, SeriesId series, TimeRange range,
                                  std::size_t limit, store::Usable usable) {
    if (usable == store::Usable::Any) {
        return raw_history(store, series, range, limit);
    }
    RawHistory out;
    TRY(store.scan(std::span(&series, 1), range, [&](const store::Chunk& chunk) {
        for (std::size_t i = 0; i < chunk.size(); ++i) {
            const Row row = chunk.row(i);
            if (!store::is_usable(row.quality, usable)) {
                continue;
            }
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

Result<BucketHistory> group_history(const store::Store& store, std::span<const SeriesId> series,
                                    TimeRange range, Duration every,
                                    const std::vector<AggregateKind>& aggregates,
                                    store::Usable usable) {
    BucketHistory out;
    out.values.resize(aggregates.size());
    if (range.empty() || series.empty()) {
        return out;
    }
    if (every > Duration{0}) {
        TRY(check_buckets(range, every, buckets_max));
    }
    store::AggregateOptions options = options_for(aggregates, usable);
    options.work = &out.work;
    TRY(store.aggregate_group(
        series, range, every,
        [&](const store::Bucket& bucket) {
            out.time.push_back(bucket.start);
            out.quality.push_back(bucket.aggregate.quality());
            for (std::size_t i = 0; i < aggregates.size(); ++i) {
                out.values[i].push_back(value_of(bucket.aggregate, aggregates[i]));
            }
            return true;
        },
        options));
    return out;
}

Result<StateHistory> state_history(const store::Store& store, SeriesId series, TimeRange range,
                                   Duration every, store::Usable usable) {
    StateHistory out;
    if (range.empty()) {
        return out;
    }
    if (range.from == time_min || range.to == time_max) {
        return fail(Code::InvalidArgument,
                    "states last until the range ends: say where it begins and where it ends");
    }
    if (every > Duration{0}) {
        TRY(check_buckets(range, every, state_buckets_max));
    }
    for (Time from = range.from; from < range.to;) {
        Time to = range.to;
        if (every == Duration{0} || __builtin_add_overflow(from, every.count(), &to)) {
            to = range.to;
        }
        to = std::min(to, range.to);
        TRY_ASSIGN(const auto states, store.state_durations(series, {from, to}, usable));
        for (const store::StateDuration& state : states) {
            out.time.push_back(from);
            out.state.push_back(state.value);
            out.duration.push_back(state.duration);
            out.entries.push_back(state.entries);
        }
        from = to;
    }
    return out;
}

}  // namespace gantry::query

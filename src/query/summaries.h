// SPDX-License-Identifier: Apache-2.0
// What many points come to together, how long one was in which state, and which rows count.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "query/history.h"

namespace gantry::query {

// "good": only good rows count; "uncertain": those too, but no bad ones; "all": all that have a
// value.
std::optional<store::Usable> parse_usable(std::string_view name);

// Rows of one point in a range that are of that quality, at most `limit`. For Usable::Any all, also
// those without a value.
Result<RawHistory> usable_history(const store::Store& store, SeriesId series, TimeRange range,
                                  std::size_t limit, store::Usable usable);

// All series together, as if their rows were of one: a row counts as much as any other, so a
// series that has more of them weighs more (but for the time-weighted ones, where each moment of
// each series weighs the same). Buckets of length `every` from range.from on, which must be a real
// time; every = 0 is one bucket. InvalidArgument: more than buckets_max of them.
Result<BucketHistory> group_history(const store::Store& store, std::span<const SeriesId> series,
                                    TimeRange range, Duration every,
                                    const std::vector<AggregateKind>& aggregates,
                                    store::Usable usable);

// How long a series had which value, bucket by bucket: a row for each state that it was in.
struct StateHistory {
    std::vector<Time> time;  // of the bucket
    std::vector<Value> state;
    std::vector<std::uint64_t> duration;  // nanoseconds
    std::vector<std::uint64_t> entries;   // times that it was entered in this bucket
};

inline constexpr std::size_t state_buckets_max = 10'000;

// A value holds until the next row, the last until the range ends. Rows that are not usable, and
// times before the first row, belong to no state. every = 0 is one bucket. InvalidArgument: more
// than state_buckets_max of them, or an endless range. TooLarge: it is no series of states.
Result<StateHistory> state_history(const store::Store& store, SeriesId series, TimeRange range,
                                   Duration every, store::Usable usable = store::Usable::NotBad);

}  // namespace gantry::query

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "directory/directory.h"
#include "store/store.h"

namespace gantry::query {

enum class AggregateKind : unsigned char {
    Count,
    GoodCount,
    Min,
    Max,
    Sum,
    Average,
    First,
    Last,
    Deviation,
    TimeAverage,  // each value weighed by how long it held
    Integral      // value × seconds
};
std::string_view aggregate_name(AggregateKind kind);
std::optional<AggregateKind> parse_aggregate(std::string_view name);

// What a bucket without rows gets.
enum class Fill : unsigned char {
    None,      // it is left out
    Previous,  // the last value before it
    Linear,    // a value on the line between its neighbours; none at the ends
};
std::optional<Fill> parse_fill(std::string_view name);

// Raw rows of one point, oldest first.
struct RawHistory {
    std::vector<Sample> samples;
    // More rows follow; the next begins at this time.
    std::optional<Time> next;
};

// Buckets of one point, oldest first: a column of times, and one of values for each aggregate that
// was asked for; no value where a bucket has no usable row.
struct BucketHistory {
    std::vector<Time> time;
    std::vector<std::vector<std::optional<double>>> values;
    std::vector<Quality> quality;
    store::AggregateWork work;  // that made them
};

inline constexpr std::size_t buckets_max = 100'000;

// Rows of one point in a range, at most `limit`.
Result<RawHistory> raw_history(const store::Store& store, SeriesId series, TimeRange range,
                               std::size_t limit);

// Buckets of length `every` from range.from on. InvalidArgument: more than buckets_max of them, or
// an endless range. With Fill::Previous a value from before the range is used for buckets at its
// start.
Result<BucketHistory> bucket_history(const store::Store& store, SeriesId series, TimeRange range,
                                     Duration every, const std::vector<AggregateKind>& aggregates,
                                     Fill fill, store::Usable usable = store::Usable::NotBad);

// What an aggregate comes to; nothing where no row was usable.
std::optional<double> value_of(const store::Aggregate& aggregate, AggregateKind kind);
// What the store is asked for these.
store::AggregateOptions options_for(const std::vector<AggregateKind>& aggregates,
                                    store::Usable usable);
// InvalidArgument: so many buckets, or endlessly many.
Result<> check_buckets(TimeRange range, Duration every, std::size_t most);

// The latest sample of a point; none if it never had one.
Result<std::optional<Sample>> latest(const store::Store& store, SeriesId series);

}  // namespace gantry::query

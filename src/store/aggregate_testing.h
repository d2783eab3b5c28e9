// SPDX-License-Identifier: Apache-2.0
// Aggregates made again from a map of all rows. Not part of the program.
#pragma once

#include <array>
#include <cmath>
#include <map>

#include "store/store_testing.h"

namespace gantry::store {

using Rows = std::map<Time, std::pair<Value, Quality>>;

inline Value some_value(ValueType type, SeededRandom& random) {
    if (random.chance(0.02)) {
        return std::monostate();
    }
    switch (type) {
        case ValueType::Bool: return random.chance(0.5);
        case ValueType::Int64: return static_cast<std::int64_t>(random.below(2000)) - 1000;
        case ValueType::Float64:
            return random.chance(0.02) ? std::nan("")
                                       : static_cast<double>(random.below(10'000)) / 100 - 20;
        default: return std::format("state {}", random.below(4));
    }
}

inline Quality some_quality(SeededRandom& random) {
    return random.chance(0.02)   ? quality::bad_sensor_failure
           : random.chance(0.02) ? quality::uncertain
                                 : quality::good;
}

inline bool is_usable(const Value& value, Quality quality, Usable usable) {
    const std::optional<double> number = to_number(value);
    const bool text = type_of(value) == ValueType::String;
    return (usable == Usable::Any || (usable == Usable::Good ? quality.good() : !quality.bad())) &&
           (text || (number && !std::isnan(*number)));
}

// From the rows one by one; what is time-weighted over the whole of [from, to).
inline Aggregate naive(const Rows& rows, Time from, Time to, Usable usable = Usable::NotBad) {
    Aggregate out;
    std::vector<double> values;
    const auto hold = [&](Rows::const_iterator at, Time begin, Time end) {
        const auto& [value, quality] = at->second;
        if (begin < end && is_usable(value, quality, usable)) {
            out.duration += static_cast<std::uint64_t>(end - begin);
            out.integral += to_number(value).value_or(0) * static_cast<double>(end - begin) / 1e9;
        }
    };
    const auto end = rows.lower_bound(to);
    auto at = rows.lower_bound(from);
    if (at != rows.begin()) {
        hold(std::prev(at), from, at == rows.end() ? to : std::min(to, at->first));
    }
    for (; at != end; ++at) {
        const auto& [value, quality] = at->second;
        const auto next = std::next(at);
        hold(at, at->first, next == rows.end() ? to : std::min(to, next->first));
        ++out.rows;
        if (!is_usable(value, quality, usable)) {
            continue;
        }
        ++out.count;
        out.good_count += quality.good() ? 1 : 0;
        out.last_time = at->first;
        out.first_time = out.count == 1 ? at->first : out.first_time;
        if (const auto number = to_number(value)) {
            values.push_back(*number);
            out.sum += *number;
        }
    }
    if (!values.empty()) {
        out.numeric = true;
        out.min = *std::ranges::min_element(values);
        out.max = *std::ranges::max_element(values);
        out.first = values.front();
        out.last = values.back();
        for (const double value : values) {
            out.square_sum += (value - out.first) * (value - out.first);
        }
    }
    return out;
}

inline void expect_buckets(const Store& store, SeriesId id, const Rows& rows, TimeRange range,
                           Duration every, AggregateOptions options) {
    std::map<Time, Aggregate> buckets;
    must(store.aggregate(
        std::span(&id, 1), range, every,
        [&](const Bucket& bucket) {
            EXPECT_TRUE(buckets.emplace(bucket.start, bucket.aggregate).second);
            return true;
        },
        options));
    std::size_t found = 0;
    const Time length = every.count() == 0 ? range.to - range.from : every.count();
    for (Time start = range.from; start < range.to; start += length) {
        const Aggregate expected =
            naive(rows, start, std::min(range.to, start + length), options.usable);
        if (expected.rows == 0 && (!options.time_weighted || expected.duration == 0)) {
            continue;
        }
        ++found;
        ASSERT_TRUE(buckets.contains(start));
        const Aggregate& got = buckets[start];
        ASSERT_EQ(got.rows, expected.rows);
        ASSERT_EQ(got.count, expected.count);
        ASSERT_EQ(got.good_count, expected.good_count);
        ASSERT_EQ(got.quality(), expected.quality());
        ASSERT_TRUE(got.numeric == expected.numeric || got.count == 0);
        ASSERT_EQ(got.first_time, expected.first_time);
        ASSERT_EQ(got.last_time, expected.last_time);
        if (expected.numeric) {
            ASSERT_EQ(got.min, expected.min);
            ASSERT_EQ(got.max, expected.max);
            ASSERT_EQ(got.first, expected.first);
            ASSERT_EQ(got.last, expected.last);
            ASSERT_NEAR(got.sum, expected.sum, 1e-6);
            ASSERT_NEAR(got.deviation(), expected.deviation(), 1e-6);
        }
        if (options.time_weighted) {
            ASSERT_EQ(got.duration, expected.duration);
            ASSERT_NEAR(got.integral, expected.integral, 1e-4);
        }
    }
    ASSERT_EQ(buckets.size(), found);
}

}  // namespace gantry::store

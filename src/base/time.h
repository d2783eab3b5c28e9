// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace gantry {

// A point in time: nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX time).
// Covers 1677-09-21 to 2262-04-11. A plain integer, because it is a column of every batch.
using Time = std::int64_t;

// A length of time.
using Duration = std::chrono::nanoseconds;

inline constexpr Time time_min = INT64_MIN;
inline constexpr Time time_max = INT64_MAX;

// Half open: from ≤ t < to.
struct TimeRange {
    Time from = time_min;
    Time to = time_max;

    bool contains(Time time) const { return from <= time && time < to; }
    bool empty() const { return from >= to; }
    bool operator==(const TimeRange&) const = default;
};

// RFC 3339 in UTC with as many digits as needed, none to nine: "2026-11-22T08:30:00.25Z".
std::string format_time(Time time);

// RFC 3339 with any offset; "T" may be a space, fractions up to nine digits.
Result<Time> parse_time(std::string_view text);

// A whole number and a unit: ns, us, ms, s, m, h, d. "250ms", "5m".
std::string format_duration(Duration duration);
Result<Duration> parse_duration(std::string_view text);

// A time as people and the API write it: RFC 3339, a date alone (its beginning in UTC), "now", or a
// duration before or after now: "-2h".
Result<Time> parse_time_or_relative(std::string_view text, Time now);

}  // namespace gantry

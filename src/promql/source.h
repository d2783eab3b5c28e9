// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "promql/labels.h"
#include "promql/matcher.h"

namespace gantry::promql {

// Prometheus counts milliseconds since 1970.
using Millis = std::int64_t;

// The value that says that a series has ended: a NaN with these bits and no other. It is stored and
// read like any value.
inline constexpr std::uint64_t stale_bits = 0x7ff0000000000002;
inline bool is_stale(double value) { return std::bit_cast<std::uint64_t>(value) == stale_bits; }

// Windows of equal length whose ends stand at equal distances: the k-th, 0 ≤ k < count, is
// [first_end + k * step - length, first_end + k * step], with both its ends (closed), or without
// its beginning (not closed).
struct Windows {
    Millis first_end = 0;
    Millis step = 1;
    std::size_t count = 0;
    Millis length = 0;
    bool closed = true;

    // Of the k-th, in nanoseconds, half open: what a store counts.
    TimeRange range(std::size_t k) const;
    bool operator==(const Windows&) const = default;
};

// What the rows of one window come to. Only for windows in which no value is NaN (so there is no
// stale marker either): those must be sent as samples.
struct WindowStatistics {
    std::uint64_t count = 0;  // 0: no row in this window; the rest means nothing then
    double sum = 0;
    double min = 0;
    double max = 0;
    double first = 0;
    double last = 0;
    double variance = 0;  // of the population; 0 for one value
};

// What is asked for, so that a source can read less.
struct SelectHints {
    // Every sample that can matter. Others do no harm.
    TimeRange range;
    // The windows that are looked at: of an instant selector those have the length of the lookback,
    // and only the last sample of each matters.
    Windows windows;
    // The function around a range selector ("rate", "avg_over_time"), or "timestamp" around an
    // instant one; else empty.
    std::string_view function;
    // The function needs no more of a window than its statistics: SeriesVisitor::statistics() may
    // be called in place of samples(), a series either way. The answer may then differ in the last
    // digits.
    bool statistics_suffice = false;
    // No sample of a series but the last one in the range matters: others need not be sent. If that
    // is a stale marker: for `last_over_time` the last that is none.
    bool last_suffices = false;
};

// Takes what a source has found. An error means that no more is wanted: the source returns it.
class SeriesVisitor {
public:
    virtual ~SeriesVisitor() = default;
    // A series begins; the one before it is complete. Each series comes once, in any order. The
    // labels have the metric's name among them.
    virtual Result<> series(const Labels& labels) = 0;
    // Samples of the current series, in rising time, in any number of pieces. Times are nanoseconds
    // as everywhere in Gantry; they are cut down to milliseconds, and of several within one
    // millisecond the last counts. The spans are good during the call only.
    virtual Result<> samples(std::span<const Time> time, std::span<const double> value) = 0;
    // All windows of the current series at once: hints.windows.count of them.
    virtual Result<> statistics(std::span<const WindowStatistics> windows) = 0;
};

// Where samples come from. Called by one thread at a time. An error ends the query and is passed on
// as it is.
class Source {
public:
    virtual ~Source() = default;
    // All series that fit every matcher and may have a sample in hints.range. At least one of the
    // matchers refuses the empty text (the parser sees to that).
    virtual Result<> select(std::span<const Matcher> matchers, const SelectHints& hints,
                            SeriesVisitor& visitor) = 0;
};

}  // namespace gantry::promql

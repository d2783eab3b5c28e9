// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "promql/detail/work.h"
#include "promql/function.h"
#include "promql/source.h"

namespace gantry::promql {

// The times at which an expression is evaluated.
struct Grid {
    Millis start = 0;
    Millis step = 1;
    std::size_t count = 1;

    Millis at(std::size_t index) const { return start + static_cast<Millis>(index) * step; }
};

// Of one series, without stale markers, in rising time.
struct Samples {
    std::span<const Millis> time;
    std::span<const double> value;

    std::size_t size() const { return time.size(); }
};

// What a function over windows takes besides: numbers, one a step, and the times of the steps.
struct WindowArguments {
    Grid grid;
    std::span<const double> first;
    std::span<const double> second;
};

// The function of each window into `out`, `absent` where it has no value there. Windows that
// overlap are slid: a sample enters once and leaves once, but for quantiles and regressions, which
// read every window anew. Stops early when the work is over.
void over_windows(FunctionKind function, const Samples& samples, const Windows& windows,
                  const WindowArguments& arguments, std::span<double> out, Work& work);

// The same from the statistics of the windows, for the functions that need no more.
bool statistics_suffice(FunctionKind function);
void over_statistics(FunctionKind function, std::span<const WindowStatistics> windows,
                     std::span<double> out);

// The latest sample of each window, `absent` where there is none or where it says that the series
// has ended; stale markers are among the samples here. With `times` the times in seconds instead.
void latest_in_windows(const Samples& samples, const Windows& windows, bool times,
                       std::span<double> out);

// Prometheus' φ-quantile of values in any order, which are sorted; NaN is the least.
double quantile(double phi, std::span<double> values);

}  // namespace gantry::promql

// SPDX-License-Identifier: Apache-2.0
// The arithmetic of single windows.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "promql/source.h"

namespace gantry::promql {

// Where a counter began anew, and how much it had counted until then.
class Resets {
public:
    Resets(std::span<const double> values, bool counter);

    // Of the samples [from, to); neither may become less from call to call.
    double lost(std::size_t from, std::size_t to) {
        while (next_ < places_.size() && places_[next_].index < to) {
            ++next_;
        }
        while (first_ < next_ && places_[first_].index <= from) {
            ++first_;
        }
        double sum = 0;
        for (std::size_t i = first_; i < next_; ++i) {
            sum += places_[i].value_before;
        }
        return sum;
    }

    // How many there are in the window that was asked for last.
    std::size_t count() const { return next_ - first_; }

private:
    struct Place {
        std::size_t index;
        double value_before;
    };
    std::vector<Place> places_;
    std::size_t first_ = 0;
    std::size_t next_ = 0;
};

struct Change {
    Millis first_time = 0;
    Millis last_time = 0;
    double first = 0;
    double last = 0;
    double lost = 0;  // by resets
    std::size_t count = 0;
    Millis begin = 0;  // of the window
    Millis end = 0;
};

// How much a value changed in a window, of which the samples cover a part only: extended to the
// window's ends, or by half the distance of two samples where the next one must be far. A counter
// is not extended below zero. As a rate it is divided by the window's seconds.
double extrapolated(const Change& change, bool counter, bool rate);

struct Line {
    double slope = 0;  // a second
    double value = 0;  // at the origin
};

// Least squares.
Line regression(std::span<const Millis> times, std::span<const double> values, Millis origin);

// Double exponential smoothing (Holt).
double smoothed(std::span<const double> values, double level_factor, double trend_factor);

}  // namespace gantry::promql

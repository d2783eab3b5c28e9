// SPDX-License-Identifier: Apache-2.0
#include "promql/detail/rates.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "promql/detail/fold.h"

namespace gantry::promql {

Resets::Resets(std::span<const double> values, bool counter) {
    for (std::size_t i = 1; counter && i < values.size(); ++i) {
        if (values[i] < values[i - 1]) {
            places_.push_back({i, values[i - 1]});
        }
    }
}

double extrapolated(const Change& change, bool counter, bool rate) {
    const auto seconds = [](Millis millis) { return static_cast<double>(millis) / 1000; };
    const double sampled = seconds(change.last_time - change.first_time);
    const double between = sampled / static_cast<double>(change.count - 1);
    const double far = between * 1.1;
    double before = seconds(change.first_time - change.begin);
    double behind = seconds(change.end - change.last_time);
    double total = change.last - change.first + change.lost;
    if (before >= far) {
        before = between / 2;
    }
    if (counter && total > 0 && change.first >= 0) {
        // Where it would have begun at zero.
        before = std::min(before, sampled * (change.first / total));
    }
    if (behind >= far) {
        behind = between / 2;
    }
    double factor = (sampled + before + behind) / sampled;
    if (rate) {
        factor /= seconds(change.end - change.begin);
    }
    return total * factor;
}

Line regression(std::span<const Millis> times, std::span<const double> values, Millis origin) {
    bool same = true;
    Sum x;
    Sum y;
    Sum xy;
    Sum xx;
    for (std::size_t i = 0; i < values.size(); ++i) {
        same &= i == 0 || values[i] == values[0];
        const double at = static_cast<double>(times[i] - origin) / 1000;
        x.add(at);
        y.add(values[i]);
        xy.add(at * values[i]);
        xx.add(at * at);
    }
    if (same) {
        if (std::isinf(values[0])) {
            constexpr double none = std::numeric_limits<double>::quiet_NaN();
            return {none, none};
        }
        return {0, values[0]};
    }
    const auto count = static_cast<double>(values.size());
    const double sum_x = x.sum + x.lost;
    const double sum_y = y.sum + y.lost;
    const double covariance = xy.sum + xy.lost - sum_x * sum_y / count;
    const double variance = xx.sum + xx.lost - sum_x * sum_x / count;
    const double slope = covariance / variance;
    return {slope, sum_y / count - slope * sum_x / count};
}

double smoothed(std::span<const double> values, double level_factor, double trend_factor) {
    double level_before = 0;
    double level = values[0];
    double trend = values[1] - values[0];
    for (std::size_t i = 1; i < values.size(); ++i) {
        if (i > 1) {
            trend = trend_factor * (level - level_before) + (1 - trend_factor) * trend;
        }
        const double next = level_factor * values[i] + (1 - level_factor) * (level + trend);
        level_before = level;
        level = next;
    }
    return level;
}

}  // namespace gantry::promql

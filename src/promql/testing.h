// SPDX-License-Identifier: Apache-2.0
// What the tests, fuzzers and benchmarks of PromQL share. Not part of the program.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "promql/query.h"

namespace gantry::promql::testing {

inline Labels labels_of(std::string_view text) {
    Labels labels;
    const auto matchers = parse_selector(text);
    for (const Matcher& matcher : matchers ? *matchers : std::vector<Matcher>()) {
        labels.set(matcher.name(), matcher.value());
    }
    return labels;
}

// Series in memory.
class MemorySource final : public Source {
public:
    struct Series {
        Labels labels;
        std::vector<Time> time;
        std::vector<double> value;
    };

    // Samples at `start`, `start + step`, … in milliseconds.
    void add(std::string_view labels, Millis start, Millis step, std::vector<double> values) {
        Series made;
        made.labels = labels_of(labels);
        for (std::size_t i = 0; i < values.size(); ++i) {
            made.time.push_back((start + static_cast<Millis>(i) * step) * 1'000'000);
        }
        made.value = std::move(values);
        series.push_back(std::move(made));
    }

    Result<> select(std::span<const Matcher> matchers, const SelectHints& hints,
                    SeriesVisitor& visitor) override {
        last_hints = hints;
        for (const Series& one : series) {
            if (!matches_all(matchers, one.labels)) {
                continue;
            }
            if (auto taken = visitor.series(one.labels); !taken) {
                return taken;
            }
            const auto from = std::ranges::lower_bound(one.time, hints.range.from);
            const auto to = std::ranges::lower_bound(one.time, hints.range.to);
            const auto first = static_cast<std::size_t>(from - one.time.begin());
            const auto count = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, to - from));
            const auto times = std::span(one.time).subspan(first, count);
            const auto values = std::span(one.value).subspan(first, count);
            const bool any_nan =
                std::ranges::any_of(values, [](double v) { return std::isnan(v); });
            if (with_statistics && hints.statistics_suffice && !any_nan) {
                statistics_given = true;
                if (auto taken = give_statistics(one, hints.windows, visitor); !taken) {
                    return taken;
                }
                continue;
            }
            for (std::size_t at = 0; at < count; at += piece) {
                const std::size_t size = std::min(piece, count - at);
                if (auto taken = visitor.samples(times.subspan(at, size), values.subspan(at, size));
                    !taken) {
                    return taken;
                }
            }
        }
        return {};
    }

    std::vector<Series> series;
    std::size_t piece = 1000;
    bool with_statistics = false;
    bool statistics_given = false;
    SelectHints last_hints;

private:
    static Result<> give_statistics(const Series& one, const Windows& windows,
                                    SeriesVisitor& visitor) {
        std::vector<WindowStatistics> all(windows.count);
        for (std::size_t k = 0; k < windows.count; ++k) {
            WindowStatistics& window = all[k];
            const TimeRange range = windows.range(k);
            double squares = 0;
            for (std::size_t i = 0; i < one.time.size(); ++i) {
                if (!range.contains(one.time[i])) {
                    continue;
                }
                const double value = one.value[i];
                window.first = window.count == 0 ? value : window.first;
                window.min = window.count == 0 ? value : std::min(window.min, value);
                window.max = window.count == 0 ? value : std::max(window.max, value);
                window.last = value;
                window.sum += value;
                squares += value * value;
                ++window.count;
            }
            const auto count = static_cast<double>(window.count);
            const double mean = window.sum / count;
            window.variance = std::max(0.0, squares / count - mean * mean);
        }
        return visitor.statistics(all);
    }
};

}  // namespace gantry::promql::testing

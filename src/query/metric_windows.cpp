// SPDX-License-Identifier: Apache-2.0
#include "query/metric_windows.h"

#include <algorithm>
#include <cmath>

namespace gantry::query {
namespace {

constexpr Time millisecond = 1'000'000;

// As it is sent: a row without a good or uncertain value is a stale marker.
double number_of(const store::LastRow& row) {
    if (row.type == ValueType::Null || row.quality.bad()) {
        return std::bit_cast<double>(promql::stale_bits);
    }
    return row.type == ValueType::Float64
               ? std::bit_cast<double>(row.bits)
               : static_cast<double>(static_cast<std::int64_t>(row.bits));
}

// The windows of one series after the other, put together from their buckets.
class Windowing {
public:
    Windowing(std::span<const SeriesId> series, const promql::Windows& windows, bool deviation)
        : series_(series), windows_(windows), from_(windows.range(0).from), deviation_(deviation) {
        statistics_.resize(windows.count);
    }

    // False: the visitor wants no more.
    template <class Finish>
    bool take(const store::Bucket& bucket, Finish finish) {
        if (begun_ && series_[at_] != bucket.series && !finish()) {
            return false;
        }
        if (!begun_ || series_[at_] != bucket.series) {
            while (series_[at_] != bucket.series) {
                ++at_;
            }
            begun_ = true;
            samples_needed_ = false;
            std::ranges::fill(statistics_, promql::WindowStatistics());
        }
        add(bucket.start, bucket.aggregate);
        return true;
    }

    bool begun() const { return begun_; }
    std::size_t place() const { return at_; }
    bool samples_needed() const { return samples_needed_; }
    std::span<const promql::WindowStatistics> statistics() const { return statistics_; }

private:
    void add(Time start, const store::Aggregate& found) {
        if (found.count != found.rows || !found.numeric || !std::isfinite(found.sum)) {
            samples_needed_ = true;
            return;
        }
        const double deviation = deviation_ ? found.deviation() : 0;
        const double variance = deviation * deviation;
        if (!std::isfinite(variance)) {
            samples_needed_ = true;
            return;
        }
        const std::size_t k = windows_.count == 1 ? 0 : place_of(start);
        if (k < statistics_.size()) {
            statistics_[k] = {.count = found.count,
                              .sum = found.sum,
                              .min = found.min,
                              .max = found.max,
                              .first = found.first,
                              .last = found.last,
                              .variance = variance};
        }
        // A closed window has the first moment of the next one, too.
        if (k > 0 && windows_.closed && found.first_time - start < millisecond) {
            add_one(statistics_[k - 1], found.first);
        }
    }

    std::size_t place_of(Time start) const {
        return static_cast<std::size_t>((start - from_) / (windows_.step * millisecond));
    }

    static void add_one(promql::WindowStatistics& window, double value) {
        if (window.count == 0) {
            window = {.count = 1,
                      .sum = value,
                      .min = value,
                      .max = value,
                      .first = value,
                      .last = value};
            return;
        }
        const auto count = static_cast<double>(window.count);
        const double difference = value - window.sum / count;
        window.variance =
            (window.variance + difference * difference / (count + 1)) * count / (count + 1);
        ++window.count;
        window.sum += value;
        window.min = std::min(window.min, value);
        window.max = std::max(window.max, value);
        window.last = value;
    }

    std::span<const SeriesId> series_;
    const promql::Windows& windows_;
    const Time from_;
    const bool deviation_;
    std::size_t at_ = 0;
    bool begun_ = false;
    bool samples_needed_ = false;
    std::vector<promql::WindowStatistics> statistics_;
};

}  // namespace

bool windows_are_buckets(const promql::Windows& windows) {
    constexpr promql::Millis year = std::int64_t{366} * 86'400'000;
    return windows.count == 1 || (windows.step == windows.length && windows.step < 100 * year);
}

Result<std::vector<std::size_t>> visit_windows(const store::Store& store,
                                               std::span<const SeriesId> series,
                                               const promql::SelectHints& hints,
                                               const LabelsOf& labels_of,
                                               promql::SeriesVisitor& visitor) {
    const bool deviation = hints.function.starts_with("std");
    Windowing windowing(series, hints.windows, deviation);
    std::vector<std::size_t> left;
    Result<> result;
    const auto finish = [&] {
        if (windowing.samples_needed()) {
            left.push_back(windowing.place());
            return true;
        }
        result = visitor.series(labels_of(windowing.place()));
        if (result) {
            result = visitor.statistics(windowing.statistics());
        }
        return result.has_value();
    };
    const Duration every =
        hints.windows.count == 1 ? Duration{0} : Duration{hints.windows.step * millisecond};
    TRY(store.aggregate(series, hints.range, every,
                        [&](const store::Bucket& bucket) { return windowing.take(bucket, finish); },
                        {.deviation = deviation}));
    if (result && windowing.begun()) {
        finish();
    }
    TRY(std::move(result));
    return left;
}

Result<std::vector<std::size_t>> visit_latest(const store::Store& store,
                                              std::span<const SeriesId> series,
                                              const promql::SelectHints& hints,
                                              const LabelsOf& labels_of,
                                              promql::SeriesVisitor& visitor) {
    const bool skips_stale = !hints.function.empty() && hints.function != "timestamp";
    std::vector<std::size_t> left;
    std::size_t at = 0;
    Result<> result;
    TRY(store.latest(series, [&](SeriesId id, const store::LastRow& row) {
        while (series[at] != id) {
            ++at;
        }
        if (!result || row.time < hints.range.from) {
            return;
        }
        const double value = number_of(row);
        if (row.time >= hints.range.to || (skips_stale && promql::is_stale(value))) {
            left.push_back(at);
            return;
        }
        result = visitor.series(labels_of(at));
        if (result) {
            result = visitor.samples(std::span(&row.time, 1), std::span(&value, 1));
        }
    }));
    TRY(std::move(result));
    return left;
}

}  // namespace gantry::query

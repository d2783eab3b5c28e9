// SPDX-License-Identifier: Apache-2.0
#include "promql/detail/windows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "promql/answer.h"
#include "promql/detail/fold.h"
#include "promql/detail/rates.h"

namespace gantry::promql {
namespace {

// Where each window's samples are: both ends only grow.
class Slide {
public:
    Slide(std::span<const Millis> time, const Windows& windows) : time_(time), windows_(windows) {}

    void move_to(std::size_t window) {
        end_ = windows_.first_end + static_cast<Millis>(window) * windows_.step;
        begin_ = end_ - windows_.length;
        const Millis first = windows_.closed ? begin_ : begin_ + 1;
        while (to_ < time_.size() && time_[to_] <= end_) {
            ++to_;
        }
        while (from_ < to_ && time_[from_] < first) {
            ++from_;
        }
    }
    std::size_t from() const { return from_; }
    std::size_t to() const { return to_; }
    std::size_t size() const { return to_ - from_; }
    Millis begin() const { return begin_; }
    Millis end() const { return end_; }

private:
    std::span<const Millis> time_;
    const Windows& windows_;
    std::size_t from_ = 0;
    std::size_t to_ = 0;
    Millis begin_ = 0;
    Millis end_ = 0;
};

// out[k] = value(slide, k), where the window holds at least `least` samples.
template <class Value>
void each_window(const Samples& samples, const Windows& windows, std::size_t least,
                 std::span<double> out, Value value) {
    Slide slide(samples.time, windows);
    for (std::size_t k = 0; k < windows.count; ++k) {
        slide.move_to(k);
        out[k] = slide.size() < least ? absent : value(slide, k);
    }
}

// The same for what reads the whole window every time.
template <class Value>
void each_window_anew(const Samples& samples, const Windows& windows, std::size_t least,
                      std::span<double> out, Work& work, Value value) {
    each_window(samples, windows, least, out, [&](const Slide& slide, std::size_t k) {
        return work.spend(slide.size() * 4)
                   ? value(samples.value.subspan(slide.from(), slide.size()), slide, k)
                   : absent;
    });
}

// A fold of every window in one step a sample, however the windows overlap: behind the middle it
// is known for every beginning, before it for the one end. When the windows' beginning passes the
// middle, the middle moves to their end.
template <class Fold>
class FoldedWindows {
public:
    explicit FoldedWindows(std::span<const double> values) : values_(values) {
        behind_.resize(values.size());
    }

    Fold fold(std::size_t from, std::size_t to) {
        if (from >= middle_) {
            turn(from, to);
        }
        for (; known_to_ < to; ++known_to_) {
            if (known_to_ == middle_) {
                before_ = Fold::of(values_[known_to_]);
            } else {
                before_.add(values_[known_to_]);
            }
        }
        Fold whole = behind_[from];
        if (known_to_ > middle_) {
            whole.add(before_);
        }
        return whole;
    }

private:
    void turn(std::size_t from, std::size_t to) {
        middle_ = to;
        known_to_ = to;
        behind_[to - 1] = Fold::of(values_[to - 1]);
        for (std::size_t i = to - 1; i-- > from;) {
            Fold whole = Fold::of(values_[i]);
            whole.add(behind_[i + 1]);
            behind_[i] = whole;
        }
    }

    std::span<const double> values_;
    std::vector<Fold> behind_;
    Fold before_;
    std::size_t middle_ = 0;
    std::size_t known_to_ = 0;
};

template <class Fold>
Fold fold_of(std::span<const double> values) {
    Fold whole = Fold::of(values[0]);
    for (const double value : values.subspan(1)) {
        whole.add(value);
    }
    return whole;
}

template <class Fold, class Finish>
void folded(const Samples& samples, const Windows& windows, std::span<double> out, Work& work,
            Finish finish) {
    const bool overlap = windows.length > 2 * windows.step;
    if (!overlap) {
        each_window_anew(samples, windows, 1, out, work,
                         [&](std::span<const double> values, const Slide& slide, std::size_t) {
                             return finish(fold_of<Fold>(values), slide);
                         });
        return;
    }
    if (!work.spend(samples.size() * 8)) {
        return;
    }
    FoldedWindows<Fold> windows_folded(samples.value);
    each_window(samples, windows, 1, out, [&](const Slide& slide, std::size_t) {
        return finish(windows_folded.fold(slide.from(), slide.to()), slide);
    });
}

template <class Fold>
void folded(const Samples& samples, const Windows& windows, std::span<double> out, Work& work) {
    folded<Fold>(samples, windows, out, work,
                 [](const Fold& fold, const Slide&) { return fold.result(); });
}

void average(const Samples& samples, const Windows& windows, std::span<double> out, Work& work) {
    folded<Sum>(samples, windows, out, work, [&](const Sum& sum, const Slide& slide) {
        const double mean = sum.result() / static_cast<double>(slide.size());
        if (std::isfinite(mean) || !work.spend(slide.size() * 4)) {
            return mean;
        }
        Mean exact;
        for (std::size_t i = slide.from(); i < slide.to(); ++i) {
            exact.add(samples.value[i]);
        }
        return exact.result();
    });
}

// How many of the events, which stand at places in rising order, lie in a window: between its
// first sample and its last.
template <class Happens>
void count_pairs(const Samples& samples, const Windows& windows, std::span<double> out,
                 Happens happens) {
    std::vector<std::uint32_t> before(samples.size());
    for (std::size_t i = 1; i < samples.size(); ++i) {
        before[i] = before[i - 1] + (happens(samples.value[i - 1], samples.value[i]) ? 1 : 0);
    }
    each_window(samples, windows, 1, out, [&](const Slide& slide, std::size_t) {
        return static_cast<double>(before[slide.to() - 1] - before[slide.from()]);
    });
}

void rates(FunctionKind function, const Samples& samples, const Windows& windows,
           std::span<double> out, Work& work) {
    const bool counter = function != FunctionKind::Delta;
    Resets resets(samples.value, counter);
    each_window(samples, windows, 2, out, [&](const Slide& slide, std::size_t) {
        const double lost = resets.lost(slide.from(), slide.to());
        if (!work.spend(resets.count())) {
            return absent;
        }
        return extrapolated({.first_time = samples.time[slide.from()],
                             .last_time = samples.time[slide.to() - 1],
                             .first = samples.value[slide.from()],
                             .last = samples.value[slide.to() - 1],
                             .lost = lost,
                             .count = slide.size(),
                             .begin = slide.begin(),
                             .end = slide.end()},
                            counter, function == FunctionKind::Rate);
    });
}

void last_two(FunctionKind function, const Samples& samples, const Windows& windows,
              std::span<double> out) {
    const bool rate = function == FunctionKind::Irate;
    each_window(samples, windows, 2, out, [&](const Slide& slide, std::size_t) {
        const std::size_t last = slide.to() - 1;
        const double value = samples.value[last];
        const double before = samples.value[last - 1];
        const double change = rate && value < before ? value : value - before;
        const auto millis = static_cast<double>(samples.time[last] - samples.time[last - 1]);
        return rate ? change / (millis / 1000) : change;
    });
}

void regressions(FunctionKind function, const Samples& samples, const Windows& windows,
                 const WindowArguments& arguments, std::span<double> out, Work& work) {
    each_window_anew(samples, windows, 2, out, work,
                     [&](std::span<const double> values, const Slide& slide, std::size_t k) {
                         const auto times = samples.time.subspan(slide.from(), slide.size());
                         if (function == FunctionKind::Deriv) {
                             return regression(times, values, times[0]).slope;
                         }
                         const Line line = regression(times, values, arguments.grid.at(k));
                         return line.slope * arguments.first[k] + line.value;
                     });
}

}  // namespace

double quantile(double phi, std::span<double> values) {
    if (values.empty() || std::isnan(phi)) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    if (phi < 0 || phi > 1) {
        return phi < 0 ? -std::numeric_limits<double>::infinity()
                       : std::numeric_limits<double>::infinity();
    }
    const auto less = [](double a, double b) { return std::isnan(a) ? !std::isnan(b) : a < b; };
    const double rank = phi * static_cast<double>(values.size() - 1);
    const double whole = std::floor(rank);
    const auto lower = static_cast<std::size_t>(whole);
    const std::size_t upper = std::min(values.size() - 1, lower + 1);
    const auto place = values.begin() + static_cast<std::ptrdiff_t>(lower);
    std::ranges::nth_element(values, place, less);
    const double next =
        upper == lower ? *place : *std::ranges::min_element(place + 1, values.end(), less);
    const double weight = rank - whole;
    return *place * (1 - weight) + next * weight;
}

void over_windows(FunctionKind function, const Samples& samples, const Windows& windows,
                  const WindowArguments& arguments, std::span<double> out, Work& work) {
    std::vector<double> sorted;
    switch (function) {
        case FunctionKind::AvgOverTime: return average(samples, windows, out, work);
        case FunctionKind::SumOverTime: return folded<Sum>(samples, windows, out, work);
        case FunctionKind::MinOverTime: return folded<Least>(samples, windows, out, work);
        case FunctionKind::MaxOverTime: return folded<Largest>(samples, windows, out, work);
        case FunctionKind::StdvarOverTime: return folded<Spread>(samples, windows, out, work);
        case FunctionKind::StddevOverTime:
            return folded<Spread>(
                samples, windows, out, work,
                [](const Spread& spread, const Slide&) { return std::sqrt(spread.variance()); });
        case FunctionKind::Changes:
            return count_pairs(samples, windows, out, [](double a, double b) {
                return a != b && !(std::isnan(a) && std::isnan(b));
            });
        case FunctionKind::Resets:
            return count_pairs(samples, windows, out, [](double a, double b) { return b < a; });
        case FunctionKind::Rate:
        case FunctionKind::Increase:
        case FunctionKind::Delta: return rates(function, samples, windows, out, work);
        case FunctionKind::Irate:
        case FunctionKind::Idelta: return last_two(function, samples, windows, out);
        case FunctionKind::Deriv:
        case FunctionKind::PredictLinear:
            return regressions(function, samples, windows, arguments, out, work);
        case FunctionKind::QuantileOverTime:
            return each_window_anew(
                samples, windows, 1, out, work,
                [&](std::span<const double> values, const Slide&, std::size_t k) {
                    sorted.assign(values.begin(), values.end());
                    return quantile(arguments.first[k], sorted);
                });
        case FunctionKind::HoltWinters:
            return each_window_anew(
                samples, windows, 2, out, work,
                [&](std::span<const double> values, const Slide&, std::size_t k) {
                    return smoothed(values, arguments.first[k], arguments.second[k]);
                });
        case FunctionKind::LastOverTime:
            return each_window(samples, windows, 1, out, [&](const Slide& slide, std::size_t) {
                return samples.value[slide.to() - 1];
            });
        case FunctionKind::CountOverTime:
            return each_window(samples, windows, 1, out, [](const Slide& slide, std::size_t) {
                return static_cast<double>(slide.size());
            });
        default:
            return each_window(samples, windows, 1, out,
                               [](const Slide&, std::size_t) { return 1.0; });
    }
}

bool statistics_suffice(FunctionKind function) {
    switch (function) {
        case FunctionKind::AbsentOverTime:
        case FunctionKind::AvgOverTime:
        case FunctionKind::CountOverTime:
        case FunctionKind::LastOverTime:
        case FunctionKind::MaxOverTime:
        case FunctionKind::MinOverTime:
        case FunctionKind::PresentOverTime:
        case FunctionKind::StddevOverTime:
        case FunctionKind::StdvarOverTime:
        case FunctionKind::SumOverTime: return true;
        default: return false;
    }
}

void over_statistics(FunctionKind function, std::span<const WindowStatistics> windows,
                     std::span<double> out) {
    const auto value = [&](const WindowStatistics& window) {
        switch (function) {
            case FunctionKind::AvgOverTime: return window.sum / static_cast<double>(window.count);
            case FunctionKind::CountOverTime: return static_cast<double>(window.count);
            case FunctionKind::LastOverTime: return window.last;
            case FunctionKind::MaxOverTime: return window.max;
            case FunctionKind::MinOverTime: return window.min;
            case FunctionKind::StddevOverTime: return std::sqrt(window.variance);
            case FunctionKind::StdvarOverTime: return window.variance;
            case FunctionKind::SumOverTime: return window.sum;
            default: return 1.0;
        }
    };
    for (std::size_t k = 0; k < out.size(); ++k) {
        out[k] = windows[k].count == 0 ? absent : value(windows[k]);
    }
}

void latest_in_windows(const Samples& samples, const Windows& windows, bool times,
                       std::span<double> out) {
    each_window(samples, windows, 1, out, [&](const Slide& slide, std::size_t) {
        const std::size_t last = slide.to() - 1;
        const double value = samples.value[last];
        return times && !is_stale(value) ? static_cast<double>(samples.time[last]) / 1000 : value;
    });
}

}  // namespace gantry::promql

// SPDX-License-Identifier: Apache-2.0
// What can be computed piece by piece and put together: sums, extremes, deviations.
#pragma once

#include <cmath>
#include <cstdint>

namespace gantry::promql {

// A sum with what rounding has lost of it (Neumaier 1974).
struct Sum {
    double sum = 0;
    double lost = 0;

    static Sum of(double value) { return {value, 0}; }
    void add(double value) {
        const double total = sum + value;
        if (std::isinf(total)) {
            lost = 0;
        } else if (std::abs(sum) >= std::abs(value)) {
            lost += (sum - total) + value;
        } else {
            lost += (value - total) + sum;
        }
        sum = total;
    }
    void add(const Sum& later) {
        const double kept = lost + later.lost;
        lost = 0;
        add(later.sum);
        if (!std::isinf(sum)) {
            lost += kept;
        }
    }
    double result() const { return std::isinf(sum) ? sum : sum + lost; }
};

// NaN is less than any number here.
struct Largest {
    double value = 0;

    static Largest of(double value) { return {value}; }
    void add(double other) { value = other > value || std::isnan(value) ? other : value; }
    void add(const Largest& later) { add(later.value); }
    double result() const { return value; }
};

// And greater than any here: a number wins in both.
struct Least {
    double value = 0;

    static Least of(double value) { return {value}; }
    void add(double other) { value = other < value || std::isnan(value) ? other : value; }
    void add(const Least& later) { add(later.value); }
    double result() const { return value; }
};

// Mean and sum of the squared differences to it (Welford 1962, put together by Chan 1979).
struct Spread {
    double count = 0;
    double mean = 0;
    double squares = 0;

    static Spread of(double value) {
        // Infinities have no spread: NaN.
        return {1, value, value - value};
    }
    void add(double value) {
        count += 1;
        const double difference = value - mean;
        mean += difference / count;
        squares += difference * (value - mean);
    }
    void add(const Spread& later) {
        const double total = count + later.count;
        const double difference = later.mean - mean;
        mean += difference * (later.count / total);
        squares += later.squares + difference * difference * (count * later.count / total);
        count = total;
    }
    double variance() const { return squares / count; }
    double result() const { return variance(); }
};

// A mean, by way of the sum, and step by step from where that would overflow.
class Mean {
public:
    static Mean of(double value) {
        Mean made;
        made.add(value);
        return made;
    }
    void add(double value) {
        count_ += 1;
        if (!stepwise_) {
            Sum sum = sum_;
            sum.add(value);
            const bool overflows =
                std::isinf(sum.sum) && std::isfinite(sum_.sum) && std::isfinite(value);
            if (!overflows) {
                sum_ = sum;
                return;
            }
            stepwise_ = true;
            sum_ = Sum::of(sum_.result() / (count_ - 1));
        }
        add_stepwise(value);
    }
    double result() const { return stepwise_ ? sum_.result() : sum_.result() / count_; }

private:
    // An infinite mean stays what it is, but for its opposite and NaN.
    void add_stepwise(double value) {
        if (std::isinf(sum_.sum)) {
            const bool same = std::isinf(value) && (sum_.sum > 0) == (value > 0);
            if (same || std::isfinite(value)) {
                return;
            }
        }
        sum_.add(value / count_ - sum_.sum / count_);
    }

    Sum sum_;  // or the mean, when it goes step by step
    double count_ = 0;
    bool stepwise_ = false;
};

}  // namespace gantry::promql

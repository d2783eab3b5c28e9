// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/random.h"
#include "base/time.h"

namespace gantry::connector {

// When to poll: at once, and then at a fixed rate that does not drift, on monotonic time. The phase
// is drawn by lot, so that a thousand connections that start together do not poll together; it is
// one of a hundred or more that all have in common, so that they do not wake the program a thousand
// times either. What comes too late is done once; due times that passed meanwhile are counted, not
// made up for.
class Schedule {
public:
    Schedule(Duration period, Duration now, Random& random) : period_(period), due_(now) {
        const auto part = random.below(static_cast<std::uint64_t>(period.count()));
        const Duration grid = std::clamp(period / 100, Duration{1}, grid_most);
        const Duration second = now + period - Duration{static_cast<std::int64_t>(part)};
        second_ = (second + grid - Duration{1}) / grid * grid;
    }

    Duration due() const { return due_; }

    struct Start {
        Duration lateness{0};
        std::uint64_t missed = 0;
    };
    // A poll begins, not before it is due.
    Start begin(Duration now) {
        Start out;
        if (first_) {
            first_ = false;
            due_ = second_;
            return out;
        }
        out.missed = static_cast<std::uint64_t>((now - due_) / period_);
        due_ += static_cast<std::int64_t>(out.missed) * period_;
        out.lateness = now - due_;
        due_ += period_;
        return out;
    }

private:
    static constexpr Duration grid_most = std::chrono::milliseconds(10);

    Duration period_;
    Duration due_;
    Duration second_{0};
    bool first_ = true;
};

}  // namespace gantry::connector

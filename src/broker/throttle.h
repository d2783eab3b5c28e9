// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"

namespace gantry::broker {

struct ThrottleRates {
    std::int64_t messages_per_second = 0;  // 0: as many as come
    std::int64_t bytes_per_second = 0;
    Duration burst = std::chrono::seconds(1);  // what may come in it may come at once
};

// How long a client that has sent more than it may is not read from. The generic cell rate
// algorithm (ITU-T I.371), counted behind what was read: what has come is taken, however much it
// is, and paid for before more is read.
class Throttle {
public:
    Throttle() = default;
    explicit Throttle(const ThrottleRates& rates) : rates_(rates) {}

    void count(std::uint64_t messages, std::uint64_t bytes, Duration now) {
        spend(messages_paid_, messages, rates_.messages_per_second, now);
        spend(bytes_paid_, bytes, rates_.bytes_per_second, now);
    }
    // Zero: it may be read from.
    Duration wait(Duration now) const {
        const Duration paid = std::max(messages_paid_, bytes_paid_);
        return std::max(Duration::zero(), paid - now - rates_.burst);
    }

private:
    // When what has come so far would have come at the rate.
    static void spend(Duration& paid, std::uint64_t count, std::int64_t rate, Duration now) {
        if (rate > 0) {
            const double seconds = static_cast<double>(count) / static_cast<double>(rate);
            paid = std::max(paid, now) +
                   std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
        }
    }

    ThrottleRates rates_;
    Duration messages_paid_{0};
    Duration bytes_paid_{0};
};

}  // namespace gantry::broker

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "base/clock.h"

namespace gantry::security {

// How often something may happen: `burst` at once, then one each `interval`.
struct Rate {
    Duration interval = std::chrono::seconds(1);
    std::int64_t burst = 10;
};

// The generic cell rate algorithm (ITU-T I.371) a key, in a table that cannot grow without bound:
// when it is full, keys that have nothing left to wait for go first; if none has, the caller is
// refused. Any thread.
class RateLimiter {
public:
    RateLimiter(const Clock& clock, Rate rate, std::size_t keys_max = 100'000)
        : clock_(clock), rate_(rate), keys_max_(keys_max) {}

    struct Verdict {
        bool allowed = true;
        Duration retry_after{0};
        std::int64_t remaining = 0;  // more that would be allowed now
        Duration reset{0};           // until the whole burst would be
    };
    const Rate& rate() const { return rate_; }
    // Counts one event of the key if it is allowed.
    Verdict take(const std::string& key);
    // Whether take() would allow it; counts nothing.
    Verdict peek(const std::string& key) const;
    // Forgets the key, as after a success.
    void reset(const std::string& key);
    std::size_t keys() const;

private:
    Verdict allowed(Duration until_next) const;

    const Clock& clock_;
    const Rate rate_;
    const std::size_t keys_max_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, Duration>
        arrival_;  // theoretical arrival time of the next event
};

}  // namespace gantry::security

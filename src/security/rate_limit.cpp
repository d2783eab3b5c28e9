// SPDX-License-Identifier: Apache-2.0
#include "security/rate_limit.h"

#include <algorithm>

namespace gantry::security {

RateLimiter::Verdict RateLimiter::take(const std::string& key) {
    const Duration now = clock_.monotonic();
    const Duration tolerance = rate_.interval * (rate_.burst - 1);
    const std::lock_guard lock(mutex_);
    const auto found = arrival_.find(key);
    const Duration arrival = found == arrival_.end() ? now : std::max(found->second, now);
    if (arrival - now > tolerance) {
        return {.allowed = false, .retry_after = arrival - now - tolerance, .reset = arrival - now};
    }
    const Duration next = arrival + rate_.interval;
    if (found != arrival_.end()) {
        found->second = next;
        return allowed(next - now);
    }
    if (arrival_.size() >= keys_max_) {
        std::erase_if(arrival_, [now](const auto& entry) { return entry.second <= now; });
    }
    if (arrival_.size() >= keys_max_) {
        return {.allowed = false, .retry_after = rate_.interval, .reset = rate_.interval};
    }
    arrival_.emplace(key, next);
    return allowed(next - now);
}

RateLimiter::Verdict RateLimiter::allowed(Duration until_next) const {
    const Duration tolerance = rate_.interval * (rate_.burst - 1);
    const std::int64_t remaining =
        until_next > tolerance ? 0 : (tolerance - until_next) / rate_.interval + 1;
    return {.remaining = remaining, .reset = until_next};
}

RateLimiter::Verdict RateLimiter::peek(const std::string& key) const {
    const Duration now = clock_.monotonic();
    const Duration tolerance = rate_.interval * (rate_.burst - 1);
    const std::lock_guard lock(mutex_);
    const auto found = arrival_.find(key);
    if (found == arrival_.end() || found->second - now <= tolerance) {
        return {};
    }
    return {.allowed = false,
            .retry_after = found->second - now - tolerance,
            .reset = found->second - now};
}

void RateLimiter::reset(const std::string& key) {
    const std::lock_guard lock(mutex_);
    arrival_.erase(key);
}

std::size_t RateLimiter::keys() const {
    const std::lock_guard lock(mutex_);
    return arrival_.size();
}

}  // namespace gantry::security

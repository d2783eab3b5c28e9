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
        return {false, arrival - now - tolerance};
    }
    if (found != arrival_.end()) {
        found->second = arrival + rate_.interval;
        return {};
    }
    if (arrival_.size() >= keys_max_) {
        std::erase_if(arrival_, [now](const auto& entry) { return entry.second <= now; });
    }
    if (arrival_.size() >= keys_max_) {
        return {false, rate_.interval};
    }
    arrival_.emplace(key, now + rate_.interval);
    return {};
}

RateLimiter::Verdict RateLimiter::peek(const std::string& key) const {
    const Duration now = clock_.monotonic();
    const Duration tolerance = rate_.interval * (rate_.burst - 1);
    const std::lock_guard lock(mutex_);
    const auto found = arrival_.find(key);
    if (found == arrival_.end() || found->second - now <= tolerance) {
        return {};
    }
    return {false, found->second - now - tolerance};
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

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace gantry::store {

// What merging may write, in the mean: a bucket that fills by so many bytes a second. A merge
// begins when there is anything in it, and takes out what it has written, so that one large merge
// is followed by a long rest. For one thread at a time.
class MergeThrottle {
public:
    // 0 is no limit.
    MergeThrottle(const Clock& clock, std::int64_t bytes_per_second)
        : clock_(clock),
          rate_(static_cast<double>(bytes_per_second)),
          left_(rate_ * burst_seconds),
          filled_(clock.monotonic()) {}

    // The more merges wait the faster the bucket fills; with many there is no limit: segments that
    // pile up cost every reader more than a busy disk does.
    bool admits(std::size_t waiting) {
        const Duration now = clock_.monotonic();
        const double seconds = std::chrono::duration<double>(now - filled_).count();
        const double rate = rate_ * static_cast<double>(std::max<std::size_t>(waiting, 1));
        left_ = std::min(left_ + seconds * rate, rate_ * burst_seconds);
        filled_ = now;
        return rate_ == 0 || left_ > 0 || waiting >= waiting_max;
    }
    void spend(std::uint64_t bytes) { left_ -= static_cast<double>(bytes); }

    static constexpr std::size_t waiting_max = 8;

private:
    static constexpr double burst_seconds = 4;

    const Clock& clock_;
    const double rate_;
    double left_;  // less than nothing after a large merge
    Duration filled_;
};

}  // namespace gantry::store

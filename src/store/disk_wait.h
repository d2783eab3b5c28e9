// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>

#include "base/clock.h"

namespace gantry::store {

// Since when work waits for the disk: so that a disk that hangs can be seen while it does. Any
// thread.
class DiskWait {
public:
    explicit DiskWait(const Clock& clock) : clock_(clock) {}

    // Work of this kind has begun; the number is for end().
    std::int64_t begin() {
        const std::int64_t now = clock_.monotonic().count() + 1;
        since_ = now;
        return now;
    }
    // Unless something of it waits already; 0 then.
    std::int64_t begin_if_idle() {
        std::int64_t none = 0;
        const std::int64_t now = clock_.monotonic().count() + 1;
        return since_.compare_exchange_strong(none, now) ? now : 0;
    }
    // Nothing waits any more, unless something has begun since.
    void end(std::int64_t begun) { since_.compare_exchange_strong(begun, 0); }
    void end() { since_ = 0; }

    Duration so_far() const {
        const std::int64_t since = since_;
        return since == 0 ? Duration{0}
                          : std::max(Duration{0}, clock_.monotonic() - Duration{since - 1});
    }
    double seconds() const { return std::chrono::duration<double>(so_far()).count(); }

private:
    const Clock& clock_;
    std::atomic<std::int64_t> since_ = 0;  // one more than what the clock said; 0: nothing waits
};

}  // namespace gantry::store

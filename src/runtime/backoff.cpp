// SPDX-License-Identifier: Apache-2.0
#include "runtime/backoff.h"

#include <algorithm>

namespace gantry {

Duration Backoff::next(Random& random) {
    const Duration bound = bound_;
    bound_ = std::min(bound_ * 2, most);
    return Duration{
        static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(bound.count()) + 1))};
}

}  // namespace gantry

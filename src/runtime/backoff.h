// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.h"
#include "base/time.h"

namespace gantry {

// How long to wait before the next try: exponential with full jitter, that is, anything between
// zero and a bound that doubles with each failure. Many that failed together do not come back
// together.
class Backoff {
public:
    static constexpr Duration least = std::chrono::milliseconds(500);
    static constexpr Duration most = std::chrono::seconds(60);

    Duration next(Random& random);
    void reset() { bound_ = least; }
    Duration bound() const { return bound_; }

private:
    Duration bound_ = least;
};

}  // namespace gantry

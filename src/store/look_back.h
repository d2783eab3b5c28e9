// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/time.h"

namespace gantry::store {

// What `find` finds last before that time: it is asked for stretches that grow, from the latest
// backwards, for most often it is near. `find` takes a range and returns an optional.
template <class Find>
auto look_back(Time time, const Find& find) -> decltype(find(TimeRange{})) {
    constexpr Time first_stretch = 3'600'000'000'000;
    constexpr Time growth = 16;
    Time stretch = first_stretch;
    Time to = time;
    while (to > time_min) {
        Time from = time_min;
        if (stretch == time_max || __builtin_sub_overflow(to, stretch, &from)) {
            from = time_min;
        }
        if (auto found = find(TimeRange{from, to})) {
            return found;
        }
        to = from;
        stretch = stretch > time_max / growth ? time_max : stretch * growth;
    }
    return std::nullopt;
}

}  // namespace gantry::store

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <vector>

#include "connector/connector.h"

namespace gantry::connector {

enum class Looked : unsigned char {
    Read,
    Refused,  // not all of it is there
    Gone,     // the link is, or the device says something else: it is no use to go on
};

struct LookLimits {
    std::uint32_t count_max = 1;  // at a time
    std::size_t requests_max = 200;
    Duration pause = std::chrono::milliseconds(50);  // between requests
};

// Looks through the addresses [from, from + count): what is refused is looked at in halves, so that
// the end of an area is found; no area goes on behind a gap. `look(start, count)` is an awaitable
// of Looked. Fills `done` and `next`.
template <class Look>
asio::awaitable<void> look_in_halves(Timers& timers, std::uint32_t from, std::uint32_t count,
                                     LookLimits limits, Look look, ScanReport& out) {
    struct Part {
        std::uint32_t start;
        std::uint32_t count;
    };
    const std::uint32_t end = from + count;
    std::vector<Part> waiting;  // the lowest last
    for (std::uint32_t at = from; at < end; at += limits.count_max) {
        waiting.push_back({at, std::min(limits.count_max, end - at)});
    }
    std::ranges::reverse(waiting);
    for (std::size_t requests = 0; !waiting.empty() && requests < limits.requests_max; ++requests) {
        if (requests > 0) {
            co_await timers.sleep(limits.pause);
        }
        const Part part = waiting.back();
        const Looked looked = co_await look(part.start, part.count);
        if (looked == Looked::Gone) {
            break;
        }
        waiting.pop_back();
        if (looked == Looked::Refused && part.count == 1) {
            waiting.clear();
        } else if (looked == Looked::Refused) {
            const std::uint32_t half = part.count / 2;
            waiting.push_back({part.start + half, part.count - half});
            waiting.push_back({part.start, half});
        }
    }
    out.done = waiting.empty();
    out.next = waiting.empty() ? end : waiting.back().start;
}

}  // namespace gantry::connector

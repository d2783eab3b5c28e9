// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mqtt/snapshot.h"

namespace gantry::mqtt::detail {

// What restoring has to know until it is done. A snapshot is taken in parts while the state
// changes: of each session it says up to which record it has come, so that those records are not
// applied again.
struct Restoring {
    bool in_snapshot = false;
    // Sessions up to that client identifier, behind the part before, are as of that number.
    std::vector<std::pair<std::string, std::uint64_t>> parts;
    std::uint64_t end = 0;  // those behind the last part
    Restored result;

    bool is_in_snapshot(std::string_view client_id, std::uint64_t number) const {
        if (number > end) {
            return false;
        }
        const auto part = std::ranges::lower_bound(
            parts, client_id, {}, [](const auto& one) -> std::string_view { return one.first; });
        return number <= (part == parts.end() ? end : part->second);
    }
};

}  // namespace gantry::mqtt::detail

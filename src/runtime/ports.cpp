// SPDX-License-Identifier: Apache-2.0
#include "runtime/ports.h"

#include <array>

namespace gantry {

std::string_view command_outcome_name(CommandOutcome outcome) {
    constexpr std::array<std::string_view, 4> names = {"confirmed", "refused", "failed", "unknown"};
    return names[static_cast<std::size_t>(outcome)];
}

}  // namespace gantry

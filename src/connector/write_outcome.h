// SPDX-License-Identifier: Apache-2.0
// What becomes of a value that is written to a device and read back.
#pragma once

#include <array>
#include <format>

#include "connector/connector.h"

namespace gantry::connector {

// A program that takes a value over in its next cycle has this time to show it.
inline constexpr std::array<Duration, 3> read_back_pauses = {
    Duration{0}, std::chrono::milliseconds(100), std::chrono::milliseconds(400)};

inline CommandResult refused(std::string detail) {
    return {CommandOutcome::Refused, std::move(detail), {}};
}

inline CommandResult unknown(std::string_view detail) {
    return {CommandOutcome::Unknown,
            std::format("{}: read the point before writing again", detail),
            {}};
}

}  // namespace gantry::connector

// SPDX-License-Identifier: Apache-2.0
#include "cli/time_text.h"

#include <array>
#include <cmath>
#include <format>

namespace gantry::cli {

std::string rough_duration(Duration length) {
    const double seconds = std::abs(static_cast<double>(length.count())) / 1e9;
    const std::string sign = length.count() < 0 ? "-" : "";
    if (seconds < 1) {
        return sign + std::format("{:.0f} ms", seconds * 1000);
    }
    if (seconds < 10) {
        return sign + std::format("{:.1f} s", seconds);
    }
    if (seconds < 120) {
        return sign + std::format("{:.0f} s", seconds);
    }
    if (seconds < 2 * 3600) {
        return sign + std::format("{:.0f} min", seconds / 60);
    }
    if (seconds < 48 * 3600) {
        return sign + std::format("{:.0f} h", seconds / 3600);
    }
    return sign + std::format("{:.0f} d", seconds / 86400);
}

std::string rough_bytes(double bytes) {
    constexpr std::array<std::string_view, 5> units = {"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    while (bytes >= 1024 && unit + 1 < units.size()) {
        bytes /= 1024;
        ++unit;
    }
    return unit == 0 || bytes >= 100 ? std::format("{:.0f} {}", bytes, units[unit])
                                     : std::format("{:.1f} {}", bytes, units[unit]);
}

}  // namespace gantry::cli

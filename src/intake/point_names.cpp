// SPDX-License-Identifier: Apache-2.0
#include "intake/point_names.h"

#include <algorithm>

namespace gantry::intake {
namespace {

constexpr std::size_t part_bytes_max = 64;
constexpr std::size_t path_bytes_max = 512;

bool fits_key(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

}  // namespace

std::string point_path(std::string_view name) {
    std::string out;
    std::size_t last_slash = std::string::npos;
    while (!name.empty()) {
        const std::size_t end = std::min(name.find('/'), name.size());
        const std::string_view part = name.substr(0, end);
        name.remove_prefix(std::min(end + 1, name.size()));
        if (part.empty()) {
            continue;
        }
        if (part.size() > part_bytes_max) {
            return {};
        }
        if (!out.empty()) {
            last_slash = out.size();
            out += '/';
        }
        std::ranges::transform(part, std::back_inserter(out),
                               [](char c) { return fits_key(c) ? c : '_'; });
    }
    if (last_slash == std::string::npos || out.size() > path_bytes_max) {
        return {};
    }
    out[last_slash] = '.';
    return out;
}

}  // namespace gantry::intake

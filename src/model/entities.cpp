// SPDX-License-Identifier: Apache-2.0
#include "model/entities.h"

#include <array>

namespace gantry {
namespace {

constexpr std::array<std::string_view, 6> level_names = {"site", "area", "line",
                                                         "cell", "unit", "thing"};

}  // namespace

std::string_view asset_level_name(AssetLevel level) {
    return level_names[static_cast<std::size_t>(level)];
}

std::optional<AssetLevel> parse_asset_level(std::string_view name) {
    for (std::size_t i = 0; i < level_names.size(); ++i) {
        if (level_names[i] == name) {
            return static_cast<AssetLevel>(i);
        }
    }
    return std::nullopt;
}

}  // namespace gantry

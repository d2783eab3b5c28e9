// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "plant/point.h"

namespace gantry::plant {

struct MappedUnit {
    std::uint8_t id = 0;
    const UnitMap* map = nullptr;
};

// The register map of some units: as Markdown tables, which people read too; as JSON; as CSV by
// RFC 4180. All addresses are zero-based protocol addresses.
std::string map_as_table(std::span<const MappedUnit> units);
std::string map_as_json(std::span<const MappedUnit> units);
std::string map_as_csv(std::span<const MappedUnit> units);

}  // namespace gantry::plant

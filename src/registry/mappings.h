// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/documents.h"

namespace gantry::registry {

// What to make of the messages of some topics: samples of points.
struct MappingTag {
    static constexpr std::string_view prefix = "map";
    static constexpr std::string_view table = "mappings";
    static constexpr std::string_view noun = "mapping";
    static constexpr EntityKind kind = EntityKind::Mapping;
    static constexpr std::size_t count_max = 10'000;
    static constexpr bool secrets = false;
};
using MappingId = Id<MappingTag>;
using MappingDocument = Document<MappingTag>;
using Mappings = Documents<MappingTag>;

}  // namespace gantry::registry

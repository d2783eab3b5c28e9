// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/documents.h"

namespace gantry::registry {

// A way to another MQTT broker.
struct BridgeTag {
    static constexpr std::string_view prefix = "brg";
    static constexpr std::string_view table = "bridges";
    static constexpr std::string_view noun = "bridge";
    static constexpr EntityKind kind = EntityKind::Bridge;
    static constexpr std::size_t count_max = 100;
    static constexpr bool secrets = true;
};
using BridgeId = Id<BridgeTag>;
using BridgeDocument = Document<BridgeTag>;
using Bridges = Documents<BridgeTag>;

}  // namespace gantry::registry

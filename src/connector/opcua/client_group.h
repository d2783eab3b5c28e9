// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/opcua/client.h"

namespace gantry::connector::opcua {

// The tags of one interval: a subscription.
struct Client::Group {
    Client* owner = nullptr;
    Duration interval{0};
    UA_UInt32 id = 0;
    std::vector<std::uint32_t> tags;
    std::vector<std::uint32_t> refused;  // those that the server did not take
};

}  // namespace gantry::connector::opcua

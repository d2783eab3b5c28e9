// SPDX-License-Identifier: Apache-2.0
// Who is signed in, and what they may see. Only for the .cpp files of this folder.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "connector/opcua/ua.h"
#include "opcua/address_space.h"
#include "security/context.h"

namespace gantry::opcua {

// Where reading on after a part of a point's history begins.
struct HistoryPosition {
    std::string path;
    Time from = 0;  // inclusive
    Time to = 0;
    bool forward = true;
    bool bounds = false;  // also the bound at the end
};

// A session of a client. On the server's thread.
struct Session {
    std::shared_ptr<const security::Identity> identity;
    connector::opcua::UaNodeId id;
    std::string client;                                // fingerprint of the program's certificate
    std::map<std::uint64_t, HistoryPosition> history;  // by continuation point
    std::uint64_t last_position = 0;

    bool may(std::string_view permission, std::string_view path = {}) const {
        return security::decide(identity->statements, {permission, path}).allowed;
    }
    // Whether a node is shown to it at all. Of assets also those on the way to what it may see.
    bool sees(const Node& node) const;

    static constexpr std::size_t positions_max = 100;
};

}  // namespace gantry::opcua

// SPDX-License-Identifier: Apache-2.0
#include "opcua/session.h"

#include <algorithm>

namespace gantry::opcua {
namespace {

// Whether something below that asset is allowed, so that one must get past it.
bool leads_to_allowed(const std::vector<security::Statement>& statements, std::string_view path) {
    return std::ranges::any_of(statements, [path](const security::Statement& statement) {
        return statement.effect == security::Effect::Allow && !statement.under.empty() &&
               security::path_covers(path, statement.under) &&
               std::ranges::any_of(statement.permissions, [](const std::string& pattern) {
                   return security::permission_matches(pattern, "assets:read") ||
                          security::permission_matches(pattern, "points:read");
               });
    });
}

}  // namespace

bool Session::sees(const Node& node) const {
    switch (node.kind) {
        case Node::Kind::Model: return may("models:read");
        case Node::Kind::Asset:
            return may("assets:read", node.path) ||
                   leads_to_allowed(identity->statements, node.path);
        case Node::Kind::Point:
        case Node::Kind::Detail: return may("points:read", node.path);
    }
    return false;
}

}  // namespace gantry::opcua

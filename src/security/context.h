// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/entities.h"
#include "model/localized.h"
#include "security/policy.h"

namespace gantry::security {

// A principal that has shown who it is, and what it may do. Immutable.
struct Identity {
    PrincipalId principal;
    std::string login;
    TenantId tenant;
    TokenId token;  // the one that was shown
    std::vector<Statement> statements;
    bool must_change_password = false;
    bool operates_platform = false;  // of all tenants; may name one
    Time expires = 0;
};

// What a request knows about itself; goes by reference to whatever serves it.
struct Context {
    std::shared_ptr<const Identity> identity;  // null before it is known
    TenantId tenant;                           // from the token, never from the payload
    std::string address;                       // of the client
    std::string trace;                         // W3C trace id, 32 hex digits
    Language language = Language::English;
    Duration deadline{0};  // monotonic

    bool may(std::string_view permission, std::string_view path = {}) const {
        return identity && decide(identity->statements, {permission, path}).allowed;
    }
};

}  // namespace gantry::security

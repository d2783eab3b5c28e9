// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gantry::security {

enum class Effect : unsigned char { Allow, Forbid };

// "Whoever has this may (or must not) do these things under that path."
struct Statement {
    Effect effect = Effect::Allow;
    // noun:verb with '*' for any noun or any verb: "samples:read", "assets:*", "*:read".
    std::vector<std::string> permissions;
    // A path of the asset tree; it and all below it. Empty: everywhere, and what has no path.
    std::string under;

    bool operator==(const Statement&) const = default;
};

struct Question {
    std::string_view permission;  // "samples:read"
    // Path of the asset or point that is touched; empty for what is not in the tree. A question
    // about a whole list is asked with an empty path and answered a second time for each item.
    std::string_view path;
};

struct Decision {
    bool allowed = false;
    // The statement that decided, or null when nothing allowed it.
    const Statement* because = nullptr;
};

// The semantics of Cedar: denied unless a statement allows it, and a statement that forbids always
// wins. Pure.
Decision decide(const std::vector<Statement>& statements, const Question& question);

// Whether anything under some path might be allowed: for lists, whose items are then asked one by
// one.
bool may_anywhere(const std::vector<Statement>& statements, std::string_view permission);

bool permission_matches(std::string_view pattern, std::string_view permission);
// "a/b" covers "a/b", "a/b/c" and "a/b.p", not "a/bc".
bool path_covers(std::string_view root, std::string_view path);

// A pattern is noun:verb of lower-case letters, '_' and '*'.
Result<> check_statement(const Statement& statement);

}  // namespace gantry::security

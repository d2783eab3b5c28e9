// SPDX-License-Identifier: Apache-2.0
#include "security/policy.h"

#include <algorithm>

namespace gantry::security {
namespace {

bool part_matches(std::string_view pattern, std::string_view part) {
    return pattern == "*" || pattern == part;
}

bool is_word(std::string_view text) {
    return text == "*" || (!text.empty() && std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || c == '_';
           }));
}

bool names(const Statement& statement, std::string_view permission) {
    return std::ranges::any_of(statement.permissions, [&](const std::string& pattern) {
        return permission_matches(pattern, permission);
    });
}

}  // namespace

bool permission_matches(std::string_view pattern, std::string_view permission) {
    const std::size_t pattern_colon = pattern.find(':');
    const std::size_t colon = permission.find(':');
    if (pattern_colon == std::string_view::npos || colon == std::string_view::npos) {
        return false;
    }
    return part_matches(pattern.substr(0, pattern_colon), permission.substr(0, colon)) &&
           part_matches(pattern.substr(pattern_colon + 1), permission.substr(colon + 1));
}

bool path_covers(std::string_view root, std::string_view path) {
    if (root.empty()) {
        return true;
    }
    return path.starts_with(root) &&
           (path.size() == root.size() || path[root.size()] == '/' || path[root.size()] == '.');
}

Decision decide(const std::vector<Statement>& statements, const Question& question) {
    Decision decision;
    for (const Statement& statement : statements) {
        if (!names(statement, question.permission) ||
            !path_covers(statement.under, question.path)) {
            continue;
        }
        if (statement.effect == Effect::Forbid) {
            return {false, &statement};
        }
        if (!decision.allowed) {
            decision = {true, &statement};
        }
    }
    return decision;
}

bool may_anywhere(const std::vector<Statement>& statements, std::string_view permission) {
    bool allowed = false;
    for (const Statement& statement : statements) {
        if (!names(statement, permission)) {
            continue;
        }
        if (statement.effect == Effect::Forbid && statement.under.empty()) {
            return false;
        }
        allowed = allowed || statement.effect == Effect::Allow;
    }
    return allowed;
}

Result<> check_statement(const Statement& statement) {
    if (statement.permissions.empty()) {
        return fail(Code::InvalidArgument, "a statement names at least one permission");
    }
    for (const std::string& pattern : statement.permissions) {
        const std::size_t colon = pattern.find(':');
        if (colon == std::string::npos || !is_word(std::string_view(pattern).substr(0, colon)) ||
            !is_word(std::string_view(pattern).substr(colon + 1))) {
            return fail(Code::InvalidArgument,
                        "'{}' is not a permission: write noun:verb, as in samples:read or assets:*",
                        pattern);
        }
    }
    return {};
}

}  // namespace gantry::security

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/documents.h"

namespace gantry::registry {

// What must be true before a value is sent to a device, and who must agree.
struct CommandRuleTag {
    static constexpr std::string_view prefix = "crl";
    static constexpr std::string_view table = "command_rules";
    static constexpr std::string_view noun = "command rule";
    static constexpr EntityKind kind = EntityKind::CommandRule;
    static constexpr std::size_t count_max = 1'000;
    static constexpr bool secrets = false;
};
using CommandRuleId = Id<CommandRuleTag>;
using CommandRuleDocument = Document<CommandRuleTag>;
using CommandRules = Documents<CommandRuleTag>;

}  // namespace gantry::registry

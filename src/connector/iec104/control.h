// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/iec104/conversation.h"
#include "connector/iec104/tags.h"

namespace gantry::connector::iec104 {

// Carries out a command: selects if the tag says so, executes, waits for the end that the station
// reports, and for the value that it monitors.
asio::awaitable<CommandResult> control(Conversation& conversation, const TagBinding& binding,
                                       const Value& value);

}  // namespace gantry::connector::iec104

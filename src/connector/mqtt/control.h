// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/mqtt/conversation.h"
#include "connector/mqtt/tags.h"

namespace gantry::connector::mqtt {

// Publishes a value, and waits for the broker to take it and for the tag's own topic to show it.
asio::awaitable<CommandResult> control(Conversation& conversation, const TagBinding& binding,
                                       const Value& value);

}  // namespace gantry::connector::mqtt

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/ethernetip/link.h"

namespace gantry::connector::ethernetip {

// Reads what the tag is, writes a value as that, and reads it back.
asio::awaitable<CommandResult> write_and_confirm(Link& link, const Settings& settings,
                                                 const Surroundings& around,
                                                 const TagBinding& binding, const Value& value);

}  // namespace gantry::connector::ethernetip

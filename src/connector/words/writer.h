// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/words/link.h"

namespace gantry::connector::words {

// Writes a value and reads it back until the controller shows it.
asio::awaitable<CommandResult> write_and_confirm(Link& link, const Settings& settings,
                                                 const Surroundings& around,
                                                 const TagBinding& binding, const Value& value);

}  // namespace gantry::connector::words

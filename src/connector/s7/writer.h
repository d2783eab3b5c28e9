// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/s7/link.h"

namespace gantry::connector::s7 {

// Writes a value and reads it back.
asio::awaitable<CommandResult> write_and_confirm(Link& link, const Settings& settings,
                                                 const Surroundings& around,
                                                 const TagBinding& binding, const Value& value);

}  // namespace gantry::connector::s7

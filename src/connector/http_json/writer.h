// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/connector.h"
#include "connector/http_json/settings.h"

namespace gantry::connector::http_json {

// Sends a value where the tag says, and asks the tag's own resource until it shows it, or the
// time-out of a request has passed. Over a connection of its own.
asio::awaitable<CommandResult> write_and_confirm(const Surroundings& around,
                                                 const Settings& settings,
                                                 const TagBinding& binding, const Value& value);

}  // namespace gantry::connector::http_json

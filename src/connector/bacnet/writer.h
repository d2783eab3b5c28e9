// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/bacnet/link.h"
#include "connector/bacnet/settings.h"

namespace gantry::connector::bacnet {

// See Connector::write. No value relinquishes the priority.
asio::awaitable<CommandResult> write_and_confirm(Link& link, const Settings& settings,
                                                 const Surroundings& around,
                                                 const TagBinding& binding, const Value& value);

}  // namespace gantry::connector::bacnet

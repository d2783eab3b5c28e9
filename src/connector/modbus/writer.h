// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/modbus/link.h"
#include "connector/modbus/tags.h"
#include "runtime/ports.h"

namespace gantry::connector::modbus {

// Writes a value to a device and reads it back: by function 5 or 15 for coils, 6 or 16 for
// registers, 23 if the settings say so; one bit of a register by reading the register, changing the
// bit and writing it. The caller sees to it that only one write to a unit is under way. Devices may
// take a moment to show what was written: it is read up to three times.
asio::awaitable<CommandResult> write_and_confirm(Link& link, Timers& timers,
                                                 const Settings& settings,
                                                 const TagBinding& binding, Value value);

}  // namespace gantry::connector::modbus

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "mqtt/codec/reason.h"

namespace gantry::mqttclient {

// "not authorized (0x87)"
std::string reason_text(mqtt::Reason reason);

// What a server's refusal is as one of our errors.
Code code_of(mqtt::Reason reason);

// The reason that a return code of a CONNACK of 3.1.1, 1 to 5, stands for.
mqtt::Reason reason_of_return_code(std::uint8_t code);

// "the server refuses the connection: not authorized (0x87), 'no such user'"; `said` is what the
// server adds for people, if anything.
Error refusal(std::string_view what, mqtt::Reason reason, std::string_view said = {});

}  // namespace gantry::mqttclient

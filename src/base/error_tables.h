// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"

namespace gantry {

// The status of RFC 9110 (and 507 of RFC 4918) that a code is answered with.
int http_status(Code code);

// The MQTT 5.0 reason code (table 2-6 of the OASIS standard) that a code is answered with.
int mqtt_reason(Code code);

// The SQLSTATE (PostgreSQL 17, appendix A) that a code is answered with.
std::string_view sql_state(Code code);

// The exit code of the command line: 0 ok, 1 failure, 2 usage, 3 not found, 4 refused,
// 5 unreachable.
int exit_code(Code code);

// The code with that name, as read back from an answer of the API.
std::optional<Code> code_from_name(std::string_view name);

}  // namespace gantry

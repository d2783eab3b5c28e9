// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace gantry::security {

// The name in a client-first-message of SCRAM (RFC 5802): whose password is asked for.
// InvalidArgument: there is none.
Result<std::string> scram_name(std::string_view client_first);

}  // namespace gantry::security

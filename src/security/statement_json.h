// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/json.h"
#include "security/policy.h"

namespace gantry::security {

json::object to_json(const Statement& statement);
// Found by ObjectReader.
Result<> read_entity(const json::value& value, Statement& out, const std::string& where);

}  // namespace gantry::security

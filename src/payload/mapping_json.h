// SPDX-License-Identifier: Apache-2.0
// Mappings as JSON, as they are stored and as they come over the API. Fields:
// docs/guide/mqtt-mappings.md.
#pragma once

#include "model/json.h"
#include "payload/mapping.h"

namespace gantry::payload {

// Checks the form; Mapping::compile() checks what it means.
Result<> read_entity(const json::value& value, MappingConfig& out, const std::string& where);
json::object to_json(const MappingConfig& mapping);

}  // namespace gantry::payload

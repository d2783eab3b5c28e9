// SPDX-License-Identifier: Apache-2.0
#include "api/openapi.h"
#include "base/embedded.h"

EMBEDDED_FILE(schemas_json, gantry_api_schemas)

namespace gantry::api {

std::string_view schemas_text() { return schemas_json(); }

}  // namespace gantry::api

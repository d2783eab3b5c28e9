// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace gantry::api {

// OpenAPI 3.1, made from the route table and the schemas.
std::string openapi_document(const std::string& version);

// The components.schemas of the document, as JSON.
std::string_view schemas_text();

}  // namespace gantry::api

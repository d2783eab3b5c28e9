// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/route.h"

namespace gantry::api {

void add_discovery_routes(std::vector<Route>& out);

}  // namespace gantry::api

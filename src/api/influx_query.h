// SPDX-License-Identifier: Apache-2.0
// The few InfluxQL statements with which clients look around before they write.
#pragma once

#include <string>
#include <string_view>

#include "api/call.h"

namespace gantry::api {

// A JSON answer in the form of InfluxDB 1.x; wrong statements are errors in it. SHOW DATABASES,
// MEASUREMENTS, SERIES, TAG KEYS, TAG VALUES, FIELD KEYS and RETENTION POLICIES answer about what
// the caller may read; CREATE DATABASE is taken and does nothing.
std::string answer_influx_query(Services& services, const Call& call, std::string_view text);

}  // namespace gantry::api

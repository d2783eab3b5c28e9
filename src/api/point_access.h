// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "api/call.h"
#include "base/json_writer.h"

namespace gantry::api {

inline constexpr std::size_t points_at_once_max = 10'000;

// A point from memory, by id or path. NotFound where the principal has not the permission.
Result<directory::PointRef> find_point(const Services& services, const Call& call,
                                       const std::string& reference, std::string_view permission);

// All points that are named, and those under a path that the principal may read. InvalidArgument if
// neither is given, TooLarge for more than points_at_once_max.
Result<std::vector<directory::PointRef>> select_points(const Services& services, const Call& call,
                                                       const std::vector<std::string>& references,
                                                       const std::string& under);

// As to_json(Value), without a tree.
void write_value(JsonWriter& json, const Value& value);

}  // namespace gantry::api

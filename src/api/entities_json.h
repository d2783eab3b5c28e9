// SPDX-License-Identifier: Apache-2.0
// How entities look in the API, and how they are read from a body.
#pragma once

#include "model/json.h"
#include "registry/assets.h"
#include "registry/connections.h"
#include "registry/principals.h"
#include "registry/sessions.h"
#include "registry/tenants.h"

namespace gantry::api {

json::object show(const ThingModel& model);
json::object show(const Asset& asset, bool has_children);
json::object show(const Point& point);
json::object show(const Connection& connection);
json::object show(const registry::BoundTag& tag);
json::object show(const Tag& tag);
json::object show(const registry::Principal& principal);
json::object show(const registry::Role& role);
json::object show(const registry::Tenant& tenant);
// With what operators see of it.
json::object show_with_quota(const registry::Tenant& tenant);
json::object show(const registry::ApiToken& token);

// The fields of a body that creates or replaces. What is shown but cannot be set (id, path, times,
// version) is accepted and ignored, so that what was read can be changed and sent back.
Result<> read(const json::value& body, ThingModel& out);
Result<> read(const json::value& body, Asset& out);
Result<> read(const json::value& body, Connection& out);
Result<> read(const json::value& body, Tag& out, const std::string& where = "");
Result<> read(const json::value& body, registry::Role& out);

// A sample: {"time", "value", "quality"}; with_code adds "quality_code".
json::object show(const Sample& sample, bool with_code);

}  // namespace gantry::api

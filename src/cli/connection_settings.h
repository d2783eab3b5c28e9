// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/context.h"

namespace gantry::cli {

// What a device is reached by.
struct DeviceSettings {
    std::string protocol;
    json::object settings;
};

// --set NAME=VALUE: numbers, true and false become JSON's, anything else a string.
Result<> put_settings(json::object& out, const Arguments& arguments);
// Of --protocol with --settings and --set, or of the connection that CONNECTION names.
Result<DeviceSettings> device_of(Context& context, const Arguments& arguments);

}  // namespace gantry::cli

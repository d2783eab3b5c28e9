// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/context.h"

namespace gantry::cli {

// Thing models, assets, and connections with their tags, to be made together. In a folder:
// models.json, assets.json and connections.json, each {"items": […]} with what the API takes; an
// asset says its "path" instead of key and parent, a connection brings its "tags". points.json has
// points that no model makes, roles.json roles; neither need be there.
struct Pack {
    json::array models;
    json::array assets;
    json::array connections;
    json::array points;
    json::array roles;

    // Where the devices are, if elsewhere than the pack says.
    void set_device(const std::string& host, std::int64_t port);
};

// From a folder, or for "" the demo plant that is part of the program.
Result<Pack> read_pack(const std::string& folder);

// Makes what is not there yet, and tells how much that was. With `dry_run` it only looks.
Result<> load_pack(Context& context, const Pack& pack, bool dry_run);

}  // namespace gantry::cli

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "directory/directory.h"
#include "registry/registry.h"

namespace gantry::opcua {

// What a tenant has, as its address space is to show it.
struct Picture {
    struct Model {
        ThingModel model;
        std::vector<Property> own;  // without those that its parent has already
    };
    std::vector<Model> models;  // a parent before what builds on it
    std::vector<Asset> assets;  // in order of their paths
    std::vector<directory::PointRef> points;
};

// Blocks.
Result<Picture> read_picture(registry::Registry& registry, const directory::Directory& directory,
                             const TenantId& tenant);

}  // namespace gantry::opcua

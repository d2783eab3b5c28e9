// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "directory/directory.h"
#include "publication/publication.h"

namespace gantry::publication {

using PublicationPtr = std::shared_ptr<const Publication>;

// Which mapping of a tenant takes in messages of a topic; empty: none.
using TakenBy = std::function<std::string(const TenantId& tenant, std::string_view topic)>;

// A point and where it is told about.
struct Target {
    directory::PointRef point;
    std::size_t publication = 0;
    std::string topic;
};

// What comes of all publications of a tenant with the points and mappings that there are.
struct Plan {
    struct Outcome {
        std::size_t points = 0;
        std::size_t skipped = 0;
        std::string problem;  // of the first that was skipped
    };
    std::vector<Target> targets;
    std::vector<Outcome> outcomes;  // of each publication

    static constexpr std::size_t targets_max = 200'000;
};

// What a mapping would take in again is left out, and of two points with one topic the second.
Plan make_plan(const TenantId& tenant, const std::vector<PublicationPtr>& publications,
               const directory::Directory& directory, const TakenBy& taken_by);

}  // namespace gantry::publication

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/documents.h"

namespace gantry::registry {

// The other way: which points are told to the clients of the broker, and how.
struct PublicationTag {
    static constexpr std::string_view prefix = "pub";
    static constexpr std::string_view table = "publications";
    static constexpr std::string_view noun = "publication";
    static constexpr EntityKind kind = EntityKind::Publication;
    static constexpr std::size_t count_max = 1'000;
    static constexpr bool secrets = false;
};
using PublicationId = Id<PublicationTag>;
using PublicationDocument = Document<PublicationTag>;
using Publications = Documents<PublicationTag>;

}  // namespace gantry::registry

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/message/lookup.h"
#include "connector/record/address.h"

namespace gantry::connector::record {

// One tag of a connection, with everything that reading needs worked out.
struct Tag {
    SeriesId series;
    Address address;
    std::optional<double> deadband;  // absolute, in units of the point
    Lookup lookup;
    std::vector<std::pair<payload::Path, std::string>> where;

    // Whether its values are those of the other one.
    bool alike(const Tag& other) const {
        return lookup.type == other.lookup.type && address == other.address &&
               deadband == other.deadband;
    }
};

using TagTable = connector::TagTable<Tag>;

// The tag of an address. InvalidArgument says what to change; its field is "/address".
Result<Tag> make_tag(std::string_view address, const Property& property);

TagTable make_tags(const std::vector<TagBinding>& bindings);

}  // namespace gantry::connector::record

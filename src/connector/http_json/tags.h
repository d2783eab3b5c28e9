// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/http_json/address.h"
#include "connector/http_json/settings.h"
#include "connector/message/lookup.h"
#include "connector/tags.h"

namespace gantry::connector::http_json {

// One tag of a connection, with everything that reading needs worked out.
struct Tag {
    SeriesId series;
    Address address;
    std::optional<double> deadband;  // absolute, in units of the point
    std::size_t group = 0;
    Lookup lookup;

    // Whether its values are those of the other one.
    bool alike(const Tag& other) const {
        return lookup.type == other.lookup.type && address == other.address &&
               deadband == other.deadband;
    }
};

using TagTable = connector::TagTable<Tag>;

// The tag of an address. InvalidArgument says what to change; its field is "/address".
Result<Tag> make_tag(const Settings& settings, std::string_view address, const Property& property);

TagTable make_tags(const Settings& settings, const std::vector<TagBinding>& bindings);

}  // namespace gantry::connector::http_json

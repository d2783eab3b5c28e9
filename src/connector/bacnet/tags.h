// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/bacnet/address.h"
#include "connector/bacnet/settings.h"
#include "connector/tags.h"

namespace gantry::connector::bacnet {

// One tag of a connection, with everything that reading needs worked out.
struct Tag {
    SeriesId series;
    Property property;
    Address address;
    std::uint32_t group = 0;         // place in Settings::groups
    std::optional<double> deadband;  // absolute, in units of the point
};

using TagTable = connector::TagTable<Tag>;

bool is_same(const Tag& one, const Tag& other);

// The tag of an address. InvalidArgument says what to change; its field is "/address".
Result<Tag> make_tag(const Settings& settings, std::string_view address, const Property& property);

TagTable make_tags(const Settings& settings, const std::vector<TagBinding>& bindings);

}  // namespace gantry::connector::bacnet

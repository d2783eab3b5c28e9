// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/s7/address.h"
#include "connector/s7/planner.h"
#include "connector/s7/settings.h"
#include "connector/tags.h"

namespace gantry::connector::s7 {

// One tag of a connection, with everything that reading needs worked out.
struct Tag {
    SeriesId series;
    ValueType type = ValueType::Float64;
    Address address;
    std::uint32_t group = 0;         // place in Settings::groups
    std::optional<double> deadband;  // absolute, in units of the point

    bool operator==(const Tag&) const = default;
};

using TagTable = connector::TagTable<Tag>;

// The tag of an address. InvalidArgument says what to change; its field is "/address".
Result<Tag> make_tag(const Settings& settings, std::string_view address, const Property& property);

TagTable make_tags(const Settings& settings, const std::vector<TagBinding>& bindings);

// What is read of an address.
Item item_of(const Address& address, std::size_t tag);

}  // namespace gantry::connector::s7

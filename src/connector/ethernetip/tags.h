// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/ethernetip/address.h"
#include "connector/ethernetip/planner.h"
#include "connector/ethernetip/settings.h"
#include "connector/tags.h"

namespace gantry::connector::ethernetip {

// One tag of a connection, with everything that reading needs worked out, but for what the
// controller says.
struct Tag {
    SeriesId series;
    Property property;
    Address address;
    std::uint32_t group = 0;         // place in Settings::groups
    std::optional<double> deadband;  // absolute, in units of the point
};

// Whether what is read of both becomes the same samples.
bool is_same(const Tag& one, const Tag& other);

using TagTable = connector::TagTable<Tag>;

// The tag of an address. InvalidArgument says what to change; its field is "/address".
Result<Tag> make_tag(const Settings& settings, std::string_view address, const Property& property);

TagTable make_tags(const Settings& settings, const std::vector<TagBinding>& bindings);

// What is read of an address.
Item item_of(const Address& address, ValueType type, std::size_t tag);

}  // namespace gantry::connector::ethernetip

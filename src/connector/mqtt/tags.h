// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/message/lookup.h"
#include "connector/mqtt/address.h"
#include "connector/mqtt/settings.h"
#include "connector/reporter.h"

namespace gantry::connector::mqtt {

// One tag of a connection, with everything that reading needs worked out.
struct Tag {
    SeriesId series;
    Address address;
    std::optional<double> deadband;  // absolute, in units of the point
    std::uint8_t qos = 1;            // of the subscription
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

// What is to be published for a value of the tag's point. InvalidArgument says why it cannot.
Result<std::string> make_payload(const Tag& tag, const Property& property, const Value& value);

}  // namespace gantry::connector::mqtt

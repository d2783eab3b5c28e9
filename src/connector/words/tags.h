// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/stretch_plan.h"
#include "connector/tags.h"
#include "connector/words/address.h"
#include "connector/words/settings.h"

namespace gantry::connector::words {

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

// The area is its place in Language::areas(); elements are words, or bits.
using Item = StretchItem<std::uint16_t>;
using Stretch = connector::Stretch<std::uint16_t>;
using Plan = StretchPlan<std::uint16_t>;

// The tag of an address. InvalidArgument says what to change; its field is "/address".
Result<Tag> make_tag(const Settings& settings, std::string_view address, const Property& property);

TagTable make_tags(const Settings& settings, const std::vector<TagBinding>& bindings);

// What is read of an address.
Item item_of(const Address& address, std::size_t tag);

Plan::Limits stretch_limits(const Settings& settings);

// The value of an item's canonical values.
Reading decode(const Tag& tag, ByteView values, std::string& scratch);

}  // namespace gantry::connector::words

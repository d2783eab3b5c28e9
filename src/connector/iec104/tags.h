// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/iec104/address.h"
#include "connector/iec104/settings.h"
#include "connector/reporter.h"

namespace gantry::connector::iec104 {

// One tag of a connection, with everything that reading needs worked out.
struct Tag {
    SeriesId series;
    ValueType type = ValueType::Float64;
    std::uint16_t common = 1;
    Address address;
    std::optional<double> deadband;  // absolute, in units of the point

    bool operator==(const Tag&) const = default;
};

using TagTable = connector::TagTable<Tag>;

// The tag of an address. InvalidArgument says what to change; its field is "/address".
Result<Tag> make_tag(const Settings& settings, std::string_view address, const Property& property);

TagTable make_tags(const Settings& settings, const std::vector<TagBinding>& bindings);

// What an object of a monitoring type says of a tag. A double point that is neither on nor off has
// no value as a bool; what the type cannot hold is BadOutOfRange.
Reading read_object(const Tag& tag, Type type, const Object& object);

// What is to be sent for a value of the tag's point. InvalidArgument says why it cannot.
Result<Command> make_command(const Tag& tag, const Property& property, const Value& value);

// The time of a tag in UTC, if the station trusts it; of CP24Time2a the one nearest to `now`.
std::optional<Time> time_of(const TimeTag& tag, const Settings& settings, Time now);

}  // namespace gantry::connector::iec104

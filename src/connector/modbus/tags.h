// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "connector/modbus/settings.h"
#include "connector/tags.h"

namespace gantry::connector::modbus {

// One tag of a connection, with everything that a poll needs worked out.
struct Tag {
    SeriesId series;
    ValueType type = ValueType::Float64;
    Area area = Area::HoldingRegisters;
    std::uint8_t unit = 0;
    std::uint16_t start = 0;
    std::uint16_t count = 1;
    std::uint32_t group = 0;  // place in Settings::groups
    Format format;
    std::optional<double> deadband;  // absolute
    std::optional<Duration> silence_max;
};

using TagTable = connector::TagTable<Tag>;

// The tag of an address. InvalidArgument says what to change; its field is "/address".
Result<Tag> make_tag(const Settings& settings, std::string_view address, const Property& property);

TagTable make_tags(const Settings& settings, const std::vector<TagBinding>& bindings);

}  // namespace gantry::connector::modbus

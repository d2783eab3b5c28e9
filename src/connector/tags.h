// SPDX-License-Identifier: Apache-2.0
// What the tags of all protocols have in common.
#pragma once

#include <optional>

#include "connector/connector.h"
#include "connector/form.h"
#include "connector/tag_text.h"

namespace gantry::connector {

// A value as it was read: no value (Null) whenever the quality is bad.
struct Reading {
    Quality quality;
    ValueType type = ValueType::Null;
    std::uint64_t bits = 0;  // of bool, int64 or float64
    std::string_view text;   // of string
};

// A tag that cannot be read as it is written.
struct WrongTag {
    SeriesId series;
    std::string path;
    std::string complaint;
};

// The complaint, with the address that it is about; its field is "/address".
std::unexpected<Error> complain_about(std::string_view address, std::string_view what);

// The place of a group; InvalidArgument names the ones that there are.
Result<std::size_t> find_group(const NamedDurations& groups, std::string_view name);

// In units of the value. InvalidArgument for a percentage of a range that the property has not.
Result<double> absolute_deadband(const Deadband& deadband, const Property& property);

}  // namespace gantry::connector

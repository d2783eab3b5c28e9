// SPDX-License-Identifier: Apache-2.0
#include "connector/opcua/tags.h"

#include <cmath>

namespace gantry::connector::opcua {
namespace {

bool is_whole(double number) {
    return std::trunc(number) == number && std::abs(number) < 9'007'199'254'740'992.0;
}

}  // namespace

Result<Tag> make_tag(const Settings& settings, std::string_view address, const Property& property) {
    Tag out;
    TRY_ASSIGN(out.address, parse_address(address));
    out.type = property.type;
    if (out.address.scaling.scaled() && !is_number(property.type)) {
        return complain_about(address, "only numbers have a scale and an offset");
    }
    if (out.address.scaling.scaled() && property.type == ValueType::Int64 &&
        (!is_whole(out.address.scaling.scale) || !is_whole(out.address.scaling.offset))) {
        return complain_about(address,
                              "the point is of type int64: scale and offset must be whole numbers, "
                              "or make the point a float64");
    }
    const auto group = find_group(settings.groups, out.address.group);
    if (!group) {
        return complain_about(address, group.error().message);
    }
    out.group = static_cast<std::uint32_t>(*group);
    TRY_ASSIGN(out.deadband, deadband_of(address, out.address.deadband, property));
    return out;
}

TagTable make_tags(const Settings& settings, const std::vector<TagBinding>& bindings) {
    return table_of(settings, bindings, make_tag);
}

}  // namespace gantry::connector::opcua

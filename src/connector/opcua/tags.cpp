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
    const bool number = property.type == ValueType::Int64 || property.type == ValueType::Float64;
    if (out.address.scaling.scaled() && !number) {
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
    if (out.address.deadband) {
        const auto deadband = absolute_deadband(*out.address.deadband, property);
        if (!deadband) {
            return complain_about(address, deadband.error().message);
        }
        if (*deadband != 0 && !number) {
            return complain_about(address,
                                  "only numbers have a deadband: write db=0 to see changes only");
        }
        out.deadband = *deadband;
    }
    return out;
}

TagTable make_tags(const Settings& settings, const std::vector<TagBinding>& bindings) {
    TagTable out;
    out.tags.reserve(bindings.size());
    for (const TagBinding& binding : bindings) {
        auto tag = make_tag(settings, binding.address, binding.property);
        if (!tag) {
            out.wrong.push_back({binding.series, binding.path, std::move(tag).error().message});
            continue;
        }
        tag->series = binding.series;
        out.tags.push_back(std::move(*tag));
        out.paths.push_back(binding.path);
    }
    return out;
}

}  // namespace gantry::connector::opcua

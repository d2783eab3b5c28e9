// SPDX-License-Identifier: Apache-2.0
#include "connector/bacnet/tags.h"

namespace gantry::connector::bacnet {

bool is_same(const Tag& one, const Tag& other) {
    return one.series == other.series && one.property.type == other.property.type &&
           one.address == other.address && one.group == other.group &&
           one.deadband == other.deadband;
}

Result<Tag> make_tag(const Settings& settings, std::string_view address, const Property& property) {
    Tag out;
    TRY_ASSIGN(out.address, parse_address(address));
    out.property = property;
    if (out.address.scaling.scaled() && !is_number(property.type)) {
        return complain_about(address, "only numbers have a scale and an offset");
    }
    const auto group = find_group(settings.groups, out.address.group);
    if (!group) {
        return complain_about(address, group.error().message);
    }
    out.group = static_cast<std::uint32_t>(*group);
    TRY_ASSIGN(out.deadband, polled_deadband(address, out.address.deadband, out.address.silence_max,
                                             settings.report_on_change, property));
    return out;
}

TagTable make_tags(const Settings& settings, const std::vector<TagBinding>& bindings) {
    return table_of(settings, bindings, make_tag);
}

}  // namespace gantry::connector::bacnet

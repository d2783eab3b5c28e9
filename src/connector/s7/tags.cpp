// SPDX-License-Identifier: Apache-2.0
#include "connector/s7/tags.h"

#include "connector/s7/convert.h"

namespace gantry::connector::s7 {

Result<Tag> make_tag(const Settings& settings, std::string_view address, const Property& property) {
    Tag out;
    TRY_ASSIGN(out.address, parse_address(address));
    out.type = property.type;
    if (const auto fits = check_conversion(out.address, property); !fits) {
        return complain_about(address, fits.error().message);
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

Item item_of(const Address& address, std::size_t tag) {
    return {.area = {address.area, address.block},
            .start = address.start,
            .count = is_numbered(address.area) ? 1 : address.bytes(),
            .tag = static_cast<std::uint32_t>(tag)};
}

}  // namespace gantry::connector::s7

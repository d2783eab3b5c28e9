// SPDX-License-Identifier: Apache-2.0
#include "connector/http_json/tags.h"

namespace gantry::connector::http_json {

Result<Tag> make_tag(const Settings& settings, std::string_view address, const Property& property) {
    Tag out;
    TRY_ASSIGN(out.address, parse_address(address));
    TRY_ASSIGN(out.lookup, make_lookup(out.address, address, property));
    const auto group = find_group(settings.groups, out.address.group);
    if (!group) {
        return complain_about(address, group.error().message);
    }
    out.group = *group;
    TRY_ASSIGN(out.deadband, polled_deadband(address, out.address.deadband, out.address.silence_max,
                                             settings.report_on_change, property));
    if (property.access == Access::ReadWrite && !out.address.set) {
        return complain_about(address, "the point is writable: say where its values go, as in "
                                       "set=/api/speed, or make the point read-only");
    }
    return out;
}

TagTable make_tags(const Settings& settings, const std::vector<TagBinding>& bindings) {
    return table_of(settings, bindings, make_tag);
}

}  // namespace gantry::connector::http_json

// SPDX-License-Identifier: Apache-2.0
#include "connector/mqtt/tags.h"

namespace gantry::connector::mqtt {
Result<Tag> make_tag(const Settings& settings, std::string_view address, const Property& property) {
    Tag out;
    TRY_ASSIGN(out.address, parse_address(address));
    TRY_ASSIGN(out.lookup, make_lookup(out.address, address, property));
    out.qos = out.address.qos.value_or(static_cast<std::uint8_t>(settings.qos));
    TRY_ASSIGN(out.deadband, deadband_of(address, out.address.deadband, property));
    if (property.access == Access::ReadWrite && !out.address.set) {
        return complain_about(address, "the point is writable: say which topic takes its values, "
                                       "as in set=plant/line1/speed/set, or make the point "
                                       "read-only");
    }
    return out;
}

TagTable make_tags(const Settings& settings, const std::vector<TagBinding>& bindings) {
    return table_of(settings, bindings, make_tag);
}

Result<std::string> make_payload(const Tag& tag, const Property& property, const Value& value) {
    if (!tag.address.set) {
        return fail(Code::InvalidArgument, "the tag has no set=: write it into its address");
    }
    const std::string& where = tag.address.set->json;
    TRY_ASSIGN(std::string out, message_of(tag.lookup, where, property, value));
    if (out.empty()) {
        return fail(Code::InvalidArgument, "an empty text cannot be published alone: an empty "
                                           "message takes a retained one back");
    }
    return out;
}

}  // namespace gantry::connector::mqtt

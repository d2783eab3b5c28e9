// SPDX-License-Identifier: Apache-2.0
#include "connector/words/tags.h"

#include <format>

#include "connector/registers/convert.h"

namespace gantry::connector::words {

Result<Tag> make_tag(const Settings& settings, std::string_view address, const Property& property) {
    Tag out;
    TRY_ASSIGN(out.address, parse_address(*settings.language, address));
    out.type = property.type;
    if (const auto fits = check_conversion(out.address.format, property); !fits) {
        return complain_about(address, fits.error().message);
    }
    const Area& area = settings.language->areas()[out.address.area];
    if (property.access == Access::ReadWrite && !area.writable) {
        return complain_about(address, std::format("the point can be written, but {} cannot: make "
                                                   "the point read-only",
                                                   area.name));
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
    return {.area = address.area,
            .start = address.start,
            .count = address.format.count(),
            .tag = static_cast<std::uint32_t>(tag)};
}

// Sixteen bits cost what a word does.
Plan::Limits stretch_limits(const Settings& settings) {
    return [language = settings.language,
            gap = static_cast<std::uint32_t>(settings.max_gap)](std::uint16_t place) {
        const Area& area = language->areas()[place];
        return StretchLimits{.gap_max = area.bits ? 16 * gap : gap,
                             .count_max = language->most(area)};
    };
}

Reading decode(const Tag& tag, ByteView values, std::string& scratch) {
    return tag.address.format.encoding == registers::Encoding::Bool
               ? read_bit(tag.type, values[0] != std::byte{0})
               : decode_registers(tag.address.format, tag.type, values, scratch);
}

}  // namespace gantry::connector::words

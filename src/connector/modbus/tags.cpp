// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/tags.h"

#include "connector/registers/convert.h"

namespace gantry::connector::modbus {

Result<Tag> make_tag(const Settings& settings, std::string_view address, const Property& property) {
    TRY_ASSIGN(const Address parsed, parse_address(address, settings.base()));
    Tag out;
    out.type = property.type;
    out.area = parsed.area;
    out.unit = parsed.unit.value_or(static_cast<std::uint8_t>(settings.unit));
    out.start = parsed.start;
    out.count = parsed.format.count();
    out.format = parsed.format;
    out.silence_max = parsed.silence_max;
    if (const auto fits = check_conversion(parsed.format, property); !fits) {
        return complain_about(address, fits.error().message);
    }
    if (property.access == Access::ReadWrite && !is_writable(parsed.area)) {
        return complain_about(address,
                              "the point can be written, but discrete inputs and input registers "
                              "cannot: use co or hr, or make the point read-only");
    }
    if (out.count > (is_bits(parsed.area) ? settings.max_bits : settings.max_registers)) {
        return complain_about(address,
                              std::format("it takes {} registers, but the connection reads at "
                                          "most {} at a time (max_registers)",
                                          out.count, settings.max_registers));
    }
    if (property.access == Access::ReadWrite && out.count > write_registers_max) {
        return complain_about(address,
                              std::format("it takes {} registers, but one request writes at most "
                                          "{}: make the text shorter, or the point read-only",
                                          out.count, write_registers_max));
    }
    const auto group = find_group(settings.groups, parsed.group);
    if (!group) {
        return complain_about(address, group.error().message);
    }
    out.group = static_cast<std::uint32_t>(*group);
    TRY_ASSIGN(out.deadband, polled_deadband(address, parsed.deadband, parsed.silence_max,
                                             settings.report_on_change, property));
    return out;
}

TagTable make_tags(const Settings& settings, const std::vector<TagBinding>& bindings) {
    return table_of(settings, bindings, make_tag);
}

}  // namespace gantry::connector::modbus

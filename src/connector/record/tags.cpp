// SPDX-License-Identifier: Apache-2.0
#include "connector/record/tags.h"

namespace gantry::connector::record {

Result<Tag> make_tag(std::string_view address, const Property& property) {
    Tag out;
    TRY_ASSIGN(out.address, parse_address(address));
    out.lookup.type = property.type;
    out.lookup.scaling = out.address.scaling;
    out.lookup.sparse = out.address.sparse;
    out.lookup.json = out.address.column;
    TRY_ASSIGN(out.lookup.value, path_to(out.address.column));
    if (!out.address.quality.empty()) {
        TRY_ASSIGN(out.lookup.quality, path_to(out.address.quality));
    }
    if (out.address.scaling.scaled() && !is_number(property.type)) {
        return complain_about(address, "only numbers have a scale and an offset");
    }
    for (const Condition& one : out.address.where) {
        TRY_ASSIGN(payload::Path path, path_to(one.column));
        out.where.emplace_back(std::move(path), one.value);
    }
    TRY_ASSIGN(out.deadband, polled_deadband(address, out.address.deadband, out.address.silence_max,
                                             false, property));
    if (property.access == Access::ReadWrite) {
        return complain_about(address, "rows are only read: make the point read-only");
    }
    return out;
}

TagTable make_tags(const std::vector<TagBinding>& bindings) {
    return table_of(0, bindings, [](int, std::string_view address, const Property& property) {
        return make_tag(address, property);
    });
}

}  // namespace gantry::connector::record

// SPDX-License-Identifier: Apache-2.0
#include "connector/mqtt/tags.h"

#include <cmath>

namespace gantry::connector::mqtt {
namespace {

constexpr double integer_most = 9'007'199'254'740'992.0;  // 2^53

Result<> compile(const std::string& text, std::optional<payload::Path>& out) {
    if (!text.empty()) {
        TRY_ASSIGN(out, payload::Path::parse(text));
    }
    return {};
}

// As the source has it. A whole number is written without an exponent.
Result<Value> raw_value(const Tag& tag, const Value& value) {
    if (!is_number(tag.type) || type_of(value) == ValueType::String) {
        return value;
    }
    const Scaling& scaling = tag.address.scaling;
    if (!scaling.scaled() && type_of(value) != ValueType::Float64) {
        return value;
    }
    const double raw = (*to_number(value) - scaling.offset) / scaling.scale;
    if (!std::isfinite(raw)) {
        return fail(Code::InvalidArgument, "{} is too large before scale and offset",
                    to_text(value));
    }
    return raw == std::trunc(raw) && std::abs(raw) <= integer_most
               ? Value(static_cast<std::int64_t>(raw))
               : Value(raw);
}

}  // namespace

Result<Tag> make_tag(const Settings& settings, std::string_view address, const Property& property) {
    Tag out;
    TRY_ASSIGN(out.address, parse_address(address));
    out.type = property.type;
    out.qos = out.address.qos.value_or(static_cast<std::uint8_t>(settings.qos));
    TRY(compile(out.address.json, out.value));
    TRY(compile(out.address.time, out.time));
    TRY(compile(out.address.quality, out.quality));
    if (out.address.scaling.scaled() && !is_number(property.type)) {
        return complain_about(address, "only numbers have a scale and an offset");
    }
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
    if (type_of(value) == ValueType::Null ||
        (is_number(tag.type) && type_of(value) == ValueType::String)) {
        return fail(Code::InvalidArgument, "the point takes values of type {}",
                    value_type_name(tag.type));
    }
    const auto number = to_number(value);
    if (number &&
        (!std::isfinite(*number) || (property.range.min && *number < *property.range.min) ||
         (property.range.max && *number > *property.range.max))) {
        return fail(Code::InvalidArgument, "{} is outside the point's range", to_text(value));
    }
    TRY_ASSIGN(const Value raw, raw_value(tag, value));
    std::string text = to_text(raw);
    const auto names = names_of(tag.address.set->json);
    if (names.empty()) {
        if (text.empty()) {
            return fail(Code::InvalidArgument, "an empty text cannot be published alone: an empty "
                                               "message takes a retained one back");
        }
        return text;
    }
    std::string out;
    for (const std::string_view name : names) {
        out += "{" + json::serialize(json::string(name)) + ":";
    }
    out += type_of(raw) == ValueType::String ? json::serialize(json::string(text)) : text;
    out.append(names.size(), '}');
    return out;
}

}  // namespace gantry::connector::mqtt

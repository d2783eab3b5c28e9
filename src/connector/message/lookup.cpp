// SPDX-License-Identifier: Apache-2.0
#include "connector/message/lookup.h"

#include <cmath>

namespace gantry::connector {
namespace {

constexpr double integer_most = 9'007'199'254'740'992.0;  // 2^53

Result<> compile(const std::string& text, std::optional<payload::Path>& out) {
    if (!text.empty()) {
        TRY_ASSIGN(out, payload::Path::parse(text));
    }
    return {};
}

// As the source has it. A whole number is written without an exponent.
Result<Value> raw_value(const Lookup& lookup, const Value& value) {
    if (!is_number(lookup.type) || type_of(value) == ValueType::String) {
        return value;
    }
    const Scaling& scaling = lookup.scaling;
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

Result<Lookup> make_lookup(const ValueAddress& address, std::string_view text,
                           const Property& property) {
    Lookup out;
    out.type = property.type;
    out.scaling = address.scaling;
    out.sparse = address.sparse;
    out.time_format = address.time_format;
    out.json = address.json;
    TRY(compile(address.json, out.value));
    TRY(compile(address.time, out.time));
    TRY(compile(address.quality, out.quality));
    if (address.scaling.scaled() && !is_number(property.type)) {
        return complain_about(text, "only numbers have a scale and an offset");
    }
    return out;
}

Result<std::string> message_of(const Lookup& lookup, std::string_view where,
                               const Property& property, const Value& value) {
    if (type_of(value) == ValueType::Null ||
        (is_number(lookup.type) && type_of(value) == ValueType::String)) {
        return fail(Code::InvalidArgument, "the point takes values of type {}",
                    value_type_name(lookup.type));
    }
    const auto number = to_number(value);
    if (number &&
        (!std::isfinite(*number) || (property.range.min && *number < *property.range.min) ||
         (property.range.max && *number > *property.range.max))) {
        return fail(Code::InvalidArgument, "{} is outside the point's range", to_text(value));
    }
    TRY_ASSIGN(const Value raw, raw_value(lookup, value));
    std::string text = to_text(raw);
    const auto names = names_of(where);
    if (names.empty()) {
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

bool is_as_written(const Lookup& lookup, const Value& seen, const Value& wanted) {
    const auto is = to_number(seen);
    const auto want = to_number(wanted);
    if (!is || !want) {
        return seen == wanted;
    }
    return std::abs(*is - *want) <= std::abs(*want) * 1e-6 + std::abs(lookup.scaling.scale) * 1e-9;
}

}  // namespace gantry::connector

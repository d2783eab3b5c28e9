// SPDX-License-Identifier: Apache-2.0
#include "api/point_access.h"

#include <cmath>

namespace gantry::api {

Result<directory::PointRef> find_point(const Services& services, const Call& call,
                                       const std::string& reference, std::string_view permission) {
    auto entry = services.directory.find(call.tenant(), reference);
    if (!entry) {
        return fail(Code::NotFound, "there is no point '{}'", reference);
    }
    if (!call.context.may(permission, entry->point.path)) {
        TRY(call.require(permission, entry->point.path, "point '" + reference + "'"));
    }
    return entry;
}

Result<std::vector<directory::PointRef>> select_points(const Services& services, const Call& call,
                                                       const std::vector<std::string>& references,
                                                       const std::string& under) {
    if (references.empty() && under.empty()) {
        return bad_field("/points", "name points, or a path that they are under");
    }
    std::vector<directory::PointRef> out;
    for (const std::string& reference : references) {
        TRY_ASSIGN(out.emplace_back(), find_point(services, call, reference, "samples:read"));
    }
    if (!under.empty()) {
        for (const auto& entry : services.directory.under(call.tenant(), under)) {
            if (call.context.may("samples:read", entry->point.path)) {
                out.push_back(entry);
            }
        }
    }
    if (out.size() > points_at_once_max) {
        return fail(Code::TooLarge, "{} points are asked for, at most {} at once", out.size(),
                    points_at_once_max);
    }
    return out;
}

void write_value(JsonWriter& json, const Value& value) {
    constexpr std::int64_t exact_in_double = std::int64_t{1} << 53;
    switch (type_of(value)) {
        case ValueType::Null: json.null(); break;
        case ValueType::Bool: json.value(std::get<bool>(value)); break;
        case ValueType::Int64: {
            const std::int64_t number = std::get<std::int64_t>(value);
            if (number > exact_in_double || number < -exact_in_double) {
                json.big(number);
            } else {
                json.value(number);
            }
            break;
        }
        case ValueType::Float64: {
            const double number = std::get<double>(value);
            if (std::isfinite(number)) {
                json.value(number);
            } else {
                json.value(to_text(value));
            }
            break;
        }
        case ValueType::String: json.value(std::get<std::string>(value)); break;
    }
}

}  // namespace gantry::api

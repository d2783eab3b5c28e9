// SPDX-License-Identifier: Apache-2.0
#include "connector/form.h"

#include <algorithm>

namespace gantry::connector {

void FormReader::text(std::string_view name, std::string& value, bool required, const About&) {
    if (required) {
        in_.required(name, value);
    } else {
        in_.optional(name, value);
    }
}

void FormReader::secret(std::string_view name, Secret& value, const About&) {
    std::string text;
    in_.optional(name, text);
    value = Secret(std::move(text));
}

void FormReader::flag(std::string_view name, bool& value, const About&) {
    in_.optional(name, value);
}

void FormReader::number(std::string_view name, std::int64_t& value, std::int64_t least,
                        std::int64_t most, const About&) {
    in_.optional(name, value);
    if (value < least || value > most) {
        in_.check(bad_field(in_.where(name),
                            std::format("{} is not within {} to {}", value, least, most)));
    }
}

void FormReader::duration(std::string_view name, Duration& value, Duration least, Duration most,
                          const About&) {
    in_.optional(name, value);
    in_.check(check_duration(value, least, most, in_.where(name)));
}

void FormReader::durations(std::string_view name, NamedDurations& value, Duration least,
                           Duration most, std::size_t count_max, const About&) {
    const json::value* found = in_.take(name);
    if (found == nullptr || found->is_null()) {
        return;
    }
    const std::string where = in_.where(name);
    if (!found->is_object()) {
        in_.check(ObjectReader::wrong_type(where, "an object of durations by name"));
        return;
    }
    for (const auto& field : found->as_object()) {
        const std::string field_path = where + "/" + std::string(field.key());
        Duration read{0};
        in_.check(check_key(field.key(), field_path));
        in_.check(ObjectReader::read(field.value(), read, field_path));
        in_.check(check_duration(read, least, most, field_path));
        const auto known = std::ranges::find(value, std::string_view(field.key()),
                                             &NamedDurations::value_type::first);
        if (known != value.end()) {
            known->second = read;
        } else {
            value.emplace_back(field.key(), read);
        }
    }
    if (value.size() > count_max) {
        in_.check(bad_field(where, std::format("has more than {} entries", count_max)));
    }
}

Result<> FormReader::check_duration(Duration value, Duration least, Duration most,
                                    const std::string& where) {
    if (value < least || value > most) {
        return bad_field(where, std::format("{} is not within {} to {}", format_duration(value),
                                            format_duration(least), format_duration(most)));
    }
    return {};
}

json::object& FormWriter::add(std::string_view name, std::string_view type, const About& about) {
    json::object& field = fields_.emplace_back(json::object()).as_object();
    field["name"] = name;
    field["type"] = type;
    field["label"] = to_json(about.label);
    field["help"] = to_json(about.help);
    return field;
}

void FormWriter::text(std::string_view name, std::string& value, bool required,
                      const About& about) {
    json::object& field = add(name, "text", about);
    field["required"] = required;
    if (!value.empty()) {
        field["default"] = value;
    }
}

void FormWriter::secret(std::string_view name, Secret&, const About& about) {
    add(name, "secret", about)["required"] = false;
}

void FormWriter::flag(std::string_view name, bool& value, const About& about) {
    add(name, "flag", about)["default"] = value;
}

void FormWriter::number(std::string_view name, std::int64_t& value, std::int64_t least,
                        std::int64_t most, const About& about) {
    json::object& field = add(name, "number", about);
    field["default"] = value;
    field["min"] = least;
    field["max"] = most;
}

void FormWriter::duration(std::string_view name, Duration& value, Duration least, Duration most,
                          const About& about) {
    json::object& field = add(name, "duration", about);
    field["default"] = format_duration(value);
    field["min"] = format_duration(least);
    field["max"] = format_duration(most);
}

void FormWriter::durations(std::string_view name, NamedDurations& value, Duration least,
                           Duration most, std::size_t count_max, const About& about) {
    json::object& field = add(name, "durations", about);
    json::object defaults;
    for (const auto& [key, length] : value) {
        defaults[key] = format_duration(length);
    }
    field["default"] = std::move(defaults);
    field["min"] = format_duration(least);
    field["max"] = format_duration(most);
    field["count_max"] = count_max;
}

}  // namespace gantry::connector

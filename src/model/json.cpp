// SPDX-License-Identifier: Apache-2.0
#include "model/json.h"

#include <algorithm>
#include <cmath>

#include "base/encoding.h"
#include "model/unit.h"

namespace gantry {
namespace {

constexpr std::int64_t exact_in_double = std::int64_t{1} << 53;
constexpr std::size_t key_length_max = 64;
constexpr std::size_t text_length_max = 4096;

bool is_key_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

Result<> check_unit(const std::string& unit, ValueType type, const std::string& where) {
    if (unit.empty()) {
        return {};
    }
    if (type == ValueType::String || type == ValueType::Bool) {
        return bad_field(where, std::string(value_type_name(type)) + " values have no unit");
    }
    if (auto parsed = parse_unit(unit); !parsed) {
        return bad_field(where, parsed.error().message);
    }
    return {};
}

Result<> check_range(const ValueRange& range, ValueType type, const std::string& where) {
    if ((range.min || range.max) && (type == ValueType::String || type == ValueType::Bool)) {
        return bad_field(where, std::string(value_type_name(type)) + " values have no range");
    }
    if (range.min && range.max && *range.min > *range.max) {
        return bad_field(where, "min is larger than max");
    }
    return {};
}

Result<> check_retention(Duration retention, const std::string& where) {
    constexpr auto least = std::chrono::seconds(1);
    constexpr auto most = std::chrono::hours(24 * 366 * 100);
    return retention == Duration{0} || (retention >= least && retention <= most)
               ? Result<>{}
               : bad_field(where, "must be 1s to 36600d, or 0s to be as the store keeps all");
}

}  // namespace

Result<json::value> parse_json(std::string_view text, const JsonLimits& limits) {
    if (text.size() > limits.bytes_max) {
        return fail(Code::TooLarge, "the JSON text has {} bytes, more than {}", text.size(),
                    limits.bytes_max);
    }
    json::parse_options options;
    options.max_depth = limits.depth_max;
    options.numbers = json::number_precision::precise;  // what was written comes back
    json::stream_parser parser({}, options);
    boost::system::error_code error;
    const std::size_t used = parser.write_some(text.data(), text.size(), error);
    if (!error && used == text.size()) {
        parser.finish(error);
    }
    if (error || used < text.size()) {
        return fail(Code::InvalidArgument, "the JSON text is wrong at byte {}: {}", used,
                    error ? error.message() : "text after the end of the value");
    }
    return parser.release();
}

std::unexpected<Error> bad_field(const std::string& where, std::string_view what) {
    return std::unexpected(Error{Code::InvalidArgument, where + ": " + std::string(what), where});
}

Result<> check_key(std::string_view key, const std::string& where) {
    if (key.empty() || key.size() > key_length_max || !std::ranges::all_of(key, is_key_character)) {
        return bad_field(where, "a key has 1 to 64 letters, digits, '_' or '-'");
    }
    return {};
}

ObjectReader::ObjectReader(const json::value& value, std::string path)
    : object_(value.if_object()), path_(std::move(path)) {
    if (object_ == nullptr) {
        check(wrong_type(path_.empty() ? "/" : path_, "an object"));
    }
}

const json::value* ObjectReader::take(std::string_view name) {
    if (object_ == nullptr) {
        return nullptr;
    }
    taken_.insert(name);
    return object_->if_contains(name);
}

void ObjectReader::check(Result<> result) {
    if (result_ && !result) {
        result_ = std::move(result);
    }
}

Result<> ObjectReader::finish() {
    if (result_ && object_ != nullptr) {
        for (const auto& field : *object_) {
            if (!taken_.contains(field.key())) {
                const auto nearest = std::ranges::min_element(
                    taken_, {},
                    [&](std::string_view name) { return edit_distance(name, field.key()); });
                const bool likely = field.key().size() < 64 && nearest != taken_.end() &&
                                    edit_distance(*nearest, field.key()) <= 2;
                return bad_field(
                    where(field.key()),
                    likely ? std::format("there is no such field: did you mean '{}'?", *nearest)
                           : "there is no such field");
            }
        }
    }
    return result_;
}

std::unexpected<Error> ObjectReader::missing(std::string_view name) const {
    return bad_field(where(name), "is required");
}

std::unexpected<Error> ObjectReader::wrong_type(const std::string& where, std::string_view wanted) {
    return bad_field(where, "must be " + std::string(wanted));
}

Result<> ObjectReader::read(const json::value& value, std::string& out, const std::string& where) {
    const json::string* text = value.if_string();
    if (text == nullptr) {
        return wrong_type(where, "a string");
    }
    if (text->size() > text_length_max) {
        return bad_field(where, "is longer than 4096 bytes");
    }
    out = *text;
    return {};
}

Result<> ObjectReader::read(const json::value& value, bool& out, const std::string& where) {
    const bool* flag = value.if_bool();
    if (flag == nullptr) {
        return wrong_type(where, "true or false");
    }
    out = *flag;
    return {};
}

Result<> ObjectReader::read(const json::value& value, std::int64_t& out, const std::string& where) {
    boost::system::error_code error;
    const auto number = value.to_number<std::int64_t>(error);
    if (error) {
        return wrong_type(where, "a whole number");
    }
    out = number;
    return {};
}

Result<> ObjectReader::read(const json::value& value, double& out, const std::string& where) {
    boost::system::error_code error;
    const auto number = value.to_number<double>(error);
    if (error) {
        return wrong_type(where, "a number");
    }
    out = number;
    return {};
}

Result<> ObjectReader::read(const json::value& value, std::optional<double>& out,
                            const std::string& where) {
    return read(value, out.emplace(), where);
}

Result<> ObjectReader::read(const json::value& value, Duration& out, const std::string& where) {
    const json::string* text = value.if_string();
    if (text == nullptr) {
        return wrong_type(where, "a duration such as \"250ms\"");
    }
    auto duration = parse_duration(*text);
    if (!duration) {
        return bad_field(where, duration.error().message);
    }
    out = *duration;
    return {};
}

Result<> ObjectReader::read(const json::value& value, LocalizedText& out,
                            const std::string& where) {
    if (value.is_string()) {
        return read(value, out.en, where);
    }
    if (!value.is_object()) {
        return wrong_type(where, "a string or {\"zh\": …, \"en\": …}");
    }
    ObjectReader in(value, where);
    in.optional("zh", out.zh);
    in.optional("en", out.en);
    return in.finish();
}

Result<> ObjectReader::read(const json::value& value, ValueType& out, const std::string& where) {
    const json::string* text = value.if_string();
    const auto type = text == nullptr ? std::nullopt : parse_value_type(*text);
    if (!type) {
        return wrong_type(where, "one of bool, int64, float64, string");
    }
    out = *type;
    return {};
}

Result<> ObjectReader::read(const json::value& value, ValueRange& out, const std::string& where) {
    ObjectReader in(value, where);
    in.optional("min", out.min);
    in.optional("max", out.max);
    return in.finish();
}

Result<> ObjectReader::read(const json::value& value, Access& out, const std::string& where) {
    const json::string* text = value.if_string();
    if (text == nullptr || (*text != "read" && *text != "read_write")) {
        return wrong_type(where, "read or read_write");
    }
    out = *text == "read" ? Access::Read : Access::ReadWrite;
    return {};
}

Result<> ObjectReader::read(const json::value& value, AssetLevel& out, const std::string& where) {
    const json::string* text = value.if_string();
    const auto level = text == nullptr ? std::nullopt : parse_asset_level(*text);
    if (!level) {
        return wrong_type(where, "one of site, area, line, cell, unit, thing");
    }
    out = *level;
    return {};
}

Result<> ObjectReader::read(const json::value& value, std::vector<std::string>& out,
                            const std::string& where) {
    if (!value.is_array()) {
        return wrong_type(where, "an array of strings");
    }
    out.clear();
    for (const json::value& item : value.as_array()) {
        TRY(read(item, out.emplace_back(), where + "/" + std::to_string(out.size())));
    }
    return {};
}

Result<> ObjectReader::read(const json::value& value,
                            std::vector<std::pair<std::string, std::string>>& out,
                            const std::string& where) {
    if (!value.is_object()) {
        return wrong_type(where, "an object of strings");
    }
    out.clear();
    for (const auto& field : value.as_object()) {
        auto& [key, text] = out.emplace_back();
        key = field.key();
        TRY(read(field.value(), text, where + "/" + key));
    }
    return {};
}

Result<> read_entity(const json::value& value, Property& out, const std::string& where) {
    ObjectReader in(value, where);
    in.required("key", out.key);
    in.optional("name", out.name);
    in.optional("description", out.description);
    in.optional("type", out.type);
    in.optional("unit", out.unit);
    in.optional("range", out.range);
    in.optional("access", out.access);
    in.optional("retention", out.retention);
    TRY(in.finish());
    TRY(check_key(out.key, in.where("key")));
    TRY(check_unit(out.unit, out.type, in.where("unit")));
    TRY(check_retention(out.retention, in.where("retention")));
    return check_range(out.range, out.type, in.where("range"));
}

Result<> read_entity(const json::value& value, Parameter& out, const std::string& where) {
    ObjectReader in(value, where);
    in.required("key", out.key);
    in.optional("name", out.name);
    in.optional("type", out.type);
    in.optional("unit", out.unit);
    in.optional("range", out.range);
    TRY(in.finish());
    TRY(check_key(out.key, in.where("key")));
    TRY(check_unit(out.unit, out.type, in.where("unit")));
    return check_range(out.range, out.type, in.where("range"));
}

Result<> read_entity(const json::value& value, CommandDefinition& out, const std::string& where) {
    ObjectReader in(value, where);
    in.required("key", out.key);
    in.optional("name", out.name);
    in.optional("parameters", out.parameters);
    TRY(in.finish());
    return check_key(out.key, in.where("key"));
}

Result<> read_entity(const json::value& value, EventDefinition& out, const std::string& where) {
    ObjectReader in(value, where);
    in.required("key", out.key);
    in.optional("name", out.name);
    in.optional("severity", out.severity);
    in.optional("fields", out.fields);
    TRY(in.finish());
    TRY(check_key(out.key, in.where("key")));
    if (out.severity != "info" && out.severity != "warning" && out.severity != "critical") {
        return bad_field(in.where("severity"), "must be info, warning or critical");
    }
    return {};
}

json::value to_json(const LocalizedText& text) {
    json::object out;
    if (!text.zh.empty()) {
        out["zh"] = text.zh;
    }
    if (!text.en.empty()) {
        out["en"] = text.en;
    }
    return out;
}

json::value to_json(const ValueRange& range) {
    json::object out;
    if (range.min) {
        out["min"] = *range.min;
    }
    if (range.max) {
        out["max"] = *range.max;
    }
    return out;
}

namespace {

// What properties and parameters have in common; absent means not set.
template <class T>
json::object typed_to_json(const T& item) {
    json::object out;
    out["key"] = item.key;
    if (!item.name.empty()) {
        out["name"] = to_json(item.name);
    }
    out["type"] = value_type_name(item.type);
    if (!item.unit.empty()) {
        out["unit"] = item.unit;
    }
    if (item.range.min || item.range.max) {
        out["range"] = to_json(item.range);
    }
    return out;
}

json::array parameters_to_json(const std::vector<Parameter>& parameters) {
    json::array out;
    for (const Parameter& parameter : parameters) {
        out.push_back(typed_to_json(parameter));
    }
    return out;
}

}  // namespace

json::object to_json(const Property& property) {
    json::object out = typed_to_json(property);
    if (!property.description.empty()) {
        out["description"] = to_json(property.description);
    }
    out["access"] = property.access == Access::Read ? "read" : "read_write";
    if (property.retention > Duration{0}) {
        out["retention"] = format_duration(property.retention);
    }
    return out;
}

json::object to_json(const CommandDefinition& command) {
    json::object out;
    out["key"] = command.key;
    if (!command.name.empty()) {
        out["name"] = to_json(command.name);
    }
    out["parameters"] = parameters_to_json(command.parameters);
    return out;
}

json::object to_json(const EventDefinition& event) {
    json::object out;
    out["key"] = event.key;
    if (!event.name.empty()) {
        out["name"] = to_json(event.name);
    }
    out["severity"] = event.severity;
    out["fields"] = parameters_to_json(event.fields);
    return out;
}

json::value to_json(const Value& value) {
    switch (type_of(value)) {
        case ValueType::Null: return nullptr;
        case ValueType::Bool: return std::get<bool>(value);
        case ValueType::Int64: {
            const std::int64_t number = std::get<std::int64_t>(value);
            if (number > exact_in_double || number < -exact_in_double) {
                return json::string(std::to_string(number));
            }
            return number;
        }
        case ValueType::Float64: {
            const double number = std::get<double>(value);
            return std::isfinite(number) ? json::value(number) : json::value(to_text(value));
        }
        case ValueType::String: return json::string(std::get<std::string>(value));
    }
    return nullptr;
}

Result<Value> value_from_json(const json::value& value, ValueType type) {
    if (value.is_null()) {
        return Value{};
    }
    if (value.is_string()) {
        return parse_value(value.as_string(), type);
    }
    if (value.is_bool()) {
        return convert_value(value.as_bool(), type);
    }
    if (value.is_int64()) {
        return convert_value(value.as_int64(), type);
    }
    if (value.is_double()) {
        return convert_value(value.as_double(), type);
    }
    return fail(Code::InvalidArgument, "{} is not a value of type {}",
                json::serialize(value).substr(0, 80), value_type_name(type));
}

}  // namespace gantry

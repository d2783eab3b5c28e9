// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/entities.h"

namespace gantry {

namespace json = boost::json;

// Limits for JSON that comes from outside.
struct JsonLimits {
    std::size_t bytes_max = 16 * 1024 * 1024;
    std::size_t depth_max = 32;
};
Result<json::value> parse_json(std::string_view text, const JsonLimits& limits = {});

// Reads one object strictly: a field of the wrong type, a missing one and an unknown one are errors
// that name the field. The first error is kept; finish() returns it.
//
//     ObjectReader in(value, "/properties/0");
//     in.required("key", property.key);
//     in.optional("unit", property.unit);
//     TRY(in.finish());
class ObjectReader {
public:
    ObjectReader(const json::value& value, std::string path);

    template <class T>
    void required(std::string_view name, T& out) {
        if (const json::value* found = take(name)) {
            check(read(*found, out, where(name)));
        } else {
            check(missing(name));
        }
    }
    template <class T>
    void optional(std::string_view name, T& out) {
        if (const json::value* found = take(name); found != nullptr && !found->is_null()) {
            check(read(*found, out, where(name)));
        }
    }
    // The raw value of a field, or null if it is absent.
    const json::value* take(std::string_view name);
    void check(Result<> result);
    std::string where(std::string_view name) const { return path_ + "/" + std::string(name); }
    Result<> finish();

    static Result<> read(const json::value& value, std::string& out, const std::string& where);
    static Result<> read(const json::value& value, bool& out, const std::string& where);
    static Result<> read(const json::value& value, std::int64_t& out, const std::string& where);
    static Result<> read(const json::value& value, double& out, const std::string& where);
    static Result<> read(const json::value& value, std::optional<double>& out,
                         const std::string& where);
    static Result<> read(const json::value& value, Duration& out, const std::string& where);
    static Result<> read(const json::value& value, LocalizedText& out, const std::string& where);
    static Result<> read(const json::value& value, ValueType& out, const std::string& where);
    static Result<> read(const json::value& value, ValueRange& out, const std::string& where);
    static Result<> read(const json::value& value, Access& out, const std::string& where);
    static Result<> read(const json::value& value, AssetLevel& out, const std::string& where);
    static Result<> read(const json::value& value, std::vector<std::string>& out,
                         const std::string& where);
    static Result<> read(const json::value& value,
                         std::vector<std::pair<std::string, std::string>>& out,
                         const std::string& where);
    template <class T>
        requires requires(T& item, const json::value& value, std::string path) {
            { read_entity(value, item, path) } -> std::same_as<Result<>>;
        }
    static Result<> read(const json::value& value, std::vector<T>& out, const std::string& where) {
        if (!value.is_array()) {
            return wrong_type(where, "an array");
        }
        out.clear();
        for (std::size_t i = 0; i < value.as_array().size(); ++i) {
            TRY(read_entity(value.as_array()[i], out.emplace_back(),
                            where + "/" + std::to_string(i)));
        }
        return {};
    }
    static std::unexpected<Error> wrong_type(const std::string& where, std::string_view wanted);

private:
    std::unexpected<Error> missing(std::string_view name) const;

    const json::object* object_ = nullptr;
    std::string path_;
    std::set<std::string_view, std::less<>> taken_;
    Result<> result_;
};

// A complaint about one field: "/unit: 'xyz' is not a UCUM unit".
std::unexpected<Error> bad_field(const std::string& where, std::string_view what);

// Keys are one segment of a path: 1 to 64 of letters, digits, '_' and '-'.
Result<> check_key(std::string_view key, const std::string& where);

Result<> read_entity(const json::value& value, Property& out, const std::string& where);
Result<> read_entity(const json::value& value, Parameter& out, const std::string& where);
Result<> read_entity(const json::value& value, CommandDefinition& out, const std::string& where);
Result<> read_entity(const json::value& value, EventDefinition& out, const std::string& where);

json::value to_json(const LocalizedText& text);
json::value to_json(const ValueRange& range);
json::object to_json(const Property& property);
json::object to_json(const CommandDefinition& command);
json::object to_json(const EventDefinition& event);
// Bool, int64, float64, string or null. An int64 beyond ±2^53 becomes a string (API grammar).
json::value to_json(const Value& value);
// What JSON can say for a value of that type; numbers may come as strings.
Result<Value> value_from_json(const json::value& value, ValueType type);

template <class T>
json::array to_json_array(const std::vector<T>& items) {
    json::array out;
    out.reserve(items.size());
    for (const T& item : items) {
        out.push_back(to_json(item));
    }
    return out;
}

}  // namespace gantry

// SPDX-License-Identifier: Apache-2.0
#include "model/value.h"

#include <array>
#include <charconv>
#include <cmath>

namespace gantry {
namespace {

constexpr std::array<std::string_view, 5> names = {"null", "bool", "int64", "float64", "string"};

// Doubles at and beyond 2^63 have no int64 counterpart.
constexpr double int64_bound = 9'223'372'036'854'775'808.0;

template <class T>
std::optional<T> whole_number(std::string_view text) {
    T out{};
    if (text.starts_with('+')) {
        text.remove_prefix(1);
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc() || end != text.data() + text.size() || text.empty()) {
        return std::nullopt;
    }
    return out;
}

std::optional<bool> truth(std::string_view text) {
    if (text == "true" || text == "1" || text == "TRUE" || text == "True") {
        return true;
    }
    if (text == "false" || text == "0" || text == "FALSE" || text == "False") {
        return false;
    }
    return std::nullopt;
}

}  // namespace

std::string_view value_type_name(ValueType type) { return names[static_cast<std::size_t>(type)]; }

std::optional<ValueType> parse_value_type(std::string_view name) {
    for (std::size_t i = 1; i < names.size(); ++i) {
        if (names[i] == name) {
            return static_cast<ValueType>(i);
        }
    }
    return std::nullopt;
}

std::string to_text(const Value& value) {
    switch (type_of(value)) {
        case ValueType::Null: return "";
        case ValueType::Bool: return std::get<bool>(value) ? "true" : "false";
        case ValueType::Int64: return std::to_string(std::get<std::int64_t>(value));
        case ValueType::Float64: {
            std::array<char, 32> buffer{};
            const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                           std::get<double>(value));
            return std::string(buffer.data(), end.ptr);
        }
        case ValueType::String: return std::get<std::string>(value);
    }
    return "";
}

Result<Value> parse_value(std::string_view text, ValueType type) {
    std::optional<Value> out;
    switch (type) {
        case ValueType::Null: break;
        case ValueType::Bool:
            if (const auto value = truth(text)) {
                out = *value;
            }
            break;
        case ValueType::Int64:
            if (const auto value = whole_number<std::int64_t>(text)) {
                out = *value;
            }
            break;
        case ValueType::Float64:
            if (const auto value = whole_number<double>(text)) {
                out = *value;
            }
            break;
        case ValueType::String:
            if (text.size() <= text_value_bytes_max) {
                out = std::string(text);
            }
            break;
    }
    if (!out) {
        return fail(Code::InvalidArgument, "'{}' is not of type {}", text.substr(0, 80),
                    value_type_name(type));
    }
    return *out;
}

Result<Value> convert_value(const Value& value, ValueType type) {
    if (type_of(value) == type) {
        return value;
    }
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        if (type == ValueType::Float64 && std::abs(*number) <= (std::int64_t{1} << 53)) {
            return static_cast<double>(*number);
        }
        if (type == ValueType::Bool && (*number == 0 || *number == 1)) {
            return *number == 1;
        }
    }
    if (const auto* number = std::get_if<double>(&value)) {
        if (type == ValueType::Int64 && std::trunc(*number) == *number && *number >= -int64_bound &&
            *number < int64_bound) {
            return static_cast<std::int64_t>(*number);
        }
        if (type == ValueType::Bool && (*number == 0 || *number == 1)) {
            return *number == 1;
        }
    }
    if (const auto* flag = std::get_if<bool>(&value)) {
        if (type == ValueType::Int64) {
            return static_cast<std::int64_t>(*flag);
        }
        if (type == ValueType::Float64) {
            return *flag ? 1.0 : 0.0;
        }
    }
    return fail(Code::InvalidArgument, "{} '{}' cannot be kept as {} without loss",
                value_type_name(type_of(value)), to_text(value).substr(0, 80),
                value_type_name(type));
}

std::optional<double> to_number(const Value& value) {
    switch (type_of(value)) {
        case ValueType::Bool: return std::get<bool>(value) ? 1.0 : 0.0;
        case ValueType::Int64: return static_cast<double>(std::get<std::int64_t>(value));
        case ValueType::Float64: return std::get<double>(value);
        default: return std::nullopt;
    }
}

}  // namespace gantry

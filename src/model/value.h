// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "base/time.h"
#include "model/quality.h"

namespace gantry {

// Null is the type of a row without a value: a bad sample never carries an invented one.
enum class ValueType : unsigned char { Null = 0, Bool = 1, Int64 = 2, Float64 = 3, String = 4 };

inline constexpr std::size_t text_value_bytes_max = 64 * 1024;

std::string_view value_type_name(ValueType type);
std::optional<ValueType> parse_value_type(std::string_view name);

using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

inline ValueType type_of(const Value& value) { return static_cast<ValueType>(value.index()); }

// As text for people and CSV: true, 42, the shortest decimal that reads back the same, the string.
std::string to_text(const Value& value);

// Reads a value of the type that is asked for; what does not fit exactly is refused.
Result<Value> parse_value(std::string_view text, ValueType type);

// Changes the type where no information is lost (1 → 1.0, 3.0 → 3, 0/1 → bool), else refuses.
Result<Value> convert_value(const Value& value, ValueType type);

// The number that a value stands for in a chart or aggregate; bool counts as 0 and 1.
std::optional<double> to_number(const Value& value);

struct Sample {
    Time time = 0;
    Value value;
    Quality quality;

    bool operator==(const Sample&) const = default;
};

}  // namespace gantry

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "plant/point.h"

namespace gantry::plant {

// What a point holds, in engineering units.
class Value {
public:
    Value() = default;
    template <class T>
        requires std::is_arithmetic_v<T> || std::is_enum_v<T>
    Value(T value) {  // implicit: readers of points return what they have
        if constexpr (std::is_enum_v<T>) {
            *this = Value(std::to_underlying(value));
        } else if constexpr (std::same_as<T, bool> || std::floating_point<T>) {
            content_ = value;
        } else if constexpr (std::is_signed_v<T>) {
            content_ = static_cast<std::int64_t>(value);
        } else {
            content_ = static_cast<std::uint64_t>(value);
        }
    }
    Value(std::string text) : content_(std::move(text)) {}

    // A truth is 0 or 1; a text is 0.
    double number() const;
    bool truth() const { return number() != 0; }
    const std::string& text() const { return std::get<std::string>(content_); }

    const auto& content() const { return content_; }
    bool operator==(const Value&) const = default;

private:
    std::variant<double, bool, std::int64_t, std::uint64_t, std::string> content_;
};

inline constexpr unsigned registers_most = 16;  // of one point

// The registers of a value. A number that its type cannot hold becomes the nearest that it can. Of
// a Bit, the register with only that bit; of a Bool, 0 or 1.
void encode(const PointInfo& point, const Value& value, std::span<std::uint16_t> registers);

// The value in registers that may come from anyone. Whole numbers without scale stay exact.
Value decode(const PointInfo& point, std::span<const std::uint16_t> registers);

// Whether a client may write that value: in range, and of a text, printable ASCII.
bool permitted(const PointInfo& point, const Value& value);

}  // namespace gantry::plant

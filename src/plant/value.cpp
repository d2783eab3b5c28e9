// SPDX-License-Identifier: Apache-2.0
#include "plant/value.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/assert.h"

namespace gantry::plant {
namespace {

bool words_reversed(WordOrder order) {
    return order == WordOrder::CDAB || order == WordOrder::DCBA;
}
bool bytes_swapped(WordOrder order) { return order == WordOrder::BADC || order == WordOrder::DCBA; }
std::uint16_t swap_bytes(std::uint16_t word) { return std::byteswap(word); }

// Writes the low bits, most significant word first, and then in the order asked for.
void put_bits(std::uint64_t bits, WordOrder order, std::span<std::uint16_t> registers) {
    const std::size_t count = registers.size();
    for (std::size_t i = 0; i < count; ++i) {
        const auto word = static_cast<std::uint16_t>(bits >> (16 * (count - 1 - i)));
        const std::size_t at = words_reversed(order) ? count - 1 - i : i;
        registers[at] = bytes_swapped(order) ? swap_bytes(word) : word;
    }
}

std::uint64_t take_bits(WordOrder order, std::span<const std::uint16_t> registers) {
    const std::size_t count = registers.size();
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint16_t word = registers[words_reversed(order) ? count - 1 - i : i];
        bits = bits << 16 | (bytes_swapped(order) ? swap_bytes(word) : word);
    }
    return bits;
}

void put_text(const std::string& text, WordOrder order, std::span<std::uint16_t> registers) {
    const auto at = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
    };
    for (std::size_t i = 0; i < registers.size(); ++i) {
        const auto word = static_cast<std::uint16_t>(at(2 * i) << 8 | at(2 * i + 1));
        registers[i] = bytes_swapped(order) ? swap_bytes(word) : word;
    }
}

std::string take_text(WordOrder order, std::span<const std::uint16_t> registers) {
    std::string text;
    for (std::uint16_t word : registers) {
        word = bytes_swapped(order) ? swap_bytes(word) : word;
        text += static_cast<char>(word >> 8);
        text += static_cast<char>(word & 0xff);
    }
    text.resize(std::min(text.find('\0'), text.size()));
    return text;
}

// Rounds to the nearest whole number and stops at the ends of the type.
template <class T>
T saturated(double value) {
    const double rounded = std::nearbyint(value);
    // The highest values of 64 bits round up as doubles, hence >= and not >.
    if (rounded >= static_cast<double>(std::numeric_limits<T>::max())) {
        return std::numeric_limits<T>::max();
    }
    if (!(rounded > static_cast<double>(std::numeric_limits<T>::min()))) {
        return std::numeric_limits<T>::min();
    }
    return static_cast<T>(rounded);
}

template <class T>
std::uint64_t whole_bits(const PointInfo& point, const Value& value) {
    if (point.scale == 1 && point.offset == 0) {
        if (const auto* exact = std::get_if<std::uint64_t>(&value.content());
            exact != nullptr && std::in_range<T>(*exact)) {
            return *exact;
        }
        if (const auto* exact = std::get_if<std::int64_t>(&value.content());
            exact != nullptr && std::in_range<T>(*exact)) {
            return static_cast<std::uint64_t>(*exact);
        }
    }
    return static_cast<std::uint64_t>(saturated<T>((value.number() - point.offset) / point.scale));
}

template <class T>
Value whole_value(const PointInfo& point, std::uint64_t bits) {
    const auto raw = static_cast<T>(bits);
    if (point.scale == 1 && point.offset == 0) {
        return raw;
    }
    return static_cast<double>(raw) * point.scale + point.offset;
}

}  // namespace

double Value::number() const {
    return std::visit(
        [](const auto& held) {
            if constexpr (std::is_arithmetic_v<std::remove_cvref_t<decltype(held)>>) {
                return static_cast<double>(held);
            } else {
                return 0.0;
            }
        },
        content_);
}

void encode(const PointInfo& point, const Value& value, std::span<std::uint16_t> registers) {
    ASSERT(registers.size() == address_count(point));
    std::uint64_t bits = 0;
    switch (point.type) {
        case ValueType::Bool: bits = value.truth() ? 1 : 0; break;
        case ValueType::Bit: bits = value.truth() ? 1u << point.bit : 0; break;
        case ValueType::I16: bits = whole_bits<std::int16_t>(point, value); break;
        case ValueType::U16: bits = whole_bits<std::uint16_t>(point, value); break;
        case ValueType::I32: bits = whole_bits<std::int32_t>(point, value); break;
        case ValueType::U32: bits = whole_bits<std::uint32_t>(point, value); break;
        case ValueType::I64: bits = whole_bits<std::int64_t>(point, value); break;
        case ValueType::U64: bits = whole_bits<std::uint64_t>(point, value); break;
        case ValueType::F32:
            bits = std::bit_cast<std::uint32_t>(
                static_cast<float>((value.number() - point.offset) / point.scale));
            break;
        case ValueType::F64:
            bits = std::bit_cast<std::uint64_t>((value.number() - point.offset) / point.scale);
            break;
        case ValueType::Text: put_text(value.text(), point.order, registers); return;
    }
    put_bits(bits, point.order, registers);
}

Value decode(const PointInfo& point, std::span<const std::uint16_t> registers) {
    ASSERT(registers.size() == address_count(point));
    if (point.type == ValueType::Text) {
        return take_text(point.order, registers);
    }
    const std::uint64_t bits = take_bits(point.order, registers);
    switch (point.type) {
        case ValueType::Bool: return bits != 0;
        case ValueType::Bit: return (bits >> point.bit & 1) != 0;
        case ValueType::I16: return whole_value<std::int16_t>(point, bits);
        case ValueType::U16: return whole_value<std::uint16_t>(point, bits);
        case ValueType::I32: return whole_value<std::int32_t>(point, bits);
        case ValueType::U32: return whole_value<std::uint32_t>(point, bits);
        case ValueType::I64: return whole_value<std::int64_t>(point, bits);
        case ValueType::U64: return whole_value<std::uint64_t>(point, bits);
        case ValueType::F32:
            return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits))) *
                       point.scale +
                   point.offset;
        case ValueType::F64: return std::bit_cast<double>(bits) * point.scale + point.offset;
        case ValueType::Text: break;
    }
    return {};
}

bool permitted(const PointInfo& point, const Value& value) {
    if (point.type == ValueType::Text) {
        return !value.text().empty() &&
               std::ranges::all_of(value.text(), [](char c) { return c >= ' ' && c <= '~'; });
    }
    // Written so that not-a-number is refused. The limits are wide by half a unit in the last place
    // of a scaled register, which 0.1 * 400 may miss.
    const double slack = 1e-9 * std::max(std::fabs(point.least), std::fabs(point.most));
    return value.number() >= point.least - slack && value.number() <= point.most + slack;
}

}  // namespace gantry::plant

// SPDX-License-Identifier: Apache-2.0
#include "arrow/detail/decode.h"

#include <bit>

namespace gantry::arrow {
namespace {

constexpr std::int64_t exact_in_double = std::int64_t{1} << 53;

template <class T>
T load(const std::byte* in, std::size_t index) {
    T out{};
    std::memcpy(&out, in + index * sizeof(T), sizeof(T));
    return out;
}

// Calls `work` with a value of the number's type.
template <class Work>
auto with_integer(const Type& type, Work work) {
    switch (type.bits) {
        case 8: return type.is_signed ? work(std::int8_t{}) : work(std::uint8_t{});
        case 16: return type.is_signed ? work(std::int16_t{}) : work(std::uint16_t{});
        case 32: return type.is_signed ? work(std::int32_t{}) : work(std::uint32_t{});
        default: return type.is_signed ? work(std::int64_t{}) : work(std::uint64_t{});
    }
}

template <class T>
bool widen(const std::byte* in, std::size_t count, std::uint64_t* __restrict out) {
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < count; ++i) {
        out[i] = static_cast<std::uint64_t>(static_cast<std::int64_t>(load<T>(in, i)));
        seen |= out[i];
    }
    return std::is_signed_v<T> || sizeof(T) < 8 || seen >> 63 == 0;
}

template <class T>
bool scale(const std::byte* in, std::size_t count, Time unit, Time* __restrict out) {
    if constexpr (sizeof(T) == sizeof(Time)) {
        if (unit == 1) {
            std::memcpy(out, in, count * sizeof(Time));
            return true;
        }
    }
    const Time limit = time_max / unit;
    bool fits = true;
    for (std::size_t i = 0; i < count; ++i) {
        const Time time = load<T>(in, i);
        fits &= time <= limit && time >= -limit;
        out[i] =
            static_cast<Time>(static_cast<std::uint64_t>(time) * static_cast<std::uint64_t>(unit));
    }
    return fits;
}

void decode_flags(const Column& column, std::size_t from, std::size_t count, std::uint64_t* out) {
    for (std::size_t i = 0; i < count; ++i) {
        out[i] = column.flag(from + i) ? 1 : 0;
    }
}

}  // namespace

bool all_valid(const Column& column, std::size_t from, std::size_t count) {
    if (column.type.kind == Kind::Null) {
        return count == 0;
    }
    if (column.validity.empty()) {
        return true;
    }
    const std::size_t end = from + count;
    std::size_t row = from;
    for (; row < end && row % 8 != 0; ++row) {
        if (!Column::bit(column.validity, row)) {
            return false;
        }
    }
    std::byte all{0xff};
    for (; row + 8 <= end; row += 8) {
        all &= column.validity[row / 8];
    }
    for (; row < end; ++row) {
        if (!Column::bit(column.validity, row)) {
            return false;
        }
    }
    return all == std::byte{0xff};
}

bool decode_times(const Column& column, std::size_t from, std::size_t count, Time* out) {
    const std::byte* in = column.values.data() + from * (column.type.bits / 8);
    return column.type.bits == 32 ? scale<std::int32_t>(in, count, column.type.unit, out)
                                  : scale<std::int64_t>(in, count, column.type.unit, out);
}

bool decode_time(const Column& column, std::size_t row, Time& out) {
    return decode_times(column, row, 1, &out);
}

ValueType value_type_of(const Type& type) {
    switch (type.kind) {
        case Kind::Bool: return ValueType::Bool;
        case Kind::Int: return ValueType::Int64;
        case Kind::Float: return ValueType::Float64;
        default: return ValueType::Null;
    }
}

bool decode_bits(const Column& column, std::size_t from, std::size_t count, std::uint64_t* out) {
    const std::byte* in = column.values.data() + from * (column.type.bits / 8);
    switch (column.type.kind) {
        case Kind::Bool: decode_flags(column, from, count, out); return true;
        case Kind::Float:
            if (column.type.bits == 64) {
                std::memcpy(out, in, count * sizeof(double));
                return true;
            }
            for (std::size_t i = 0; i < count; ++i) {
                out[i] = std::bit_cast<std::uint64_t>(static_cast<double>(load<float>(in, i)));
            }
            return true;
        case Kind::Int:
            return with_integer(column.type, [&]<class T>(T) { return widen<T>(in, count, out); });
        default: return false;
    }
}

bool convert_bits(std::uint64_t* bits, std::size_t count, ValueType from, ValueType to) {
    if (from == to || (from == ValueType::Bool && to == ValueType::Int64)) {
        return true;
    }
    if (to != ValueType::Float64 || (from != ValueType::Int64 && from != ValueType::Bool)) {
        return false;
    }
    bool exact = true;
    for (std::size_t i = 0; i < count; ++i) {
        const auto number = static_cast<std::int64_t>(bits[i]);
        exact &= number <= exact_in_double && number >= -exact_in_double;
    }
    for (std::size_t i = 0; exact && i < count; ++i) {
        const auto number = static_cast<std::int64_t>(bits[i]);
        bits[i] = std::bit_cast<std::uint64_t>(static_cast<double>(number));
    }
    return exact;
}

bool decode_indices(const Column& column, std::size_t from, std::size_t count, std::size_t size,
                    std::uint32_t* out) {
    const std::byte* in = column.values.data() + from * (column.type.bits / 8);
    return with_integer(column.type, [&]<class T>(T) {
        bool inside = true;
        for (std::size_t i = 0; i < count; ++i) {
            // A negative index becomes a very large one.
            const auto index =
                static_cast<std::uint64_t>(static_cast<std::int64_t>(load<T>(in, i)));
            inside &= index < size;
            out[i] = static_cast<std::uint32_t>(index);
        }
        return inside;
    });
}

}  // namespace gantry::arrow

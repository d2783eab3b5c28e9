// SPDX-License-Identifier: Apache-2.0
#include "connector/number.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <format>
#include <limits>

#include "base/encoding.h"

namespace gantry::connector {
namespace {

constexpr std::int64_t exact_in_double = std::int64_t{1} << 53;
constexpr double int64_bound = 9'223'372'036'854'775'808.0;  // 2^63
constexpr std::string_view replacement = "\xef\xbf\xbd";     // U+FFFD

bool is_whole(double number) {
    return std::trunc(number) == number && std::abs(number) < static_cast<double>(exact_in_double);
}

std::int64_t sign_extended(std::uint64_t raw, unsigned bits) {
    return static_cast<std::int64_t>(raw << (64 - bits)) >> (64 - bits);
}

Reading none(Quality why) { return {why, ValueType::Null, 0, {}}; }

Reading float_reading(double number) {
    if (std::isnan(number)) {
        return none(quality::bad_sensor_failure);
    }
    if (std::isinf(number)) {
        return none(quality::bad_out_of_range);
    }
    return {quality::good, ValueType::Float64, std::bit_cast<std::uint64_t>(number), {}};
}

Reading int_reading(std::int64_t number) {
    return {quality::good, ValueType::Int64, static_cast<std::uint64_t>(number), {}};
}

// raw * scale + offset in whole numbers.
Reading scaled_int_reading(const NumberFormat& format, std::int64_t raw) {
    std::int64_t out = 0;
    if (__builtin_mul_overflow(raw, static_cast<std::int64_t>(format.scaling.scale), &out) ||
        __builtin_add_overflow(out, static_cast<std::int64_t>(format.scaling.offset), &out)) {
        return none(quality::bad_out_of_range);
    }
    return int_reading(out);
}

Reading integer_reading(const NumberFormat& format, ValueType type, std::uint64_t raw) {
    if (!format.is_signed && raw > INT64_MAX && type == ValueType::Int64) {
        return none(quality::bad_out_of_range);
    }
    const std::int64_t number =
        format.is_signed ? sign_extended(raw, format.bits) : static_cast<std::int64_t>(raw);
    if (type == ValueType::Int64) {
        return format.scaling.scaled() ? scaled_int_reading(format, number) : int_reading(number);
    }
    const double wide = format.is_signed ? static_cast<double>(number) : static_cast<double>(raw);
    // A scaled value is rounded anyway; one that is taken as it is must be right to the last digit.
    const bool exact = format.is_signed ? number >= -exact_in_double && number <= exact_in_double
                                        : raw <= static_cast<std::uint64_t>(exact_in_double);
    if (!format.scaling.scaled() && !exact) {
        return none(quality::bad_out_of_range);
    }
    return float_reading(wide * format.scaling.scale + format.scaling.offset);
}

std::unexpected<Error> refused(std::string_view what) {
    return std::unexpected(Error{Code::InvalidArgument, std::string(what), {}});
}

std::unexpected<Error> mismatch(std::string_view what) {
    return std::unexpected(Error{Code::InvalidArgument, std::string(what), "/address"});
}

struct RawRange {
    double least = 0;
    double most = 0;
};

RawRange raw_range(const NumberFormat& format) {
    const auto bits = static_cast<int>(format.bits);
    if (format.is_signed) {
        return {-std::ldexp(1.0, bits - 1), std::ldexp(1.0, bits - 1) - 1};
    }
    return {0, std::ldexp(1.0, bits) - 1};
}

std::unexpected<Error> does_not_fit(const NumberFormat& format, std::string_view number) {
    const RawRange limits = raw_range(format);
    const double one_end = limits.least * format.scaling.scale + format.scaling.offset;
    const double other_end = limits.most * format.scaling.scale + format.scaling.offset;
    return refused(std::format("{} does not fit what the device has there: it can hold {} to {}",
                               number, std::min(one_end, other_end), std::max(one_end, other_end)));
}

Result<std::uint64_t> raw_from_number(const NumberFormat& format, const ValueRange& range,
                                      double number) {
    const double exact = (number - format.scaling.offset) / format.scaling.scale;
    double raw = std::nearbyint(exact);
    // Rounding must not carry a value that is allowed over the edge of what is.
    if (std::abs(raw - exact) > 1e-6 &&
        !range.contains(raw * format.scaling.scale + format.scaling.offset)) {
        raw = raw > exact ? std::floor(exact) : std::ceil(exact);
    }
    const RawRange limits = raw_range(format);
    const bool fits64 = format.bits < 64 ||
                        (format.is_signed ? std::abs(raw) < int64_bound : raw < 2 * int64_bound);
    if (!(raw >= limits.least && raw <= limits.most) || !fits64) {
        return does_not_fit(format, std::format("{}", number));
    }
    return format.is_signed || raw < 0 ? static_cast<std::uint64_t>(static_cast<std::int64_t>(raw))
                                       : static_cast<std::uint64_t>(raw);
}

// The way that keeps all 64 bits.
Result<std::uint64_t> raw_from_int(const NumberFormat& format, std::int64_t number) {
    std::int64_t shifted = 0;
    const auto scale = static_cast<std::int64_t>(format.scaling.scale);
    if (__builtin_sub_overflow(number, static_cast<std::int64_t>(format.scaling.offset),
                               &shifted) ||
        shifted % scale != 0) {
        return refused(
            std::format("{} is not a multiple of the scale {}", number, format.scaling.scale));
    }
    const std::int64_t raw = shifted / scale;
    const unsigned bits = format.bits;
    const bool fits = format.is_signed ? sign_extended(static_cast<std::uint64_t>(raw), bits) == raw
                                       : raw >= 0 && (bits == 64 || raw >> bits == 0);
    if (!fits) {
        return does_not_fit(format, std::to_string(number));
    }
    return static_cast<std::uint64_t>(raw);
}

Result<std::uint64_t> raw_from_float(const NumberFormat& format, double number) {
    const double raw = (number - format.scaling.offset) / format.scaling.scale;
    if (format.bits == 64) {
        return std::bit_cast<std::uint64_t>(raw);
    }
    const auto narrow = static_cast<float>(raw);
    if (!std::isfinite(narrow)) {
        return refused(std::format("{} does not fit a 32-bit float", number));
    }
    return std::bit_cast<std::uint32_t>(narrow);
}

double real_number(const NumberFormat& format, std::uint64_t raw) {
    return format.bits == 64 ? std::bit_cast<double>(raw)
                             : std::bit_cast<float>(static_cast<std::uint32_t>(raw));
}

}  // namespace

Result<> check_number(const NumberFormat& format, const Property& property) {
    if (property.type == ValueType::String) {
        return mismatch("the point is of type string, the device holds a number: make the point "
                        "an int64 or a float64");
    }
    if (property.type == ValueType::Bool) {
        return mismatch("the point is of type bool, the device holds a number: read one bit of it, "
                        "or make the point an int64");
    }
    if (property.type != ValueType::Int64) {
        return {};
    }
    if (format.real) {
        return mismatch("the point is of type int64, the device holds a float: make the point a "
                        "float64");
    }
    if (!is_whole(format.scaling.scale) || !is_whole(format.scaling.offset)) {
        return mismatch("the point is of type int64: scale and offset must be whole numbers, or "
                        "make the point a float64");
    }
    return {};
}

Reading read_number(const NumberFormat& format, ValueType type, std::uint64_t raw) {
    if (format.real) {
        return float_reading(real_number(format, raw) * format.scaling.scale +
                             format.scaling.offset);
    }
    return integer_reading(format, type, raw);
}

Reading read_bit(ValueType type, bool on) {
    if (type == ValueType::Float64) {
        return float_reading(on ? 1.0 : 0.0);
    }
    return {quality::good, type, on ? 1ULL : 0ULL, {}};
}

Reading read_text(std::string& text) {
    text.erase(text.find_last_not_of(' ') + 1);
    if (is_utf8(text)) {
        return {quality::good, ValueType::String, 0, text};
    }
    std::string clean;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t length = 1;
        while (length <= 4 && !is_utf8(std::string_view(text).substr(at, length))) {
            ++length;
        }
        const bool good = length <= 4 && at + length <= text.size();
        clean += good ? std::string_view(text).substr(at, length) : replacement;
        at += good ? length : 1;
    }
    text = std::move(clean);
    return {quality::uncertain, ValueType::String, 0, text};
}

Result<Value> value_to_write(const Property& property, const Value& value) {
    TRY_ASSIGN(Value typed, convert_value(value, property.type));
    if (type_of(typed) == ValueType::Null) {
        return refused("there is no value to write");
    }
    const ValueRange& range = property.range;
    if (const auto number = to_number(typed)) {
        if (!std::isfinite(*number)) {
            return refused("it is not a finite number");
        }
        if (!range.contains(*number)) {
            return refused(std::format("{} is outside the range of the point, {} to {}",
                                       to_text(typed),
                                       range.min ? std::format("{}", *range.min) : "any",
                                       range.max ? std::format("{}", *range.max) : "any"));
        }
    }
    return typed;
}

Result<std::uint64_t> raw_number(const NumberFormat& format, const Property& property,
                                 const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return raw_from_int(format, *number);
    }
    const auto number = to_number(value);
    if (!number) {
        return refused(std::format("{} is no number", to_text(value)));
    }
    return format.real ? raw_from_float(format, *number)
                       : raw_from_number(format, property.range, *number);
}

bool is_same_number(const NumberFormat& format, std::uint64_t written, std::uint64_t read_back) {
    if (written == read_back) {
        return true;
    }
    if (format.real) {
        const double asked = real_number(format, written);
        const double got = real_number(format, read_back);
        const double step =
            format.bits == 32
                ? std::abs(std::nextafter(static_cast<float>(asked),
                                          std::numeric_limits<float>::infinity()) -
                           static_cast<float>(asked))
                : std::abs(std::nextafter(asked, std::numeric_limits<double>::infinity()) - asked);
        return std::abs(asked - got) <= step;
    }
    return format.scaling.scaled() && (written - read_back == 1 || read_back - written == 1);
}

}  // namespace gantry::connector

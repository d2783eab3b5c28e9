// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/convert.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/assert.h"
#include "base/encoding.h"

namespace gantry::connector::modbus {
namespace {

constexpr std::int64_t exact_in_double = std::int64_t{1} << 53;
constexpr double int64_bound = 9'223'372'036'854'775'808.0;  // 2^63
constexpr std::string_view replacement = "\xef\xbf\xbd";     // U+FFFD

bool is_float(Encoding encoding) { return encoding == Encoding::F32 || encoding == Encoding::F64; }
bool is_signed(Encoding encoding) {
    return encoding == Encoding::I16 || encoding == Encoding::I32 || encoding == Encoding::I64;
}
bool is_whole(double number) {
    return std::trunc(number) == number && std::abs(number) < static_cast<double>(exact_in_double);
}

unsigned bits_of(const Format& format) { return 16U * format.count(); }

// The registers put together, most significant first.
std::uint64_t join(const Format& format, ByteView registers) {
    const std::size_t count = format.count();
    const bool reverse = swaps_words(format.order);
    const bool swap = swaps_bytes(format.order);
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t at = 2 * (reverse ? count - 1 - i : i);
        const auto high = std::to_integer<std::uint64_t>(registers[at + (swap ? 1 : 0)]);
        const auto low = std::to_integer<std::uint64_t>(registers[at + (swap ? 0 : 1)]);
        out = out << 16 | high << 8 | low;
    }
    return out;
}

void split(const Format& format, std::uint64_t raw, std::span<std::byte> registers) {
    const std::size_t count = format.count();
    const bool reverse = swaps_words(format.order);
    const bool swap = swaps_bytes(format.order);
    for (std::size_t i = 0; i < count; ++i) {
        const auto word = static_cast<unsigned>(raw >> 16 * (count - 1 - i) & 0xffff);
        const std::size_t at = 2 * (reverse ? count - 1 - i : i);
        registers[at + (swap ? 1 : 0)] = static_cast<std::byte>(word >> 8);
        registers[at + (swap ? 0 : 1)] = static_cast<std::byte>(word & 0xff);
    }
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
Reading scaled_int_reading(const Format& format, std::int64_t raw) {
    std::int64_t out = 0;
    if (__builtin_mul_overflow(raw, static_cast<std::int64_t>(format.scale), &out) ||
        __builtin_add_overflow(out, static_cast<std::int64_t>(format.offset), &out)) {
        return none(quality::bad_out_of_range);
    }
    return int_reading(out);
}

Reading integer_reading(const Format& format, ValueType type, std::uint64_t raw) {
    if (!is_signed(format.encoding) && raw > INT64_MAX && type == ValueType::Int64) {
        return none(quality::bad_out_of_range);
    }
    const std::int64_t number = is_signed(format.encoding) ? sign_extended(raw, bits_of(format))
                                                           : static_cast<std::int64_t>(raw);
    if (type == ValueType::Int64) {
        return format.scaled() ? scaled_int_reading(format, number) : int_reading(number);
    }
    const double wide =
        is_signed(format.encoding) ? static_cast<double>(number) : static_cast<double>(raw);
    // A scaled value is rounded anyway; one that is taken as it is must be right to the last digit.
    const bool exact = is_signed(format.encoding)
                           ? number >= -exact_in_double && number <= exact_in_double
                           : raw <= static_cast<std::uint64_t>(exact_in_double);
    if (!format.scaled() && !exact) {
        return none(quality::bad_out_of_range);
    }
    return float_reading(wide * format.scale + format.offset);
}

Reading text_reading(const Format& format, ByteView registers, std::string& scratch) {
    scratch.clear();
    const bool swap = swaps_bytes(format.order);
    for (std::size_t i = 0; i < format.text_bytes; ++i) {
        const char c = static_cast<char>(registers[swap ? i ^ 1 : i]);
        if (c == '\0') {
            break;
        }
        scratch += c;
    }
    scratch.erase(scratch.find_last_not_of(' ') + 1);
    Quality how = quality::good;
    if (!is_utf8(scratch)) {
        how = quality::uncertain;
        std::string clean;
        for (std::size_t at = 0; at < scratch.size();) {
            std::size_t length = 1;
            while (length <= 4 && !is_utf8(std::string_view(scratch).substr(at, length))) {
                ++length;
            }
            const bool good = length <= 4 && at + length <= scratch.size();
            clean += good ? std::string_view(scratch).substr(at, length) : replacement;
            at += good ? length : 1;
        }
        scratch = std::move(clean);
    }
    return {how, ValueType::String, 0, scratch};
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

RawRange raw_range(const Format& format) {
    const auto bits = static_cast<int>(bits_of(format));
    if (is_signed(format.encoding)) {
        return {-std::ldexp(1.0, bits - 1), std::ldexp(1.0, bits - 1) - 1};
    }
    return {0, std::ldexp(1.0, bits) - 1};
}

std::unexpected<Error> does_not_fit(const Format& format, std::string_view number) {
    const RawRange limits = raw_range(format);
    const double one_end = limits.least * format.scale + format.offset;
    const double other_end = limits.most * format.scale + format.offset;
    return refused(std::format("{} does not fit the register: it can hold {} to {}", number,
                               std::min(one_end, other_end), std::max(one_end, other_end)));
}

Result<std::uint64_t> raw_from_number(const Format& format, const ValueRange& range,
                                      double number) {
    const double exact = (number - format.offset) / format.scale;
    double raw = std::nearbyint(exact);
    // Rounding must not carry a value that is allowed over the edge of what is.
    if (std::abs(raw - exact) > 1e-6 && !range.contains(raw * format.scale + format.offset)) {
        raw = raw > exact ? std::floor(exact) : std::ceil(exact);
    }
    const RawRange limits = raw_range(format);
    const bool fits64 =
        bits_of(format) < 64 ||
        (is_signed(format.encoding) ? std::abs(raw) < int64_bound : raw < 2 * int64_bound);
    if (!(raw >= limits.least && raw <= limits.most) || !fits64) {
        return does_not_fit(format, std::format("{}", number));
    }
    return is_signed(format.encoding) || raw < 0
               ? static_cast<std::uint64_t>(static_cast<std::int64_t>(raw))
               : static_cast<std::uint64_t>(raw);
}

// The way that keeps all 64 bits.
Result<std::uint64_t> raw_from_int(const Format& format, std::int64_t number) {
    std::int64_t shifted = 0;
    const auto scale = static_cast<std::int64_t>(format.scale);
    if (__builtin_sub_overflow(number, static_cast<std::int64_t>(format.offset), &shifted) ||
        shifted % scale != 0) {
        return refused(std::format("{} is not a multiple of the scale {}", number, format.scale));
    }
    const std::int64_t raw = shifted / scale;
    const unsigned bits = bits_of(format);
    const bool fits = is_signed(format.encoding)
                          ? sign_extended(static_cast<std::uint64_t>(raw), bits) == raw
                          : raw >= 0 && (bits == 64 || raw >> bits == 0);
    if (!fits) {
        return does_not_fit(format, std::to_string(number));
    }
    return static_cast<std::uint64_t>(raw);
}

Result<std::uint64_t> raw_from_float(const Format& format, double number) {
    const double raw = (number - format.offset) / format.scale;
    if (format.encoding == Encoding::F64) {
        return std::bit_cast<std::uint64_t>(raw);
    }
    const auto narrow = static_cast<float>(raw);
    if (!std::isfinite(narrow)) {
        return refused(std::format("{} does not fit a 32-bit float", number));
    }
    return std::bit_cast<std::uint32_t>(narrow);
}

Result<> encode_text(const Format& format, const std::string& text, Encoded& out) {
    if (text.size() > format.text_bytes) {
        return refused(std::format("the text has {} bytes; the device has room for {}", text.size(),
                                   format.text_bytes));
    }
    if (text.find('\0') != std::string::npos) {
        return refused("the text holds a NUL character, which ends a text at the device");
    }
    const bool swap = swaps_bytes(format.order);
    for (std::size_t i = 0; i < text.size(); ++i) {
        out.bytes[swap ? i ^ 1 : i] = static_cast<std::byte>(text[i]);
    }
    out.value = text;
    return {};
}

double number_from_raw(const Format& format, std::uint64_t raw) {
    switch (format.encoding) {
        case Encoding::F32: return std::bit_cast<float>(static_cast<std::uint32_t>(raw));
        case Encoding::F64: return std::bit_cast<double>(raw);
        default:
            return is_signed(format.encoding)
                       ? static_cast<double>(sign_extended(raw, bits_of(format)))
                       : static_cast<double>(raw);
    }
}

}  // namespace

Result<> check_conversion(const Format& format, const Property& property) {
    const ValueType type = property.type;
    const std::string_view wanted = value_type_name(type);
    if ((format.encoding == Encoding::Text) != (type == ValueType::String)) {
        return mismatch(std::format("the point is of type {}: {}", wanted,
                                    type == ValueType::String
                                        ? "read it as text, such as str16"
                                        : "a text cannot become one; read it as a number or bit"));
    }
    const bool single_bit =
        format.encoding == Encoding::Bool || format.encoding == Encoding::RegisterBit;
    if (type == ValueType::Bool && !single_bit) {
        return mismatch("the point is of type bool: read one bit, such as u16.0, or make the point "
                        "an int64");
    }
    if (type == ValueType::Int64) {
        if (is_float(format.encoding)) {
            return mismatch(
                "the point is of type int64, the register holds a float: make the point "
                "a float64");
        }
        if (!is_whole(format.scale) || !is_whole(format.offset)) {
            return mismatch(
                "the point is of type int64: scale and offset must be whole numbers, or "
                "make the point a float64");
        }
    }
    return {};
}

Reading decode_coil(ValueType type, bool on) {
    if (type == ValueType::Float64) {
        return float_reading(on ? 1.0 : 0.0);
    }
    return {quality::good, type, on ? 1ULL : 0ULL, {}};
}

Reading decode_registers(const Format& format, ValueType type, ByteView registers,
                         std::string& scratch) {
    ASSERT(registers.size() == std::size_t{2} * format.count());
    switch (format.encoding) {
        case Encoding::Bool:
        case Encoding::RegisterBit:
            return decode_coil(type, (join(format, registers) >> format.bit & 1) != 0);
        case Encoding::Text: return text_reading(format, registers, scratch);
        case Encoding::F32:
        case Encoding::F64:
            return float_reading(number_from_raw(format, join(format, registers)) * format.scale +
                                 format.offset);
        default: return integer_reading(format, type, join(format, registers));
    }
}

Result<Encoded> encode_value(const Format& format, const Property& property, const Value& value) {
    TRY_ASSIGN(const Value typed, convert_value(value, property.type));
    if (const auto number = to_number(typed); number && !property.range.contains(*number)) {
        return refused(
            std::format("{} is outside the range of the point, {} to {}", to_text(typed),
                        property.range.min ? std::format("{}", *property.range.min) : "any",
                        property.range.max ? std::format("{}", *property.range.max) : "any"));
    }
    Encoded out;
    out.count = format.count();
    std::uint64_t raw = 0;
    switch (type_of(typed)) {
        case ValueType::Null: return refused("there is no value to write");
        case ValueType::String: {
            TRY(encode_text(format, std::get<std::string>(typed), out));
            return out;
        }
        case ValueType::Bool: raw = std::get<bool>(typed) ? 1 : 0; break;
        case ValueType::Int64: {
            TRY_ASSIGN(raw, raw_from_int(format, std::get<std::int64_t>(typed)));
            break;
        }
        case ValueType::Float64: {
            const double number = std::get<double>(typed);
            if (!std::isfinite(number)) {
                return refused("it is not a finite number");
            }
            TRY_ASSIGN(raw, is_float(format.encoding)
                                ? raw_from_float(format, number)
                                : raw_from_number(format, property.range, number));
            break;
        }
    }
    if (format.encoding == Encoding::Bool || format.encoding == Encoding::RegisterBit) {
        if (raw > 1) {
            return refused(std::format("{} is neither 0 nor 1", to_text(typed)));
        }
        out.bytes[0] = static_cast<std::byte>(raw);
        out.value = typed;
        return out;
    }
    split(format, raw, std::span(out.bytes).first(std::size_t{2} * out.count));
    std::string scratch;
    const Reading back = decode_registers(format, property.type, out.view(false), scratch);
    out.value = value_of(back.type, back.bits, back.text);
    return out;
}

void merge_bit(const Format& format, bool on, std::span<std::byte, 2> register_bytes) {
    const bool high = format.bit >= 8;
    const std::size_t at = high != swaps_bytes(format.order) ? 0 : 1;
    const auto mask = static_cast<std::byte>(1U << format.bit % 8);
    register_bytes[at] = on ? register_bytes[at] | mask : register_bytes[at] & ~mask;
}

bool is_confirmed(const Format& format, ByteView written, ByteView read_back) {
    if (written.size() != read_back.size()) {
        return false;
    }
    if (std::ranges::equal(written, read_back)) {
        return true;
    }
    if (is_float(format.encoding)) {
        const double asked = number_from_raw(format, join(format, written));
        const double got = number_from_raw(format, join(format, read_back));
        const double step =
            format.encoding == Encoding::F32
                ? std::abs(std::nextafter(static_cast<float>(asked),
                                          std::numeric_limits<float>::infinity()) -
                           static_cast<float>(asked))
                : std::abs(std::nextafter(asked, std::numeric_limits<double>::infinity()) - asked);
        return std::abs(asked - got) <= step;
    }
    if (format.scaled() && format.encoding != Encoding::Text) {
        const std::uint64_t asked = join(format, written);
        const std::uint64_t got = join(format, read_back);
        return asked - got == 1 || got - asked == 1;
    }
    return false;
}

}  // namespace gantry::connector::modbus

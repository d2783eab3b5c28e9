// SPDX-License-Identifier: Apache-2.0
#include "connector/s7/convert.h"

#include <array>
#include <chrono>
#include <format>

#include "base/assert.h"
#include "connector/s7/frame.h"

namespace gantry::connector::s7 {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD

std::uint64_t join(ByteView bytes) {
    std::uint64_t out = 0;
    for (const std::byte one : bytes) {
        out = out << 8 | std::to_integer<std::uint64_t>(one);
    }
    return out;
}

unsigned at(ByteView bytes, std::size_t place) { return std::to_integer<unsigned>(bytes[place]); }

Reading none(Quality why) { return {why, ValueType::Null, 0, {}}; }

std::unexpected<Error> mismatch(std::string_view what) {
    return std::unexpected(Error{Code::InvalidArgument, std::string(what), "/address"});
}

std::unexpected<Error> refused(std::string_view what) {
    return std::unexpected(Error{Code::InvalidArgument, std::string(what), {}});
}

// Of what is a number.
NumberFormat number_of(const Address& address) {
    NumberFormat out{.bits = 8 * address.bytes(), .scaling = address.scaling};
    switch (address.type) {
        case Type::Sint:
        case Type::Int:
        case Type::Dint:
        case Type::Lint:
        case Type::Time:
        case Type::Ltime: out.is_signed = true; break;
        case Type::Real:
        case Type::Lreal: out.real = true; break;
        case Type::S5time:
        case Type::Count: out.bits = 32; break;
        default: break;
    }
    return out;
}

// Decimal digits in four bits each.
std::optional<unsigned> from_bcd(std::uint64_t bits, unsigned digits) {
    unsigned out = 0;
    for (unsigned digit = digits; digit-- > 0;) {
        const auto one = static_cast<unsigned>(bits >> 4 * digit & 0xf);
        if (one > 9) {
            return std::nullopt;
        }
        out = out * 10 + one;
    }
    return out;
}

// Bits 12 and 13 say what the three digits count: 10 ms, 100 ms, 1 s or 10 s.
std::optional<std::uint64_t> from_s5time(std::uint64_t word) {
    constexpr std::array<std::uint64_t, 4> base_ms = {10, 100, 1'000, 10'000};
    const auto digits = from_bcd(word, 3);
    return digits ? std::optional(base_ms[word >> 12 & 3] * *digits) : std::nullopt;
}

// Whatever is raw there, as a number.
std::optional<std::uint64_t> raw_of(const Address& address, ByteView bytes) {
    const std::uint64_t raw = join(bytes);
    if (address.type == Type::S5time) {
        return from_s5time(raw);
    }
    if (address.type == Type::Count) {
        return from_bcd(raw, 3);
    }
    return raw;
}

struct Moment {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
    unsigned nanosecond = 0;
};

std::optional<std::string> text_of(const Moment& moment) {
    const std::chrono::year_month_day date(std::chrono::year(moment.year),
                                           std::chrono::month(moment.month),
                                           std::chrono::day(moment.day));
    if (!date.ok() || moment.hour > 23 || moment.minute > 59 || moment.second > 59 ||
        moment.nanosecond > 999'999'999) {
        return std::nullopt;
    }
    std::string out = std::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", moment.year, moment.month,
                                  moment.day, moment.hour, moment.minute, moment.second);
    if (moment.nanosecond != 0) {
        out += std::format(".{:09}", moment.nanosecond);
        out.erase(out.find_last_not_of('0') + 1);
    }
    return out;
}

// Years of two digits are from 1990 to 2089.
std::optional<std::string> date_and_time(ByteView bytes) {
    std::array<unsigned, 6> parts{};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto part = from_bcd(at(bytes, i), 2);
        if (!part) {
            return std::nullopt;
        }
        parts[i] = *part;
    }
    const auto milliseconds = from_bcd(at(bytes, 6) << 4 | at(bytes, 7) >> 4, 3);
    if (!milliseconds) {
        return std::nullopt;
    }
    return text_of({.year = static_cast<int>(parts[0]) + (parts[0] < 90 ? 2000 : 1900),
                    .month = parts[1],
                    .day = parts[2],
                    .hour = parts[3],
                    .minute = parts[4],
                    .second = parts[5],
                    .nanosecond = *milliseconds * 1'000'000});
}

// Byte 4 is the day of the week.
std::optional<std::string> date_and_time_long(ByteView bytes) {
    return text_of({.year = static_cast<int>(join(bytes.first(2))),
                    .month = at(bytes, 2),
                    .day = at(bytes, 3),
                    .hour = at(bytes, 5),
                    .minute = at(bytes, 6),
                    .second = at(bytes, 7),
                    .nanosecond = static_cast<unsigned>(join(bytes.subspan(8, 4)))});
}

std::string date_text(std::uint64_t days) {
    using namespace std::chrono;
    const year_month_day date(sys_days(year(1990) / 1 / 1) + std::chrono::days(days));
    return std::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::optional<std::string> time_of_day(std::uint64_t ms) {
    constexpr std::uint64_t day_ms = 86'400'000;
    if (ms >= day_ms) {
        return std::nullopt;
    }
    return std::format("{:02}:{:02}:{:02}.{:03}", ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60,
                       ms % 1000);
}

std::optional<std::string> moment_text(Type type, ByteView bytes) {
    switch (type) {
        case Type::Date: return date_text(join(bytes));
        case Type::TimeOfDay: return time_of_day(join(bytes));
        case Type::DateAndTime: return date_and_time(bytes);
        default: return date_and_time_long(bytes);
    }
}

void append_utf8(std::string& out, char32_t c) {
    const auto put = [&out](unsigned byte) { out += static_cast<char>(byte); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xc0 | c >> 6);
        put(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        put(0xe0 | c >> 12);
        put(0x80 | (c >> 6 & 0x3f));
        put(0x80 | (c & 0x3f));
    } else {
        put(0xf0 | c >> 18);
        put(0x80 | (c >> 12 & 0x3f));
        put(0x80 | (c >> 6 & 0x3f));
        put(0x80 | (c & 0x3f));
    }
}

bool is_high_surrogate(std::uint64_t unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool is_low_surrogate(std::uint64_t unit) { return unit >= 0xdc00 && unit < 0xe000; }

// False if there was something that is no UTF-16.
bool append_utf16(std::string& out, ByteView bytes) {
    bool good = true;
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
        const std::uint64_t unit = join(bytes.subspan(i, 2));
        if (is_high_surrogate(unit) && i + 3 < bytes.size() &&
            is_low_surrogate(join(bytes.subspan(i + 2, 2)))) {
            const std::uint64_t low = join(bytes.subspan(i + 2, 2));
            append_utf8(out,
                        static_cast<char32_t>(0x10000 + ((unit - 0xd800) << 10) + low - 0xdc00));
            i += 2;
        } else if (is_high_surrogate(unit) || is_low_surrogate(unit)) {
            out += replacement;
            good = false;
        } else {
            append_utf8(out, static_cast<char32_t>(unit));
        }
    }
    return good;
}

// The length is the one that stands there; more than there is room for is no text.
Reading text_reading(const Address& address, ByteView bytes, std::string& scratch) {
    scratch.clear();
    if (address.type == Type::Wstring) {
        const std::uint64_t units = join(bytes.subspan(2, 2));
        if (units > address.characters) {
            return none(quality::bad_out_of_range);
        }
        const bool good = append_utf16(scratch, bytes.subspan(4, 2 * units));
        return {good ? quality::good : quality::uncertain, ValueType::String, 0, scratch};
    }
    ByteView text = bytes;
    if (address.type == Type::String) {
        const unsigned length = at(bytes, 1);
        if (length > address.characters) {
            return none(quality::bad_out_of_range);
        }
        text = bytes.subspan(2, length);
    }
    scratch = as_text(text);
    if (address.type == Type::Char) {
        scratch.erase(std::min(scratch.find('\0'), scratch.size()));
    }
    return read_text(scratch);
}

void append_big_endian(Bytes& out, std::uint64_t value, std::size_t count) {
    for (std::size_t i = count; i-- > 0;) {
        out.push_back(static_cast<std::byte>(value >> 8 * i & 0xff));
    }
}

// UTF-8 that is right.
Bytes to_utf16(std::string_view text) {
    Bytes out;
    for (std::size_t i = 0; i < text.size();) {
        const auto first = static_cast<unsigned char>(text[i]);
        const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
        std::uint32_t c = length == 1 ? first : first & (0xffU >> (length + 1));
        for (std::size_t k = 1; k < length; ++k) {
            c = c << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3fU);
        }
        i += length;
        if (c < 0x10000) {
            append_big_endian(out, c, 2);
        } else {
            append_big_endian(out, 0xd800 + ((c - 0x10000) >> 10), 2);
            append_big_endian(out, 0xdc00 + ((c - 0x10000) & 0x3ff), 2);
        }
    }
    return out;
}

Result<> encode_text(const Address& address, const std::string& text, Encoded& out) {
    const bool wide = address.type == Type::Wstring;
    const Bytes units = wide ? to_utf16(text) : Bytes();
    const std::size_t count = wide ? units.size() / 2 : text.size();
    if (count > address.characters) {
        return refused(std::format("the text has {} {}; the controller has room for {}", count,
                                   wide ? "UTF-16 units" : "bytes", address.characters));
    }
    // How much room there is stands before how much is taken, and stays.
    if (wide) {
        out.skip = 2;
        append_big_endian(out.bytes, count, 2);
        append(out.bytes, units);
    } else {
        if (address.type == Type::String) {
            out.skip = 1;
            append_big_endian(out.bytes, count, 1);
        } else if (text.contains('\0')) {
            return refused("the text holds a NUL character, which ends a text");
        }
        append(out.bytes, as_bytes(text));
    }
    if (address.type == Type::Char) {
        out.bytes.resize(address.characters, std::byte{' '});
    }
    out.value = text;
    return {};
}

bool is_moment(Type type) {
    return type == Type::Date || type == Type::TimeOfDay || type == Type::DateAndTime ||
           type == Type::Dtl;
}

Result<> check_writing(const Address& address, const Property& property) {
    const bool shown_as_text = is_moment(address.type) && property.type == ValueType::String;
    if (address.area == Area::Inputs || is_numbered(address.area) || shown_as_text ||
        address.type == Type::S5time || address.type == Type::Count) {
        return mismatch("the point can be written, but inputs, timers, counters, s5time and times "
                        "as texts cannot: make the point read-only");
    }
    return {};
}

}  // namespace

Result<> check_conversion(const Address& address, const Property& property) {
    if (property.access == Access::ReadWrite) {
        TRY(check_writing(address, property));
    }
    const bool text = property.type == ValueType::String;
    if (is_text(address.type) || address.type == Type::DateAndTime || address.type == Type::Dtl) {
        return text ? Result<>()
                    : mismatch(std::format("{} is a text: make the point a string",
                                           type_word(address.type)));
    }
    if (is_moment(address.type) && text) {
        return address.scaling.scaled() ? mismatch("a text has no scale and no offset")
                                        : Result<>();
    }
    if (address.type == Type::Bool) {
        return text ? mismatch("a bit is no text: make the point a bool") : Result<>();
    }
    return check_number(number_of(address), property);
}

Reading decode(const Address& address, ValueType type, ByteView bytes, std::string& scratch) {
    ASSERT(bytes.size() == address.bytes());
    if (address.type == Type::Bool) {
        return read_bit(type, (at(bytes, 0) >> address.bit & 1) != 0);
    }
    if (is_text(address.type)) {
        return text_reading(address, bytes, scratch);
    }
    if (type == ValueType::String) {
        auto text = moment_text(address.type, bytes);
        if (!text) {
            return none(quality::bad_out_of_range);
        }
        scratch = std::move(*text);
        return {quality::good, ValueType::String, 0, scratch};
    }
    const auto raw = raw_of(address, bytes);
    return raw ? read_number(number_of(address), type, *raw) : none(quality::bad_out_of_range);
}

Result<Encoded> encode(const Address& address, const Property& property, const Value& value) {
    TRY_ASSIGN(Value typed, value_to_write(property, value));
    Encoded out;
    if (const auto* text = std::get_if<std::string>(&typed)) {
        TRY(encode_text(address, *text, out));
        return out;
    }
    if (address.type == Type::Bool) {
        const auto number = to_number(typed).value_or(std::get_if<bool>(&typed) != nullptr &&
                                                      std::get<bool>(typed));
        if (number != 0 && number != 1) {
            return refused(std::format("{} is neither 0 nor 1", to_text(typed)));
        }
        out.bytes.push_back(static_cast<std::byte>(number));
        out.value = std::move(typed);
        return out;
    }
    TRY_ASSIGN(const std::uint64_t raw, raw_number(number_of(address), property, typed));
    append_big_endian(out.bytes, raw, address.bytes());
    std::string scratch;
    const Reading back = decode(address, property.type, out.bytes, scratch);
    out.value = value_of(back.type, back.bits, back.text);
    return out;
}

bool is_confirmed(const Address& address, ValueType type, const Encoded& written, ByteView bytes) {
    if (address.type == Type::Bool || is_text(address.type)) {
        std::string scratch;
        const Reading back = decode(address, type, bytes, scratch);
        return value_of(back.type, back.bits, back.text) == written.value;
    }
    return is_same_number(number_of(address), join(written.bytes), join(bytes));
}

}  // namespace gantry::connector::s7

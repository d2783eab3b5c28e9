// SPDX-License-Identifier: Apache-2.0
#include "connector/registers/convert.h"

#include <algorithm>

#include "base/assert.h"

namespace gantry::connector::registers {
namespace {

bool is_float(Encoding encoding) { return encoding == Encoding::F32 || encoding == Encoding::F64; }
bool is_signed(Encoding encoding) {
    return encoding == Encoding::I16 || encoding == Encoding::I32 || encoding == Encoding::I64;
}
// A text or bit has none.
NumberFormat number_of(const Format& format) {
    return {.bits = 16U * format.count(),
            .is_signed = is_signed(format.encoding),
            .real = is_float(format.encoding),
            .scaling = {format.scale, format.offset}};
}

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
    return read_text(scratch);
}

std::unexpected<Error> refused(std::string_view what) {
    return std::unexpected(Error{Code::InvalidArgument, std::string(what), {}});
}

std::unexpected<Error> mismatch(std::string_view what) {
    return std::unexpected(Error{Code::InvalidArgument, std::string(what), "/address"});
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
        return check_number(number_of(format), property);
    }
    return {};
}

Reading decode_registers(const Format& format, ValueType type, ByteView registers,
                         std::string& scratch) {
    ASSERT(registers.size() == std::size_t{2} * format.count());
    switch (format.encoding) {
        case Encoding::Bool:
        case Encoding::RegisterBit:
            return read_bit(type, (join(format, registers) >> format.bit & 1) != 0);
        case Encoding::Text: return text_reading(format, registers, scratch);
        default: return read_number(number_of(format), type, join(format, registers));
    }
}

Result<Encoded> encode_value(const Format& format, const Property& property, const Value& value) {
    TRY_ASSIGN(const Value typed, value_to_write(property, value));
    Encoded out;
    out.count = format.count();
    if (const auto* text = std::get_if<std::string>(&typed)) {
        TRY(encode_text(format, *text, out));
        return out;
    }
    std::uint64_t raw = 0;
    if (const bool* on = std::get_if<bool>(&typed)) {
        raw = *on ? 1 : 0;
    } else {
        TRY_ASSIGN(raw, raw_number(number_of(format), property, typed));
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
    const Reading back = decode_registers(format, property.type, out.registers(), scratch);
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
    if (format.encoding == Encoding::Text) {
        return std::ranges::equal(written, read_back);
    }
    return is_same_number(number_of(format), join(format, written), join(format, read_back));
}

}  // namespace gantry::connector::registers

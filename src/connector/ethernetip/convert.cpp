// SPDX-License-Identifier: Apache-2.0
#include "connector/ethernetip/convert.h"

#include <algorithm>
#include <format>

namespace gantry::connector::ethernetip {
namespace {

constexpr std::size_t string_head = 4;  // LEN

Reading none(Quality why) { return {why, ValueType::Null, 0, {}}; }

std::unexpected<Error> mismatch(std::string what) {
    return std::unexpected(Error{Code::InvalidArgument, std::move(what), "/address"});
}

std::unexpected<Error> refused(std::string what) {
    return std::unexpected(Error{Code::InvalidArgument, std::move(what), {}});
}

bool is_text(const Kind& kind) {
    return kind.text || kind.code == kind::string || kind.code == kind::short_string;
}

bool is_real(std::uint16_t code) { return code == kind::real || code == kind::lreal; }

NumberFormat number_of(const Kind& kind, const Scaling& scaling) {
    return {.bits = static_cast<unsigned>(8 * kind_bytes(kind.code)),
            .is_signed = kind.code >= kind::sint && kind.code <= kind::lint,
            .real = is_real(kind.code),
            .scaling = scaling};
}

// The bit that is meant, of the integer that stands there.
std::optional<unsigned> bit_of(const Kind& kind, const Address& address) {
    if (is_packed(kind, address.index)) {
        return *address.index % packed_bits;
    }
    return address.bit ? std::optional<unsigned>(*address.bit) : std::nullopt;
}

Result<> check_bit(const Property& property, const Address& address) {
    if (property.type == ValueType::String) {
        return mismatch("a bit is no text: make the point a bool");
    }
    return address.scaling.scaled() ? mismatch("only numbers have a scale and an offset")
                                    : Result<>();
}

// Nothing if it does not have the length that it says.
std::optional<ByteView> text_of(const Kind& kind, ByteView bytes) {
    const std::size_t head = kind.text ? string_head : kind.code == kind::string ? 2 : 1;
    if (bytes.size() < head) {
        return std::nullopt;
    }
    const std::uint64_t length = number_at(bytes, 0, head);
    return length <= bytes.size() - head ? std::optional(bytes.subspan(head, length))
                                         : std::nullopt;
}

Result<> encode_text(const Kind& kind, ByteView held, const std::string& text, Encoded& out) {
    const std::size_t head = kind.text ? string_head : kind.code == kind::string ? 2 : 1;
    const std::size_t room = kind.text && held.size() > head ? held.size() - head
                             : kind.code == kind::string     ? 0xffff
                                                             : 0xff;
    // The last bytes of a structure fill it up to whole double words, and hold no text: how many
    // they are is not said. Logix' own STRING has 82.
    const std::size_t most =
        kind.handle == kind::string_handle ? std::min<std::size_t>(room, 82) : room;
    if (text.size() > most) {
        return refused(std::format("the text has {} bytes; the controller has room for {}",
                                   text.size(), most));
    }
    put(out.bytes, text.size(), head);
    append(out.bytes, as_bytes(text));
    if (kind.text) {
        out.bytes.resize(held.size());
    }
    out.value = text;
    return {};
}

Result<> encode_bit(const Value& typed, Encoded& out) {
    const bool* const flag = std::get_if<bool>(&typed);
    const double number = flag != nullptr ? (*flag ? 1.0 : 0.0) : to_number(typed).value_or(-1);
    if (number != 0 && number != 1) {
        return refused(std::format("{} is neither 0 nor 1", to_text(typed)));
    }
    out.on = number == 1;
    out.value = typed;
    return {};
}

}  // namespace

Result<> check_conversion(const Kind& kind, const Address& address, const Property& property) {
    if (is_text(kind)) {
        if (address.bit) {
            return mismatch("the tag is a text, which has no bits");
        }
        return property.type == ValueType::String
                   ? Result<>()
                   : mismatch(std::format("the tag is a text ({}): make the point a string",
                                          kind_name(kind)));
    }
    if (kind.code == kind::structure) {
        return mismatch("the tag is a structure: name one of its members, as in T1.ACC");
    }
    const std::size_t bytes = kind_bytes(kind.code);
    if (bytes == 0) {
        return mismatch(
            std::format("the tag is of a type that is not read here ({})", kind_name(kind)));
    }
    const bool packed = is_packed(kind, address.index);
    if (address.bit &&
        (packed || is_real(kind.code) || kind.code == kind::boolean || *address.bit >= 8 * bytes)) {
        return mismatch(std::format("the tag is {}, which has no bit {}",
                                    packed ? "an array of BOOL" : kind_name(kind), *address.bit));
    }
    if (address.bit || packed || kind.code == kind::boolean) {
        return check_bit(property, address);
    }
    return check_number(number_of(kind, address.scaling), property);
}

Reading decode(const Kind& kind, const Address& address, ValueType type, ByteView bytes,
               std::string& scratch) {
    if (is_text(kind)) {
        const auto text = text_of(kind, bytes);
        if (!text) {
            return none(quality::bad_out_of_range);
        }
        scratch = as_text(*text);
        return read_text(scratch);
    }
    const std::uint64_t raw = number_at(bytes, 0, kind_bytes(kind.code));
    if (const auto bit = bit_of(kind, address)) {
        return read_bit(type, (raw >> *bit & 1) != 0);
    }
    if (kind.code == kind::boolean) {
        return read_bit(type, raw != 0);
    }
    return read_number(number_of(kind, address.scaling), type, raw);
}

ValueType natural_type(const Kind& kind) {
    if (is_text(kind)) {
        return ValueType::String;
    }
    if (kind_bytes(kind.code) == 0) {
        return ValueType::Null;
    }
    return kind.code == kind::boolean ? ValueType::Bool
           : is_real(kind.code)       ? ValueType::Float64
                                      : ValueType::Int64;
}

Result<Encoded> encode(const Kind& kind, const Address& address, const Property& property,
                       ByteView held, const Value& value) {
    TRY(check_conversion(kind, address, property));
    TRY_ASSIGN(Value typed, value_to_write(property, value));
    Encoded out;
    if (const auto* text = std::get_if<std::string>(&typed)) {
        TRY(encode_text(kind, held, *text, out));
        return out;
    }
    out.bit = bit_of(kind, address);
    if (out.bit || kind.code == kind::boolean) {
        TRY(encode_bit(typed, out));
        put(out.bytes, out.on ? 1 : 0, 1);
        return out;
    }
    const NumberFormat format = number_of(kind, address.scaling);
    TRY_ASSIGN(const std::uint64_t raw, raw_number(format, property, typed));
    put(out.bytes, raw, kind_bytes(kind.code));
    const Reading back = read_number(format, property.type, raw);
    out.value = value_of(back.type, back.bits, back.text);
    return out;
}

bool is_confirmed(const Kind& kind, const Address& address, ValueType type, const Encoded& written,
                  ByteView bytes) {
    if (written.bit || kind.code == kind::boolean || is_text(kind)) {
        std::string scratch;
        const Reading back = decode(kind, address, type, bytes, scratch);
        return value_of(back.type, back.bits, back.text) == written.value;
    }
    const std::size_t size = kind_bytes(kind.code);
    return written.bytes.size() == size &&
           is_same_number(number_of(kind, address.scaling), number_at(written.bytes, 0, size),
                          number_at(bytes, 0, size));
}

}  // namespace gantry::connector::ethernetip

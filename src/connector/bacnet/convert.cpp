// SPDX-License-Identifier: Apache-2.0
#include "connector/bacnet/convert.h"

#include <array>
#include <format>

#include "base/encoding.h"
#include "connector/bacnet/words.h"

namespace gantry::connector::bacnet {
namespace {

constexpr unsigned utf8 = 0;  // of the standard's character sets
constexpr std::size_t bits_max = 63;
constexpr std::uint8_t unspecified = 255;

Reading none(Quality why) { return {why, ValueType::Null, 0, {}}; }

Decoded wrong(std::string why) { return {none(quality::bad_configuration_error), std::move(why)}; }

std::unexpected<Error> refused(std::string_view what) {
    return std::unexpected(Error{Code::InvalidArgument, std::string(what), {}});
}

unsigned at(ByteView bytes, std::size_t place) { return std::to_integer<unsigned>(bytes[place]); }

// The one element that a property consists of, if it is application data.
std::optional<Element> only_element(ByteView value) {
    ElementReader in(value);
    Element out;
    const bool one = in.take(out) && in.at_end() && out.kind == Element::Kind::Application &&
                     out.number <= static_cast<std::uint8_t>(DataType::ObjectIdentifier);
    return one ? std::optional(out) : std::nullopt;
}

DataType type_of_element(const Element& element) { return static_cast<DataType>(element.number); }

NumberFormat format_of(DataType type, const Scaling& scaling) {
    NumberFormat out{.bits = 64, .scaling = scaling};
    out.is_signed = type == DataType::Signed;
    out.real = type == DataType::Real || type == DataType::Double;
    out.bits = type == DataType::Real ? 32 : 64;
    return out;
}

bool is_numeric(DataType type) {
    return type == DataType::Unsigned || type == DataType::Signed || type == DataType::Real ||
           type == DataType::Double || type == DataType::Enumerated;
}

// As the bits of format_of(); nothing if the length is wrong.
std::optional<std::uint64_t> raw_of(const Element& element) {
    const DataType type = type_of_element(element);
    const auto raw = unsigned_of(element.content);
    const std::size_t size = element.content.size();
    if (!raw || (type == DataType::Real && size != 4) || (type == DataType::Double && size != 8)) {
        return std::nullopt;
    }
    if (type == DataType::Signed && size < 8 && (at(element.content, 0) & 0x80) != 0) {
        return *raw | ~std::uint64_t{0} << 8 * size;
    }
    return raw;
}

std::string date_text(ByteView content) {
    const auto part = [&](std::size_t place, unsigned base) {
        return at(content, place) == unspecified ? std::string("*")
                                                 : std::format("{:02}", base + at(content, place));
    };
    return std::format("{}-{}-{}", part(0, 1900), part(1, 0), part(2, 0));
}

std::string time_text(ByteView content) {
    const auto part = [&](std::size_t place) {
        return at(content, place) == unspecified ? std::string("*")
                                                 : std::format("{:02}", at(content, place));
    };
    return std::format("{}:{}:{}.{}", part(0), part(1), part(2), part(3));
}

// The first bit first; nothing if it is none.
std::optional<std::string> bits_text(ByteView content) {
    if (content.empty() || at(content, 0) > 7 || (content.size() == 1 && at(content, 0) > 0)) {
        return std::nullopt;
    }
    std::string out;
    const std::size_t count = 8 * (content.size() - 1) - at(content, 0);
    for (std::size_t i = 0; i < count; ++i) {
        out += (at(content, 1 + i / 8) >> (7 - i % 8) & 1) != 0 ? '1' : '0';
    }
    return out;
}

Decoded text_of(std::string text, std::string& scratch) {
    scratch = std::move(text);
    return {{quality::good, ValueType::String, 0, scratch}, {}};
}

Decoded decode_characters(ByteView content, std::string& scratch) {
    if (content.empty()) {
        return {none(quality::bad_out_of_range), "a text without a character set"};
    }
    scratch = as_text(content.subspan(1));
    Decoded out{read_text(scratch), {}};
    if (at(content, 0) != utf8) {
        out.reading.quality = quality::uncertain;
        out.why = std::format("the text is in character set {}, not UTF-8", at(content, 0));
    } else if (!out.reading.quality.good()) {
        out.why = "the text is not UTF-8";
    }
    return out;
}

// What is neither a number nor a text, as a text.
std::optional<std::string> shown(const Element& element) {
    const ByteView content = element.content;
    switch (type_of_element(element)) {
        case DataType::OctetString: return to_hex(content);
        case DataType::BitString: return bits_text(content);
        case DataType::Date:
            return content.size() == 4 ? std::optional(date_text(content)) : std::nullopt;
        case DataType::Time:
            return content.size() == 4 ? std::optional(time_text(content)) : std::nullopt;
        case DataType::ObjectIdentifier: {
            const auto id = object_of(content);
            return id ? std::optional(object_text(*id)) : std::nullopt;
        }
        default: return std::nullopt;
    }
}

Decoded decode_number(const Address& address, ValueType type, const Element& element) {
    const DataType kind = type_of_element(element);
    const auto raw = raw_of(element);
    if (!raw) {
        return {none(quality::bad_out_of_range), "a number of a length that there is none of"};
    }
    if (type == ValueType::Bool) {
        if (kind != DataType::Enumerated && kind != DataType::Unsigned) {
            return wrong(std::format("the device holds a {}: make the point a number",
                                     data_type_word(kind)));
        }
        return *raw > 1 ? Decoded{none(quality::bad_out_of_range),
                                  std::format("{} is neither 0 nor 1", *raw)}
                        : Decoded{read_bit(type, *raw == 1), {}};
    }
    Property property;
    property.type = type;
    const NumberFormat format = format_of(kind, address.scaling);
    if (const auto fits = check_number(format, property); !fits) {
        return wrong(fits.error().message);
    }
    Decoded out{read_number(format, type, *raw), {}};
    if (out.reading.quality == quality::bad_sensor_failure) {
        out.why = "the device holds not-a-number";
    } else if (!out.reading.quality.good()) {
        out.why = "the number does not fit the type of the point";
    }
    return out;
}

Decoded decode_bits(ByteView content, std::string& scratch) {
    const auto bits = bits_text(content);
    if (!bits || bits->size() > bits_max) {
        return {none(quality::bad_out_of_range), "no bit string that an int64 can hold"};
    }
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < bits->size(); ++i) {
        number |= std::uint64_t{(*bits)[i] == '1'} << i;
    }
    scratch.clear();
    return {{quality::good, ValueType::Int64, number, {}}, {}};
}

Decoded decode_element(const Address& address, ValueType type, const Element& element,
                       std::string& scratch) {
    const DataType kind = type_of_element(element);
    if (kind == DataType::Null) {
        return {none(quality::bad), "null: no value stands there"};
    }
    if (kind == DataType::Boolean && type != ValueType::String) {
        return {read_bit(type, at(element.content, 0) == 1), {}};
    }
    if (is_numeric(kind)) {
        return decode_number(address, type, element);
    }
    if (kind == DataType::BitString && type == ValueType::Int64) {
        return decode_bits(element.content, scratch);
    }
    if (type != ValueType::String || kind == DataType::Boolean) {
        return wrong(std::format("the device holds a {}: make the point a {}", data_type_word(kind),
                                 kind == DataType::Boolean ? "bool" : "string"));
    }
    if (kind == DataType::CharacterString) {
        return decode_characters(element.content, scratch);
    }
    auto text = shown(element);
    return text ? text_of(std::move(*text), scratch)
                : Decoded{none(quality::bad_out_of_range),
                          std::format("no {} of the standard", data_type_word(kind))};
}

// A date and a time together.
std::optional<std::string> moment_text(ByteView value) {
    ElementReader in(value);
    ByteView date;
    ByteView time;
    if (!in.take_application(DataType::Date, date) || !in.take_application(DataType::Time, time) ||
        !in.at_end() || date.size() != 4 || time.size() != 4) {
        return std::nullopt;
    }
    return date_text(date) + "T" + time_text(time);
}

Quality quality_of_fault(const Status& status) {
    constexpr std::uint32_t no_sensor = 1;
    constexpr std::uint32_t shorted_loop = 5;
    const std::uint32_t reliability = status.reliability.value_or(0);
    return reliability >= no_sensor && reliability <= shorted_loop ? quality::bad_sensor_failure
                                                                   : quality::bad_device_failure;
}

}  // namespace

std::optional<Status> read_status(ByteView value) {
    const auto element = only_element(value);
    const auto bits = element && type_of_element(*element) == DataType::BitString
                          ? bits_text(element->content)
                          : std::nullopt;
    if (!bits || bits->size() < 4) {
        return std::nullopt;
    }
    return Status{.in_alarm = (*bits)[0] == '1',
                  .fault = (*bits)[1] == '1',
                  .overridden = (*bits)[2] == '1',
                  .out_of_service = (*bits)[3] == '1',
                  .reliability = {}};
}

Decoded decode(const Address& address, ValueType type, ByteView value, const Status& status,
               std::string& scratch) {
    Decoded out;
    if (const auto element = only_element(value)) {
        out = decode_element(address, type, *element, scratch);
    } else if (auto moment = moment_text(value)) {
        out = type == ValueType::String
                  ? text_of(std::move(*moment), scratch)
                  : wrong("the device holds a date and a time: make the point a string");
    } else {
        out = wrong("the device holds a list or a structure: name one element, as in [1], if it is "
                    "an array");
    }
    if (out.reading.quality == quality::bad_configuration_error || status.plain()) {
        return out;
    }
    if (status.fault) {
        return {none(quality_of_fault(status)),
                "the device reports a fault: " + reliability_word(status.reliability.value_or(7))};
    }
    if (out.reading.quality.good()) {
        out.reading.quality = quality::uncertain;
        out.why = status.out_of_service ? "the object is out of service"
                                        : "the object is overridden at the device";
    }
    return out;
}

ValueType natural_type(ByteView value) {
    const auto element = only_element(value);
    if (!element) {
        return moment_text(value) ? ValueType::String : ValueType::Null;
    }
    switch (type_of_element(*element)) {
        case DataType::Null: return ValueType::Null;
        case DataType::Boolean: return ValueType::Bool;
        case DataType::Unsigned:
        case DataType::Signed:
        case DataType::Enumerated: return ValueType::Int64;
        case DataType::Real:
        case DataType::Double: return ValueType::Float64;
        default: return ValueType::String;
    }
}

namespace {

Bytes number_content(DataType type, std::uint64_t raw) {
    Bytes out;
    if (type == DataType::Real || type == DataType::Double) {
        put_big_endian(out, raw, type == DataType::Real ? 4 : 8);
        return out;
    }
    if (type != DataType::Signed) {
        return shortest(raw);
    }
    unsigned bytes = 1;
    const auto number = static_cast<std::int64_t>(raw);
    while (bytes < 8 && number >> (8 * bytes - 1) != 0 && number >> (8 * bytes - 1) != -1) {
        ++bytes;
    }
    put_big_endian(out, raw, bytes);
    return out;
}

Result<Encoded> encode_number(const Address& address, const Property& property, DataType type,
                              Value value) {
    Encoded out;
    out.type = type;
    if (const auto* on = std::get_if<bool>(&value)) {
        out.raw = *on ? 1 : 0;
    } else {
        NumberFormat format = format_of(type, address.scaling);
        format.bits = type == DataType::Double ? 64 : 32;  // what every device can hold
        TRY_ASSIGN(out.raw, raw_number(format, property, value));
        if (type == DataType::Signed) {
            out.raw = static_cast<std::uint64_t>(
                static_cast<std::int64_t>(static_cast<std::int32_t>(out.raw)));
        }
    }
    put_application(out.element, type, number_content(type, out.raw));
    std::string scratch;
    const Reading back = decode(address, property.type, out.element, {}, scratch).reading;
    out.value = value_of(back.type, back.bits, back.text);
    return out;
}

}  // namespace

Result<Encoded> encode(const Address& address, const Property& property, ByteView held,
                       const Value& value) {
    TRY_ASSIGN(Value typed, value_to_write(property, value));
    const auto element = only_element(held);
    if (!element) {
        return refused("a list or a structure cannot be written");
    }
    const DataType type = type_of_element(*element);
    std::string scratch;
    const Decoded now = decode(address, property.type, held, {}, scratch);
    if (now.reading.quality == quality::bad_configuration_error) {
        return refused(now.why);
    }
    if (is_numeric(type)) {
        return encode_number(address, property, type, std::move(typed));
    }
    Encoded out;
    out.type = type;
    if (type == DataType::Boolean) {
        const auto number = to_number(typed);
        if (!number || (*number != 0 && *number != 1)) {
            return refused(std::format("{} is neither 0 nor 1", to_text(typed)));
        }
        const std::byte on{static_cast<unsigned char>(*number)};
        put_application(out.element, type, ByteView(&on, 1));
    } else if (type == DataType::CharacterString && std::holds_alternative<std::string>(typed)) {
        Bytes content{std::byte{utf8}};
        append(content, as_bytes(std::get<std::string>(typed)));
        put_application(out.element, type, content);
    } else {
        return refused(std::format("a {} cannot be written", data_type_word(type)));
    }
    out.value = std::move(typed);
    return out;
}

bool is_confirmed(const Address& address, ValueType type, const Encoded& written, ByteView held) {
    const auto element = only_element(held);
    if (!element || type_of_element(*element) != written.type) {
        return false;
    }
    if (is_numeric(written.type)) {
        const auto raw = raw_of(*element);
        return raw && is_same_number(format_of(written.type, address.scaling), written.raw, *raw);
    }
    std::string scratch;
    const Reading back = decode(address, type, held, {}, scratch).reading;
    return value_of(back.type, back.bits, back.text) == written.value;
}

}  // namespace gantry::connector::bacnet

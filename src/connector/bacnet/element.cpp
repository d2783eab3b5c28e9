// SPDX-License-Identifier: Apache-2.0
#include "connector/bacnet/element.h"

#include <array>

namespace gantry::connector::bacnet {
namespace {

constexpr unsigned number_extended = 0x0f;
constexpr unsigned context_bit = 0x08;
constexpr unsigned length_extended = 5;
constexpr unsigned opening = 6;
constexpr unsigned closing = 7;

constexpr std::byte zero{0};
constexpr std::byte one{1};

unsigned at(ByteView bytes, std::size_t place) { return std::to_integer<unsigned>(bytes[place]); }

bool take_bytes(ByteView& rest, std::size_t count, ByteView& out) {
    if (rest.size() < count) {
        return false;
    }
    out = rest.first(count);
    rest = rest.subspan(count);
    return true;
}

// The length behind a tag that says 5.
bool take_length(ByteView& rest, std::size_t& length) {
    ByteView bytes;
    if (!take_bytes(rest, 1, bytes)) {
        return false;
    }
    length = at(bytes, 0);
    if (length < 254) {
        return true;
    }
    if (!take_bytes(rest, length == 254 ? 2 : 4, bytes)) {
        return false;
    }
    length = *unsigned_of(bytes);
    return true;
}

void put_tag(Bytes& out, std::uint8_t number, bool context, std::size_t length) {
    const unsigned low = (context ? context_bit : 0) |
                         static_cast<unsigned>(length < length_extended ? length : length_extended);
    out.push_back(
        static_cast<std::byte>((number < number_extended ? number : number_extended) << 4 | low));
    if (number >= number_extended) {
        out.push_back(static_cast<std::byte>(number));
    }
    if (length < length_extended) {
        return;
    }
    if (length < 254) {
        put_big_endian(out, length, 1);
    } else if (length < 0x1'0000) {
        out.push_back(std::byte{254});
        put_big_endian(out, length, 2);
    } else {
        out.push_back(std::byte{255});
        put_big_endian(out, length, 4);
    }
}

}  // namespace

std::string_view data_type_word(DataType type) {
    static constexpr std::array<std::string_view, 13> words = {
        "null",   "boolean",      "unsigned",         "signed",     "real",
        "double", "octet string", "character string", "bit string", "enumerated",
        "date",   "time",         "object identifier"};
    const auto place = static_cast<std::size_t>(type);
    return place < words.size() ? words[place] : "reserved type";
}

bool ElementReader::take(Element& out) {
    ByteView rest = rest_;
    ByteView head;
    if (!take_bytes(rest, 1, head)) {
        return false;
    }
    const unsigned first = at(head, 0);
    unsigned number = first >> 4;
    if (number == number_extended) {
        ByteView more;
        if (!take_bytes(rest, 1, more)) {
            return false;
        }
        number = at(more, 0);
    }
    const bool context = (first & context_bit) != 0;
    const unsigned low = first & 7;
    Element element;
    element.number = static_cast<std::uint8_t>(number);
    if (low >= opening) {
        if (!context) {
            return false;
        }
        element.kind = low == opening ? Element::Kind::Opening : Element::Kind::Closing;
        out = element;
        rest_ = rest;
        return true;
    }
    if (!context && number == static_cast<unsigned>(DataType::Boolean)) {
        if (low > 1) {
            return false;
        }
        element.content = ByteView(low == 1 ? &one : &zero, 1);
        out = element;
        rest_ = rest;
        return true;
    }
    std::size_t length = low;
    if (low == length_extended && !take_length(rest, length)) {
        return false;
    }
    if (!take_bytes(rest, length, element.content)) {
        return false;
    }
    element.kind = context ? Element::Kind::Context : Element::Kind::Application;
    out = element;
    rest_ = rest;
    return true;
}

bool ElementReader::take_context(std::uint8_t number, ByteView& content) {
    ElementReader ahead = *this;
    Element element;
    if (!ahead.take(element) || !element.is(Element::Kind::Context, number)) {
        return false;
    }
    content = element.content;
    *this = ahead;
    return true;
}

bool ElementReader::take_context(std::uint8_t number, std::uint32_t& value) {
    ElementReader ahead = *this;
    ByteView content;
    if (!ahead.take_context(number, content)) {
        return false;
    }
    const auto read = unsigned_of(content);
    if (!read || *read > UINT32_MAX) {
        return false;
    }
    value = static_cast<std::uint32_t>(*read);
    *this = ahead;
    return true;
}

bool ElementReader::take_context(std::uint8_t number, ObjectId& id) {
    ElementReader ahead = *this;
    ByteView content;
    if (!ahead.take_context(number, content)) {
        return false;
    }
    const auto read = object_of(content);
    if (!read) {
        return false;
    }
    id = *read;
    *this = ahead;
    return true;
}

bool ElementReader::take_enclosed(std::uint8_t number, ByteView& inside) {
    ElementReader ahead = *this;
    Element element;
    if (!ahead.take(element) || !element.is(Element::Kind::Opening, number)) {
        return false;
    }
    const ByteView from = ahead.rest_;
    for (std::size_t depth = 1; depth > 0;) {
        const std::size_t left = ahead.rest_.size();
        if (!ahead.take(element)) {
            return false;
        }
        if (element.kind == Element::Kind::Opening) {
            ++depth;
        } else if (element.kind == Element::Kind::Closing && --depth == 0) {
            if (element.number != number) {
                return false;
            }
            inside = from.first(from.size() - left);
        }
    }
    *this = ahead;
    return true;
}

bool ElementReader::take_application(DataType type, ByteView& content) {
    ElementReader ahead = *this;
    Element element;
    if (!ahead.take(element) ||
        !element.is(Element::Kind::Application, static_cast<std::uint8_t>(type))) {
        return false;
    }
    content = element.content;
    *this = ahead;
    return true;
}

std::optional<std::uint64_t> unsigned_of(ByteView content) {
    if (content.empty() || content.size() > 8) {
        return std::nullopt;
    }
    std::uint64_t out = 0;
    for (const std::byte one_byte : content) {
        out = out << 8 | std::to_integer<std::uint64_t>(one_byte);
    }
    return out;
}

std::optional<ObjectId> object_of(ByteView content) {
    if (content.size() != 4) {
        return std::nullopt;
    }
    const auto number = static_cast<std::uint32_t>(*unsigned_of(content));
    return ObjectId{static_cast<std::uint16_t>(number >> 22), number & instance_max};
}

std::uint32_t number_of(ObjectId id) {
    return static_cast<std::uint32_t>(id.type) << 22 | (id.instance & instance_max);
}

void append(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

void put_big_endian(Bytes& out, std::uint64_t value, unsigned bytes) {
    for (unsigned i = bytes; i-- > 0;) {
        out.push_back(static_cast<std::byte>(value >> 8 * i & 0xff));
    }
}

Bytes shortest(std::uint64_t value) {
    unsigned bytes = 1;
    while (bytes < 8 && value >> 8 * bytes != 0) {
        ++bytes;
    }
    Bytes out;
    put_big_endian(out, value, bytes);
    return out;
}

void put_application(Bytes& out, DataType type, ByteView content) {
    if (type == DataType::Boolean) {  // its value is its length
        put_tag(out, static_cast<std::uint8_t>(type), false, at(content, 0));
        return;
    }
    put_tag(out, static_cast<std::uint8_t>(type), false, content.size());
    append(out, content);
}

void put_context(Bytes& out, std::uint8_t number, ByteView content) {
    put_tag(out, number, true, content.size());
    append(out, content);
}

void put_context(Bytes& out, std::uint8_t number, std::uint32_t value) {
    put_context(out, number, ByteView(shortest(value)));
}

void put_context(Bytes& out, std::uint8_t number, ObjectId id) {
    Bytes content;
    put_big_endian(content, number_of(id), 4);
    put_context(out, number, ByteView(content));
}

void put_opening(Bytes& out, std::uint8_t number) {
    out.push_back(static_cast<std::byte>(number << 4 | context_bit | opening));
}

void put_closing(Bytes& out, std::uint8_t number) {
    out.push_back(static_cast<std::byte>(number << 4 | context_bit | closing));
}

}  // namespace gantry::connector::bacnet

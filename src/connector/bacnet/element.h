// SPDX-License-Identifier: Apache-2.0
// The elements that BACnet messages consist of (ANSI/ASHRAE 135, clause 20.2): a tag, and what
// belongs to it. Pure; views into the bytes that are read.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace gantry::connector::bacnet {

inline constexpr std::uint32_t instance_max = 0x3f'ffff;  // it stands for any device, too
inline constexpr std::uint16_t object_type_max = 1023;

struct ObjectId {
    std::uint16_t type = 0;
    std::uint32_t instance = 0;

    auto operator<=>(const ObjectId&) const = default;
};

// Of application data, with their tag numbers.
enum class DataType : std::uint8_t {
    Null = 0,
    Boolean = 1,
    Unsigned = 2,
    Signed = 3,
    Real = 4,
    Double = 5,
    OctetString = 6,
    CharacterString = 7,
    BitString = 8,
    Enumerated = 9,
    Date = 10,
    Time = 11,
    ObjectIdentifier = 12,
};

std::string_view data_type_word(DataType type);  // "character string"

struct Element {
    enum class Kind : unsigned char { Application, Context, Opening, Closing };
    Kind kind = Kind::Application;
    std::uint8_t number = 0;  // of the tag; of Application a DataType
    ByteView content;         // of an application Boolean one byte, 0 or 1

    bool is(Kind of_kind, std::uint8_t of_number) const {
        return kind == of_kind && number == of_number;
    }
};

// Reads elements from untrusted bytes. Every method leaves the place alone when it says no.
class ElementReader {
public:
    explicit ElementReader(ByteView bytes) : rest_(bytes) {}

    bool at_end() const { return rest_.empty(); }
    // False at the end, or when what comes is no element.
    [[nodiscard]] bool take(Element& out);
    [[nodiscard]] bool take_context(std::uint8_t number, ByteView& content);
    [[nodiscard]] bool take_context(std::uint8_t number, std::uint32_t& value);
    [[nodiscard]] bool take_context(std::uint8_t number, ObjectId& id);
    // What stands between an opening tag and its closing one.
    [[nodiscard]] bool take_enclosed(std::uint8_t number, ByteView& inside);
    [[nodiscard]] bool take_application(DataType type, ByteView& content);

private:
    ByteView rest_;
};

// Of one to eight bytes, most significant first.
std::optional<std::uint64_t> unsigned_of(ByteView content);
std::optional<ObjectId> object_of(ByteView content);
std::uint32_t number_of(ObjectId id);  // as it is sent

void append(Bytes& out, ByteView bytes);
void put_big_endian(Bytes& out, std::uint64_t value, unsigned bytes);
Bytes shortest(std::uint64_t value);
void put_application(Bytes& out, DataType type, ByteView content);
void put_context(Bytes& out, std::uint8_t number, ByteView content);
void put_context(Bytes& out, std::uint8_t number, std::uint32_t value);
void put_context(Bytes& out, std::uint8_t number, ObjectId id);
void put_opening(Bytes& out, std::uint8_t number);
void put_closing(Bytes& out, std::uint8_t number);

}  // namespace gantry::connector::bacnet

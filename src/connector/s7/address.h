// SPDX-License-Identifier: Apache-2.0
// How people write down what to read in an S7 controller: "DB1.DBD4:real*0.1+5 db=0.5 grp=fast".
// Pure. The grammar, with examples, is in docs/guide/connectors/s7.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "connector/tag_text.h"

namespace gantry::connector::s7 {

// With their codes on the wire.
enum class Area : std::uint8_t {
    Counters = 0x1c,
    Timers = 0x1d,
    Inputs = 0x81,
    Outputs = 0x82,
    Markers = 0x83,
    DataBlock = 0x84,
};

// A timer or counter has a number; everything else has bytes.
inline bool is_numbered(Area area) { return area == Area::Counters || area == Area::Timers; }

enum class Type : unsigned char {
    Bool,
    Byte,
    Sint,
    Word,
    Int,
    Dword,
    Dint,
    Real,
    Lword,
    Lint,
    Lreal,
    Char,     // an array of them
    String,   // with two bytes of lengths before it
    Wstring,  // with two words before it, UTF-16
    Time,     // ms
    Ltime,    // ns
    S5time,   // ms
    Date,
    TimeOfDay,
    DateAndTime,
    Dtl,
    Count,  // of a counter, in BCD
};

std::string_view type_word(Type type);  // "real"
// Of a value; of a Char, String or Wstring with room for so many characters.
std::uint32_t type_bytes(Type type, std::uint32_t characters);
inline bool is_text(Type type) {
    return type == Type::Char || type == Type::String || type == Type::Wstring;
}

struct Address {
    Area area = Area::DataBlock;
    std::uint16_t block = 0;  // of DataBlock
    std::uint32_t start = 0;  // the first byte, or the number of a timer or counter
    std::uint8_t bit = 0;     // of Bool
    Type type = Type::Byte;
    std::uint16_t characters = 0;  // of texts
    Scaling scaling;
    std::optional<Deadband> deadband;
    std::optional<Duration> silence_max;
    std::string group = "default";

    std::uint32_t bytes() const { return type_bytes(type, characters); }
    bool operator==(const Address&) const = default;
};

inline constexpr std::size_t address_bytes_max = 256;
// An address on the wire counts bits in 24 bits.
inline constexpr std::uint32_t area_bytes_max = 1U << 21;

// InvalidArgument that says where in the text the trouble is and what to write instead.
Result<Address> parse_address(std::string_view text);
// A text that parses to the same.
std::string format_address(const Address& address);

}  // namespace gantry::connector::s7

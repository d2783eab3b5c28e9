// SPDX-License-Identifier: Apache-2.0
// How values lie in registers of 16 bits, and how people write that: ":f32@CDAB*0.1+5". Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "connector/tag_text.h"

namespace gantry::connector::registers {

enum class Encoding : unsigned char {
    Bool,         // something that is one bit by itself
    RegisterBit,  // one bit of a register
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F32,
    F64,
    Text,
};

// Where the bytes of a value lie, named for a 32-bit value 0xAABBCCDD in two registers. Two
// questions decide it for every size: are the registers in reverse order (CDAB, DCBA), and are the
// two bytes of each register swapped (BADC, DCBA)? So 64 bits in CDAB are GHEFCDAB, in BADC are
// BADCFEHG.
enum class Order : unsigned char { ABCD, CDAB, BADC, DCBA };

inline bool swaps_words(Order order) { return order == Order::CDAB || order == Order::DCBA; }
inline bool swaps_bytes(Order order) { return order == Order::BADC || order == Order::DCBA; }

inline constexpr std::size_t text_bytes_max = 250;
inline constexpr std::size_t registers_of_value_max = text_bytes_max / 2;

// How the raw registers become a value: value = raw * scale + offset.
struct Format {
    Encoding encoding = Encoding::U16;
    Order order = Order::ABCD;
    std::uint8_t bit = 0;         // of RegisterBit; 0 is the lowest
    std::uint8_t text_bytes = 0;  // of Text; 1 to text_bytes_max
    double scale = 1;
    double offset = 0;

    bool scaled() const { return scale != 1 || offset != 0; }
    // How many registers, or things of one bit, it takes.
    std::uint16_t count() const;
    bool operator==(const Format&) const = default;
};

bool is_number(Encoding encoding);
// Of whose order nothing can be said but which of two bytes comes first.
bool is_one_register(Encoding encoding);

// "i16", "f32", "str16", "u16.3", "bool"
std::string type_word(const Format& format);
std::string_view order_word(Order order);

// Reads an address that holds such a format, and the options that polled tags have.
class FormatText : public TagText {
protected:
    using TagText::TagText;

    // The word of a type. False if it is none.
    static bool read_type(std::string_view word, Format& out);
    // "@CDAB", or nothing.
    Result<> take_order(Format& out);
    // "*0.1+5", or nothing; behind it the end or a blank. `whole_form` tells what all there may be.
    Result<> take_scale_and_end(Format& out, std::string_view whole_form);
    // The value of db=, which stands at `place`.
    Result<> read_change(std::string_view value, std::size_t place, const Format& format,
                         std::optional<Deadband>& out) const;
};

}  // namespace gantry::connector::registers

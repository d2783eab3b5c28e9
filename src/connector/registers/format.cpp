// SPDX-License-Identifier: Apache-2.0
#include "connector/registers/format.h"

#include <algorithm>
#include <array>
#include <format>

namespace gantry::connector::registers {
namespace {

constexpr std::array<std::string_view, 4> order_names = {"ABCD", "CDAB", "BADC", "DCBA"};

struct Named {
    std::string_view name;
    Encoding encoding;
};
constexpr std::array number_types = {
    Named{"i16", Encoding::I16}, Named{"u16", Encoding::U16}, Named{"i32", Encoding::I32},
    Named{"u32", Encoding::U32}, Named{"i64", Encoding::I64}, Named{"u64", Encoding::U64},
    Named{"f32", Encoding::F32}, Named{"f64", Encoding::F64},
};

bool whole(std::string_view digits, unsigned least, unsigned most, std::uint8_t& out) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    out = static_cast<std::uint8_t>(number);
    return error == std::errc() && end == digits.data() + digits.size() && number >= least &&
           number <= most;
}

}  // namespace

std::uint16_t Format::count() const {
    switch (encoding) {
        case Encoding::Bool:
        case Encoding::RegisterBit:
        case Encoding::I16:
        case Encoding::U16: return 1;
        case Encoding::I32:
        case Encoding::U32:
        case Encoding::F32: return 2;
        case Encoding::I64:
        case Encoding::U64:
        case Encoding::F64: return 4;
        case Encoding::Text: return static_cast<std::uint16_t>((text_bytes + 1) / 2);
    }
    return 1;
}

bool is_number(Encoding encoding) {
    return encoding != Encoding::Bool && encoding != Encoding::RegisterBit &&
           encoding != Encoding::Text;
}

bool is_one_register(Encoding encoding) {
    return encoding == Encoding::I16 || encoding == Encoding::U16 ||
           encoding == Encoding::RegisterBit;
}

std::string type_word(const Format& format) {
    switch (format.encoding) {
        case Encoding::Bool: return "bool";
        case Encoding::RegisterBit: return std::format("u16.{}", format.bit);
        case Encoding::Text: return std::format("str{}", format.text_bytes);
        default:
            return std::string(
                std::ranges::find(number_types, format.encoding, &Named::encoding)->name);
    }
}

std::string_view order_word(Order order) { return order_names[static_cast<std::size_t>(order)]; }

bool FormatText::read_type(std::string_view word, Format& out) {
    const auto known = std::ranges::find(number_types, word, &Named::name);
    if (known != number_types.end()) {
        out.encoding = known->encoding;
        return true;
    }
    if (word == "bool") {
        out.encoding = Encoding::Bool;
        return true;
    }
    if (word.starts_with("u16.")) {
        out.encoding = Encoding::RegisterBit;
        return whole(word.substr(4), 0, 15, out.bit);
    }
    if (word.starts_with("str")) {
        out.encoding = Encoding::Text;
        return whole(word.substr(3), 1, text_bytes_max, out.text_bytes);
    }
    return false;
}

Result<> FormatText::take_order(Format& out) {
    if (!take('@')) {
        return {};
    }
    const std::size_t place = at_;
    const std::string_view word = take_until("*+- ");
    const auto known = std::ranges::find(order_names, word);
    if (known == order_names.end()) {
        return complain_at(place, "the order is ABCD, CDAB, BADC or DCBA");
    }
    out.order = static_cast<Order>(known - order_names.begin());
    if (out.encoding == Encoding::Bool) {
        return complain_at(place, "a single bit has no byte order");
    }
    const bool one_register = is_one_register(out.encoding);
    if (swaps_words(out.order) && (one_register || out.encoding == Encoding::Text)) {
        return complain_at(place, one_register
                                      ? "it is one register: write ABCD, or BADC to swap its two "
                                        "bytes"
                                      : "text is ABCD, or BADC where the low byte comes first");
    }
    return {};
}

Result<> FormatText::take_scale_and_end(Format& out, std::string_view whole_form) {
    const std::size_t place = at_;
    TRY(take_scale(out.scale, out.offset));
    if (at_ > place && !is_number(out.encoding)) {
        return complain_at(place, "only numbers have a scale and an offset");
    }
    if (!at_end() && !next_is(' ')) {
        return complain(std::format(
            "here a blank and options are possible, or the end. The whole form is {}", whole_form));
    }
    return {};
}

Result<> FormatText::read_change(std::string_view value, std::size_t place, const Format& format,
                                 std::optional<Deadband>& out) const {
    Deadband& band = out.emplace();
    TRY(read_deadband(value, place, band));
    if (band.amount != 0 && !is_number(format.encoding)) {
        return complain_at(place, "only numbers have a deadband: write db=0 to see changes only");
    }
    return {};
}

}  // namespace gantry::connector::registers

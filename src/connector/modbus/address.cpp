// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/address.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <format>

#include "base/assert.h"
#include "connector/modbus/frame.h"

namespace gantry::connector::modbus {
namespace {

constexpr std::array<std::string_view, 4> area_names = {"co", "di", "ir", "hr"};
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
constexpr std::string_view types_help = "bool for co and di; u16.0 to u16.15 (a bit), i16, u16, "
                                        "i32, u32, i64, u64, f32, f64 or str1 to "
                                        "str250 for ir and hr";

bool is_number(Encoding encoding) {
    return encoding != Encoding::Bool && encoding != Encoding::RegisterBit &&
           encoding != Encoding::Text;
}

class Parser : private TagText {
public:
    Parser(std::string_view text, int base) : TagText(text), base_(base) {}

    Result<Address> parse() {
        if (text().size() > address_bytes_max) {
            return complain("the address is longer than 256 bytes");
        }
        TRY(area());
        TRY(start());
        TRY(type());
        TRY(order());
        TRY(scale());
        while (!at_end()) {
            TRY(option());
        }
        return finish();
    }

private:
    Result<> area() {
        const auto found = parse_area(take_until(":"));
        if (!found) {
            return complain_at(0, "begin with co (coils), di (discrete inputs), ir (input "
                                  "registers) or hr (holding registers), as in hr:100:f32");
        }
        out_.area = *found;
        return take(':') ? Result<>{} : complain("write ':' and the address, as in hr:100:f32");
    }

    Result<> start() {
        const std::size_t place = at_;
        std::uint32_t number = 0;
        if (!take_number(number)) {
            return complain_at(place, "a whole number is wanted here: the address");
        }
        const auto first = static_cast<std::uint32_t>(base_);
        if (number >= 100000 && number <= 465536) {
            return complain_at(place,
                               std::format("leave out the first digit: '{}' says the area already. "
                                           "What the manual calls {} is {}:{} here",
                                           area_name(out_.area), number, area_name(out_.area),
                                           number % 100000 + first - 1));
        }
        if (number < first || number - first > 65535) {
            return complain_at(place, std::format("addresses of this connection go from {} to {}",
                                                  first, 65535 + first));
        }
        out_.start = static_cast<std::uint16_t>(number - first);
        return {};
    }

    Result<> type() {
        if (!take(':')) {
            if (is_bits(out_.area) && (at_end() || next_is(' '))) {
                out_.format.encoding = Encoding::Bool;
                return {};
            }
            return complain(std::format("write ':' and the type: {}", types_help));
        }
        const std::size_t place = at_;
        const std::string_view word = take_until("@*+- ");
        if (!set_type(word)) {
            return complain_at(place,
                               std::format("'{}' is not a type: write {}", word, types_help));
        }
        if (is_bits(out_.area) != (out_.format.encoding == Encoding::Bool)) {
            return complain_at(place, is_bits(out_.area)
                                          ? "coils and discrete inputs are of type bool"
                                          : "a register is not of type bool: write u16.0 for its "
                                            "lowest bit");
        }
        return {};
    }

    bool set_type(std::string_view word) {
        const auto known = std::ranges::find(number_types, word, &Named::name);
        if (known != number_types.end()) {
            out_.format.encoding = known->encoding;
            return true;
        }
        if (word == "bool") {
            out_.format.encoding = Encoding::Bool;
            return true;
        }
        if (word.starts_with("u16.")) {
            out_.format.encoding = Encoding::RegisterBit;
            return whole(word.substr(4), 0, 15, out_.format.bit);
        }
        if (word.starts_with("str")) {
            out_.format.encoding = Encoding::Text;
            return whole(word.substr(3), 1, 2 * read_registers_max, out_.format.text_bytes);
        }
        return false;
    }

    static bool whole(std::string_view digits, unsigned least, unsigned most, std::uint8_t& out) {
        unsigned number = 0;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), number);
        out = static_cast<std::uint8_t>(number);
        return error == std::errc() && end == digits.data() + digits.size() && number >= least &&
               number <= most;
    }

    Result<> order() {
        if (!take('@')) {
            return {};
        }
        const std::size_t place = at_;
        const std::string_view word = take_until("*+- ");
        const auto known = std::ranges::find(order_names, word);
        if (known == order_names.end()) {
            return complain_at(place, "the order is ABCD, CDAB, BADC or DCBA");
        }
        out_.format.order = static_cast<Order>(known - order_names.begin());
        if (out_.format.encoding == Encoding::Bool) {
            return complain_at(place, "a single bit has no byte order");
        }
        const bool one_register = out_.format.encoding == Encoding::I16 ||
                                  out_.format.encoding == Encoding::U16 ||
                                  out_.format.encoding == Encoding::RegisterBit;
        if (swaps_words(out_.format.order) &&
            (one_register || out_.format.encoding == Encoding::Text)) {
            return complain_at(place, one_register
                                          ? "it is one register: write ABCD, or BADC to swap its "
                                            "two bytes"
                                          : "text is ABCD, or BADC where the low byte comes first");
        }
        return {};
    }

    Result<> scale() {
        const std::size_t place = at_;
        TRY(take_scale(out_.format.scale, out_.format.offset));
        if (at_ > place && !is_number(out_.format.encoding)) {
            return complain_at(place, "only numbers have a scale and an offset");
        }
        if (!at_end() && !next_is(' ')) {
            return complain("here a blank and options are possible, or the end. The whole form is "
                            "area:address:type@order*scale+offset option=value");
        }
        return {};
    }

    Result<> option() {
        if (!take(' ')) {
            return complain("write a blank between options");
        }
        if (next_is(' ') || at_end()) {
            return {};
        }
        const std::size_t place = at_;
        const std::string_view name = take_until("= ");
        if (!take('=')) {
            return complain_at(place, "options are db=, max=, grp= and unit=");
        }
        const std::size_t value_place = at_;
        const std::string_view value = take_until(" ");
        if (name == "db") {
            return deadband(value, value_place);
        }
        if (name == "max") {
            return read_silence(value, value_place, out_.silence_max.emplace());
        }
        if (name == "grp") {
            return read_group(value, value_place, out_.group);
        }
        if (name == "unit") {
            out_.unit.emplace();
            return whole(value, 0, 255, *out_.unit)
                       ? Result<>{}
                       : complain_at(value_place, "a unit id is a whole number from 0 to 255");
        }
        return complain_at(place, std::format("there is no option '{}': there are db=, max=, grp= "
                                              "and unit=",
                                              name));
    }

    Result<> deadband(std::string_view value, std::size_t place) {
        Deadband& band = out_.deadband.emplace();
        TRY(read_deadband(value, place, band));
        if (band.amount != 0 && !is_number(out_.format.encoding)) {
            return complain_at(place,
                               "only numbers have a deadband: write db=0 to see changes only");
        }
        return {};
    }

    Result<Address> finish() const {
        if (out_.start + out_.format.count() > 65536) {
            return complain_at(0, "it goes beyond the last address");
        }
        return out_;
    }

    int base_;
    Address out_;
};

}  // namespace

std::string_view area_name(Area area) { return area_names[static_cast<std::size_t>(area)]; }

std::optional<Area> parse_area(std::string_view name) {
    const auto known = std::ranges::find(area_names, name);
    if (known == area_names.end()) {
        return std::nullopt;
    }
    return static_cast<Area>(known - area_names.begin());
}

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

Result<Address> parse_address(std::string_view text, int address_base) {
    ASSERT(address_base == 0 || address_base == 1);
    return Parser(text, address_base).parse();
}

std::string format_address(const Address& address, int address_base) {
    const Format& format = address.format;
    std::string out = std::format("{}:{}:", area_name(address.area), address.start + address_base);
    switch (format.encoding) {
        case Encoding::Bool: out += "bool"; break;
        case Encoding::RegisterBit: out += std::format("u16.{}", format.bit); break;
        case Encoding::Text: out += std::format("str{}", format.text_bytes); break;
        default: out += std::ranges::find(number_types, format.encoding, &Named::encoding)->name;
    }
    if (format.order != Order::ABCD) {
        out += std::format("@{}", order_names[static_cast<std::size_t>(format.order)]);
    }
    out += format_scale(format.scale, format.offset);
    if (address.deadband) {
        out += format_deadband(*address.deadband);
    }
    if (address.silence_max) {
        out += " max=" + format_duration(*address.silence_max);
    }
    if (address.group != "default") {
        out += " grp=" + address.group;
    }
    if (address.unit) {
        out += std::format(" unit={}", *address.unit);
    }
    return out;
}

}  // namespace gantry::connector::modbus

// SPDX-License-Identifier: Apache-2.0
#include "connector/words/address.h"

#include <algorithm>
#include <format>

namespace gantry::connector::words {
namespace {

using registers::Encoding;
using registers::Order;

constexpr std::string_view types_help = "i16, u16, i32, u32, i64, u64, f32, f64 or str1 to str250";

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

// Whether the text begins with the name, in either case.
bool begins_with(std::string_view text, std::string_view name) {
    return text.size() >= name.size() &&
           std::ranges::equal(text.substr(0, name.size()), name, {}, upper, upper);
}

std::string names_of(const Language& language) {
    std::string out;
    for (const Area& area : language.areas()) {
        out += (out.empty() ? "" : ", ") + std::string(area.name);
    }
    return out;
}

std::string in_radix(std::uint32_t number, unsigned radix) {
    switch (radix) {
        case 8: return std::format("{:o}", number);
        case 16: return std::format("{:X}", number);
        default: return std::format("{}", number);
    }
}

std::string_view radix_word(unsigned radix) {
    switch (radix) {
        case 8: return "octal";
        case 16: return "hexadecimal";
        default: return "decimal";
    }
}

// What numbers and texts of several words have when nothing is said.
Order usual_order(const Language& language, const registers::Format& format) {
    if (format.encoding == Encoding::Text) {
        return language.text_order();
    }
    return registers::is_number(format.encoding) && !registers::is_one_register(format.encoding)
               ? language.number_order()
               : Order::ABCD;
}

class Parser : private registers::FormatText {
public:
    Parser(const Language& language, std::string_view text)
        : FormatText(text), language_(language) {}

    Result<Address> parse() {
        if (text().size() > address_bytes_max) {
            return complain("the address is longer than 256 bytes");
        }
        TRY(area());
        TRY(start());
        TRY(type());
        out_.format.order = usual_order(language_, out_.format);
        TRY(take_order(out_.format));
        TRY(take_scale_and_end(out_.format, "device.bit:type@order*scale+offset option=value"));
        while (!at_end()) {
            TRY(option());
        }
        return finish();
    }

private:
    const Area& here() const { return language_.areas()[out_.area]; }

    // The longest name that fits: SD100 is not S, and D100.
    Result<> area() {
        const std::span<const Area> areas = language_.areas();
        std::size_t length = 0;
        for (std::size_t i = 0; i < areas.size(); ++i) {
            const std::string_view name = areas[i].name;
            if (name.size() > length && begins_with(rest(), name) &&
                is_digit(name.size(), std::max(areas[i].radix, 10U))) {
                length = name.size();
                out_.area = static_cast<std::uint16_t>(i);
            }
        }
        if (length == 0) {
            return complain(std::format("begin with a device and its number; the devices are {}",
                                        names_of(language_)));
        }
        at_ += length;
        return {};
    }

    bool is_digit(std::size_t place, unsigned radix) const {
        unsigned digit = 0;
        const std::string_view here_on = rest().substr(std::min(place, rest().size()), 1);
        return std::from_chars(here_on.data(), here_on.data() + here_on.size(), digit,
                               static_cast<int>(radix))
                   .ec == std::errc();
    }

    Result<> start() {
        const std::size_t place = at_;
        if (!take_whole(out_.start, here().radix) || out_.start >= here().end) {
            return complain_at(place, std::format("{} goes from 0 to {} ({})", here().name,
                                                  in_radix(here().end - 1, here().radix),
                                                  radix_word(here().radix)));
        }
        return {};
    }

    Result<> type() {
        if (here().bits) {
            out_.format.encoding = Encoding::Bool;
            return next_is('.') || next_is(':')
                       ? complain(std::format("{} is a single bit: it has no type", here().name))
                       : Result<>{};
        }
        if (take('.')) {
            return bit();
        }
        if (!take(':')) {
            return {};
        }
        const std::size_t place = at_;
        const std::string_view word = take_until("@*+- ");
        if (!read_type(word, out_.format) || out_.format.encoding == Encoding::Bool) {
            return complain_at(place,
                               std::format("'{}' is not a type: write {}, or {}0.0 for its lowest "
                                           "bit",
                                           word, types_help, here().name));
        }
        return {};
    }

    Result<> bit() {
        const std::size_t place = at_;
        if (!take_whole(out_.format.bit, language_.bit_radix()) || out_.format.bit > 15) {
            return complain_at(place, std::format("the bit of a word goes from 0 to {} ({})",
                                                  in_radix(15, language_.bit_radix()),
                                                  radix_word(language_.bit_radix())));
        }
        out_.format.encoding = Encoding::RegisterBit;
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
        const bool has_value = take('=');
        const std::size_t value_place = at_;
        const std::string_view value = has_value ? take_until(" ") : std::string_view();
        if (has_value && name == "db") {
            return read_change(value, value_place, out_.format, out_.deadband);
        }
        if (has_value && name == "max") {
            return read_silence(value, value_place, out_.silence_max.emplace());
        }
        if (has_value && name == "grp") {
            return read_group(value, value_place, out_.group);
        }
        return complain_at(place, "options are db=, max= and grp=");
    }

    Result<Address> finish() const {
        if (out_.start + out_.format.count() > here().end) {
            return complain_at(0, std::format("it goes beyond {}{}", here().name,
                                              in_radix(here().end - 1, here().radix)));
        }
        return out_;
    }

    const Language& language_;
    Address out_;
};

}  // namespace

Result<Address> parse_address(const Language& language, std::string_view text) {
    return Parser(language, text).parse();
}

std::string format_address(const Language& language, const Address& address) {
    const Area& area = language.areas()[address.area];
    const registers::Format& format = address.format;
    std::string out = std::string(area.name) + in_radix(address.start, area.radix);
    if (format.encoding == Encoding::RegisterBit) {
        out += "." + in_radix(format.bit, language.bit_radix());
    } else if (format.encoding != Encoding::Bool && format.encoding != Encoding::U16) {
        out += ":" + registers::type_word(format);
    }
    if (format.order != usual_order(language, format)) {
        out += std::format("@{}", registers::order_word(format.order));
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
    return out;
}

std::optional<std::uint16_t> find_area(const Language& language, std::string_view name) {
    const std::span<const Area> areas = language.areas();
    const auto found = std::ranges::find_if(areas, [name](const Area& area) {
        return area.name.size() == name.size() && begins_with(name, area.name);
    });
    if (found == areas.end()) {
        return std::nullopt;
    }
    return static_cast<std::uint16_t>(found - areas.begin());
}

}  // namespace gantry::connector::words

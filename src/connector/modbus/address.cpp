// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/address.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <format>

#include "base/assert.h"
#include "connector/modbus/frame.h"

namespace gantry::connector::modbus {
namespace {

constexpr std::array<std::string_view, 4> area_names = {"co", "di", "ir", "hr"};
constexpr std::string_view types_help = "bool for co and di; u16.0 to u16.15 (a bit), i16, u16, "
                                        "i32, u32, i64, u64, f32, f64 or str1 to "
                                        "str250 for ir and hr";

class Parser : private registers::FormatText {
public:
    Parser(std::string_view text, int base) : FormatText(text), base_(base) {}

    Result<Address> parse() {
        if (text().size() > address_bytes_max) {
            return complain("the address is longer than 256 bytes");
        }
        TRY(area());
        TRY(start());
        TRY(type());
        TRY(take_order(out_.format));
        TRY(take_scale_and_end(out_.format, "area:address:type@order*scale+offset option=value"));
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
        if (!read_type(word, out_.format)) {
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

    static bool whole(std::string_view digits, unsigned least, unsigned most, std::uint8_t& out) {
        unsigned number = 0;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), number);
        out = static_cast<std::uint8_t>(number);
        return error == std::errc() && end == digits.data() + digits.size() && number >= least &&
               number <= most;
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
            return read_change(value, value_place, out_.format, out_.deadband);
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

Result<Address> parse_address(std::string_view text, int address_base) {
    ASSERT(address_base == 0 || address_base == 1);
    return Parser(text, address_base).parse();
}

std::string format_address(const Address& address, int address_base) {
    const Format& format = address.format;
    std::string out = std::format("{}:{}:", area_name(address.area), address.start + address_base);
    out += registers::type_word(format);
    if (format.order != Order::ABCD) {
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
    if (address.unit) {
        out += std::format(" unit={}", *address.unit);
    }
    return out;
}

}  // namespace gantry::connector::modbus

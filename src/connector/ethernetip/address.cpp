// SPDX-License-Identifier: Apache-2.0
#include "connector/ethernetip/address.h"

#include <format>

namespace gantry::connector::ethernetip {
namespace {

constexpr std::string_view form_help =
    "write the tag as Studio 5000 shows it: Speed, Line[3].Speed, Recipe[1,2], Word.5, T1.ACC or "
    "Program:Main.Speed";
constexpr std::string_view options_help =
    "what may follow is *scale+offset, and after a blank db=0.5, max=30s or grp=fast";
constexpr unsigned bit_most = 63;
constexpr std::size_t dimensions_max = 3;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Parser : private TagText {
public:
    explicit Parser(std::string_view text) : TagText(text) {}

    Result<Address> address() {
        if (text().size() > address_bytes_max) {
            return complain(std::format("the address is longer than {} bytes", address_bytes_max));
        }
        Address out;
        TRY(tag(out));
        const std::size_t scale_place = at_;
        TRY(take_scale(out.scaling.scale, out.scaling.offset));
        if (out.scaling.scaled() && out.bit) {
            return complain_at(scale_place, "a bit has no scale and no offset");
        }
        while (!at_end()) {
            if (!take(' ')) {
                return complain(out.bit || out.index ? options_help : form_help);
            }
            if (at_end() || next_is(' ')) {
                continue;
            }
            TRY(option(out));
        }
        return out;
    }

private:
    Result<> tag(Address& out) {
        TRY(name());
        while (!out.bit) {
            if (take('[')) {
                TRY(indices(out));
            }
            if (!take('.')) {
                break;
            }
            if (!at_end() && is_digit(rest().front())) {
                TRY(bit(out));
            } else {
                out.index.reset();
                TRY(name());
            }
        }
        std::size_t end = out.bit ? bit_at_ : at_;
        if (out.index) {
            end = index_at_;
        }
        out.tag = text().substr(0, end);
        return {};
    }

    Result<> name() {
        const std::size_t begin = at_;
        while (!at_end() &&
               (is_letter(rest().front()) || is_digit(rest().front()) || next_is(':'))) {
            ++at_;
        }
        if (at_ == begin || !is_letter(text()[begin]) || text()[at_ - 1] == ':') {
            return complain_at(begin, form_help);
        }
        if (at_ - begin > name_bytes_max) {
            return complain_at(begin,
                               std::format("a name is longer than {} letters", name_bytes_max));
        }
        return {};
    }

    Result<> indices(Address& out) {
        index_at_ = at_ - 1;
        std::size_t count = 0;
        std::uint32_t index = 0;
        do {
            if (++count > dimensions_max || !take_number(index)) {
                return complain("an array has one to three indices, as in [3] or [1,2]");
            }
        } while (take(','));
        if (!take(']')) {
            return complain("here the indices end with ']'");
        }
        if (count == 1) {
            out.index = index;
        }
        return {};
    }

    Result<> bit(Address& out) {
        bit_at_ = at_ - 1;
        unsigned number = 0;
        if (!take_number(number) || number > bit_most) {
            return complain("a bit of an integer is from 0 to 63, as in Word.5");
        }
        out.bit = static_cast<std::uint8_t>(number);
        return {};
    }

    Result<> option(Address& out) {
        const std::size_t place = at_;
        const std::string_view name = take_until("= ");
        if (!take('=')) {
            return complain_at(place, options_help);
        }
        const std::size_t value_place = at_;
        const std::string_view value = take_until(" ");
        if (name == "db") {
            return read_deadband(value, value_place, out.deadband.emplace());
        }
        if (name == "max") {
            return read_silence(value, value_place, out.silence_max.emplace());
        }
        if (name == "grp") {
            return read_group(value, value_place, out.group);
        }
        return complain_at(place, options_help);
    }

    std::size_t index_at_ = 0;  // of the last '['
    std::size_t bit_at_ = 0;    // of the last '.'
};

}  // namespace

Result<Address> parse_address(std::string_view text) { return Parser(text).address(); }

std::string format_address(const Address& address) {
    std::string out = address.tag;
    if (address.index) {
        out += std::format("[{}]", *address.index);
    }
    if (address.bit) {
        out += std::format(".{}", *address.bit);
    }
    out += format_scale(address.scaling.scale, address.scaling.offset);
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

}  // namespace gantry::connector::ethernetip

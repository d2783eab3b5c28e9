// SPDX-License-Identifier: Apache-2.0
#include "connector/bacnet/address.h"

#include <format>

#include "connector/bacnet/words.h"

namespace gantry::connector::bacnet {
namespace {

constexpr std::string_view form_help =
    "write an object as its type and instance: AI:1, analog-value:3, or 128:5 for a type of the "
    "vendor's own";
constexpr std::string_view property_help =
    "behind the dot comes a property, by its name in the standard as in AV:3.description, or by "
    "its number";
constexpr std::string_view options_help =
    "what may follow is *scale+offset, and after a blank db=0.5, max=30s, grp=fast, prio=8 or cov";

class Parser : private TagText {
public:
    explicit Parser(std::string_view text) : TagText(text) {}

    Result<Address> address() {
        if (text().size() > address_bytes_max) {
            return complain("the address is longer than 256 bytes");
        }
        Address out;
        TRY(object(out.place.object));
        out.place.property = property::present_value;
        if (take('.')) {
            TRY(property_name(out.place));
        } else if (!has_present_value(out.place.object.type) && out.place.object.type < 128) {
            return complain(std::format("objects of type {} have no present-value: name a "
                                        "property, as in .object-name",
                                        object_type_word(out.place.object.type)));
        }
        TRY(index(out.place));
        TRY(take_scale(out.scaling.scale, out.scaling.offset));
        while (!at_end()) {
            if (!take(' ')) {
                return complain(options_help);
            }
            if (at_end() || next_is(' ')) {
                continue;
            }
            TRY(option(out));
        }
        if (out.cov && (out.place.property != property::present_value || out.place.index)) {
            return complain("only the present-value of an object is subscribed to: leave cov out");
        }
        return out;
    }

private:
    Result<> object(ObjectId& out) {
        const auto type = object_type_of(take_until(":. "));
        if (!type) {
            return complain_at(0, form_help);
        }
        out.type = *type;
        if (!take(':') || !take_number(out.instance)) {
            return complain(form_help);
        }
        if (out.instance >= instance_max) {
            return complain("an instance is from 0 to 4194302");
        }
        return {};
    }

    Result<> property_name(Reference& out) {
        const std::size_t place = at_;
        const auto found = property_of(take_until("[*+ "));
        if (!found) {
            return complain_at(place, property_help);
        }
        out.property = *found;
        return {};
    }

    Result<> index(Reference& out) {
        if (!take('[')) {
            return {};
        }
        std::uint32_t number = 0;
        if (!take_number(number) || !take(']')) {
            return complain("an element of an array is written as in [3]; [0] is their number");
        }
        out.index = number;
        return {};
    }

    Result<> option(Address& out) {
        const std::size_t place = at_;
        const std::string_view name = take_until("= ");
        if (!take('=')) {
            if (name != "cov") {
                return complain_at(place, options_help);
            }
            out.cov = true;
            return {};
        }
        const std::size_t value_place = at_;
        if (name == "prio") {
            return priority(out);
        }
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

    Result<> priority(Address& out) {
        unsigned number = 0;
        if (!take_number(number) || number < 1 || number > 16) {
            return complain("a priority is from 1, the highest, to 16");
        }
        out.priority = static_cast<std::uint8_t>(number);
        return {};
    }
};

}  // namespace

Result<Address> parse_address(std::string_view text) { return Parser(text).address(); }

std::string format_address(const Address& address) {
    std::string out = object_text(address.place.object);
    if (address.place.property != property::present_value) {
        out += "." + property_word(address.place.property);
    } else if (!has_present_value(address.place.object.type)) {
        out += ".present-value";
    }
    if (address.place.index) {
        out += std::format("[{}]", *address.place.index);
    }
    // Behind a name a minus would belong to it.
    if (address.scaling.scale == 1 && address.scaling.offset < 0) {
        out += "*1";
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
    if (address.priority) {
        out += std::format(" prio={}", *address.priority);
    }
    if (address.cov) {
        out += " cov";
    }
    return out;
}

}  // namespace gantry::connector::bacnet

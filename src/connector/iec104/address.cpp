// SPDX-License-Identifier: Apache-2.0
#include "connector/iec104/address.h"

#include <algorithm>
#include <array>
#include <format>

namespace gantry::connector::iec104 {
namespace {

constexpr std::string_view form_help =
    "write the information object address, as in 4001, or with the common address before it, as in "
    "1/4001";
constexpr std::string_view options_help =
    "what may follow is *scale+offset, and after a blank db=0.5, max=30s, cmd=sc@5001, sbo or qu=1";
constexpr std::string_view command_help = "a command is sc, dc, rc, nva, sva, float or bits, with "
                                          "its own address behind @ if it has one: "
                                          "cmd=sc@5001";

struct Word {
    std::string_view word;
    Type type;
};

constexpr std::array words = {
    Word{"sc", Type::C_SC_NA_1},   Word{"dc", Type::C_DC_NA_1},  Word{"rc", Type::C_RC_NA_1},
    Word{"nva", Type::C_SE_NA_1},  Word{"sva", Type::C_SE_NB_1}, Word{"float", Type::C_SE_NC_1},
    Word{"bits", Type::C_BO_NA_1},
};

bool switches(Type type) {
    return type == Type::C_SC_NA_1 || type == Type::C_DC_NA_1 || type == Type::C_RC_NA_1;
}

class Parser : private TagText {
public:
    explicit Parser(std::string_view text) : TagText(text) {}

    Result<Address> address() {
        if (text().size() > address_bytes_max) {
            return complain("the address is longer than 256 bytes");
        }
        Address out;
        TRY(object(out));
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
        if ((select_ || qualifier_) && !out.command) {
            return complain("sbo and qu= belong to a command: add cmd=");
        }
        if (out.command) {
            TRY(finish(*out.command));
        }
        return out;
    }

private:
    Result<> object(Address& out) {
        std::uint32_t number = 0;
        if (!take_number(number)) {
            return complain(form_help);
        }
        if (take('/')) {
            if (number == 0 || number > 65'534) {
                return complain_at(0, "a common address is from 1 to 65534");
            }
            out.common = static_cast<std::uint16_t>(number);
            if (!take_number(number)) {
                return complain(form_help);
            }
        }
        return object_number(number, out.object);
    }

    Result<> object_number(std::uint32_t number, std::uint32_t& out) const {
        if (number == 0 || number > object_address_max) {
            return complain("an information object address is from 1 to 16777215");
        }
        out = number;
        return {};
    }

    Result<> option(Address& out) {
        const std::size_t place = at_;
        const std::string_view name = take_until("= ");
        if (!take('=')) {
            if (name != "sbo") {
                return complain_at(place, options_help);
            }
            select_ = true;
            return {};
        }
        const std::size_t value_place = at_;
        if (name == "cmd") {
            return command(out.command.emplace());
        }
        const std::string_view value = take_until(" ");
        if (name == "db") {
            return read_deadband(value, value_place, out.deadband.emplace());
        }
        if (name == "max") {
            return read_silence(value, value_place, out.silence_max.emplace());
        }
        if (name == "qu") {
            const auto [end, error] =
                std::from_chars(value.data(), value.data() + value.size(), qualifier_.emplace());
            if (error != std::errc() || end != value.data() + value.size()) {
                return complain_at(value_place, "the qualifier is a number, as in qu=1");
            }
            return {};
        }
        return complain_at(place, options_help);
    }

    Result<> command(CommandAddress& out) {
        const std::size_t place = at_;
        const auto* const found = std::ranges::find(words, take_until("@ "), &Word::word);
        if (found == words.end()) {
            return complain_at(place, command_help);
        }
        out.type = found->type;
        if (take('@')) {
            std::uint32_t number = 0;
            if (!take_number(number)) {
                return complain(command_help);
            }
            TRY(object_number(number, out.object.emplace()));
        }
        return {};
    }

    Result<> finish(CommandAddress& out) const {
        out.select = select_;
        if (select_ && out.type == Type::C_BO_NA_1) {
            return complain("a bitstring cannot be selected before it is sent: leave sbo out");
        }
        const unsigned most = out.type == Type::C_BO_NA_1 ? 0 : switches(out.type) ? 31 : 127;
        if (qualifier_.value_or(0) > most) {
            return complain(
                std::format("the qualifier of {} is from 0 to {}", command_word(out.type), most));
        }
        out.qualifier = static_cast<std::uint8_t>(qualifier_.value_or(0));
        return {};
    }

    bool select_ = false;
    std::optional<unsigned> qualifier_;
};

}  // namespace

std::string_view command_word(Type type) {
    const auto* const found = std::ranges::find(words, type, &Word::type);
    return found == words.end() ? std::string_view() : found->word;
}

Result<Address> parse_address(std::string_view text) { return Parser(text).address(); }

std::string format_address(const Address& address) {
    std::string out = address.common ? std::format("{}/{}", *address.common, address.object)
                                     : std::to_string(address.object);
    out += format_scale(address.scaling.scale, address.scaling.offset);
    if (address.deadband) {
        out += format_deadband(*address.deadband);
    }
    if (address.silence_max) {
        out += " max=" + format_duration(*address.silence_max);
    }
    if (const auto& command = address.command) {
        out += std::format(" cmd={}", command_word(command->type));
        if (command->object) {
            out += std::format("@{}", *command->object);
        }
        if (command->select) {
            out += " sbo";
        }
        if (command->qualifier != 0) {
            out += std::format(" qu={}", command->qualifier);
        }
    }
    return out;
}

}  // namespace gantry::connector::iec104

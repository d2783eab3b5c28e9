// SPDX-License-Identifier: Apache-2.0
#include "connector/s7/address.h"

#include <algorithm>
#include <array>
#include <format>

namespace gantry::connector::s7 {
namespace {

constexpr std::string_view form_help =
    "write the address as STEP 7 shows it: DB1.DBX0.3, DB1.DBB2, DB1.DBW4:int, DB1.DBD6:real, "
    "I0.0, QB1, MW10:int, T5 or C3";
constexpr std::string_view types_help =
    "a type is one of bool, byte, sint, word, int, dword, dint, real, lword, lint, lreal, char8, "
    "string20, wstring20, time, ltime, s5time, date, tod, dt and dtl";
constexpr std::string_view options_help =
    "what may follow is *scale+offset, and after a blank db=0.5, max=30s or grp=fast";

constexpr unsigned string_most = 254;
constexpr unsigned wstring_most = 16'382;

struct TypeRow {
    std::string_view word;
    Type type;
    std::uint32_t bytes;  // of texts: before the characters
};

// The first of a type is how it is written.
constexpr std::array rows = {
    TypeRow{"bool", Type::Bool, 1},     TypeRow{"byte", Type::Byte, 1},
    TypeRow{"usint", Type::Byte, 1},    TypeRow{"sint", Type::Sint, 1},
    TypeRow{"word", Type::Word, 2},     TypeRow{"uint", Type::Word, 2},
    TypeRow{"int", Type::Int, 2},       TypeRow{"dword", Type::Dword, 4},
    TypeRow{"udint", Type::Dword, 4},   TypeRow{"dint", Type::Dint, 4},
    TypeRow{"real", Type::Real, 4},     TypeRow{"lword", Type::Lword, 8},
    TypeRow{"ulint", Type::Lword, 8},   TypeRow{"lint", Type::Lint, 8},
    TypeRow{"lreal", Type::Lreal, 8},   TypeRow{"char", Type::Char, 0},
    TypeRow{"string", Type::String, 2}, TypeRow{"wstring", Type::Wstring, 4},
    TypeRow{"time", Type::Time, 4},     TypeRow{"ltime", Type::Ltime, 8},
    TypeRow{"s5time", Type::S5time, 2}, TypeRow{"date", Type::Date, 2},
    TypeRow{"tod", Type::TimeOfDay, 4}, TypeRow{"dt", Type::DateAndTime, 8},
    TypeRow{"dtl", Type::Dtl, 12},      TypeRow{"count", Type::Count, 2},
};

const TypeRow& row_of(Type type) { return *std::ranges::find(rows, type, &TypeRow::type); }

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool may_be_scaled(Type type) {
    return type != Type::Bool && !is_text(type) && type != Type::DateAndTime && type != Type::Dtl;
}

class Parser : private TagText {
public:
    explicit Parser(std::string_view text) : TagText(text) {}

    Result<Address> address() {
        if (text().size() > address_bytes_max) {
            return complain("the address is longer than 256 bytes");
        }
        Address out;
        TRY(place(out));
        TRY(type(out));
        if (out.start + out.bytes() > area_bytes_max) {
            return complain_at(0, "an address is below byte 2097152");
        }
        const std::size_t scale_place = at_;
        TRY(take_scale(out.scaling.scale, out.scaling.offset));
        if (out.scaling.scaled() && !may_be_scaled(out.type)) {
            return complain_at(scale_place, "only numbers have a scale and an offset");
        }
        while (!at_end()) {
            if (!take(' ')) {
                return complain(options_help);
            }
            if (at_end() || next_is(' ')) {
                continue;
            }
            TRY(option(out));
        }
        return out;
    }

private:
    bool take_letter(char letter) { return take(letter) || take(lower(letter)); }

    // Letters in upper case, up to something else.
    std::string take_letters() {
        std::string out;
        while (!at_end() && upper(rest().front()) >= 'A' && upper(rest().front()) <= 'Z') {
            out += upper(rest().front());
            ++at_;
        }
        return out;
    }

    Result<> place(Address& out) {
        const std::string word = take_letters();
        if (word == "DB") {
            return block(out);
        }
        if (word == "T" || word == "C" || word == "Z") {
            return numbered(out, word == "T" ? Area::Timers : Area::Counters);
        }
        // In English and in German: inputs, outputs, markers.
        const std::size_t area = std::string_view("IEQAM").find(word.empty() ? ' ' : word.front());
        if (area == std::string_view::npos || word.size() > 2) {
            return complain_at(0, form_help);
        }
        out.area = area < 2 ? Area::Inputs : area < 4 ? Area::Outputs : Area::Markers;
        return width(out, word.size() == 2 ? word.back() : 'X');
    }

    Result<> block(Address& out) {
        out.area = Area::DataBlock;
        if (!take_number(out.block) || out.block == 0) {
            return complain("a data block has a number from 1 to 65535");
        }
        if (!take('.') || !take_letter('D') || !take_letter('B') || at_end()) {
            return complain(form_help);
        }
        const char letter = upper(rest().front());
        ++at_;
        return width(out, letter);
    }

    Result<> numbered(Address& out, Area area) {
        out.area = area;
        if (!take_number(out.start) || out.start > 65'535) {
            return complain("a timer or counter has a number from 0 to 65535");
        }
        width_ = 'N';
        return {};
    }

    // What stands behind the letter that says how much is meant: X, B, W or D.
    Result<> width(Address& out, char letter) {
        if (std::string_view("XBWD").find(letter) == std::string_view::npos) {
            return complain(form_help);
        }
        width_ = letter;
        if (!take_number(out.start) || out.start >= area_bytes_max) {
            return complain("here stands the number of the byte, from 0 to 2097151");
        }
        if (letter != 'X') {
            return {};
        }
        unsigned bit = 0;
        if (!take('.') || !take_number(bit) || bit > 7) {
            return complain("a bit is written with its byte, as in 0.3; it is from 0 to 7");
        }
        out.bit = static_cast<std::uint8_t>(bit);
        return {};
    }

    Result<> type(Address& out) {
        const std::size_t at = at_;
        if (!take(':')) {
            return type_by_width(out);
        }
        std::string word = take_letters();
        std::ranges::transform(word, word.begin(), lower);
        if (word == "s" && take('5')) {
            word = "s5" + take_letters();
            std::ranges::transform(word, word.begin(), lower);
        }
        const auto* const found = std::ranges::find(rows, word, &TypeRow::word);
        if (found == rows.end()) {
            return complain_at(at + 1, types_help);
        }
        out.type = found->type;
        if (is_text(out.type)) {
            TRY(characters(out));
        }
        return check_width(out, at + 1);
    }

    Result<> type_by_width(Address& out) const {
        switch (width_) {
            case 'X': out.type = Type::Bool; return {};
            case 'B': out.type = Type::Byte; return {};
            case 'N': out.type = out.area == Area::Timers ? Type::S5time : Type::Count; return {};
            case 'W': return complain("say what the word holds: add :int, :word, :s5time or :date");
            default:
                return complain("say what the double word holds: add :real, :dint, :dword, :time "
                                "or :tod");
        }
    }

    Result<> characters(Address& out) {
        const unsigned most = out.type == Type::Wstring ? wstring_most : string_most;
        unsigned count = 0;
        if (!take_number(count) || count == 0 || count > most) {
            return complain(std::format("a text says for how many characters it has room, from 1 "
                                        "to {}, as in {}20",
                                        most, type_word(out.type)));
        }
        out.characters = static_cast<std::uint16_t>(count);
        return {};
    }

    Result<> check_width(const Address& out, std::size_t at) const {
        const std::uint32_t bytes = out.bytes();
        const bool bit = out.type == Type::Bool;
        switch (width_) {
            case 'X': return bit ? Result<>() : complain_at(at, "a bit is a bool");
            case 'B':
                if (bit) {
                    return complain_at(at, "a bool is one bit of a byte: write X and the bit, as "
                                           "in DB1.DBX0.3 or M0.3");
                }
                return {};
            case 'N': return complain_at(at, "a timer or counter has no other type");
            default: break;
        }
        const std::uint32_t room = width_ == 'W' ? 2 : 4;
        if (bit || bytes != room || is_text(out.type)) {
            return complain_at(at, std::format("{} has {} bytes, {} has {}: write B and the first "
                                               "byte for whatever is longer or shorter",
                                               width_ == 'W' ? "a word" : "a double word", room,
                                               type_word(out.type), bytes));
        }
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

    char width_ = 'B';  // X, B, W or D; N of a timer or counter
};

std::string_view area_letter(Area area) {
    switch (area) {
        case Area::Inputs: return "I";
        case Area::Outputs: return "Q";
        case Area::Markers: return "M";
        case Area::Timers: return "T";
        case Area::Counters: return "C";
        case Area::DataBlock: break;
    }
    return "DB";
}

}  // namespace

std::string_view type_word(Type type) { return row_of(type).word; }

std::uint32_t type_bytes(Type type, std::uint32_t characters) {
    return row_of(type).bytes + (type == Type::Wstring ? 2 * characters : characters);
}

Result<Address> parse_address(std::string_view text) { return Parser(text).address(); }

std::string format_address(const Address& address) {
    std::string out(area_letter(address.area));
    if (address.area == Area::DataBlock) {
        out += std::format("{}.DB", address.block);
    }
    if (is_numbered(address.area)) {
        out += std::to_string(address.start);
    } else if (address.type == Type::Bool) {
        out += std::format("{}{}.{}", address.area == Area::DataBlock ? "X" : "", address.start,
                           address.bit);
    } else {
        const std::uint32_t bytes = is_text(address.type) ? 0 : address.bytes();
        out += bytes == 2 ? 'W' : bytes == 4 ? 'D' : 'B';
        out += std::to_string(address.start);
        if (address.type != Type::Byte) {
            out += std::format(":{}", type_word(address.type));
        }
        if (is_text(address.type)) {
            out += std::to_string(address.characters);
        }
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

}  // namespace gantry::connector::s7

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <format>

#include "connector/modbus/address.h"

namespace gantry::connector::modbus {
namespace {

std::unexpected<Error> complain(std::string_view text, std::string_view what) {
    return std::unexpected(
        Error{Code::InvalidArgument,
              std::format("Neuron's address '{}': {}", text.substr(0, address_bytes_max), what),
              "/address"});
}

struct TypeName {
    std::string_view neuron;
    Encoding encoding;
};
constexpr std::array type_names = {
    TypeName{"BIT", Encoding::Bool},    TypeName{"BOOL", Encoding::Bool},
    TypeName{"INT16", Encoding::I16},   TypeName{"UINT16", Encoding::U16},
    TypeName{"WORD", Encoding::U16},    TypeName{"INT32", Encoding::I32},
    TypeName{"UINT32", Encoding::U32},  TypeName{"DWORD", Encoding::U32},
    TypeName{"INT64", Encoding::I64},   TypeName{"UINT64", Encoding::U64},
    TypeName{"FLOAT", Encoding::F32},   TypeName{"DOUBLE", Encoding::F64},
    TypeName{"STRING", Encoding::Text},
};

// The first letter tells the order of the registers, the second that of the bytes in each; L is the
// one that Modbus uses. With one letter: the bytes of a register, or all bytes of 64 bits.
std::optional<Order> order_of(std::string_view word, std::uint16_t registers) {
    if (word.empty() || word == "L" || word == "LL") {
        return Order::ABCD;
    }
    if (word == "B") {
        return registers == 1 ? Order::BADC : Order::DCBA;
    }
    if (registers == 2) {
        if (word == "LB") {
            return Order::BADC;
        }
        if (word == "BL") {
            return Order::CDAB;
        }
        if (word == "BB") {
            return Order::DCBA;
        }
    }
    return std::nullopt;
}

bool number_of(std::string_view digits, unsigned most, unsigned& out) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return error == std::errc() && end == digits.data() + digits.size() && out <= most;
}

// "400001": the first digit of six tells the area; the others count from 1.
bool place_of(std::string_view digits, Address& out) {
    unsigned number = 0;
    if (digits.size() != 6 || !number_of(digits.substr(1), 65536, number) || number == 0) {
        return false;
    }
    switch (digits.front()) {
        case '0': out.area = Area::Coils; break;
        case '1': out.area = Area::DiscreteInputs; break;
        case '3': out.area = Area::InputRegisters; break;
        case '4': out.area = Area::HoldingRegisters; break;
        default: return false;
    }
    out.start = static_cast<std::uint16_t>(number - 1);
    return true;
}

}  // namespace

Result<std::string> convert_neuron_address(std::string_view text, std::string_view type,
                                           int address_base) {
    const auto known = std::ranges::find(type_names, type, &TypeName::neuron);
    if (known == type_names.end()) {
        return complain(text, std::format("there is no counterpart of type '{}'", type));
    }
    Address out;
    out.format.encoding = known->encoding;
    std::string_view rest = text;
    const std::size_t mark = rest.find('!');
    unsigned unit = 0;
    if (mark == std::string_view::npos || !number_of(rest.substr(0, mark), 255, unit)) {
        return complain(text, "it begins with a unit id and '!'");
    }
    out.unit = static_cast<std::uint8_t>(unit);
    rest.remove_prefix(mark + 1);
    const std::string_view place = rest.substr(0, rest.find_first_of(".#"));
    if (!place_of(place, out)) {
        return complain(text, "after '!' come six digits, the first one 0, 1, 3 or 4");
    }
    rest.remove_prefix(place.size());

    std::string_view suffix;
    if (rest.starts_with('.')) {
        suffix = rest.substr(1, rest.find('#') - 1);
        rest.remove_prefix(1 + suffix.size());
    }
    const std::string_view order = rest.starts_with('#') ? rest.substr(1) : std::string_view();
    if (out.format.encoding == Encoding::Text) {
        const bool low_first = suffix.ends_with('L');
        if (suffix.ends_with('H') || low_first) {
            suffix.remove_suffix(1);
        }
        unsigned length = 0;
        if (!number_of(suffix, 250, length) || length == 0 || !order.empty()) {
            return complain(text, "a text of 1 to 250 bytes can be taken over, as in 1!400001.20H");
        }
        out.format.text_bytes = static_cast<std::uint8_t>(length);
        out.format.order = low_first ? Order::BADC : Order::ABCD;
    } else if (out.format.encoding == Encoding::Bool && !is_bits(out.area)) {
        unsigned bit = 0;
        if (!number_of(suffix, 15, bit) || !order.empty()) {
            return complain(text, "the bit of a register is wanted, as in 1!400001.3");
        }
        out.format.encoding = Encoding::RegisterBit;
        out.format.bit = static_cast<std::uint8_t>(bit);
    } else {
        if (!suffix.empty() || is_bits(out.area) != (out.format.encoding == Encoding::Bool)) {
            return complain(text, std::format("it does not fit the type {}", type));
        }
        const auto found = order_of(order, out.format.count());
        if (!found || (out.format.encoding == Encoding::Bool && !order.empty())) {
            return complain(text, std::format("'#{}' is no byte order of {}", order, type));
        }
        out.format.order = *found;
    }
    return format_address(out, address_base);
}

}  // namespace gantry::connector::modbus

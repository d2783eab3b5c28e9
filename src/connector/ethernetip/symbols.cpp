// SPDX-License-Identifier: Apache-2.0
#include "connector/ethernetip/symbols.h"

#include <algorithm>

namespace gantry::connector::ethernetip {
namespace {

constexpr std::uint16_t symbol_class = 0x6b;
constexpr std::uint16_t template_class = 0x6c;

// Numbers of attributes.
constexpr std::uint16_t symbol_name = 1;
constexpr std::uint16_t symbol_type = 2;
constexpr std::uint16_t template_members = 2;
constexpr std::uint16_t template_words = 4;

constexpr std::uint32_t template_words_least = 6;
constexpr std::uint32_t template_words_most = 16'384;
constexpr std::size_t member_bytes = 8;

}  // namespace

Bytes symbols_request(std::string_view program, std::uint32_t from) {
    Bytes path;
    append_tag(path, program);
    append_object(path, symbol_class, from);
    Bytes data;
    put(data, 2, 2);
    put(data, symbol_name, 2);
    put(data, symbol_type, 2);
    return request(service::instance_attributes, path, data);
}

std::optional<std::vector<Symbol>> read_symbols(ByteView data) {
    std::vector<Symbol> out;
    while (!data.empty()) {
        if (data.size() < 6) {
            return std::nullopt;
        }
        const std::size_t length = number_at(data, 4, 2);
        if (data.size() - 6 < length + 2) {
            return std::nullopt;
        }
        out.push_back({.instance = static_cast<std::uint32_t>(number_at(data, 0, 4)),
                       .name = std::string(as_text(data.subspan(6, length))),
                       .type = {static_cast<std::uint16_t>(number_at(data, 6 + length, 2))}});
        data = data.subspan(8 + length);
    }
    return out;
}

bool is_hidden(std::string_view name) {
    constexpr std::array<std::string_view, 8> beginnings = {
        "__", "ZZZZZZZZZZ", "Routine:", "Map:", "Task:", "Cxn:", "UDI:", "Program:"};
    return name.empty() || std::ranges::any_of(beginnings, [name](std::string_view beginning) {
               return name.starts_with(beginning);
           });
}

Bytes template_size_request(std::uint16_t instance) {
    Bytes path;
    append_object(path, template_class, instance);
    Bytes data;
    put(data, 2, 2);
    put(data, template_words, 2);
    put(data, template_members, 2);
    return request(service::get_attribute_list, path, data);
}

// Of each attribute its number, its status and its value.
std::optional<TemplateSize> read_template_size(ByteView data) {
    if (data.size() < 16 || number_at(data, 0, 2) != 2 || number_at(data, 2, 2) != template_words ||
        number_at(data, 4, 2) != 0 || number_at(data, 10, 2) != template_members ||
        number_at(data, 12, 2) != 0) {
        return std::nullopt;
    }
    const TemplateSize out{.words = static_cast<std::uint32_t>(number_at(data, 6, 4)),
                           .members = static_cast<std::uint16_t>(number_at(data, 14, 2))};
    if (out.words < template_words_least || out.words > template_words_most ||
        out.members * member_bytes > out.bytes()) {
        return std::nullopt;
    }
    return out;
}

Bytes template_request(std::uint16_t instance, std::uint32_t offset, std::uint16_t bytes) {
    Bytes path;
    append_object(path, template_class, instance);
    Bytes data;
    put(data, offset, 4);
    put(data, bytes, 2);
    return request(service::read_tag, path, data);
}

// A row for each member, the name of the structure, and the names of the members; each name ends
// with a NUL.
std::optional<std::vector<Member>> read_template(ByteView data, std::uint16_t members) {
    const std::size_t rows = members * member_bytes;
    if (data.size() < rows) {
        return std::nullopt;
    }
    std::string_view names = as_text(data.subspan(rows));
    const auto next_name = [&names] {
        const std::string_view name = names.substr(0, names.find('\0'));
        names.remove_prefix(std::min(name.size() + 1, names.size()));
        return name;
    };
    (void)next_name();
    std::vector<Member> out;
    for (std::size_t i = 0; i < members; ++i) {
        const std::string_view name = next_name();
        if (!is_hidden(name)) {
            out.push_back(
                {.name = std::string(name),
                 .type = {static_cast<std::uint16_t>(number_at(data, i * member_bytes + 2, 2))}});
        }
    }
    return out;
}

bool is_text(const std::vector<Member>& members) {
    return members.size() == 2 && members[0] == Member{"LEN", {kind::dint}} &&
           members[1].name == "DATA" && members[1].type.code() == kind::sint &&
           members[1].type.dimensions() == 1 && !members[1].type.is_structure();
}

}  // namespace gantry::connector::ethernetip

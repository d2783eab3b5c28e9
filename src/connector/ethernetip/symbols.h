// SPDX-License-Identifier: Apache-2.0
// What a controller says of its tags (1756-PM020): the instances of its Symbol and Template
// objects. Pure.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/ethernetip/cip.h"

namespace gantry::connector::ethernetip {

// How symbols and members say what they are.
struct SymbolType {
    std::uint16_t bits = 0;

    bool is_structure() const { return (bits & 0x8000) != 0; }
    unsigned dimensions() const { return bits >> 13 & 3; }
    std::uint16_t code() const { return bits & 0xff; }                // of what is none
    std::uint16_t template_instance() const { return bits & 0xfff; }  // of a structure

    bool operator==(const SymbolType&) const = default;
};

struct Symbol {
    std::uint32_t instance = 0;
    std::string name;
    SymbolType type;

    bool operator==(const Symbol&) const = default;
};

// The tags of a program ("Program:Main"), or with an empty one of the controller, from an instance.
Bytes symbols_request(std::string_view program, std::uint32_t from);
// Nothing if that is no answer to it.
std::optional<std::vector<Symbol>> read_symbols(ByteView data);

// What the controller keeps for itself.
bool is_hidden(std::string_view name);

struct TemplateSize {
    std::uint32_t words = 0;  // of the definition, with more around it
    std::uint16_t members = 0;

    // To be read.
    std::size_t bytes() const { return words * std::size_t{4} - 20; }
};
Bytes template_size_request(std::uint16_t instance);
// Nothing if that is no answer to it, or of a size that no structure has.
std::optional<TemplateSize> read_template_size(ByteView data);

struct Member {
    std::string name;
    SymbolType type;

    bool operator==(const Member&) const = default;
};
Bytes template_request(std::uint16_t instance, std::uint32_t offset, std::uint16_t bytes);
// From the whole definition, in its order; those that are hidden are left out.
std::optional<std::vector<Member>> read_template(ByteView data, std::uint16_t members);

// Whether a structure of these members is a text.
bool is_text(const std::vector<Member>& members);

}  // namespace gantry::connector::ethernetip

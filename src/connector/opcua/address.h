// SPDX-License-Identifier: Apache-2.0
// How people write down what to read: "ns=2;s=Line1.Temp [3] *0.1+5 db=0.5 grp=fast". Pure. The
// grammar, with examples, is in docs/guide/connectors/opcua.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "connector/tag_text.h"

namespace gantry::connector::opcua {

enum class IdKind : unsigned char { Numeric, Text, Guid, Opaque };

// A node as people name it. The namespace is a number, or a URI whose number the server tells.
struct NodeName {
    std::uint16_t space = 0;
    std::string space_uri;  // if not empty, instead of the number
    IdKind kind = IdKind::Numeric;
    std::uint32_t number = 0;  // of Numeric
    std::string text;          // of Text as it is; of Guid 16 bytes as they are written; of Opaque
                               // the bytes

    bool operator==(const NodeName&) const = default;
};

struct Address {
    NodeName node;
    std::optional<std::uint32_t> index;  // of an element of an array
    Scaling scaling;
    std::optional<Deadband> deadband;
    std::string group = "default";

    bool operator==(const Address&) const = default;
};

inline constexpr std::size_t address_bytes_max = 1024;
inline constexpr std::size_t identifier_bytes_max = 512;

// InvalidArgument that says where in the text the trouble is and what to write instead.
Result<Address> parse_address(std::string_view text);
// A node alone, all of the text.
Result<NodeName> parse_node(std::string_view text);

// A text that parses to the same.
std::string format_address(const Address& address);
std::string format_node(const NodeName& node);

}  // namespace gantry::connector::opcua

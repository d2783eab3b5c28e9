// SPDX-License-Identifier: Apache-2.0
// How people write down what to read in a Logix controller: "Program:Main.Speed*0.1 db=0.5".
// Pure. The grammar, with examples, is in docs/guide/connectors/ethernet-ip.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "connector/tag_text.h"

namespace gantry::connector::ethernetip {

struct Address {
    // As Studio 5000 shows it, "Program:Main.Line[3].Speed": members, and all indices but the one
    // below.
    std::string tag;
    std::optional<std::uint32_t> index;  // of the last array, if it has one dimension
    std::optional<std::uint8_t> bit;     // of an integer
    Scaling scaling;
    std::optional<Deadband> deadband;
    std::optional<Duration> silence_max;
    std::string group = "default";

    bool operator==(const Address&) const = default;
};

inline constexpr std::size_t address_bytes_max = 512;
inline constexpr std::size_t name_bytes_max = 127;  // Logix has 40, others more

// InvalidArgument that says where in the text the trouble is and what to write instead.
Result<Address> parse_address(std::string_view text);
// A text that parses to the same.
std::string format_address(const Address& address);

}  // namespace gantry::connector::ethernetip

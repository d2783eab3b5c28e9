// SPDX-License-Identifier: Apache-2.0
// How people write down an information object: "1/4001*0.1 db=0.5" and, with a command,
// "1/4001 cmd=sc@5001 sbo". Pure. The grammar, with examples, is in
// docs/guide/connectors/iec104.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "connector/iec104/asdu.h"
#include "connector/tag_text.h"

namespace gantry::connector::iec104 {

struct CommandAddress {
    Type type = Type::C_SC_NA_1;
    std::optional<std::uint32_t> object;  // instead of the monitored one
    bool select = false;                  // select before operate
    std::uint8_t qualifier = 0;

    bool operator==(const CommandAddress&) const = default;
};

struct Address {
    std::optional<std::uint16_t> common;  // instead of the connection's
    std::uint32_t object = 0;
    Scaling scaling;
    std::optional<Deadband> deadband;
    std::optional<Duration> silence_max;
    std::optional<CommandAddress> command;

    bool operator==(const Address&) const = default;
};

inline constexpr std::size_t address_bytes_max = 256;

// "sc", "dc", "rc", "nva", "sva", "float" and "bits".
std::string_view command_word(Type type);

// InvalidArgument that says where in the text the trouble is and what to write instead.
Result<Address> parse_address(std::string_view text);
// A text that parses to the same.
std::string format_address(const Address& address);

}  // namespace gantry::connector::iec104

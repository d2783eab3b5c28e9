// SPDX-License-Identifier: Apache-2.0
// How people write down what to read in a BACnet device: "AV:3.present-value*0.1 db=0.5 prio=8".
// Pure. The grammar, with examples, is in docs/guide/connectors/bacnet.md.
#pragma once

#include "connector/bacnet/services.h"
#include "connector/tag_text.h"

namespace gantry::connector::bacnet {

struct Address {
    Reference place;
    Scaling scaling;
    std::optional<Deadband> deadband;
    std::optional<Duration> silence_max;
    std::optional<std::uint8_t> priority;  // to write with; else the connection's
    bool cov = false;                      // subscribed to, rather than polled
    std::string group = "default";

    bool operator==(const Address&) const = default;
};

inline constexpr std::size_t address_bytes_max = 256;

// InvalidArgument says what is wrong, and where; its field is "/address".
Result<Address> parse_address(std::string_view text);
// So that it is read the same.
std::string format_address(const Address& address);

}  // namespace gantry::connector::bacnet

// SPDX-License-Identifier: Apache-2.0
// How people write down where a value is in messages: "plant/line1/temperature",
// "plant/line1/state json=$.temperature *0.1+5 time=$.ts@ms" and, with what a write publishes,
// "plant/line1/speed set=plant/line1/speed/set". Pure. The grammar, with examples, is in
// docs/guide/connectors/mqtt.md.
#pragma once

#include <cstdint>

#include "connector/message/value_address.h"

namespace gantry::connector::mqtt {

// What a write publishes.
struct SetAddress {
    std::string topic;
    std::string json;  // "$.value": where in an object it stands; empty: the value alone
    bool retain = false;

    bool operator==(const SetAddress&) const = default;
};

struct Address : ValueAddress {
    std::string topic;
    std::optional<std::uint8_t> qos;  // instead of the connection's
    std::optional<SetAddress> set;

    bool operator==(const Address&) const = default;
};

inline constexpr std::size_t address_bytes_max = message_address_bytes_max;

// InvalidArgument that says where in the text the trouble is and what to write instead.
Result<Address> parse_address(std::string_view text);
// A text that parses to the same.
std::string format_address(const Address& address);

}  // namespace gantry::connector::mqtt

// SPDX-License-Identifier: Apache-2.0
// How people write down where a value is in messages: "plant/line1/temperature",
// "plant/line1/state json=$.temperature *0.1+5 time=$.ts@ms" and, with what a write publishes,
// "plant/line1/speed set=plant/line1/speed/set". Pure. The grammar, with examples, is in
// docs/guide/connectors/mqtt.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "connector/tag_text.h"
#include "payload/mapping.h"

namespace gantry::connector::mqtt {

// What a write publishes.
struct SetAddress {
    std::string topic;
    std::string json;  // "$.value": where in an object it stands; empty: the value alone
    bool retain = false;

    bool operator==(const SetAddress&) const = default;
};

struct Address {
    std::string topic;
    std::string json;  // the path of the value; empty: it is the whole payload
    std::string time;  // the path of the source's time; empty: when the message came
    payload::TimeFormat time_format = payload::TimeFormat::Rfc3339;
    std::string quality;  // the path of a quality's name; empty: good
    bool sparse = false;  // messages without the value are as if they had not come
    Scaling scaling;
    std::optional<Deadband> deadband;
    std::optional<Duration> silence_max;
    std::optional<std::uint8_t> qos;  // instead of the connection's
    std::optional<SetAddress> set;

    bool operator==(const Address&) const = default;
};

inline constexpr std::size_t address_bytes_max = 1024;

// InvalidArgument that says where in the text the trouble is and what to write instead.
Result<Address> parse_address(std::string_view text);
// A text that parses to the same.
std::string format_address(const Address& address);

// The names of a path that leads into an object and through objects only, as setjson= has it:
// "$.command.value".
std::vector<std::string_view> names_of(std::string_view path);

}  // namespace gantry::connector::mqtt

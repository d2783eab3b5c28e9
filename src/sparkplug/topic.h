// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace gantry::sparkplug {

inline constexpr std::string_view topic_namespace = "spBv1.0";

enum class MessageType : std::uint8_t {
    Nbirth,
    Ndeath,
    Ndata,
    Ncmd,
    Dbirth,
    Ddeath,
    Ddata,
    Dcmd,
    State,
};
std::string_view message_type_name(MessageType type);

// 4.1: spBv1.0/group/TYPE/node[/device], and spBv1.0/STATE/host.
struct Topic {
    MessageType type = MessageType::Nbirth;
    std::string_view group;
    std::string_view node;  // of a STATE the host
    std::string_view device;

    bool operator==(const Topic&) const = default;
};

// Whether topics are of Sparkplug at all.
inline bool is_sparkplug(std::string_view topic) { return topic.starts_with("spBv1.0/"); }
// InvalidArgument: no topic of 4.1. Its texts are the argument's.
Result<Topic> parse_topic(std::string_view text);
std::string format_topic(const Topic& topic);

// 4.1: of a group, node, device or host: not empty, UTF-8 without +, / and #.
bool is_id(std::string_view text);

// What a STATE message says (6.4.18 of the payload, as JSON).
struct HostState {
    bool online = false;
    std::uint64_t timestamp = 0;  // milliseconds since 1970

    bool operator==(const HostState&) const = default;
};
Result<HostState> parse_state(std::string_view payload);
std::string format_state(const HostState& state);

// A message that is to be published; the will has the same form.
struct Publish {
    std::string topic;
    std::string payload = {};
    std::uint8_t qos = 0;
    bool retain = false;

    bool operator==(const Publish&) const = default;
};

// Names that the specification gives a meaning.
inline constexpr std::string_view birth_death_metric = "bdSeq";
inline constexpr std::string_view rebirth_metric = "Node Control/Rebirth";

}  // namespace gantry::sparkplug

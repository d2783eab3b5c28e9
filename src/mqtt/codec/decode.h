// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "mqtt/codec/packet.h"

namespace gantry::mqtt {

// Why bytes are no packet. Texts are constants.
struct Malformed {
    Reason reason = Reason::MalformedPacket;
    // What is wrong with which packet, for people.
    std::string_view why;
    // The statement of MQTT 5.0 that was broken, "MQTT-3.3.1-4"; empty where the standard gives it
    // no number.
    std::string_view statement;
};

template <class T>
using Decoded = std::expected<T, Malformed>;

enum class Side : std::uint8_t { Client, Server };

inline constexpr std::size_t fixed_header_bytes_max = 5;
// What a packet may have before anybody is known.
inline constexpr std::size_t connect_bytes_max = std::size_t{64} << 10;

struct FrameLimits {
    Side from = Side::Client;
    // Nobody has connected yet: nothing but a CONNECT may come, of connect_bytes_max at most.
    bool connecting = false;
    std::size_t packet_bytes_max = connect_bytes_max;  // with its fixed header
};

// A packet that is there whole.
struct Frame {
    PacketType type = PacketType::Reserved;
    std::uint8_t flags = 0;        // the lower half of the first byte, valid for the type
    bool wasteful_length = false;  // the length has more bytes than it needs
    std::string_view body;         // behind the fixed header
    std::size_t bytes = 0;         // of all of it
};

// How much of the stream's front a packet takes.
struct FrameHead {
    PacketType type = PacketType::Reserved;
    std::uint8_t flags = 0;
    bool wasteful_length = false;
    std::uint8_t head_bytes = 0;
    std::size_t bytes = 0;  // with the head
};

// What the front of the stream says of the next packet, before its body has come: whoever keeps the
// stream makes room for that many bytes, and no more. Nothing: the head is not there yet. What
// cannot become a packet is refused at the first byte that shows it.
Decoded<std::optional<FrameHead>> read_head(std::string_view stream, const FrameLimits& limits);

// The packet at the front of the stream; nothing while it is not there whole.
Decoded<std::optional<Frame>> read_frame(std::string_view stream, const FrameLimits& limits);

// The body of a frame of the type that each is named for. Everything that the standard says of the
// form of the packet is checked; what depends on what came before is not.
//
// CONNECT says its version itself. UnsupportedProtocolVersion: none that we speak.
Decoded<Connect> decode_connect(const Frame& frame);
Decoded<Connack> decode_connack(const Frame& frame, Version version);
// `from` a client: no subscription identifiers (3.3.4-6).
Decoded<Publish> decode_publish(const Frame& frame, Version version, Side from);
Decoded<Ack> decode_ack(const Frame& frame, Version version);
Decoded<Subscribe> decode_subscribe(const Frame& frame, Version version);
Decoded<SubscriptionAck> decode_subscription_ack(const Frame& frame, Version version);
Decoded<Unsubscribe> decode_unsubscribe(const Frame& frame, Version version);
Decoded<Ping> decode_ping(const Frame& frame, Version version);
Decoded<Disconnect> decode_disconnect(const Frame& frame, Version version, Side from);
Decoded<Auth> decode_auth(const Frame& frame, Version version);

// Any of them.
Decoded<Packet> decode(const Frame& frame, Version version, Side from);

// The protocol level that a CONNECT frame has, if it gets that far: for the answer to one that
// cannot be decoded. 0 when it does not, or is not of a protocol named MQTT.
std::uint8_t protocol_level(const Frame& frame);

}  // namespace gantry::mqtt

// SPDX-License-Identifier: Apache-2.0
#include "mqtt/codec/decode.h"

#include "mqtt/codec/body.h"

namespace gantry::mqtt {
namespace {

using detail::Body;
using detail::malformed;
using detail::protocol_error;

// The first byte's lower half, of all types but PUBLISH (2.1.3).
constexpr std::uint8_t flags_of(PacketType type) {
    return type == PacketType::Pubrel || type == PacketType::Subscribe ||
                   type == PacketType::Unsubscribe
               ? 2
               : 0;
}

std::string_view flags_statement(PacketType type) {
    switch (type) {
        case PacketType::Pubrel: return "MQTT-3.6.1-1";
        case PacketType::Subscribe: return "MQTT-3.8.1-1";
        case PacketType::Unsubscribe: return "MQTT-3.10.1-1";
        case PacketType::Disconnect: return "MQTT-3.14.1-1";
        case PacketType::Auth: return "MQTT-3.15.1-1";
        default: return "MQTT-2.1.3-1";
    }
}

bool may_send(Side from, PacketType type) {
    switch (type) {
        case PacketType::Connect:
        case PacketType::Subscribe:
        case PacketType::Unsubscribe:
        case PacketType::Pingreq: return from == Side::Client;
        case PacketType::Connack:
        case PacketType::Suback:
        case PacketType::Unsuback:
        case PacketType::Pingresp: return from == Side::Server;
        default: return true;
    }
}

std::optional<Malformed> wrong_first_byte(PacketType type, std::uint8_t flags,
                                          const FrameLimits& limits) {
    if (limits.connecting && type != PacketType::Connect) {
        return protocol_error("the first packet is no CONNECT", "MQTT-3.1.0-1").error();
    }
    if (type == PacketType::Reserved) {
        return malformed("packets of type 0 are reserved").error();
    }
    if (!may_send(limits.from, type)) {
        return protocol_error("only the other side may send a packet of that type").error();
    }
    if (type == PacketType::Publish) {
        if ((flags & 6) == 6) {
            return malformed("a PUBLISH has QoS 3", "MQTT-3.3.1-4").error();
        }
        if ((flags & 14) == 8) {
            return malformed("a PUBLISH of QoS 0 has DUP set", "MQTT-3.3.1-2").error();
        }
    } else if (flags != flags_of(type)) {
        return malformed("reserved flags of the first byte are set", flags_statement(type)).error();
    }
    return std::nullopt;
}

constexpr Malformed too_large{Reason::PacketTooLarge, "a packet is larger than is taken", ""};

}  // namespace

Decoded<std::optional<FrameHead>> read_head(std::string_view stream, const FrameLimits& limits) {
    if (stream.empty()) {
        return std::nullopt;
    }
    const auto first = static_cast<std::uint8_t>(stream[0]);
    FrameHead out;
    out.type = static_cast<PacketType>(first >> 4);
    out.flags = first & 15;
    if (const auto wrong = wrong_first_byte(out.type, out.flags, limits)) {
        return std::unexpected(*wrong);
    }
    std::size_t length = 0;
    for (std::size_t i = 0;; ++i) {
        if (i == 4) {
            return malformed("the remaining length has more than four bytes");
        }
        if (i + 1 == stream.size()) {
            return std::nullopt;
        }
        const auto byte = static_cast<std::uint8_t>(stream[i + 1]);
        length |= static_cast<std::size_t>(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            out.wasteful_length = byte == 0 && i > 0;
            out.head_bytes = static_cast<std::uint8_t>(i + 2);
            break;
        }
    }
    out.bytes = out.head_bytes + length;
    const std::size_t most = limits.connecting
                                 ? std::min(limits.packet_bytes_max, connect_bytes_max)
                                 : limits.packet_bytes_max;
    if (out.bytes > most) {
        return std::unexpected(too_large);
    }
    return out;
}

Decoded<std::optional<Frame>> read_frame(std::string_view stream, const FrameLimits& limits) {
    const auto head = read_head(stream, limits);
    if (!head) {
        return std::unexpected(head.error());
    }
    if (!*head || (*head)->bytes > stream.size()) {
        return std::nullopt;
    }
    const FrameHead& found = **head;
    return Frame{found.type, found.flags, found.wasteful_length,
                 stream.substr(found.head_bytes, found.bytes - found.head_bytes), found.bytes};
}

Decoded<Connack> decode_connack(const Frame& frame, Version version) {
    Body in(frame, version);
    Connack out;
    const std::uint8_t flags = in.take8();
    out.reason = in.take8();
    in.take_properties(PacketType::Connack, out.properties);
    if ((flags & 0xfe) != 0) {
        return malformed("reserved flags of a CONNACK are set", "MQTT-3.2.2-1");
    }
    out.session_present = flags == 1;
    if (out.session_present && out.reason != 0) {
        return protocol_error("a CONNACK that refuses has Session Present set", "MQTT-3.2.2-6");
    }
    if (version == Version::V5 ? !is_reason_of(PacketType::Connack, out.reason) : out.reason > 5) {
        return protocol_error("no CONNACK has that reason", "MQTT-3.2.2-8");
    }
    return in.finish(out);
}

Decoded<Publish> decode_publish(const Frame& frame, Version version, Side from) {
    Body in(frame, version);
    Publish out;
    out.dup = (frame.flags & 8) != 0;
    out.qos = frame.flags >> 1 & 3;
    out.retain = (frame.flags & 1) != 0;
    out.topic = in.take_text("MQTT-3.3.2-1");
    if (out.qos > 0) {
        out.id = in.take_id("MQTT-2.2.1-3");
    }
    in.take_properties(PacketType::Publish, out.properties);
    out.payload = in.take_rest();
    if (in.failed()) {
        return in.failure();
    }
    if (out.topic.empty()) {
        if (!out.properties.has(Property::TopicAlias)) {
            return protocol_error("a PUBLISH has no topic", "MQTT-4.7.3-1");
        }
    } else if (!is_topic_name(out.topic)) {
        return std::unexpected(Malformed{Reason::TopicNameInvalid,
                                         "the topic of a PUBLISH has wildcards", "MQTT-3.3.2-2"});
    }
    if (from == Side::Client && out.properties.has(Property::SubscriptionId)) {
        return protocol_error("a client's PUBLISH has a subscription identifier", "MQTT-3.3.4-6");
    }
    return out;
}

Decoded<Ack> decode_ack(const Frame& frame, Version version) {
    Body in(frame, version);
    Ack out;
    out.type = frame.type;
    out.id = in.take_id("MQTT-2.2.1-5");
    if (version == Version::V5 && !in.done()) {
        out.reason = in.take_reason(frame.type);
        if (!in.done()) {
            in.take_properties(frame.type, out.properties);
        }
    }
    return in.finish(out);
}

Decoded<Subscribe> decode_subscribe(const Frame& frame, Version version) {
    Body in(frame, version);
    Subscribe out;
    out.id = in.take_id("MQTT-2.2.1-3");
    in.take_properties(PacketType::Subscribe, out.properties);
    if (!in.failed() && in.done()) {
        return protocol_error("a SUBSCRIBE has no topic filter", "MQTT-3.8.3-2");
    }
    while (!in.failed() && !in.done()) {
        SubscriptionRequest& one = out.requests.emplace_back();
        one.filter = in.take_filter("MQTT-3.8.3-1");
        const std::uint8_t options = in.take8();
        one.options.qos = options & 3;
        one.options.no_local = (options & 4) != 0;
        one.options.retain_as_published = (options & 8) != 0;
        one.options.retain_handling = static_cast<RetainHandling>(options >> 4 & 3);
        const std::uint8_t reserved = version == Version::V5 ? 0xc0 : 0xfc;
        if (in.failed()) {
            break;
        }
        if ((options & reserved) != 0) {
            return malformed("reserved bits of subscription options are set", "MQTT-3.8.3-5");
        }
        if (one.options.qos == 3) {
            return protocol_error("a subscription asks for QoS 3");
        }
        if ((options >> 4 & 3) == 3) {
            return protocol_error("a subscription has retain handling 3");
        }
        if (one.options.no_local && one.filter.starts_with("$share/")) {
            return protocol_error("a shared subscription has No Local set", "MQTT-3.8.3-4");
        }
    }
    return in.finish(std::move(out));
}

Decoded<SubscriptionAck> decode_subscription_ack(const Frame& frame, Version version) {
    Body in(frame, version);
    SubscriptionAck out;
    out.type = frame.type;
    out.id = in.take_id("MQTT-2.2.1-6");
    in.take_properties(frame.type, out.properties);
    out.reasons = in.take_rest();
    if (in.failed()) {
        return in.failure();
    }
    const bool needs_reasons = version == Version::V5 || frame.type == PacketType::Suback;
    if (out.reasons.empty() == needs_reasons) {
        return malformed("an acknowledgement of filters has not a reason for each",
                         frame.type == PacketType::Suback ? "MQTT-3.8.4-6" : "MQTT-3.11.3-2");
    }
    for (const char byte : out.reasons) {
        const auto reason = static_cast<std::uint8_t>(byte);
        const bool known = version == Version::V5 ? is_reason_of(frame.type, reason)
                                                  : reason <= 2 || reason == 0x80;
        if (!known) {
            return protocol_error(
                "an acknowledgement of filters has a reason that is none of its own",
                frame.type == PacketType::Suback ? "MQTT-3.9.3-2" : "MQTT-3.11.3-2");
        }
    }
    return out;
}

Decoded<Unsubscribe> decode_unsubscribe(const Frame& frame, Version version) {
    Body in(frame, version);
    Unsubscribe out;
    out.id = in.take_id("MQTT-2.2.1-3");
    in.take_properties(PacketType::Unsubscribe, out.properties);
    if (!in.failed() && in.done()) {
        return protocol_error("an UNSUBSCRIBE has no topic filter", "MQTT-3.10.3-2");
    }
    while (!in.failed() && !in.done()) {
        out.filters.push_back(in.take_filter("MQTT-3.10.3-1"));
    }
    return in.finish(std::move(out));
}

Decoded<Ping> decode_ping(const Frame& frame, Version version) {
    Body in(frame, version);
    return in.finish(Ping{frame.type});
}

Decoded<Disconnect> decode_disconnect(const Frame& frame, Version version, Side from) {
    Body in(frame, version);
    Disconnect out;
    if (version == Version::V311) {
        return from == Side::Client
                   ? in.finish(out)
                   : protocol_error("a server of 3.1.1 sends no DISCONNECT", "MQTT-3.14.0-1");
    }
    if (!in.done()) {
        out.reason = in.take_reason(PacketType::Disconnect);
        if (!in.done()) {
            in.take_properties(PacketType::Disconnect, out.properties);
        }
    }
    if (!in.failed() && from == Side::Server && out.properties.has(Property::SessionExpiry)) {
        return protocol_error("a server's DISCONNECT has a session expiry", "MQTT-3.14.2-2");
    }
    return in.finish(out);
}

Decoded<Auth> decode_auth(const Frame& frame, Version version) {
    if (version == Version::V311) {
        return protocol_error("3.1.1 has no AUTH");
    }
    Body in(frame, version);
    Auth out;
    if (!in.done()) {
        out.reason = in.take_reason(PacketType::Auth);
        in.take_properties(PacketType::Auth, out.properties);
    }
    return in.finish(out);
}

Decoded<Packet> decode(const Frame& frame, Version version, Side from) {
    const auto any = [](auto decoded) -> Decoded<Packet> {
        if (!decoded) {
            return std::unexpected(decoded.error());
        }
        return Packet(std::move(*decoded));
    };
    switch (frame.type) {
        case PacketType::Connect: return any(decode_connect(frame));
        case PacketType::Connack: return any(decode_connack(frame, version));
        case PacketType::Publish: return any(decode_publish(frame, version, from));
        case PacketType::Puback:
        case PacketType::Pubrec:
        case PacketType::Pubrel:
        case PacketType::Pubcomp: return any(decode_ack(frame, version));
        case PacketType::Subscribe: return any(decode_subscribe(frame, version));
        case PacketType::Suback:
        case PacketType::Unsuback: return any(decode_subscription_ack(frame, version));
        case PacketType::Unsubscribe: return any(decode_unsubscribe(frame, version));
        case PacketType::Pingreq:
        case PacketType::Pingresp: return any(decode_ping(frame, version));
        case PacketType::Disconnect: return any(decode_disconnect(frame, version, from));
        case PacketType::Auth: return any(decode_auth(frame, version));
        case PacketType::Reserved: break;
    }
    return malformed("packets of type 0 are reserved");
}

PacketType type_of(const Packet& packet) {
    struct Types {
        PacketType operator()(const Connect&) const { return PacketType::Connect; }
        PacketType operator()(const Connack&) const { return PacketType::Connack; }
        PacketType operator()(const Publish&) const { return PacketType::Publish; }
        PacketType operator()(const Ack& one) const { return one.type; }
        PacketType operator()(const Subscribe&) const { return PacketType::Subscribe; }
        PacketType operator()(const SubscriptionAck& one) const { return one.type; }
        PacketType operator()(const Unsubscribe&) const { return PacketType::Unsubscribe; }
        PacketType operator()(const Ping& one) const { return one.type; }
        PacketType operator()(const Disconnect&) const { return PacketType::Disconnect; }
        PacketType operator()(const Auth&) const { return PacketType::Auth; }
    };
    return std::visit(Types{}, packet);
}

}  // namespace gantry::mqtt

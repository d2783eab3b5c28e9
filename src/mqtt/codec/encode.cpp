// SPDX-License-Identifier: Apache-2.0
#include "mqtt/codec/encode.h"

#include "base/assert.h"
#include "mqtt/codec/wire.h"

namespace gantry::mqtt {
namespace {

template <class Sink>
void put_value(Sink& out, Property id, const PropertyRule& rule, const Properties& properties) {
    out.put8(static_cast<std::uint8_t>(id));
    switch (rule.kind) {
        case PropertyKind::Byte: out.put8(static_cast<std::uint8_t>(properties.number(id))); break;
        case PropertyKind::TwoBytes:
            out.put16(static_cast<std::uint16_t>(properties.number(id)));
            break;
        case PropertyKind::FourBytes: out.put32(properties.number(id)); break;
        case PropertyKind::Varint: out.put_varint(properties.number(id)); break;
        case PropertyKind::Text:
        case PropertyKind::Binary: out.put_text(properties.text(id)); break;
        case PropertyKind::Pair:
        case PropertyKind::None: ASSERT(false);
    }
}

// What may come once in the order of identifiers, then what repeats in its own.
template <class Sink>
void put_all(Sink& out, const Properties& properties, std::uint32_t packet) {
    const bool ids_repeat = packet == packet_bit(PacketType::Publish);
    for (std::uint8_t id = 1; id <= property_id_max; ++id) {
        const auto property = static_cast<Property>(id);
        if (!properties.has(property)) {
            continue;
        }
        const PropertyRule& rule = property_rule(id);
        ASSERT((rule.packets & packet) != 0);
        if (rule.kind != PropertyKind::Pair &&
            !(property == Property::SubscriptionId && ids_repeat)) {
            put_value(out, property, rule, properties);
        }
    }
    if (ids_repeat) {
        properties.each_subscription_id([&out](std::uint32_t id) {
            out.put8(static_cast<std::uint8_t>(Property::SubscriptionId));
            out.put_varint(id);
        });
    }
    properties.each_user_property([&out](std::string_view name, std::string_view value) {
        out.put8(static_cast<std::uint8_t>(Property::UserProperty));
        out.put_text(name);
        out.put_text(value);
    });
}

template <class Sink>
void put_properties(Sink& out, const Properties& properties, std::uint32_t packet,
                    Version version) {
    if (version == Version::V311) {
        return;
    }
    if (properties.empty()) {
        out.put8(0);
        return;
    }
    Counter size;
    put_all(size, properties, packet);
    out.put_varint(static_cast<std::uint32_t>(size.size()));
    put_all(out, properties, packet);
}

template <class Sink>
void put_properties(Sink& out, const Properties& properties, PacketType type, Version version) {
    put_properties(out, properties, packet_bit(type), version);
}

template <class Sink>
void put_body(Sink& out, const Connect& packet, Version version) {
    out.put_text("MQTT");
    const bool bridge = packet.bridge && version == Version::V311;
    out.put8(static_cast<std::uint8_t>(static_cast<unsigned>(version) | (bridge ? 0x80U : 0)));
    unsigned flags = packet.clean_start ? 2 : 0;
    if (packet.will) {
        ASSERT(packet.will->qos <= 2);
        flags |=
            4U | static_cast<unsigned>(packet.will->qos) << 3 | (packet.will->retain ? 32U : 0);
    }
    flags |= packet.password ? 64U : 0;
    flags |= packet.user_name ? 128U : 0;
    out.put8(static_cast<std::uint8_t>(flags));
    out.put16(packet.keep_alive);
    put_properties(out, packet.properties, PacketType::Connect, version);
    out.put_text(packet.client_id);
    if (packet.will) {
        put_properties(out, packet.will->properties, will_bit, version);
        out.put_text(packet.will->topic);
        out.put_text(packet.will->payload);
    }
    if (packet.user_name) {
        out.put_text(*packet.user_name);
    }
    if (packet.password) {
        out.put_text(*packet.password);
    }
}

template <class Sink>
void put_body(Sink& out, const Connack& packet, Version version) {
    out.put8(packet.session_present ? 1 : 0);
    out.put8(packet.reason);
    put_properties(out, packet.properties, PacketType::Connack, version);
}

template <class Sink>
void put_body(Sink& out, const Publish& packet, Version version) {
    out.put_text(packet.topic);
    if (packet.qos > 0) {
        out.put16(packet.id);
    }
    put_properties(out, packet.properties, PacketType::Publish, version);
    out.put_bytes(packet.payload);
}

template <class Sink>
void put_body(Sink& out, const Ack& packet, Version version) {
    out.put16(packet.id);
    if (version == Version::V311 ||
        (packet.reason == Reason::Success && packet.properties.empty())) {
        return;
    }
    out.put8(static_cast<std::uint8_t>(packet.reason));
    if (!packet.properties.empty()) {
        put_properties(out, packet.properties, packet.type, version);
    }
}

template <class Sink>
void put_body(Sink& out, const Subscribe& packet, Version version) {
    out.put16(packet.id);
    put_properties(out, packet.properties, PacketType::Subscribe, version);
    for (const auto& [filter, options] : packet.requests) {
        out.put_text(filter);
        unsigned bits = options.qos;
        if (version == Version::V5) {
            bits |= (options.no_local ? 4U : 0) | (options.retain_as_published ? 8U : 0) |
                    static_cast<unsigned>(options.retain_handling) << 4;
        }
        out.put8(static_cast<std::uint8_t>(bits));
    }
}

template <class Sink>
void put_body(Sink& out, const SubscriptionAck& packet, Version version) {
    out.put16(packet.id);
    put_properties(out, packet.properties, packet.type, version);
    if (version == Version::V5 || packet.type == PacketType::Suback) {
        out.put_bytes(packet.reasons);
    }
}

template <class Sink>
void put_body(Sink& out, const Unsubscribe& packet, Version version) {
    out.put16(packet.id);
    put_properties(out, packet.properties, PacketType::Unsubscribe, version);
    for (const std::string_view filter : packet.filters) {
        out.put_text(filter);
    }
}

template <class Sink>
void put_body(Sink&, const Ping&, Version) {}

template <class Sink>
void put_body(Sink& out, const Disconnect& packet, Version version) {
    if (version == Version::V311 ||
        (packet.reason == Reason::Success && packet.properties.empty())) {
        return;
    }
    out.put8(static_cast<std::uint8_t>(packet.reason));
    if (!packet.properties.empty()) {
        put_properties(out, packet.properties, PacketType::Disconnect, version);
    }
}

template <class Sink>
void put_body(Sink& out, const Auth& packet, Version version) {
    if (packet.reason == Reason::Success && packet.properties.empty()) {
        return;
    }
    out.put8(static_cast<std::uint8_t>(packet.reason));
    put_properties(out, packet.properties, PacketType::Auth, version);
}

template <class Packet>
void put_packet(std::string& out, PacketType type, unsigned flags, const Packet& packet,
                Version version) {
    Counter size;
    put_body(size, packet, version);
    ASSERT(size.size() <= body_bytes_max);
    out.reserve(out.size() + size.size() + 5);
    Appender appender(out);
    appender.put8(static_cast<std::uint8_t>(static_cast<unsigned>(type) << 4 | flags));
    appender.put_varint(static_cast<std::uint32_t>(size.size()));
    put_body(appender, packet, version);
}

unsigned publish_flags(bool dup, std::uint8_t qos, bool retain) {
    ASSERT(qos <= 2 && !(dup && qos == 0));
    return (dup ? 8U : 0) | static_cast<unsigned>(qos) << 1 | (retain ? 1U : 0);
}

}  // namespace

void encode(std::string& out, const Connect& packet) {
    put_packet(out, PacketType::Connect, 0, packet, packet.version);
}

void encode(std::string& out, const Connack& packet, Version version) {
    put_packet(out, PacketType::Connack, 0, packet, version);
}

void encode(std::string& out, const Publish& packet, Version version) {
    ASSERT((packet.qos > 0) == (packet.id != 0));
    put_packet(out, PacketType::Publish, publish_flags(packet.dup, packet.qos, packet.retain),
               packet, version);
}

void encode(std::string& out, const Ack& packet, Version version) {
    ASSERT(packet.id != 0);
    put_packet(out, packet.type, packet.type == PacketType::Pubrel ? 2 : 0, packet, version);
}

void encode(std::string& out, const Subscribe& packet, Version version) {
    ASSERT(packet.id != 0 && !packet.requests.empty());
    put_packet(out, PacketType::Subscribe, 2, packet, version);
}

void encode(std::string& out, const SubscriptionAck& packet, Version version) {
    ASSERT(packet.id != 0);
    put_packet(out, packet.type, 0, packet, version);
}

void encode(std::string& out, const Unsubscribe& packet, Version version) {
    ASSERT(packet.id != 0 && !packet.filters.empty());
    put_packet(out, PacketType::Unsubscribe, 2, packet, version);
}

void encode(std::string& out, const Ping& packet, Version version) {
    put_packet(out, packet.type, 0, packet, version);
}

void encode(std::string& out, const Disconnect& packet, Version version) {
    put_packet(out, PacketType::Disconnect, 0, packet, version);
}

void encode(std::string& out, const Auth& packet, Version version) {
    ASSERT(version == Version::V5);
    put_packet(out, PacketType::Auth, 0, packet, version);
}

void encode(std::string& out, const Packet& packet, Version version) {
    std::visit(
        [&](const auto& one) {
            if constexpr (std::is_same_v<std::decay_t<decltype(one)>, Connect>) {
                encode(out, one);
            } else {
                encode(out, one, version);
            }
        },
        packet);
}

SharedPublish::SharedPublish(const Publish& packet, Version version) {
    Publish copy = packet;
    copy.dup = false;
    copy.retain = false;
    copy.qos = packet.qos > 0 ? 1 : 0;
    copy.id = packet.qos > 0 ? 1 : 0;
    encode(bytes_, copy, version);
    Reader in(bytes_);
    in.take8();
    in.take_varint();
    in.take_text();
    const auto at = [&] { return bytes_.size() - in.rest().size(); };
    if (packet.qos > 0) {
        id_at_ = at();
        in.take16();
    }
    if (version == Version::V5 && packet.properties.has(Property::MessageExpiry)) {
        // It is the first, or the second behind a payload format of two bytes.
        in.take_varint();
        expiry_at_ = at() + (packet.properties.has(Property::PayloadFormat) ? 2 : 0) + 1;
    }
}

void SharedPublish::append(std::string& out, const Own& own) const {
    ASSERT((own.qos > 0) == (id_at_ != 0) && (own.qos > 0) == (own.id != 0));
    const std::size_t start = out.size();
    out += bytes_;
    char* const bytes = out.data() + start;
    bytes[0] = static_cast<char>(static_cast<unsigned>(PacketType::Publish) << 4 |
                                 publish_flags(own.dup, own.qos, own.retain));
    if (id_at_ != 0) {
        bytes[id_at_] = static_cast<char>(own.id >> 8);
        bytes[id_at_ + 1] = static_cast<char>(own.id & 0xff);
    }
    if (expiry_at_ != 0) {
        for (unsigned i = 0; i < 4; ++i) {
            bytes[expiry_at_ + i] = static_cast<char>(own.expiry >> (24 - 8 * i) & 0xff);
        }
    }
}

}  // namespace gantry::mqtt

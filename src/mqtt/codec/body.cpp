// SPDX-License-Identifier: Apache-2.0
#include "mqtt/codec/body.h"

#include <utility>

namespace gantry::mqtt {
namespace detail {
namespace {

constexpr Malformed cut_short{Reason::MalformedPacket, "a packet ends before its fields do", ""};
constexpr Malformed long_varint{Reason::MalformedPacket,
                                "a variable byte integer has more bytes than it needs",
                                "MQTT-1.5.5-1"};

constexpr Malformed wrong_text(std::string_view statement) {
    return {Reason::MalformedPacket, "a text is not UTF-8, or has a U+0000", statement};
}

}  // namespace

std::string_view Body::take_text(std::string_view statement) {
    const std::string_view text = in_.take_text();
    if (!is_text(text)) {
        refuse(wrong_text(text.find('\0') == std::string_view::npos ? statement : "MQTT-1.5.4-2"));
    }
    return text;
}

std::string_view Body::take_filter(std::string_view statement) {
    const std::string_view filter = take_text(statement);
    if (failed()) {
        return filter;
    }
    if (filter.empty()) {
        refuse({Reason::ProtocolError, "a topic filter is empty", "MQTT-4.7.3-1"});
    } else if (!is_topic_filter(filter)) {
        refuse({Reason::TopicFilterInvalid, "the wildcards or the share of a filter are misplaced",
                filter.starts_with("$share/") ? "MQTT-4.8.2-2" : "MQTT-4.7.1-1"});
    }
    return filter;
}

PacketId Body::take_id(std::string_view statement) {
    const PacketId id = in_.take16();
    if (id == 0 && !in_.broken()) {
        refuse({Reason::ProtocolError, "a packet identifier is 0", statement});
    }
    return id;
}

Reason Body::take_reason(PacketType type) {
    const std::uint8_t reason = in_.take8();
    if (!is_reason_of(type, reason)) {
        static constexpr std::string_view statements[] = {
            "", "", "", "", "MQTT-3.4.2-1",  "MQTT-3.5.2-1", "MQTT-3.6.2-1", "MQTT-3.7.2-1", "", "",
            "", "", "", "", "MQTT-3.14.2-1", "MQTT-3.15.2-1"};
        refuse({Reason::ProtocolError, "a packet has a reason that its type does not have",
                statements[static_cast<std::size_t>(type)]});
    }
    return static_cast<Reason>(reason);
}

std::unexpected<Malformed> Body::failure() const {
    return std::unexpected(refused_ ? failure_ : cut_short);
}

void Body::take_section(std::uint32_t packet, Properties& out) {
    if (failed()) {
        return;
    }
    const std::uint32_t size = in_.take_varint();
    const std::string_view section = in_.take(size);
    if (in_.wasteful()) {
        refuse(long_varint);
    }
    if (failed() || section.empty()) {
        return;
    }
    Reader in(section);
    while (!in.done()) {
        if (!take_property(in, packet, section, out)) {
            return;
        }
    }
    if (out.has(Property::AuthenticationData) && !out.has(Property::AuthenticationMethod)) {
        refuse({Reason::ProtocolError, "there are authentication data without a method", ""});
    }
}

bool Body::take_property(Reader& in, std::uint32_t packet, std::string_view section,
                         Properties& out) {
    const std::uint8_t id = in.take8();
    const PropertyRule& rule = property_rule(id);
    if ((rule.packets & packet) == 0) {
        refuse(
            {Reason::MalformedPacket, "a packet has a property that its type does not have", ""});
        return false;
    }
    const auto property = static_cast<Property>(id);
    const bool repeats =
        property == Property::UserProperty ||
        (property == Property::SubscriptionId && packet == packet_bit(PacketType::Publish));
    if (out.has(property) && !repeats) {
        refuse({Reason::ProtocolError, "a packet has a property twice", ""});
        return false;
    }
    const bool sound = take_value(in, property, rule, out);
    out.note(property, section);
    if (in.broken()) {
        refuse(cut_short);
    } else if (in.wasteful()) {
        refuse(long_varint);
    }
    return sound && !in.broken() && !in.wasteful();
}

bool Body::take_value(Reader& in, Property property, const PropertyRule& rule, Properties& out) {
    std::uint32_t number = 0;
    switch (rule.kind) {
        case PropertyKind::Byte: number = in.take8(); break;
        case PropertyKind::TwoBytes: number = in.take16(); break;
        case PropertyKind::FourBytes: number = in.take32(); break;
        case PropertyKind::Varint: number = in.take_varint(); break;
        case PropertyKind::Pair: {
            const std::string_view name = in.take_text();
            const std::string_view value = in.take_text();
            if (!is_text(name) || !is_text(value)) {
                refuse(wrong_text("MQTT-1.5.7-1"));
                return false;
            }
            return true;
        }
        case PropertyKind::Text:
        case PropertyKind::Binary: {
            const std::string_view text = in.take_text();
            if (rule.kind == PropertyKind::Text && !is_text(text)) {
                refuse(wrong_text(property == Property::ResponseTopic ? "MQTT-3.3.2-13"
                                  : property == Property::ContentType ? "MQTT-3.3.2-19"
                                                                      : "MQTT-1.5.4-1"));
                return false;
            }
            if (property == Property::ResponseTopic && !in.broken() && !is_topic_name(text)) {
                refuse({Reason::ProtocolError, "a response topic is empty or has wildcards",
                        "MQTT-3.3.2-14"});
                return false;
            }
            out.set(property, text);
            return true;
        }
        case PropertyKind::None: std::unreachable();
    }
    out.set(property, number);
    if (!in.broken() && (number < rule.least || number > rule.most)) {
        if (property == Property::TopicAlias) {
            refuse({Reason::TopicAliasInvalid, "a topic alias is 0", "MQTT-3.3.2-8"});
        } else {
            refuse({Reason::ProtocolError, "a property has a value that it cannot have", ""});
        }
        return false;
    }
    return true;
}

}  // namespace detail

namespace {

constexpr std::uint8_t user_name_flag = 0x80;
constexpr std::uint8_t password_flag = 0x40;
constexpr std::uint8_t will_retain_flag = 0x20;
constexpr std::uint8_t will_flag = 0x04;
constexpr std::uint8_t clean_start_flag = 0x02;

// What the flags of a CONNECT may not say.
std::optional<Malformed> wrong_flags(std::uint8_t flags, Version version) {
    if ((flags & 1) != 0) {
        return Malformed{Reason::MalformedPacket, "the reserved flag of a CONNECT is set",
                         "MQTT-3.1.2-3"};
    }
    const unsigned will_qos = flags >> 3 & 3;
    if ((flags & will_flag) == 0) {
        if (will_qos != 0) {
            return Malformed{Reason::MalformedPacket, "a CONNECT without a will has a will QoS",
                             "MQTT-3.1.2-11"};
        }
        if ((flags & will_retain_flag) != 0) {
            return Malformed{Reason::MalformedPacket, "a CONNECT without a will has it retained",
                             "MQTT-3.1.2-13"};
        }
    } else if (will_qos == 3) {
        return Malformed{Reason::MalformedPacket, "a will has QoS 3", "MQTT-3.1.2-12"};
    }
    if (version == Version::V311 && (flags & user_name_flag) == 0 && (flags & password_flag) != 0) {
        return Malformed{Reason::MalformedPacket, "a CONNECT of 3.1.1 has a password for no user",
                         ""};
    }
    return std::nullopt;
}

void take_will(detail::Body& in, std::uint8_t flags, Connect& out) {
    Will& will = out.will.emplace();
    will.qos = flags >> 3 & 3;
    will.retain = (flags & will_retain_flag) != 0;
    in.take_will_properties(will.properties);
    will.topic = in.take_text("MQTT-3.1.3-11");
    will.payload = in.take_binary();
    if (!in.failed() && !is_topic_name(will.topic)) {
        in.refuse({Reason::TopicNameInvalid, "the topic of a will is empty or has wildcards",
                   will.topic.empty() ? "MQTT-4.7.3-1" : "MQTT-4.7.0-1"});
    }
}

}  // namespace

std::uint8_t protocol_level(const Frame& frame) {
    Reader in(frame.body);
    const std::string_view name = in.take_text();
    const std::uint8_t level = in.take8();
    return name == "MQTT" ? level : std::uint8_t{0};
}

Decoded<Connect> decode_connect(const Frame& frame) {
    const std::uint8_t level = protocol_level(frame);
    if (level != static_cast<std::uint8_t>(Version::V311) &&
        level != static_cast<std::uint8_t>(Version::V5)) {
        Reader in(frame.body);
        const bool named = in.take_text() == "MQTT";
        if (in.broken()) {
            return std::unexpected(detail::cut_short);
        }
        return std::unexpected(Malformed{Reason::UnsupportedProtocolVersion,
                                         "a CONNECT is neither of MQTT 3.1.1 nor of 5.0",
                                         named ? "MQTT-3.1.2-2" : "MQTT-3.1.2-1"});
    }
    Connect out;
    out.version = static_cast<Version>(level);
    detail::Body in(frame, out.version);
    in.take_binary();
    in.take8();
    const std::uint8_t flags = in.take8();
    if (const auto wrong = wrong_flags(flags, out.version)) {
        in.refuse(*wrong);
    }
    out.clean_start = (flags & clean_start_flag) != 0;
    out.keep_alive = in.take16();
    in.take_properties(PacketType::Connect, out.properties);
    out.client_id = in.take_text("MQTT-3.1.3-4");
    if ((flags & will_flag) != 0) {
        take_will(in, flags, out);
    }
    if ((flags & user_name_flag) != 0) {
        out.user_name = in.take_text("MQTT-3.1.3-12");
    }
    if ((flags & password_flag) != 0) {
        out.password = in.take_binary();
    }
    return in.finish(out);
}

}  // namespace gantry::mqtt

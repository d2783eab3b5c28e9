// SPDX-License-Identifier: Apache-2.0
#include "mqtt/codec/properties.h"

#include "mqtt/codec/wire.h"

namespace gantry::mqtt {
namespace {

using enum PropertyKind;

constexpr std::uint32_t of(PacketType type) { return 1U << static_cast<unsigned>(type); }
constexpr std::uint32_t connect = of(PacketType::Connect);
constexpr std::uint32_t connack = of(PacketType::Connack);
constexpr std::uint32_t publish = of(PacketType::Publish);
constexpr std::uint32_t subscribe = of(PacketType::Subscribe);
constexpr std::uint32_t disconnect = of(PacketType::Disconnect);
constexpr std::uint32_t auth = of(PacketType::Auth);
constexpr std::uint32_t acks = of(PacketType::Puback) | of(PacketType::Pubrec) |
                               of(PacketType::Pubrel) | of(PacketType::Pubcomp) |
                               of(PacketType::Suback) | of(PacketType::Unsuback);
constexpr std::uint32_t message = publish | will_bit;
constexpr std::uint32_t any = 0xffffffff;

constexpr auto rules = [] {
    std::array<PropertyRule, property_id_max + 1> out{};
    const auto add = [&out](Property id, PropertyRule rule) {
        out[static_cast<std::size_t>(id)] = rule;
    };
    add(Property::PayloadFormat, {"payload_format", Byte, message, 0, 1});
    add(Property::MessageExpiry, {"message_expiry", FourBytes, message});
    add(Property::ContentType, {"content_type", Text, message});
    add(Property::ResponseTopic, {"response_topic", Text, message});
    add(Property::CorrelationData, {"correlation_data", Binary, message});
    add(Property::SubscriptionId, {"subscription_id", Varint, publish | subscribe, 1, varint_max});
    add(Property::SessionExpiry, {"session_expiry", FourBytes, connect | connack | disconnect});
    add(Property::AssignedClientId, {"assigned_client_id", Text, connack});
    add(Property::ServerKeepAlive, {"server_keep_alive", TwoBytes, connack});
    add(Property::AuthenticationMethod, {"authentication_method", Text, connect | connack | auth});
    add(Property::AuthenticationData, {"authentication_data", Binary, connect | connack | auth});
    add(Property::RequestProblemInformation, {"request_problem_information", Byte, connect, 0, 1});
    add(Property::WillDelay, {"will_delay", FourBytes, will_bit});
    add(Property::RequestResponseInformation,
        {"request_response_information", Byte, connect, 0, 1});
    add(Property::ResponseInformation, {"response_information", Text, connack});
    add(Property::ServerReference, {"server_reference", Text, connack | disconnect});
    add(Property::ReasonString, {"reason_string", Text, connack | acks | disconnect | auth});
    add(Property::ReceiveMaximum, {"receive_maximum", TwoBytes, connect | connack, 1});
    add(Property::TopicAliasMaximum, {"topic_alias_maximum", TwoBytes, connect | connack});
    add(Property::TopicAlias, {"topic_alias", TwoBytes, publish, 1});
    add(Property::MaximumQos, {"maximum_qos", Byte, connack, 0, 1});
    add(Property::RetainAvailable, {"retain_available", Byte, connack, 0, 1});
    add(Property::UserProperty, {"user", Pair, any});
    add(Property::MaximumPacketSize, {"maximum_packet_size", FourBytes, connect | connack, 1});
    add(Property::WildcardAvailable, {"wildcard_available", Byte, connack, 0, 1});
    add(Property::SubscriptionIdsAvailable, {"subscription_ids_available", Byte, connack, 0, 1});
    add(Property::SharedAvailable, {"shared_available", Byte, connack, 0, 1});
    std::uint8_t numbers = 0;
    std::uint8_t texts = 0;
    for (PropertyRule& rule : out) {
        if (rule.kind == Text || rule.kind == Binary) {
            ASSERT(texts < Properties::text_slots);
            rule.slot = texts++;
        } else if (rule.kind != None && rule.kind != Pair) {
            ASSERT(numbers < Properties::number_slots);
            rule.slot = numbers++;
        }
    }
    return out;
}();

constexpr PropertyRule no_rule;

bool is_text(PropertyKind kind) { return kind == Text || kind == Binary; }

}  // namespace

const PropertyRule& property_rule(std::uint8_t id) {
    return id <= property_id_max ? rules[id] : no_rule;
}

void Properties::set(Property property, std::uint32_t value) {
    const PropertyRule& rule = property_rule(static_cast<std::uint8_t>(property));
    ASSERT(rule.kind != None && rule.kind != Pair && !is_text(rule.kind));
    present_ |= bit(property);
    numbers_[rule.slot] = value;
}

void Properties::set(Property property, std::string_view value) {
    const PropertyRule& rule = property_rule(static_cast<std::uint8_t>(property));
    ASSERT(is_text(rule.kind) && value.size() <= text_bytes_max);
    present_ |= bit(property);
    texts_[rule.slot] = {value.data(), value.size()};
}

void Properties::set_repeated(std::string_view section) {
    section_ = section;
    remove(Property::UserProperty);
    remove(Property::SubscriptionId);
    detail::Repeated one{};
    for (std::string_view rest = section; detail::next_property(rest, one);) {
        const bool repeats =
            one.property == Property::UserProperty || one.property == Property::SubscriptionId;
        present_ |= repeats ? bit(one.property) : 0;
    }
}

void append_user_property(std::string& section, std::string_view name, std::string_view value) {
    Appender out(section);
    out.put8(static_cast<std::uint8_t>(Property::UserProperty));
    out.put_text(name);
    out.put_text(value);
}

void append_subscription_id(std::string& section, std::uint32_t id) {
    ASSERT(id > 0 && id <= varint_max);
    Appender out(section);
    out.put8(static_cast<std::uint8_t>(Property::SubscriptionId));
    out.put_varint(id);
}

bool detail::next_property(std::string_view& section, Repeated& out) {
    Reader in(section);
    if (in.done()) {
        return false;
    }
    const std::uint8_t id = in.take8();
    out.property = static_cast<Property>(id);
    switch (property_rule(id).kind) {
        case Byte: in.take8(); break;
        case TwoBytes: in.take16(); break;
        case FourBytes: in.take32(); break;
        case Varint: in.take_varint(out.number); break;
        case Text:
        case Binary: in.take_text(); break;
        case Pair:
            out.name = in.take_text();
            out.value = in.take_text();
            break;
        case None: return false;
    }
    section = in.rest();
    return !in.broken();
}

}  // namespace gantry::mqtt

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "mqtt/codec/reason.h"

namespace gantry::mqtt {

// The properties of MQTT 5.0 (table 2-4), by their identifiers.
enum class Property : std::uint8_t {
    PayloadFormat = 0x01,
    MessageExpiry = 0x02,  // seconds
    ContentType = 0x03,
    ResponseTopic = 0x08,
    CorrelationData = 0x09,
    SubscriptionId = 0x0b,  // more than one in a PUBLISH
    SessionExpiry = 0x11,   // seconds, 0xffffffff: never
    AssignedClientId = 0x12,
    ServerKeepAlive = 0x13,  // seconds
    AuthenticationMethod = 0x15,
    AuthenticationData = 0x16,
    RequestProblemInformation = 0x17,
    WillDelay = 0x18,  // seconds
    RequestResponseInformation = 0x19,
    ResponseInformation = 0x1a,
    ServerReference = 0x1c,
    ReasonString = 0x1f,
    ReceiveMaximum = 0x21,
    TopicAliasMaximum = 0x22,
    TopicAlias = 0x23,
    MaximumQos = 0x24,
    RetainAvailable = 0x25,
    UserProperty = 0x26,  // any number of them
    MaximumPacketSize = 0x27,
    WildcardAvailable = 0x28,
    SubscriptionIdsAvailable = 0x29,
    SharedAvailable = 0x2a,
};

enum class PropertyKind : std::uint8_t {
    None,
    Byte,
    TwoBytes,
    FourBytes,
    Varint,
    Text,
    Binary,
    Pair
};

inline constexpr std::uint8_t property_id_max = 0x2a;

// What the standard says of a property.
struct PropertyRule {
    std::string_view name;  // "message_expiry"; empty: there is none with that identifier
    PropertyKind kind = PropertyKind::None;
    std::uint32_t packets = 0;  // a bit for each PacketType that may have it
    std::uint32_t least = 0;    // of a number
    std::uint32_t most = UINT32_MAX;
    std::uint8_t slot = 0;  // where Properties keeps it
};

// Of any byte.
const PropertyRule& property_rule(std::uint8_t id);

// A bit that stands for the properties of a will, in PropertyRule::packets.
inline constexpr std::uint32_t will_bit = 1;
inline std::uint32_t packet_bit(PacketType type) { return 1U << static_cast<unsigned>(type); }

inline constexpr std::uint32_t varint_max = 268'435'455;

// The properties of one packet. Texts are views into the bytes that were decoded, or into what
// set() was given. Those that may come more than once are not copied either: they are found again
// in the bytes of the section.
class Properties {
public:
    // Properties whose values are numbers, and texts or bytes.
    static constexpr std::size_t number_slots = 17;
    static constexpr std::size_t text_slots = 9;

    bool has(Property property) const { return (present_ & bit(property)) != 0; }
    bool empty() const { return present_ == 0; }
    std::uint32_t number(Property property, std::uint32_t otherwise = 0) const {
        return has(property) ? numbers_[slot(property)] : otherwise;
    }
    // Empty when there is none.
    std::string_view text(Property property) const {
        return has(property) ? texts_[slot(property)] : std::string_view();
    }

    void set(Property property, std::uint32_t value);
    void set(Property property, std::string_view value);
    void remove(Property property) { present_ &= ~bit(property); }
    // User properties and subscription identifiers: valid bytes of a section, in which what else
    // there is gets passed over. They must outlive the object.
    void set_repeated(std::string_view section);
    std::string_view repeated() const { return section_; }

    // visit(name, value) for each user property, in order.
    template <class Visit>
    void each_user_property(Visit visit) const;
    // visit(id) for each subscription identifier of a PUBLISH.
    template <class Visit>
    void each_subscription_id(Visit visit) const;

    // For the decoder, which has checked the rules.
    void note(Property property, std::string_view section) {
        present_ |= bit(property);
        section_ = section;
    }

private:
    static std::uint64_t bit(Property property) {
        return std::uint64_t{1} << static_cast<unsigned>(property);
    }
    static std::uint8_t slot(Property property) {
        return property_rule(static_cast<std::uint8_t>(property)).slot;
    }

    std::uint64_t present_ = 0;
    std::string_view section_;
    // What is not present is not initialised: a PUBLISH has few of them.
    std::array<std::uint32_t, number_slots> numbers_;
    struct View {
        const char* data;
        std::size_t size;

        operator std::string_view() const { return {data, size}; }
    };
    std::array<View, text_slots> texts_;
};

// Appends one that may come more than once to the bytes of a section.
void append_user_property(std::string& section, std::string_view name, std::string_view value);
void append_subscription_id(std::string& section, std::uint32_t id);

namespace detail {

// Takes the next property off a valid section; false at its end. `number` is that of a
// subscription identifier; the texts are of a user property.
struct Repeated {
    Property property;
    std::uint32_t number;
    std::string_view name;
    std::string_view value;
};
bool next_property(std::string_view& section, Repeated& out);

}  // namespace detail

template <class Visit>
void Properties::each_user_property(Visit visit) const {
    if (!has(Property::UserProperty)) {
        return;
    }
    detail::Repeated one{};
    for (std::string_view rest = section_; detail::next_property(rest, one);) {
        if (one.property == Property::UserProperty) {
            visit(one.name, one.value);
        }
    }
}

template <class Visit>
void Properties::each_subscription_id(Visit visit) const {
    if (!has(Property::SubscriptionId)) {
        return;
    }
    detail::Repeated one{};
    for (std::string_view rest = section_; detail::next_property(rest, one);) {
        if (one.property == Property::SubscriptionId) {
            visit(one.number);
        }
    }
}

}  // namespace gantry::mqtt

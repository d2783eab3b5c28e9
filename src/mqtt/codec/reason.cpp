// SPDX-License-Identifier: Apache-2.0
#include "mqtt/codec/reason.h"

#include <algorithm>
#include <array>
#include <span>

namespace gantry::mqtt {
namespace {

constexpr std::uint8_t connack[] = {0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86,
                                    0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97,
                                    0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9f};
constexpr std::uint8_t puback[] = {0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99};
constexpr std::uint8_t pubrel[] = {0x00, 0x92};
constexpr std::uint8_t suback[] = {0x00, 0x01, 0x02, 0x80, 0x83, 0x87,
                                   0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2};
constexpr std::uint8_t unsuback[] = {0x00, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91};
constexpr std::uint8_t disconnect[] = {0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8d,
                                       0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
                                       0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2};
constexpr std::uint8_t auth[] = {0x00, 0x18, 0x19};

std::span<const std::uint8_t> reasons_of(PacketType type) {
    switch (type) {
        case PacketType::Connack: return connack;
        case PacketType::Puback:
        case PacketType::Pubrec: return puback;
        case PacketType::Pubrel:
        case PacketType::Pubcomp: return pubrel;
        case PacketType::Suback: return suback;
        case PacketType::Unsuback: return unsuback;
        case PacketType::Disconnect: return disconnect;
        case PacketType::Auth: return auth;
        default: return {};
    }
}

}  // namespace

bool is_reason_of(PacketType type, std::uint8_t reason) {
    return reason == 0 || std::ranges::binary_search(reasons_of(type), reason);
}

std::string_view packet_name(PacketType type) {
    static constexpr std::array<std::string_view, 16> names = {
        "RESERVED", "CONNECT",  "CONNACK",    "PUBLISH", "PUBACK",      "PUBREC",
        "PUBREL",   "PUBCOMP",  "SUBSCRIBE",  "SUBACK",  "UNSUBSCRIBE", "UNSUBACK",
        "PINGREQ",  "PINGRESP", "DISCONNECT", "AUTH"};
    return names[static_cast<std::size_t>(type) & 15];
}

std::uint8_t connack_return_code(Reason reason) {
    switch (reason) {
        case Reason::Success: return 0;
        case Reason::UnsupportedProtocolVersion: return 1;
        case Reason::ClientIdentifierNotValid: return 2;
        case Reason::BadUserNameOrPassword: return 4;
        case Reason::NotAuthorized:
        case Reason::Banned:
        case Reason::BadAuthenticationMethod: return 5;
        default: return 3;
    }
}

}  // namespace gantry::mqtt

// SPDX-License-Identifier: Apache-2.0
// What the numbers of CIP mean, in words.
#include <algorithm>
#include <array>
#include <format>

#include "connector/ethernetip/cip.h"

namespace gantry::connector::ethernetip {
namespace {

struct KindRow {
    std::uint16_t code;
    std::size_t bytes;
    std::string_view name;
};
constexpr std::array kinds = {
    KindRow{kind::boolean, 1, "BOOL"},
    KindRow{kind::sint, 1, "SINT"},
    KindRow{kind::int16, 2, "INT"},
    KindRow{kind::dint, 4, "DINT"},
    KindRow{kind::lint, 8, "LINT"},
    KindRow{kind::usint, 1, "USINT"},
    KindRow{kind::uint16, 2, "UINT"},
    KindRow{kind::udint, 4, "UDINT"},
    KindRow{kind::ulint, 8, "ULINT"},
    KindRow{kind::real, 4, "REAL"},
    KindRow{kind::lreal, 8, "LREAL"},
    KindRow{kind::byte, 1, "BYTE"},
    KindRow{kind::word, 2, "WORD"},
    KindRow{kind::dword, 4, "DWORD"},
    KindRow{kind::lword, 8, "LWORD"},
    KindRow{kind::string, 0, "STRING"},
    KindRow{kind::short_string, 0, "SHORT_STRING"},
};

struct StatusRow {
    std::uint8_t status;
    Quality quality;
    std::string_view text;
};
constexpr std::string_view no_such_tag =
    "there is no such tag: check its spelling, its program (Program:Main.Tag) and its indices, and "
    "that its External Access is not None";
// CIP volume 1, appendix B; those of Logix as 1756-PM020 explains them.
constexpr std::array statuses = {
    StatusRow{0x02, quality::bad_device_failure, "the controller has no resources left for it"},
    StatusRow{0x03, quality::bad_configuration_error, "the controller finds a parameter invalid"},
    StatusRow{0x04, quality::bad_configuration_error, no_such_tag},
    StatusRow{0x05, quality::bad_configuration_error, no_such_tag},
    StatusRow{0x06, quality::bad_device_failure, "the controller sent only a part of it"},
    StatusRow{0x07, quality::bad_device_failure, "the controller lost the connection"},
    StatusRow{0x08, quality::bad_configuration_error,
              "the device does not offer this service: is it a Logix controller, and is the slot "
              "(or the route) right?"},
    StatusRow{0x09, quality::bad_configuration_error, "the controller finds an attribute invalid"},
    StatusRow{0x0b, quality::bad_device_failure, "it is in that state already"},
    StatusRow{0x0c, quality::bad_device_failure, "the controller cannot do it in its state"},
    StatusRow{0x0e, quality::bad_configuration_error,
              "it cannot be written: is its External Access Read/Write?"},
    StatusRow{0x0f, quality::bad_configuration_error,
              "the controller does not permit it: is its External Access Read/Write, and is the "
              "controller not protected?"},
    StatusRow{0x10, quality::bad_device_failure,
              "the controller cannot do it in its state: look at its key switch and its safety "
              "lock"},
    StatusRow{0x11, quality::bad_device_failure, "it is longer than one answer can be"},
    StatusRow{0x13, quality::bad_configuration_error, "the controller misses data in the request"},
    StatusRow{0x14, quality::bad_configuration_error,
              "the controller does not support this attribute"},
    StatusRow{0x15, quality::bad_configuration_error,
              "the controller finds too much data in the request"},
    StatusRow{0x16, quality::bad_configuration_error,
              "there is no such object: is it a Logix controller?"},
    StatusRow{0x1a, quality::bad_device_failure, "the request is too large for the way to it"},
    StatusRow{0x1b, quality::bad_device_failure, "the answer is too large for the way to it"},
    StatusRow{0x1f, quality::bad_device_failure, "the controller has an error of its vendor's own"},
    StatusRow{0x20, quality::bad_configuration_error, "the controller finds a parameter invalid"},
    StatusRow{0x26, quality::bad_configuration_error,
              "the controller finds the path of the tag too long or too short"},
};

// Of status 0x01: what the way to the controller says.
constexpr std::array<std::pair<std::uint16_t, std::string_view>, 12> ways = {{
    {0x0100, "the connection is in use already"},
    {0x0103, "it does not support this kind of connection"},
    {0x0107, "it does not know the connection any more"},
    {0x0109, "it does not take messages of this size"},
    {0x0113, "it has no connection free"},
    {0x0119, "it has no connection free"},
    {0x0203, "the connection has timed out"},
    {0x0204, "there was no answer in time: does a controller sit in this slot?"},
    {0x0302, "the network has no bandwidth left for it"},
    {0x0311, "there is no such port: is the route right?"},
    {0x0312, "there is no such link address: does a controller sit in this slot?"},
    {0x0315, "a part of the route is invalid: is the route right?"},
}};

// Of status 0xff, as 1756-PM020 lists them.
constexpr std::array<std::pair<std::uint16_t, std::string_view>, 6> general = {{
    {0x2101, "the controller's key switch does not allow it"},
    {0x2104, "it is beyond the end of the tag"},
    {0x2105, "it is beyond the end of the tag: is the index within the array?"},
    {0x2107, "the tag is of another type than what was written"},
    {0x2802, "the controller is safety locked"},
    {0x210a, "the tag does not permit it"},
}};

template <std::size_t Count>
std::string_view words_of(
    const std::array<std::pair<std::uint16_t, std::string_view>, Count>& table,
    std::uint16_t extended) {
    const auto* const found =
        std::ranges::find(table, extended, &std::pair<std::uint16_t, std::string_view>::first);
    return found == table.end() ? std::string_view() : found->second;
}

std::string code_of(const Reply& reply) {
    return reply.extended == 0
               ? std::format("CIP status 0x{:02x}", reply.status)
               : std::format("CIP status 0x{:02x}, 0x{:04x}", reply.status, reply.extended);
}

// Bits 4 to 7 of an Identity's status, and 8 to 11.
std::string state_words(std::uint16_t status) {
    std::string out;
    switch (status >> 4 & 0xf) {
        case 2: out = "has a fault of an I/O connection"; break;
        case 4: out = "has a bad configuration"; break;
        case 5: out = "has a major fault"; break;
        case 6: out = "runs"; break;
        case 7: out = "is in program mode"; break;
        default: break;
    }
    const std::string_view fault = (status & 0x0800) != 0   ? "has an unrecoverable major fault"
                                   : (status & 0x0400) != 0 ? "has a recoverable major fault"
                                   : (status & 0x0200) != 0 ? "has an unrecoverable minor fault"
                                   : (status & 0x0100) != 0 ? "has a recoverable minor fault"
                                                            : "";
    if (!fault.empty()) {
        out += out.empty() ? "" : ", ";
        out += fault;
    }
    return out;
}

}  // namespace

std::size_t kind_bytes(std::uint16_t code) {
    const auto* const found = std::ranges::find(kinds, code, &KindRow::code);
    return found == kinds.end() ? 0 : found->bytes;
}

std::string kind_name(const Kind& kind) {
    if (kind.code == kind::structure) {
        return kind.handle == kind::string_handle ? "STRING" : "a structure";
    }
    const auto* const found = std::ranges::find(kinds, kind.code, &KindRow::code);
    return found == kinds.end() ? std::format("type 0x{:x}", kind.code) : std::string(found->name);
}

std::string identity_text(const Identity& identity) {
    std::string out = std::format("{}, revision {}.{:03}, serial 0x{:08x}", identity.name,
                                  identity.major, identity.minor, identity.serial);
    const std::string state = state_words(identity.status);
    return state.empty() ? out : out + ", " + state;
}

Trouble trouble_of(const Reply& reply) {
    if (reply.status == status::connection_failure) {
        const std::string_view words = words_of(ways, reply.extended);
        return {quality::bad_no_communication,
                words.empty()
                    ? std::format("the way to the controller fails ({})", code_of(reply))
                    : std::format("the way to the controller: {} ({})", words, code_of(reply))};
    }
    if (reply.status == status::general_error) {
        const std::string_view words = words_of(general, reply.extended);
        return {quality::bad_configuration_error,
                words.empty() ? std::format("the controller answers with {}", code_of(reply))
                              : std::format("{} ({})", words, code_of(reply))};
    }
    const auto* const found = std::ranges::find(statuses, reply.status, &StatusRow::status);
    if (found == statuses.end()) {
        return {quality::bad_device_failure,
                std::format("the controller answers with {}", code_of(reply))};
    }
    return {found->quality, std::format("{} ({})", found->text, code_of(reply))};
}

bool is_lost_on_the_way(const Reply& reply) {
    return reply.status == status::connection_failure &&
           (reply.extended == 0x0204 || reply.extended >= 0x0300);
}

}  // namespace gantry::connector::ethernetip

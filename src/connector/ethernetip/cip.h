// SPDX-License-Identifier: Apache-2.0
// Messages of CIP (volume 1) and the services of Logix controllers (Rockwell publication
// 1756-PM020, "Logix 5000 Controllers Data Access"). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "connector/ethernetip/frame.h"
#include "model/quality.h"

namespace gantry::connector::ethernetip {

namespace service {
inline constexpr std::uint8_t get_attributes_all = 0x01;
inline constexpr std::uint8_t get_attribute_list = 0x03;
inline constexpr std::uint8_t multiple = 0x0a;
inline constexpr std::uint8_t read_tag = 0x4c;  // of a template: read it
inline constexpr std::uint8_t write_tag = 0x4d;
inline constexpr std::uint8_t read_modify_write = 0x4e;
inline constexpr std::uint8_t read_fragment = 0x52;
inline constexpr std::uint8_t unconnected_send = 0x52;  // of the Connection Manager
inline constexpr std::uint8_t forward_open = 0x54;
inline constexpr std::uint8_t instance_attributes = 0x55;
inline constexpr std::uint8_t large_forward_open = 0x5b;
}  // namespace service

namespace status {
inline constexpr std::uint8_t good = 0x00;
inline constexpr std::uint8_t connection_failure = 0x01;
inline constexpr std::uint8_t partial = 0x06;  // there is more than the answer could hold
inline constexpr std::uint8_t service_not_supported = 0x08;
inline constexpr std::uint8_t answer_too_large = 0x11;
inline constexpr std::uint8_t embedded_error = 0x1e;  // of one of several services
inline constexpr std::uint8_t general_error = 0xff;
}  // namespace status

// ---- Paths

void append_object(Bytes& path, std::uint16_t of_class, std::uint32_t instance);
// A tag as address.h has it: "Program:Main.Line[3].Speed".
void append_tag(Bytes& path, std::string_view tag);
void append_element(Bytes& path, std::uint32_t index);
std::size_t element_bytes(std::uint32_t index);  // what append_element() takes

// The way to a controller behind the device: pairs of port and link, as in "1,0" (backplane, slot
// 0) or "1,3,2,192.168.1.10,1,0". InvalidArgument without a field says what is wrong.
Result<Bytes> parse_route(std::string_view text);

// ---- Requests

inline constexpr std::size_t multiple_head = 8;  // of a request of several, before them
inline constexpr std::size_t multiple_each = 2;  // and beside each

Bytes request(std::uint8_t service, ByteView path, ByteView data = {});
Bytes read_tag_request(ByteView path, std::uint16_t elements);
Bytes read_fragment_request(ByteView path, std::uint16_t elements, std::uint32_t offset);
// Sets or clears one bit of an integer of so many bytes; the other bits stay.
Bytes write_bit_request(ByteView path, std::size_t bytes, unsigned bit, bool on);
Bytes multiple_request(std::span<const Bytes> requests);
// By way of the device's Connection Manager, along the route; as it is where there is none.
Bytes by_route(const Bytes& request, ByteView route, Duration timeout);

// A connection of class 3, to the Message Router at the end of the route.
struct Opening {
    bool large = false;
    std::uint16_t bytes = 0;          // of a message, its sequence number included
    std::uint32_t to_originator = 0;  // what the controller calls us by
    std::uint16_t serial = 0;         // of the connection
    std::uint32_t originator = 0;     // our serial number
    Duration interval{0};             // the controller gives up after 32 of them without a word
};
Bytes open_request(const Opening& opening, ByteView route);

// ---- Answers

struct Reply {
    std::uint8_t service = 0;  // of the request
    std::uint8_t status = 0;
    std::uint16_t extended = 0;  // 0: none
    ByteView data;

    bool good() const { return status == status::good; }
};

// Nothing if that is none.
std::optional<Reply> read_reply(ByteView message);
// Those in an answer to several requests, in their order; nothing if it is no answer to `count`.
std::optional<std::vector<Reply>> read_replies(const Reply& multiple, std::size_t count);
// What to call the controller by, on a connection that it has opened.
std::optional<std::uint32_t> read_opened(const Reply& reply);

// What the controller says that a value is.
struct Kind {
    std::uint16_t code = 0;
    std::uint16_t handle = 0;  // of a structure: a checksum of its definition
    bool text = false;         // of a structure: LEN and DATA, as in STRING

    bool operator==(const Kind&) const = default;
};

namespace kind {
inline constexpr std::uint16_t boolean = 0xc1;
inline constexpr std::uint16_t sint = 0xc2;
inline constexpr std::uint16_t int16 = 0xc3;
inline constexpr std::uint16_t dint = 0xc4;
inline constexpr std::uint16_t lint = 0xc5;
inline constexpr std::uint16_t usint = 0xc6;
inline constexpr std::uint16_t uint16 = 0xc7;
inline constexpr std::uint16_t udint = 0xc8;
inline constexpr std::uint16_t ulint = 0xc9;
inline constexpr std::uint16_t real = 0xca;
inline constexpr std::uint16_t lreal = 0xcb;
inline constexpr std::uint16_t string = 0xd0;  // two bytes of length before it
inline constexpr std::uint16_t byte = 0xd1;
inline constexpr std::uint16_t word = 0xd2;
inline constexpr std::uint16_t dword = 0xd3;  // in Logix 32 elements of an array of BOOL
inline constexpr std::uint16_t lword = 0xd4;
inline constexpr std::uint16_t short_string = 0xda;  // one byte of length
inline constexpr std::uint16_t structure = 0x2a0;
inline constexpr std::uint16_t string_handle = 0xfce;  // of Logix' own STRING
}  // namespace kind

// Of one value; 0 where that is not the same for all.
std::size_t kind_bytes(std::uint16_t code);
// "DINT"
std::string kind_name(const Kind& kind);

struct TagData {
    Kind kind;
    ByteView bytes;
};
// Of an answer to read_tag or read_fragment.
std::optional<TagData> read_tag_data(ByteView data);
// As a write says it.
void append_kind(Bytes& out, const Kind& kind);

// Who a device is.
struct Identity {
    std::uint16_t vendor = 0;
    std::uint16_t type = 0;
    std::uint16_t code = 0;
    std::uint8_t major = 0;
    std::uint8_t minor = 0;
    std::uint16_t status = 0;
    std::uint32_t serial = 0;
    std::string name;

    bool operator==(const Identity&) const = default;
};
// Asks for all attributes of the Identity object.
Bytes identity_request();
// From its answer, or what ListIdentity says.
std::optional<Identity> read_identity(ByteView data);
// "1756-L83E/B, revision 33.11, serial 0x00c0ffee, runs"
std::string identity_text(const Identity& identity);

// What is wrong, with the remedy where there is one, and what that makes of a value.
struct Trouble {
    Quality quality;
    std::string text;
};
Trouble trouble_of(const Reply& reply);
// Whether the message did not get to the controller.
bool is_lost_on_the_way(const Reply& reply);

}  // namespace gantry::connector::ethernetip

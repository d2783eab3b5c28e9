// SPDX-License-Identifier: Apache-2.0
// The encapsulation of EtherNet/IP (CIP volume 2, chapter 2): what goes over TCP around messages of
// CIP. Everything is least significant byte first. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace gantry::connector::ethernetip {

enum class Command : std::uint8_t {
    Nop = 0x00,
    ListIdentity = 0x63,
    RegisterSession = 0x65,
    SendRRData = 0x6f,    // a message without a connection of CIP
    SendUnitData = 0x70,  // one on a connection
};

struct Packet {
    Command command = Command::Nop;
    std::uint32_t session = 0;
    std::uint32_t status = 0;
    std::uint64_t context = 0;  // of whoever asked
    ByteView payload;           // a view into the input
};

enum class Framing : unsigned char { Incomplete, Complete, Broken };

// The first packet of the input, and how many bytes it takes: at most 65,559.
Framing take_packet(ByteView input, Packet& out, std::size_t& used);

void append_list_identity(Bytes& out);
void append_register(Bytes& out);
void append_unconnected(Bytes& out, std::uint32_t session, std::uint64_t context, ByteView message);
void append_connected(Bytes& out, std::uint32_t session, std::uint32_t connection,
                      std::uint16_t sequence, ByteView message);

// The message of CIP in a packet.
struct Carried {
    bool connected = false;
    std::uint16_t sequence = 0;  // of a connected one
    ByteView message;
};
// Nothing if there is none.
std::optional<Carried> read_carried(const Packet& packet);

// What the answer to ListIdentity says of the device: as its Identity object does, in another
// order.
std::optional<ByteView> read_list_identity(const Packet& packet);

// Of a packet's status, in words, with the remedy where there is one.
std::string encapsulation_error(std::uint32_t status);

// ---- What the codecs of this folder share.

void append(Bytes& out, ByteView bytes);
void put(Bytes& out, std::uint64_t value, std::size_t bytes);
// `bytes` of them at the place, which must be there.
std::uint64_t number_at(ByteView bytes, std::size_t place, std::size_t count);

}  // namespace gantry::connector::ethernetip

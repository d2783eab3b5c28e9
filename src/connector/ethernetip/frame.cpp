// SPDX-License-Identifier: Apache-2.0
#include "connector/ethernetip/frame.h"

#include <algorithm>
#include <array>
#include <format>

namespace gantry::connector::ethernetip {
namespace {

constexpr std::size_t header_bytes = 24;
constexpr std::uint16_t protocol_version = 1;
// Some devices answer with more items than the two; nobody has a reason to send many.
constexpr std::uint64_t items_max = 16;

// Types of items.
constexpr std::uint64_t no_address = 0x00;
constexpr std::uint64_t identity = 0x0c;
constexpr std::uint64_t connection_address = 0xa1;
constexpr std::uint64_t connected_data = 0xb1;
constexpr std::uint64_t unconnected_data = 0xb2;

// Those of the specification, and some that devices of Rockwell send.
constexpr std::array<std::uint16_t, 10> commands = {0x00, 0x01, 0x04, 0x63, 0x64,
                                                    0x65, 0x66, 0x6f, 0x70, 0x72};

void append_header(Bytes& out, Command command, std::size_t length, std::uint32_t session,
                   std::uint64_t context) {
    put(out, static_cast<std::uint8_t>(command), 2);
    put(out, length, 2);
    put(out, session, 4);
    put(out, 0, 4);  // status
    put(out, context, 8);
    put(out, 0, 4);  // options
}

// Interface handle (CIP) and time-out, which is for the messages inside to say.
constexpr std::size_t before_items = 6;

}  // namespace

void append(Bytes& out, ByteView bytes) {
    const std::size_t before = out.size();
    out.resize(before + bytes.size());
    std::ranges::copy(bytes, out.begin() + static_cast<std::ptrdiff_t>(before));
}

void put(Bytes& out, std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) {
        out.push_back(static_cast<std::byte>(value >> 8 * i & 0xff));
    }
}

std::uint64_t number_at(ByteView bytes, std::size_t place, std::size_t count) {
    std::uint64_t out = 0;
    for (std::size_t i = count; i-- > 0;) {
        out = out << 8 | std::to_integer<std::uint64_t>(bytes[place + i]);
    }
    return out;
}

Framing take_packet(ByteView input, Packet& out, std::size_t& used) {
    if (input.size() < 2) {
        return Framing::Incomplete;
    }
    const auto command = static_cast<std::uint16_t>(number_at(input, 0, 2));
    if (!std::ranges::contains(commands, command)) {
        return Framing::Broken;
    }
    if (input.size() < header_bytes) {
        return Framing::Incomplete;
    }
    const std::size_t length = header_bytes + number_at(input, 2, 2);
    if (input.size() < length) {
        return Framing::Incomplete;
    }
    used = length;
    out.command = static_cast<Command>(command);
    out.session = static_cast<std::uint32_t>(number_at(input, 4, 4));
    out.status = static_cast<std::uint32_t>(number_at(input, 8, 4));
    out.context = number_at(input, 12, 8);
    out.payload = input.subspan(header_bytes, length - header_bytes);
    return Framing::Complete;
}

void append_list_identity(Bytes& out) { append_header(out, Command::ListIdentity, 0, 0, 0); }

void append_register(Bytes& out) {
    append_header(out, Command::RegisterSession, 4, 0, 0);
    put(out, protocol_version, 2);
    put(out, 0, 2);  // options
}

void append_unconnected(Bytes& out, std::uint32_t session, std::uint64_t context,
                        ByteView message) {
    append_header(out, Command::SendRRData, before_items + 10 + message.size(), session, context);
    put(out, 0, before_items);
    put(out, 2, 2);
    put(out, no_address, 2);
    put(out, 0, 2);
    put(out, unconnected_data, 2);
    put(out, message.size(), 2);
    append(out, message);
}

void append_connected(Bytes& out, std::uint32_t session, std::uint32_t connection,
                      std::uint16_t sequence, ByteView message) {
    append_header(out, Command::SendUnitData, before_items + 16 + message.size(), session, 0);
    put(out, 0, before_items);
    put(out, 2, 2);
    put(out, connection_address, 2);
    put(out, 4, 2);
    put(out, connection, 4);
    put(out, connected_data, 2);
    put(out, 2 + message.size(), 2);
    put(out, sequence, 2);
    append(out, message);
}

std::optional<Carried> read_carried(const Packet& packet) {
    const ByteView payload = packet.payload;
    if ((packet.command != Command::SendRRData && packet.command != Command::SendUnitData) ||
        payload.size() < before_items + 2) {
        return std::nullopt;
    }
    const std::uint64_t items = number_at(payload, before_items, 2);
    ByteView rest = payload.subspan(before_items + 2);
    for (std::uint64_t i = 0; i < items && i < items_max && rest.size() >= 4; ++i) {
        const std::uint64_t type = number_at(rest, 0, 2);
        const std::size_t length = number_at(rest, 2, 2);
        if (rest.size() - 4 < length) {
            return std::nullopt;
        }
        const ByteView item = rest.subspan(4, length);
        rest = rest.subspan(4 + length);
        if (type == unconnected_data) {
            return Carried{.connected = false, .sequence = 0, .message = item};
        }
        if (type == connected_data && item.size() >= 2) {
            return Carried{.connected = true,
                           .sequence = static_cast<std::uint16_t>(number_at(item, 0, 2)),
                           .message = item.subspan(2)};
        }
    }
    return std::nullopt;
}

std::optional<ByteView> read_list_identity(const Packet& packet) {
    constexpr std::size_t version_and_address = 18;
    const ByteView payload = packet.payload;
    if (packet.command != Command::ListIdentity || packet.status != 0 || payload.size() < 6 ||
        number_at(payload, 2, 2) != identity) {
        return std::nullopt;
    }
    const std::size_t length = number_at(payload, 4, 2);
    if (payload.size() - 6 < length || length < version_and_address) {
        return std::nullopt;
    }
    return payload.subspan(6 + version_and_address, length - version_and_address);
}

std::string encapsulation_error(std::uint32_t status) {
    switch (status) {
        case 0x01: return "the device does not know what was asked of it (EtherNet/IP status 1)";
        case 0x02: return "the device has no memory left for another session";
        case 0x64: return "the device does not know the session any more";
        case 0x69: return "the device speaks another version of EtherNet/IP";
        default: return std::format("the device answers with EtherNet/IP status 0x{:x}", status);
    }
}

}  // namespace gantry::connector::ethernetip

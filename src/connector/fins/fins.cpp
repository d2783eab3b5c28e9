// SPDX-License-Identifier: Apache-2.0
#include "connector/fins/fins.h"

#include <algorithm>
#include <array>
#include <bit>
#include <format>

#include "connector/device_text.h"
#include "connector/words/end_codes.h"

namespace gantry::connector::fins {
namespace {

using words::Answer;
using words::Area;
using words::EndCode;
using words::Framing;

// Of CS, CJ and CP, and of what NX and NJ show as such. The code is that of words; timers and
// counters have their present values as words and their completion flags as bits.
constexpr std::uint32_t counters_at = 0x8000;
constexpr std::array area_table = {
    Area{.name = "CIO", .code = 0xb0, .end = 6144},
    Area{.name = "W", .code = 0xb1, .end = 512},
    Area{.name = "H", .code = 0xb2, .end = 1536},
    Area{.name = "A", .code = 0xb3, .end = 11536},
    Area{.name = "D", .code = 0x82, .end = 32768},
    Area{.name = "E", .code = 0x98, .end = 32768},
    Area{.name = "E0_", .code = 0xa0, .end = 32768},
    Area{.name = "E1_", .code = 0xa1, .end = 32768},
    Area{.name = "E2_", .code = 0xa2, .end = 32768},
    Area{.name = "E3_", .code = 0xa3, .end = 32768},
    Area{.name = "E4_", .code = 0xa4, .end = 32768},
    Area{.name = "E5_", .code = 0xa5, .end = 32768},
    Area{.name = "E6_", .code = 0xa6, .end = 32768},
    Area{.name = "E7_", .code = 0xa7, .end = 32768},
    Area{.name = "E8_", .code = 0xa8, .end = 32768},
    Area{.name = "E9_", .code = 0xa9, .end = 32768},
    Area{.name = "EA_", .code = 0xaa, .end = 32768},
    Area{.name = "EB_", .code = 0xab, .end = 32768},
    Area{.name = "EC_", .code = 0xac, .end = 32768},
    Area{.name = "T", .code = 0x89, .end = 4096},
    Area{.name = "C", .code = 0x89, .end = 4096, .first = counters_at},
    Area{.name = "TU", .code = 0x09, .bits = true, .end = 4096, .writable = false},
    Area{.name = "CU",
         .code = 0x09,
         .bits = true,
         .end = 4096,
         .writable = false,
         .first = counters_at},
};
constexpr std::uint16_t current_bank = 0x98;
constexpr std::uint16_t timers = 0x89;

// The code of an area's single bits, where they have one: 0xb0 to 0xb3 and 0x82 are 0x80 less, the
// banks of E too; the current bank is 0x0a. Those of timers are not reachable.
std::optional<std::uint8_t> bit_code(const Area& area) {
    if (area.bits || area.code == timers) {
        return std::nullopt;
    }
    return static_cast<std::uint8_t>(area.code == current_bank ? 0x0a : area.code - 0x80);
}

constexpr std::uint16_t area_read = 0x0101;
constexpr std::uint16_t area_write = 0x0102;
constexpr std::uint16_t controller_data = 0x0501;
constexpr std::uint16_t controller_status = 0x0601;
constexpr std::size_t model_bytes = 20;

// Frames have at most 2,012 bytes.
constexpr std::uint32_t words_max = 990;
constexpr std::uint32_t bits_max = 1900;

constexpr std::uint32_t magic = 0x46494e53;  // "FINS"
constexpr std::uint32_t command_hello = 0;
constexpr std::uint32_t command_greeted = 1;
constexpr std::uint32_t command_frame = 2;
constexpr std::size_t tcp_head = 16;
constexpr std::size_t tcp_head_counted = 8;  // of it, what the length covers
constexpr std::size_t fins_head = 10;
constexpr std::size_t response_head = 4;  // command and end code
constexpr std::size_t service_at = 9;
constexpr std::size_t frame_bytes_max = 4096;

constexpr std::array end_codes = {
    EndCode{0x0101, false, "the Ethernet unit is not in the network"},
    EndCode{0x0103, false, "the Ethernet unit could not send: too many requests"},
    EndCode{0x0201, false, "there is no such node in the network"},
    EndCode{0x0202, false, "there is no such unit: is the unit address right?"},
    EndCode{0x0205, false, "the destination did not answer the Ethernet unit in time"},
    EndCode{0x0401, false, "the controller does not know the command"},
    EndCode{0x0501, false, "the destination is not in the routing tables"},
    EndCode{0x0502, false, "there are no routing tables"},
    EndCode{0x1001, false, "the request is too long"},
    EndCode{0x1002, false, "the request is too short"},
    EndCode{0x1101, true, "the controller does not have such an area"},
    EndCode{0x1103, true, "the address is out of range"},
    EndCode{0x1104, true, "it goes beyond the last address of the area"},
    EndCode{0x110b, true, "too many words at a time"},
    EndCode{0x110c, false, "a wrong value in the request"},
    EndCode{0x2002, false, "the area is protected"},
    EndCode{0x2101, false, "the area is read-only"},
    EndCode{0x2102, false, "the area is protected against writing"},
    EndCode{0x2108, false, "the controller cannot change it"},
    EndCode{0x2201, false, "the controller cannot do that while it is in this mode"},
    EndCode{0x2202, false, "the controller cannot do that while it is in RUN mode"},
    EndCode{0x2302, true, "there is no such memory"},
    EndCode{0x2502, false, "memory error"},
    EndCode{0x2605, false, "another device has the access right"},
};
// An error of the CPU, fatal or not, is told beside every end code; it says nothing of the request.
constexpr std::uint16_t cpu_flags = 0x00c0;

std::string_view tcp_error(std::uint32_t code) {
    switch (code) {
        case 0x00000001: return "the controller says that this is not FINS";
        case 0x00000002: return "the controller says that the frame is too long";
        case 0x00000003: return "the controller does not know the command of the frame";
        case 0x00000020: return "all connections of the controller are in use";
        case 0x00000021: return "the controller says that this node is connected already";
        case 0x00000022: return "the controller does not allow this IP address";
        case 0x00000023: return "the client's node address is out of range";
        case 0x00000024: return "another client has the same node address";
        case 0x00000025: return "the controller has no node address left";
        default: return "the controller reports an error of the connection";
    }
}

// What FINS has high byte first.
template <class T>
void put(Bytes& out, T value) {
    ByteWriter(out).put(std::byteswap(value));
}

template <class T>
bool get(ByteReader& in, T& value) {
    if (!in.get(value)) {
        return false;
    }
    value = std::byteswap(value);
    return true;
}

void put_tcp_head(Bytes& out, std::uint32_t command, std::size_t size) {
    put(out, magic);
    put(out, static_cast<std::uint32_t>(tcp_head_counted + size));
    put(out, command);
    put(out, std::uint32_t{0});
}

// A command on an area, and what comes behind it.
Bytes area_request(std::uint16_t command, std::uint8_t code, std::uint32_t word, unsigned bit,
                   std::uint32_t count) {
    Bytes out;
    put(out, command);
    put(out, code);
    put(out, static_cast<std::uint16_t>(word));
    put(out, static_cast<std::uint8_t>(bit));
    put(out, static_cast<std::uint16_t>(count));
    return out;
}

Bytes area_request(std::uint16_t command, const Area& area, std::uint32_t start,
                   std::uint32_t count) {
    return area_request(command, static_cast<std::uint8_t>(area.code), area.first + start, 0,
                        count);
}

}  // namespace

std::span<const Area> Fins::areas() const { return area_table; }

std::uint32_t Fins::most(const Area& area) const { return area.bits ? bits_max : words_max; }

void Fins::put_frame(std::uint16_t number, const words::Peer& peer, ByteView request,
                     Bytes& outgoing) const {
    put_tcp_head(outgoing, command_frame, fins_head + request.size());
    const std::array<std::uint8_t, fins_head> head = {0x80,  // a command that wants a response
                                                      0,
                                                      0x02,  // how many gateways it may pass
                                                      route_.network,
                                                      route_.node != 0 ? route_.node : peer.its,
                                                      route_.unit,
                                                      0,
                                                      peer.own,
                                                      0,
                                                      static_cast<std::uint8_t>(number)};
    ByteWriter writer(outgoing);
    writer.put_all(std::span<const std::uint8_t>(head));
    writer.put_bytes(request);
}

Framing Fins::take_frame(ByteView received, words::Frame& out) const {
    ByteReader in(received);
    std::uint32_t word = 0;
    std::uint32_t length = 0;
    std::uint32_t command = 0;
    std::uint32_t error = 0;
    if (!get(in, word)) {
        return Framing::Incomplete;
    }
    if (word != magic) {
        return Framing::Broken;
    }
    if (!get(in, length) || !get(in, command) || !get(in, error)) {
        return Framing::Incomplete;
    }
    if (length < tcp_head_counted || length > frame_bytes_max) {
        return Framing::Broken;
    }
    if (!in.get_bytes(length - tcp_head_counted, out.payload)) {
        return Framing::Incomplete;
    }
    out.size = tcp_head + out.payload.size();
    if (error != 0) {
        out.trouble = std::format("{} (0x{:08X})", tcp_error(error), error);
        return Framing::Complete;
    }
    if (command == command_frame) {
        if (out.payload.size() < fins_head + response_head) {
            return Framing::Broken;
        }
        out.mark = std::to_integer<std::uint16_t>(out.payload[service_at]);
        out.payload = out.payload.subspan(fins_head);
        return Framing::Complete;
    }
    return command == command_greeted ? Framing::Complete : Framing::Broken;
}

Bytes Fins::hello() const {
    Bytes out;
    put_tcp_head(out, command_hello, sizeof(std::uint32_t));
    put(out, std::uint32_t{0});  // a node address of the controller's choice
    return out;
}

Result<words::Peer> Fins::greeted(ByteView payload) const {
    ByteReader in(payload);
    std::uint32_t own = 0;
    std::uint32_t its = 0;
    if (!get(in, own) || !get(in, its) || own > 0xff || its > 0xff) {
        return fail(Code::Unavailable, "the controller gives no node address");
    }
    return words::Peer{static_cast<std::uint8_t>(own), static_cast<std::uint8_t>(its)};
}

Bytes Fins::read_request(const Area& area, std::uint32_t start, std::uint32_t count) const {
    return area_request(area_read, area, start, count);
}

Bytes Fins::write_request(const Area& area, std::uint32_t start, std::uint32_t count,
                          ByteView values) const {
    Bytes out = area_request(area_write, area, start, count);
    out.insert(out.end(), values.begin(), values.end());
    return out;
}

std::optional<Bytes> Fins::write_bit_request(const Area& area, std::uint32_t start, unsigned bit,
                                             bool on) const {
    const auto code = bit_code(area);
    if (!code) {
        return std::nullopt;
    }
    Bytes out = area_request(area_write, *code, start, bit, 1);
    out.push_back(static_cast<std::byte>(on ? 1 : 0));
    return out;
}

Answer Fins::read_answer(ByteView payload) const {
    ByteReader in(payload);
    std::uint16_t command = 0;
    std::uint16_t code = 0;
    if (!get(in, command) || !get(in, code)) {
        return {.why = "the controller's answer has no end code"};
    }
    code &= static_cast<std::uint16_t>(~cpu_flags);
    if (code == 0) {
        return {.good = true, .data = in.rest()};
    }
    return words::refusal(end_codes, code);
}

std::optional<Bytes> Fins::values(const Area& area, std::uint32_t count, ByteView data) const {
    if (data.size() != (area.bits ? std::size_t{count} : std::size_t{2} * count)) {
        return std::nullopt;
    }
    Bytes out(data.begin(), data.end());
    if (area.bits) {
        std::ranges::for_each(out, [](std::byte& bit) { bit &= std::byte{1}; });
    }
    return out;
}

std::vector<Bytes> Fins::who_requests() const {
    std::vector<Bytes> out(2);
    put(out[0], controller_data);
    put(out[1], controller_status);
    return out;
}

std::string Fins::who(std::span<const ByteView> answers) const {
    if (answers.size() < 2 || answers[0].size() < model_bytes) {
        return {};
    }
    std::string name = device_text(answers[0].first(model_bytes));
    if (answers[1].size() >= 2) {
        const auto mode = std::to_integer<unsigned>(answers[1][1]);
        name += mode == 4 ? ", RUN" : mode == 2 ? ", MONITOR" : mode == 0 ? ", PROGRAM" : "";
    }
    return name;
}

}  // namespace gantry::connector::fins

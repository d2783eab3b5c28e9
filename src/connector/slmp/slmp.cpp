// SPDX-License-Identifier: Apache-2.0
#include "connector/slmp/slmp.h"

#include <algorithm>
#include <array>
#include <format>

#include "connector/device_text.h"
#include "connector/words/end_codes.h"

namespace gantry::connector::slmp {
namespace {

using words::Answer;
using words::Area;
using words::EndCode;
using words::Framing;

// Device codes of the subcommands 0000 and 0001, which Q, L, iQ-R and iQ-F have in common; numbers
// have 24 bits there. ZR is counted as the engineering tools show it.
constexpr std::uint32_t numbers = 1U << 24;
constexpr std::array device_table = {
    Area{.name = "D", .code = 0xa8, .end = numbers},
    Area{.name = "W", .code = 0xb4, .radix = 16, .end = numbers},
    Area{.name = "R", .code = 0xaf, .end = 32768},
    Area{.name = "ZR", .code = 0xb0, .end = numbers},
    Area{.name = "Z", .code = 0xcc, .end = 256},
    Area{.name = "SD", .code = 0xa9, .end = numbers},
    Area{.name = "SW", .code = 0xb5, .radix = 16, .end = numbers},
    Area{.name = "TN", .code = 0xc2, .end = numbers},
    Area{.name = "STN", .code = 0xc8, .end = numbers},
    Area{.name = "CN", .code = 0xc5, .end = numbers},
    Area{.name = "X", .code = 0x9c, .bits = true, .radix = 16, .end = numbers},
    Area{.name = "Y", .code = 0x9d, .bits = true, .radix = 16, .end = numbers},
    Area{.name = "DX", .code = 0xa2, .bits = true, .radix = 16, .end = numbers},
    Area{.name = "DY", .code = 0xa3, .bits = true, .radix = 16, .end = numbers},
    Area{.name = "M", .code = 0x90, .bits = true, .end = numbers},
    Area{.name = "L", .code = 0x92, .bits = true, .end = numbers},
    Area{.name = "F", .code = 0x93, .bits = true, .end = numbers},
    Area{.name = "V", .code = 0x94, .bits = true, .end = numbers},
    Area{.name = "S", .code = 0x98, .bits = true, .end = numbers},
    Area{.name = "B", .code = 0xa0, .bits = true, .radix = 16, .end = numbers},
    Area{.name = "SM", .code = 0x91, .bits = true, .end = numbers},
    Area{.name = "SB", .code = 0xa1, .bits = true, .radix = 16, .end = numbers},
    Area{.name = "TS", .code = 0xc1, .bits = true, .end = numbers},
    Area{.name = "TC", .code = 0xc0, .bits = true, .end = numbers},
    Area{.name = "STS", .code = 0xc7, .bits = true, .end = numbers},
    Area{.name = "STC", .code = 0xc6, .bits = true, .end = numbers},
    Area{.name = "CS", .code = 0xc4, .bits = true, .end = numbers},
    Area{.name = "CC", .code = 0xc3, .bits = true, .end = numbers},
};

constexpr std::uint16_t batch_read = 0x0401;
constexpr std::uint16_t batch_write = 0x1401;
constexpr std::uint16_t read_type_name = 0x0101;
constexpr std::size_t type_name_bytes = 16;

constexpr std::uint32_t words_max = 960;
constexpr std::uint32_t bits_max = 3584;  // what iQ-F takes; the others take more

constexpr std::uint16_t subheader_3e = 0x0050;
constexpr std::uint16_t subheader_4e = 0x0054;
constexpr std::uint16_t answer_of = 0x0080;  // added to the first byte
constexpr std::size_t address_bytes = 5;     // network, PC, module, station
constexpr std::size_t frame_bytes_max = 8192;

constexpr std::array end_codes = {
    EndCode{0x4000, false, "the CPU does not know the request"},
    EndCode{0x4001, false, "the CPU does not know the request"},
    EndCode{0x4010, false, "the CPU cannot do that while it is in RUN"},
    EndCode{0x4013, false, "the CPU cannot do that unless it is in STOP"},
    EndCode{0x4021, true, "the drive or device memory is not there"},
    EndCode{0x4030, true, "the CPU does not have such a device"},
    EndCode{0x4031, true, "the device number is out of range"},
    EndCode{0x4032, true, "the device cannot be used like that"},
    EndCode{0x4041, true, "the number of points is out of range"},
    EndCode{0x4080, false, "a wrong value in the request"},
    EndCode{0xc051, true, "too many words at a time"},
    EndCode{0xc052, true, "too many bits at a time"},
    EndCode{0xc053, true, "too many words at a time"},
    EndCode{0xc054, true, "too many bits at a time"},
    EndCode{0xc055, false, "writing is not allowed while the CPU is in RUN: enable online change"},
    EndCode{0xc056, true, "it goes beyond the last device number"},
    EndCode{0xc058, false, "the request is too long"},
    EndCode{0xc059, false, "the CPU does not know the command"},
    EndCode{0xc05b, true, "the module cannot read or write such a device"},
    EndCode{0xc05c, true, "the module cannot read or write such a device in bits"},
    EndCode{0xc05d, false, "no monitor registration"},
    EndCode{0xc05f, false,
            "the CPU that is asked cannot do that: are network and PC number right?"},
    EndCode{0xc060, false, "a wrong value for a bit device"},
    EndCode{0xc061, false, "the length of the request is wrong"},
    EndCode{0xc06f, false, "the port is set to ASCII code: set it to binary code"},
    EndCode{0xc070, false, "the device memory cannot be extended for that station"},
    EndCode{0xc0b5, false, "the module cannot handle the data"},
    EndCode{0xc200, false, "the remote password is wrong"},
    EndCode{0xc201, false, "the port is locked by a remote password: unlock it, or take it off"},
    EndCode{0xc204, false, "another device has the port unlocked"},
};

}  // namespace

Slmp::Slmp(const Route& route) : route_(route), areas_(device_table.begin(), device_table.end()) {
    for (Area& area : areas_) {
        if (route_.octal && (area.name == "X" || area.name == "Y")) {
            area.radix = 8;
        }
    }
}

std::uint32_t Slmp::most(const Area& area) const { return area.bits ? bits_max : words_max; }

void Slmp::put_frame(std::uint16_t number, const words::Peer& /*peer*/, ByteView request,
                     Bytes& outgoing) const {
    ByteWriter out(outgoing);
    out.put(route_.serial_numbers ? subheader_4e : subheader_3e);
    if (route_.serial_numbers) {
        out.put(number);
        out.put(std::uint16_t{0});
    }
    out.put(route_.network);
    out.put(route_.pc);
    out.put(route_.module_io);
    out.put(route_.station);
    out.put(static_cast<std::uint16_t>(request.size() + sizeof(route_.wait)));
    out.put(route_.wait);
    out.put_bytes(request);
}

Framing Slmp::take_frame(ByteView received, words::Frame& out) const {
    const std::uint16_t wanted = (route_.serial_numbers ? subheader_4e : subheader_3e) | answer_of;
    ByteReader in(received);
    std::uint16_t subheader = 0;
    if (!in.get(subheader)) {
        return Framing::Incomplete;
    }
    if (subheader != wanted) {
        return Framing::Broken;
    }
    std::uint16_t unused = 0;
    if (route_.serial_numbers && (!in.get(out.mark) || !in.get(unused))) {
        return Framing::Incomplete;
    }
    ByteView address;
    std::uint16_t length = 0;
    if (!in.get_bytes(address_bytes, address) || !in.get(length)) {
        return Framing::Incomplete;
    }
    if (length < sizeof(std::uint16_t) || length > frame_bytes_max) {
        return Framing::Broken;
    }
    if (!in.get_bytes(length, out.payload)) {
        return Framing::Incomplete;
    }
    out.size = received.size() - in.rest().size();
    return Framing::Complete;
}

namespace {

// A command on devices, and what comes behind it.
Bytes device_request(std::uint16_t command, const Area& area, std::uint32_t start,
                     std::uint32_t count) {
    Bytes out;
    ByteWriter writer(out);
    writer.put(command);
    writer.put(static_cast<std::uint16_t>(area.bits ? 1 : 0));  // subcommand: in bits
    writer.put(static_cast<std::uint16_t>(start));
    writer.put(static_cast<std::uint8_t>(start >> 16));
    writer.put(static_cast<std::uint8_t>(area.code));
    writer.put(static_cast<std::uint16_t>(count));
    return out;
}

}  // namespace

Bytes Slmp::read_request(const Area& area, std::uint32_t start, std::uint32_t count) const {
    return device_request(batch_read, area, start, count);
}

Bytes Slmp::write_request(const Area& area, std::uint32_t start, std::uint32_t count,
                          ByteView values) const {
    Bytes out = device_request(batch_write, area, start, count);
    if (!area.bits) {
        for (std::size_t i = 0; i + 1 < values.size(); i += 2) {
            out.push_back(values[i + 1]);
            out.push_back(values[i]);
        }
        return out;
    }
    // Two a byte, the first in the upper half.
    for (std::size_t i = 0; i < values.size(); i += 2) {
        const auto high = static_cast<std::byte>(values[i] != std::byte{0} ? 0x10 : 0);
        const bool low = i + 1 < values.size() && values[i + 1] != std::byte{0};
        out.push_back(high | static_cast<std::byte>(low ? 0x01 : 0));
    }
    return out;
}

Answer Slmp::read_answer(ByteView payload) const {
    ByteReader in(payload);
    std::uint16_t code = 0;
    if (!in.get(code)) {
        return {.why = "the controller's answer has no end code"};
    }
    if (code == 0) {
        return {.good = true, .data = in.rest()};
    }
    return words::refusal(end_codes, code);
}

std::optional<Bytes> Slmp::values(const Area& area, std::uint32_t count, ByteView data) const {
    if (data.size() != (area.bits ? (std::size_t{count} + 1) / 2 : std::size_t{2} * count)) {
        return std::nullopt;
    }
    Bytes out;
    if (!area.bits) {
        out.assign(data.begin(), data.end());
        for (std::size_t i = 0; i < out.size(); i += 2) {
            std::swap(out[i], out[i + 1]);
        }
        return out;
    }
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::byte pair = data[i / 2];
        out.push_back((i % 2 == 0 ? pair >> 4 : pair) & std::byte{1});
    }
    return out;
}

std::vector<Bytes> Slmp::who_requests() const {
    Bytes out;
    ByteWriter writer(out);
    writer.put(read_type_name);
    writer.put(std::uint16_t{0});
    return {out};
}

std::string Slmp::who(std::span<const ByteView> answers) const {
    if (answers.empty() || answers[0].size() < type_name_bytes) {
        return {};
    }
    std::string name = device_text(answers[0].first(type_name_bytes));
    return name;
}

}  // namespace gantry::connector::slmp

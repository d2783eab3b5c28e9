// SPDX-License-Identifier: Apache-2.0
// SLMP, also known as the MC protocol: frames 3E and 4E in binary code, after Mitsubishi's "SLMP
// Reference Manual" (SH-080956ENG). Pure.
#pragma once

#include "connector/words/language.h"

namespace gantry::connector::slmp {

// Where a request goes to.
struct Route {
    std::uint8_t network = 0;
    std::uint8_t pc = 0xff;
    std::uint16_t module_io = 0x03ff;  // the CPU itself
    std::uint8_t station = 0;          // of a multidrop line
    std::uint16_t wait = 8;            // how long the CPU may take, in units of 250 ms
    bool serial_numbers = false;       // frame 4E
    bool octal = false;                // X and Y, as MELSEC iQ-F counts them
};

class Slmp final : public words::Language {
public:
    explicit Slmp(const Route& route);

    std::span<const words::Area> areas() const override { return areas_; }
    registers::Order number_order() const override { return registers::Order::CDAB; }
    registers::Order text_order() const override { return registers::Order::BADC; }
    unsigned bit_radix() const override { return 16; }
    std::uint32_t most(const words::Area& area) const override;
    std::string_view name() const override { return "SLMP"; }

    void put_frame(std::uint16_t number, const words::Peer& peer, ByteView request,
                   Bytes& outgoing) const override;
    words::Framing take_frame(ByteView received, words::Frame& out) const override;
    std::uint16_t mark(std::uint16_t number) const override {
        return route_.serial_numbers ? number : 0;
    }

    Bytes read_request(const words::Area& area, std::uint32_t start,
                       std::uint32_t count) const override;
    Bytes write_request(const words::Area& area, std::uint32_t start, std::uint32_t count,
                        ByteView values) const override;
    words::Answer read_answer(ByteView payload) const override;
    std::optional<Bytes> values(const words::Area& area, std::uint32_t count,
                                ByteView data) const override;

    std::vector<Bytes> who_requests() const override;
    std::string who(std::span<const ByteView> answers) const override;

private:
    Route route_;
    std::vector<words::Area> areas_;
};

}  // namespace gantry::connector::slmp

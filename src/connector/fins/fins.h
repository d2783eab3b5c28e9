// SPDX-License-Identifier: Apache-2.0
// FINS over TCP, after Omron's "SYSMAC CS/CJ-series Communications Commands" (W342) and "Ethernet
// Units, Construction of Applications" (W421). Pure.
#pragma once

#include "connector/words/language.h"

namespace gantry::connector::fins {

// Where a request goes to.
struct Route {
    std::uint8_t network = 0;  // the own one
    std::uint8_t node = 0;     // 0: the one that answers
    std::uint8_t unit = 0;     // the CPU unit
};

class Fins final : public words::Language {
public:
    explicit Fins(const Route& route) : route_(route) {}

    std::span<const words::Area> areas() const override;
    registers::Order number_order() const override { return registers::Order::CDAB; }
    registers::Order text_order() const override { return registers::Order::ABCD; }
    unsigned bit_radix() const override { return 10; }
    std::uint32_t most(const words::Area& area) const override;
    std::string_view name() const override { return "FINS over TCP"; }

    void put_frame(std::uint16_t number, const words::Peer& peer, ByteView request,
                   Bytes& outgoing) const override;
    words::Framing take_frame(ByteView received, words::Frame& out) const override;
    std::uint16_t mark(std::uint16_t number) const override { return number & 0xff; }
    Bytes hello() const override;
    Result<words::Peer> greeted(ByteView payload) const override;

    Bytes read_request(const words::Area& area, std::uint32_t start,
                       std::uint32_t count) const override;
    Bytes write_request(const words::Area& area, std::uint32_t start, std::uint32_t count,
                        ByteView values) const override;
    std::optional<Bytes> write_bit_request(const words::Area& area, std::uint32_t start,
                                           unsigned bit, bool on) const override;
    words::Answer read_answer(ByteView payload) const override;
    std::optional<Bytes> values(const words::Area& area, std::uint32_t count,
                                ByteView data) const override;

    std::vector<Bytes> who_requests() const override;
    std::string who(std::span<const ByteView> answers) const override;

private:
    Route route_;
};

}  // namespace gantry::connector::fins

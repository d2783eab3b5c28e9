// SPDX-License-Identifier: Apache-2.0
#include "connector/bacnet/frame.h"

#include <algorithm>
#include <array>

#include "connector/bacnet/element.h"

namespace gantry::connector::bacnet {
namespace {

constexpr std::uint8_t link_type = 0x81;  // BACnet/IP
constexpr std::size_t link_head = 4;
constexpr std::uint8_t forwarded = 0x04;
constexpr std::size_t forwarded_origin = 6;
constexpr std::uint8_t original_unicast = 0x0a;
constexpr std::uint8_t original_broadcast = 0x0b;

constexpr std::uint8_t network_version = 1;
constexpr std::uint8_t network_message = 0x80;
constexpr std::uint8_t has_destination = 0x20;
constexpr std::uint8_t has_source = 0x08;
constexpr std::uint8_t expecting_reply = 0x04;
constexpr std::uint8_t hops = 255;

constexpr std::uint8_t segmented_bit = 0x08;
constexpr std::uint8_t server_bit = 0x01;

constexpr std::array<std::size_t, 6> apdu_sizes = {50, 128, 206, 480, 1024, 1476};  // by code

// Reads bytes one after the other; zero behind the end, and not good any more.
class Cursor {
public:
    explicit Cursor(ByteView bytes) : rest_(bytes) {}
    std::uint8_t byte() {
        const ByteView one = take(1);
        return one.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(one[0]);
    }
    std::uint16_t word() {
        const unsigned high = byte();
        return static_cast<std::uint16_t>(high << 8 | byte());
    }
    ByteView take(std::size_t count) {
        good_ = good_ && rest_.size() >= count;
        if (!good_) {
            return {};
        }
        const ByteView out = rest_.first(count);
        rest_ = rest_.subspan(count);
        return out;
    }
    bool good() const { return good_; }
    ByteView rest() const { return rest_; }

private:
    ByteView rest_;
    bool good_ = true;
};

std::optional<ByteView> read_link(ByteView datagram) {
    Cursor in(datagram);
    const std::uint8_t type = in.byte();
    const std::uint8_t function = in.byte();
    const std::size_t length = in.word();
    if (!in.good() || type != link_type || length != datagram.size()) {
        return std::nullopt;
    }
    if (function == forwarded) {
        in.take(forwarded_origin);
    } else if (function != original_unicast && function != original_broadcast) {
        return std::nullopt;
    }
    return in.good() ? std::optional(in.rest()) : std::nullopt;
}

std::optional<ByteView> read_network(ByteView npdu, Station& from) {
    Cursor in(npdu);
    const std::uint8_t version = in.byte();
    const std::uint8_t control = in.byte();
    if (version != network_version || (control & network_message) != 0) {
        return std::nullopt;
    }
    if ((control & has_destination) != 0) {
        in.word();
        in.take(in.byte());
    }
    if ((control & has_source) != 0) {
        from.network = in.word();
        const ByteView address = in.take(in.byte());
        if (address.empty() || address.size() > station_bytes_max) {
            return std::nullopt;
        }
        from.address.assign(address.begin(), address.end());
    }
    if ((control & has_destination) != 0) {
        in.byte();
    }
    return in.good() ? std::optional(in.rest()) : std::nullopt;
}

Bytes begin_datagram(const Station& to, bool reply) {
    Bytes out;
    put_big_endian(out, link_type, 1);
    put_big_endian(out, original_unicast, 1);
    put_big_endian(out, 0, 2);
    put_big_endian(out, network_version, 1);
    const bool remote = to.network != 0;
    put_big_endian(out, (remote ? has_destination : 0) | (reply ? expecting_reply : 0), 1);
    if (remote) {
        put_big_endian(out, to.network, 2);
        put_big_endian(out, to.address.size(), 1);
        append(out, to.address);
        put_big_endian(out, hops, 1);
    }
    return out;
}

Bytes finish_datagram(Bytes out) {
    out[2] = static_cast<std::byte>(out.size() >> 8);
    out[3] = static_cast<std::byte>(out.size() & 0xff);
    return out;
}

Bytes short_datagram(const Station& to, unsigned first, std::uint8_t second, std::uint8_t third) {
    Bytes out = begin_datagram(to, false);
    put_big_endian(out, first, 1);
    put_big_endian(out, second, 1);
    put_big_endian(out, third, 1);
    return finish_datagram(std::move(out));
}

unsigned head(Pdu pdu) { return static_cast<unsigned>(pdu) << 4; }

}  // namespace

std::optional<Apdu> read_datagram(ByteView datagram) {
    Apdu out;
    const auto npdu = read_link(datagram);
    const auto apdu = npdu ? read_network(*npdu, out.from) : std::nullopt;
    if (!apdu) {
        return std::nullopt;
    }
    Cursor in(*apdu);
    const std::uint8_t first = in.byte();
    if (first >> 4 > static_cast<unsigned>(Pdu::Abort)) {
        return std::nullopt;
    }
    out.pdu = static_cast<Pdu>(first >> 4);
    const bool may_be_segmented = out.pdu == Pdu::ConfirmedRequest || out.pdu == Pdu::ComplexAck;
    out.segmented = may_be_segmented && (first & segmented_bit) != 0;
    if (out.pdu == Pdu::ConfirmedRequest) {
        in.byte();
    }
    if (out.pdu != Pdu::UnconfirmedRequest) {
        out.invoke_id = in.byte();
    }
    if (out.segmented) {
        in.word();  // which segment
    }
    out.code = in.byte();
    out.data = in.rest();
    return in.good() ? std::optional(out) : std::nullopt;
}

std::size_t known_apdu_bytes(std::size_t bytes) {
    std::size_t out = apdu_sizes.front();
    for (const std::size_t one : apdu_sizes) {
        out = one <= bytes ? one : out;
    }
    return out;
}

Bytes confirmed_datagram(const Station& to, std::uint8_t invoke_id, Service service,
                         std::size_t answer_bytes_max, ByteView data) {
    Bytes out = begin_datagram(to, true);
    put_big_endian(out, head(Pdu::ConfirmedRequest), 1);
    const auto* const size = std::ranges::find(apdu_sizes, known_apdu_bytes(answer_bytes_max));
    put_big_endian(out, static_cast<std::uint64_t>(size - apdu_sizes.begin()), 1);
    put_big_endian(out, invoke_id, 1);
    put_big_endian(out, static_cast<std::uint8_t>(service), 1);
    append(out, data);
    return finish_datagram(std::move(out));
}

Bytes unconfirmed_datagram(const Station& to, Unconfirmed service, ByteView data) {
    Bytes out = begin_datagram(to, false);
    put_big_endian(out, head(Pdu::UnconfirmedRequest), 1);
    put_big_endian(out, static_cast<std::uint8_t>(service), 1);
    append(out, data);
    return finish_datagram(std::move(out));
}

Bytes simple_ack_datagram(const Station& to, std::uint8_t invoke_id, Service service) {
    return short_datagram(to, head(Pdu::SimpleAck), invoke_id, static_cast<std::uint8_t>(service));
}

Bytes abort_datagram(const Station& to, std::uint8_t invoke_id, bool as_server,
                     std::uint8_t reason) {
    return short_datagram(to, head(Pdu::Abort) | (as_server ? server_bit : 0), invoke_id, reason);
}

Bytes reject_datagram(const Station& to, std::uint8_t invoke_id, std::uint8_t reason) {
    return short_datagram(to, head(Pdu::Reject), invoke_id, reason);
}

}  // namespace gantry::connector::bacnet

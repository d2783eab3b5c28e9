// SPDX-License-Identifier: Apache-2.0
// What carries BACnet's services over IP (ANSI/ASHRAE 135): the virtual link (Annex J), the network
// layer (clause 6), and the heads of application messages (clause 20.1). Pure; views into the bytes
// that are read.
#pragma once

#include <optional>

#include "base/bytes.h"

namespace gantry::connector::bacnet {

enum class Service : std::uint8_t {  // confirmed ones
    ConfirmedCovNotification = 1,
    SubscribeCov = 5,
    ReadProperty = 12,
    ReadPropertyMultiple = 14,
    WriteProperty = 15,
};

enum class Unconfirmed : std::uint8_t { IAm = 0, CovNotification = 2, WhoIs = 8 };

// A device behind a router: its network, and its address there.
struct Station {
    std::uint16_t network = 0;  // 0: none, the device is reached directly
    Bytes address;

    bool operator==(const Station&) const = default;
};

inline constexpr std::size_t station_bytes_max = 18;

enum class Pdu : std::uint8_t {
    ConfirmedRequest = 0,
    UnconfirmedRequest = 1,
    SimpleAck = 2,
    ComplexAck = 3,
    SegmentAck = 4,
    Error = 5,
    Reject = 6,
    Abort = 7,
};

struct Apdu {
    Pdu pdu = Pdu::SimpleAck;
    bool segmented = false;
    std::uint8_t invoke_id = 0;
    std::uint8_t code = 0;  // of the service; of Reject and Abort the reason
    ByteView data;
    Station from;
};

// Nothing for what is no application message in a datagram of BACnet/IP, or cut short.
std::optional<Apdu> read_datagram(ByteView datagram);

// The sizes that the standard knows, the largest that is not larger.
std::size_t known_apdu_bytes(std::size_t bytes);

Bytes confirmed_datagram(const Station& to, std::uint8_t invoke_id, Service service,
                         std::size_t answer_bytes_max, ByteView data);
Bytes unconfirmed_datagram(const Station& to, Unconfirmed service, ByteView data);
Bytes simple_ack_datagram(const Station& to, std::uint8_t invoke_id, Service service);
// That we do not take a request, or an answer in segments.
Bytes abort_datagram(const Station& to, std::uint8_t invoke_id, bool as_server,
                     std::uint8_t reason);
Bytes reject_datagram(const Station& to, std::uint8_t invoke_id, std::uint8_t reason);

// Of a confirmed request, before its data.
inline constexpr std::size_t request_head_bytes = 4;
inline constexpr std::size_t answer_head_bytes = 3;

namespace reason {
inline constexpr std::uint8_t abort_buffer_overflow = 1;
inline constexpr std::uint8_t abort_segmentation_not_supported = 4;
inline constexpr std::uint8_t abort_apdu_too_long = 11;
inline constexpr std::uint8_t reject_buffer_overflow = 1;
inline constexpr std::uint8_t reject_unrecognized_service = 9;
}  // namespace reason

}  // namespace gantry::connector::bacnet

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "mqtt/codec/packet.h"

namespace gantry::mqtt {

// Appends the bytes of a packet, in the shortest form that the standard has: a reason of success
// without properties is left out where it may be. What the standard forbids is a programmer's
// error; of a packet that was decoded nothing is forbidden. Properties are left out of 3.1.1.
void encode(std::string& out, const Connect& packet);  // says its version itself
void encode(std::string& out, const Connack& packet, Version version);
void encode(std::string& out, const Publish& packet, Version version);
void encode(std::string& out, const Ack& packet, Version version);
void encode(std::string& out, const Subscribe& packet, Version version);
void encode(std::string& out, const SubscriptionAck& packet, Version version);
void encode(std::string& out, const Unsubscribe& packet, Version version);
void encode(std::string& out, const Ping& packet, Version version);
void encode(std::string& out, const Disconnect& packet, Version version);
void encode(std::string& out, const Auth& packet, Version version);
void encode(std::string& out, const Packet& packet, Version version);

// The largest that a remaining length can say.
inline constexpr std::size_t body_bytes_max = varint_max;

// One PUBLISH for many subscribers: made once for a version and for with or without a packet
// identifier, appended for each with what is its own. Costs a copy of the bytes and a few stores.
class SharedPublish {
public:
    struct Own {
        bool dup = false;
        std::uint8_t qos = 0;  // above 0 exactly when the packet was made with an identifier
        bool retain = false;
        PacketId id = 0;
        std::uint32_t expiry = 0;  // seconds that are left; used when the packet has an expiry
    };

    // Flags and identifier of `packet` do not matter, but whether its QoS is above 0.
    SharedPublish(const Publish& packet, Version version);

    void append(std::string& out, const Own& own) const;
    std::size_t bytes() const { return bytes_.size(); }

private:
    std::string bytes_;
    std::size_t id_at_ = 0;      // 0: no identifier
    std::size_t expiry_at_ = 0;  // 0: no expiry
};

}  // namespace gantry::mqtt

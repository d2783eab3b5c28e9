// SPDX-License-Identifier: Apache-2.0
// For the decoders of this folder: what the bodies of packets have in common.
#pragma once

#include <expected>
#include <string_view>
#include <utility>

#include "mqtt/codec/decode.h"
#include "mqtt/codec/topic.h"
#include "mqtt/codec/wire.h"

namespace gantry::mqtt::detail {

constexpr std::unexpected<Malformed> malformed(std::string_view why,
                                               std::string_view statement = {}) {
    return std::unexpected(Malformed{Reason::MalformedPacket, why, statement});
}
constexpr std::unexpected<Malformed> protocol_error(std::string_view why,
                                                    std::string_view statement = {}) {
    return std::unexpected(Malformed{Reason::ProtocolError, why, statement});
}

// Takes fields off the body of one packet and remembers the first that was wrong.
class Body {
public:
    Body(const Frame& frame, Version version) : in_(frame.body), version_(version) {
        // 3.1.1 does not say that a length has to be short.
        if (frame.wasteful_length && version == Version::V5) {
            refuse({Reason::MalformedPacket, "the remaining length has more bytes than it needs",
                    "MQTT-1.5.5-1"});
        }
    }

    std::uint8_t take8() { return in_.take8(); }
    std::uint16_t take16() { return in_.take16(); }
    std::string_view take_rest() { return in_.take_rest(); }
    std::string_view take_binary() { return in_.take_text(); }
    std::string_view take_text(std::string_view statement);
    std::string_view take_filter(std::string_view statement);
    PacketId take_id(std::string_view statement);
    Reason take_reason(PacketType type);
    // Nothing is taken of 3.1.1.
    void take_properties(PacketType type, Properties& out) {
        if (version_ == Version::V5) {
            take_section(packet_bit(type), out);
        }
    }
    void take_will_properties(Properties& out) {
        if (version_ == Version::V5) {
            take_section(will_bit, out);
        }
    }

    void refuse(const Malformed& failure) {
        if (!refused_) {
            refused_ = true;
            failure_ = failure;
        }
    }
    bool done() const { return in_.done(); }
    bool failed() const { return refused_ || in_.broken(); }
    std::unexpected<Malformed> failure() const;
    // The packet, if all was well and nothing is left.
    template <class T>
    Decoded<T> finish(T packet) const {
        if (failed()) {
            return failure();
        }
        if (!in_.done()) {
            return malformed("there is more in a packet than belongs to it");
        }
        return packet;
    }

private:
    void take_section(std::uint32_t packet, Properties& out);
    bool take_property(Reader& in, std::uint32_t packet, std::string_view section, Properties& out);
    bool take_value(Reader& in, Property property, const PropertyRule& rule, Properties& out);

    Reader in_;
    const Version version_;
    bool refused_ = false;
    Malformed failure_;
};

}  // namespace gantry::mqtt::detail

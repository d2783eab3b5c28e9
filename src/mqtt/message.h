// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"
#include "mqtt/codec/encode.h"
#include "mqtt/codec/packet.h"

namespace gantry::mqtt {

// An application message that the broker has taken over: what it says, and those properties that
// travel with it (3.3.2.3). Never changes; shared by all who are to get it, on one thread.
class Message {
public:
    struct Facts {
        std::uint8_t qos = 0;
        bool retain = false;
        // When it is to be delivered no more; time_max: never.
        Time expires = time_max;
    };

    // Copies what it keeps of the packet, whose topic must be there: an alias is resolved before.
    Message(const Publish& publish, Time now);
    // A will, as it is published; with time_max, as it is kept until then.
    Message(const Will& will, Time now);
    // One that was kept: packet() of it, and what else there was.
    Message(const Publish& publish, const Facts& facts);
    Message(const Message&) = delete;
    Message& operator=(const Message&) = delete;

    std::string_view topic() const { return topic_; }
    std::string_view payload() const { return payload_; }
    std::uint8_t qos() const { return facts_.qos; }
    bool retain() const { return facts_.retain; }
    const Facts& facts() const { return facts_; }
    Time expires() const { return facts_.expires; }
    bool expired(Time now) const { return now >= facts_.expires; }
    // Seconds that are left, rounded up, of one that expires; 0 when it has.
    std::uint32_t expiry_left(Time now) const;
    const Properties& properties() const { return properties_; }
    // What it takes of memory, about.
    std::size_t bytes() const { return sizeof(Message) + kept_.size(); }

    // As a packet of QoS 0 or with the identifier 1, which is the caller's to change.
    Publish packet(bool with_id) const;
    // The same, encoded; made when it is asked for first.
    const SharedPublish& shared(Version version, bool with_id) const;

private:
    void keep(std::string_view topic, std::string_view payload, const Properties& properties);

    Facts facts_;
    std::string kept_;  // what the views lead to
    std::string_view topic_;
    std::string_view payload_;
    Properties properties_;
    mutable std::array<std::unique_ptr<SharedPublish>, 4> shared_;
};

using MessagePtr = std::shared_ptr<const Message>;

}  // namespace gantry::mqtt

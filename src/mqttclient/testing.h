// SPDX-License-Identifier: Apache-2.0
// A server of bytes for clients, and one that is our own core. Not part of the program.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mqtt/codec/packet_text_testing.h"
#include "mqtt/conversation_testing.h"
#include "mqtt/core.h"
#include "mqttclient/client.h"

namespace gantry::mqttclient::testing {

using mqtt::testing::PacketOfText;

// The bytes of a packet of a server, as "PUBLISH qos=1 id=7 topic=a payload=x".
inline std::string bytes_of(std::string_view text, mqtt::Version version = mqtt::Version::V5) {
    std::string out;
    mqtt::encode(out, PacketOfText(text).packet(), version);
    return out;
}

// What a client has sent, a packet a line.
inline std::string text_of(std::string_view bytes, mqtt::Version version = mqtt::Version::V5) {
    std::string out;
    while (!bytes.empty()) {
        const auto frame = mqtt::read_frame(bytes, {.from = mqtt::Side::Client,
                                                    .connecting = false,
                                                    .packet_bytes_max = std::size_t{1} << 24});
        if (!frame || !*frame) {
            return out + "bytes that are no packet\n";
        }
        const auto packet = mqtt::decode(**frame, version, mqtt::Side::Client);
        out += (packet ? mqtt::testing::to_text(*packet) : std::string(packet.error().why)) + "\n";
        bytes.remove_prefix((*frame)->bytes);
    }
    return out;
}

// Notes what it is told.
class NotingUser final : public ClientUser {
public:
    void connected(const ServerFacts&, bool resumed) override {
        notes.push_back(resumed ? "resumed" : "connected");
    }
    void message(const mqtt::Publish& packet, std::uint64_t number) override {
        notes.push_back(std::format("{}={} qos{}{}", packet.topic, packet.payload, packet.qos,
                                    packet.retain ? " retained" : ""));
        if (number != 0) {
            owed.push_back(number);
        }
        if (at_once != nullptr && number != 0) {
            at_once->acknowledge(number);
        }
    }
    void delivered(std::uint64_t number, mqtt::Reason reason) override {
        notes.push_back(
            std::format("delivered {} 0x{:02x}", number, static_cast<unsigned>(reason)));
    }
    void subscribed(std::string_view filter, mqtt::Reason reason) override {
        notes.push_back(
            std::format("subscribed {} 0x{:02x}", filter, static_cast<unsigned>(reason)));
    }
    std::vector<std::string> take() { return std::exchange(notes, {}); }

    std::vector<std::string> notes;
    std::vector<std::uint64_t> owed;
    Client* at_once = nullptr;  // acknowledges what comes
};

}  // namespace gantry::mqttclient::testing

// SPDX-License-Identifier: Apache-2.0
// Any records, and whether two say the same. Not part of the program.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/random.h"
#include "mqtt/codec/encode.h"
#include "mqtt/record.h"

namespace gantry::mqtt::testing {

inline std::string any_text(Random& random, std::size_t most) {
    static constexpr const char* pieces[] = {"a", "Z9", "/", "ä", "€", "😀", " ", "topic", "\x7f"};
    std::string out;
    for (std::uint64_t left = random.below(most + 1); left > 0; --left) {
        out += pieces[random.below(std::size(pieces))];
    }
    return out;
}

inline std::string any_bytes(Random& random, std::size_t most) {
    std::string out(random.below(most + 1), '\0');
    random.fill(std::as_writable_bytes(std::span(out)));
    return out;
}

// With all properties that a PUBLISH may have, or some of them.
inline MessagePtr any_message(Random& random) {
    const auto some = [&] { return random.chance(0.4); };
    const std::string topic = "t" + any_text(random, 8);
    const std::string payload = any_bytes(random, random.chance(0.1) ? 70'000 : 100);
    const std::string type = any_text(random, 4);
    const std::string answer = "r" + any_text(random, 4);
    const std::string correlation = any_bytes(random, 20);
    std::string users;
    Publish packet;
    packet.topic = topic;
    packet.payload = payload;
    if (some()) {
        packet.properties.set(Property::PayloadFormat, static_cast<std::uint32_t>(random.below(2)));
    }
    if (some()) {
        packet.properties.set(Property::ContentType, std::string_view(type));
    }
    if (some()) {
        packet.properties.set(Property::ResponseTopic, std::string_view(answer));
    }
    if (some()) {
        packet.properties.set(Property::CorrelationData, std::string_view(correlation));
    }
    for (std::uint64_t left = some() ? random.below(4) : 0; left > 0; --left) {
        append_user_property(users, any_text(random, 3), any_text(random, 3));
    }
    packet.properties.set_repeated(users);
    Message::Facts facts;
    facts.qos = static_cast<std::uint8_t>(random.below(3));
    facts.retain = some();
    if (some()) {
        packet.properties.set(Property::MessageExpiry, static_cast<std::uint32_t>(random.number()));
        // Of a will that is not published yet there is no time.
        facts.expires = some() ? time_max : static_cast<Time>(random.number());
    }
    return std::make_shared<const Message>(packet, facts);
}

// Of one group: a message that another one has, now and then.
inline Record any_record(Random& random, std::vector<MessagePtr>& messages) {
    const auto number32 = [&] {
        return random.chance(0.2) ? UINT32_MAX : static_cast<std::uint32_t>(random.below(100'000));
    };
    const auto sequence = [&] { return (random.number() >> random.below(64)) | 1; };
    const auto packet_id = [&] { return static_cast<PacketId>(random.below(65'535) + 1); };
    const auto message = [&] {
        if (messages.empty() || random.chance(0.5)) {
            messages.push_back(any_message(random));
        }
        return messages[random.below(messages.size())];
    };
    Record out;
    out.type = static_cast<RecordType>(random.below(20) + 1);
    out.more = random.chance(0.3);
    const std::string client = random.chance(0.5) ? "same" : any_text(random, 10);
    switch (out.type) {
        case RecordType::Retained: out.message = message(); return out;
        case RecordType::RetainedCleared: out.filter = "t" + any_text(random, 10); return out;
        case RecordType::SnapshotBegan:
        case RecordType::SnapshotEnded: return out;
        default: out.client_id = client;
    }
    switch (out.type) {
        case RecordType::SessionOpened: out.principal = any_bytes(random, 20); break;
        case RecordType::WillSet:
            out.principal = any_bytes(random, 20);
            out.message = message();
            break;
        case RecordType::SessionAway: out.at = static_cast<Time>(random.number()); break;
        case RecordType::Subscribed:
            out.subscription = {no_subscriber,
                                static_cast<std::uint32_t>(random.below(varint_max + 1)),
                                {.qos = static_cast<std::uint8_t>(random.below(3)),
                                 .no_local = random.chance(0.5),
                                 .retain_as_published = random.chance(0.5),
                                 .retain_handling = static_cast<RetainHandling>(random.below(3))}};
            out.filter = random.chance(0.3) ? "$share/g/a/#" : "f/" + any_text(random, 10);
            break;
        case RecordType::Unsubscribed: out.filter = "+/" + any_text(random, 10); break;
        case RecordType::Queued:
            out.sequence = sequence();
            out.qos = static_cast<std::uint8_t>(random.below(2) + 1);
            out.retain = random.chance(0.5);
            for (std::uint64_t left = random.below(4); left > 0; --left) {
                out.subscription_ids.push_back(
                    static_cast<std::uint32_t>(random.below(varint_max) + 1));
            }
            out.message = message();
            break;
        case RecordType::Sent:
        case RecordType::Counted:
            out.sequence = sequence();
            out.packet_id = packet_id();
            break;
        case RecordType::Released:
        case RecordType::Done: out.sequence = sequence(); break;
        case RecordType::Received:
        case RecordType::Forgotten: out.packet_id = packet_id(); break;
        default: break;
    }
    if (out.type == RecordType::SessionOpened || out.type == RecordType::SessionResumed ||
        out.type == RecordType::SessionAway || out.type == RecordType::WillSet) {
        out.expiry = number32();
    }
    return out;
}

// What a message says, as bytes.
inline std::string text_of(const MessagePtr& message) {
    if (message == nullptr) {
        return "none";
    }
    std::string out = std::to_string(message->qos()) + (message->retain() ? " retain " : " ") +
                      std::to_string(message->expires()) + " ";
    encode(out, message->packet(false), Version::V5);
    return out;
}

inline bool same(const Record& a, const Record& b) {
    return a.number == b.number && a.type == b.type && a.more == b.more &&
           a.client_id == b.client_id && a.principal == b.principal && a.filter == b.filter &&
           a.subscription == b.subscription && a.expiry == b.expiry && a.at == b.at &&
           a.sequence == b.sequence && a.packet_id == b.packet_id && a.qos == b.qos &&
           a.retain == b.retain && a.subscription_ids == b.subscription_ids &&
           text_of(a.message) == text_of(b.message);
}

}  // namespace gantry::mqtt::testing

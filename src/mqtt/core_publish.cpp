// SPDX-License-Identifier: Apache-2.0
// Messages that come in, and acknowledgements of those that went out (4.3).
#include <algorithm>

#include "mqtt/codec/topic.h"
#include "mqtt/core.h"
#include "mqtt/core_send.h"

namespace gantry::mqtt {

bool Core::resolve_alias(Connection& connection, Publish& packet) {
    if (!packet.properties.has(Property::TopicAlias)) {
        return true;
    }
    const std::size_t alias = packet.properties.number(Property::TopicAlias);
    if (alias > connection.aliases_in.size()) {
        refuse(connection,
               {Reason::TopicAliasInvalid, "a topic alias beyond the maximum", "MQTT-3.3.2-9"});
        return false;
    }
    std::string& topic = connection.aliases_in[alias - 1];
    if (!packet.topic.empty()) {
        topic = packet.topic;
    } else if (topic.empty()) {
        refuse(connection, {Reason::ProtocolError, "a topic alias that was never set", ""});
        return false;
    }
    packet.topic = topic;
    return true;
}

Reason Core::check_publish(const Session& session, const Publish& packet) const {
    if (packet.topic.starts_with('$') || level_count(packet.topic) > levels_max) {
        return Reason::TopicNameInvalid;
    }
    return gate_.may_publish(session.principal, packet.topic) ? Reason::Success
                                                              : Reason::NotAuthorized;
}

void Core::on_publish(Connection& connection, Publish packet) {
    Session& session = *connection.session;
    if (!resolve_alias(connection, packet)) {
        return;
    }
    auto& received = session.received;
    const auto place = std::ranges::lower_bound(received, packet.id);
    if (packet.qos == 2 && place != received.end() && *place == packet.id) {
        // Again what has been taken over: it goes nowhere a second time. That it was taken over
        // may not be durable yet.
        acknowledge(connection, packet, Reason::Success, last_record_, last_handed_);
        return;
    }
    if (packet.qos > 0 && received.size() + connection.acks_waiting >= limits_.receive_maximum) {
        refuse(connection,
               {Reason::ReceiveMaximumExceeded, "too many messages under way", "MQTT-3.3.4-7"});
        return;
    }
    const Reason reason = check_publish(session, packet);
    if (reason != Reason::Success) {
        refuse_publish(connection, packet, reason);
        return;
    }
    const auto message = std::make_shared<const Message>(packet, clock_.now());
    const std::uint64_t before = last_record_;
    if (!keep_retained(message)) {
        refuse_publish(connection, packet, Reason::QuotaExceeded);
        return;
    }
    ++counters_.messages_in;
    if (packet.qos == 2) {
        received.insert(place, packet.id);
        if (session.recorded) {
            record({.type = RecordType::Received,
                    .client_id = session.client_id,
                    .packet_id = packet.id});
        }
    }
    const std::size_t receivers = route(message, session.number);
    bind_records(before);
    const bool wanted = hand_over(session.client_id, message);
    if (packet.qos > 0) {
        acknowledge(connection, packet,
                    receivers == 0 && !wanted ? Reason::NoMatchingSubscribers : Reason::Success,
                    last_record_ > before ? last_record_ : 0, wanted ? last_handed_ : 0);
    }
}

// False: there is no room for another.
bool Core::keep_retained(const MessagePtr& message) {
    if (!message->retain()) {
        return true;
    }
    const auto kept = retained_.put(message);
    if (kept == RetainedStore::Kept::Stored) {
        record({.type = RecordType::Retained, .message = message});
    } else if (kept == RetainedStore::Kept::Removed) {
        record({.type = RecordType::RetainedCleared, .filter = std::string(message->topic())});
    }
    return kept != RetainedStore::Kept::Full;
}

bool Core::hand_over(std::string_view client_id, const MessagePtr& message) {
    if (!gate_.wants(message->topic())) {
        return false;
    }
    // What has no time of its own is stored under this one, and a second value under the same
    // would take the place of the first. A clock that was set back is followed all the same.
    constexpr Time tick_max = 1'000'000;
    const Time now = clock_.now();
    const bool later = now > last_arrived_ || last_arrived_ - now > tick_max;
    last_arrived_ = later ? now : last_arrived_ + 1;
    handed_.push_back({++last_handed_, message, std::string(client_id), last_arrived_});
    return true;
}

void Core::acknowledge(Connection& connection, const Publish& packet, Reason reason,
                       std::uint64_t after, std::uint64_t handed) {
    Ack answer;
    answer.type = packet.qos == 1 ? PacketType::Puback : PacketType::Pubrec;
    answer.id = packet.id;
    answer.reason = connection.version == Version::V5 ? reason : Reason::Success;
    send(connection, answer, after, handed, packet.qos == 1 ? 1 : 0);
}

// 3.1.1 has no word for it: there the connection ends, so that nobody takes it for delivered.
void Core::refuse_publish(Connection& connection, const Publish& packet, Reason reason) {
    ++counters_.refused_publishes;
    if (packet.qos == 0) {
        return;
    }
    if (connection.version == Version::V5) {
        acknowledge(connection, packet, reason, 0, 0);
    } else {
        disconnect(connection, reason);
    }
}

// A message that was sent needs no more care.
void Core::finish(Session& session, std::size_t at) {
    const Outgoing& one = session.inflight[at];
    if (session.recorded) {
        record(
            {.type = RecordType::Done, .client_id = session.client_id, .sequence = one.sequence});
    }
    session.inflight.erase(session.inflight.begin() + static_cast<std::ptrdiff_t>(at));
    pump(session);
}

namespace {

// Where a message of that identifier is: most often in front.
std::optional<std::size_t> find_inflight(const detail::Session& session, PacketId id) {
    const auto found = std::ranges::find(session.inflight, id, &detail::Outgoing::id);
    if (found == session.inflight.end()) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(found - session.inflight.begin());
}

}  // namespace

void Core::on_puback(Connection& connection, const Ack& packet) {
    Session& session = *connection.session;
    const auto at = find_inflight(session, packet.id);
    if (!at) {
        return;  // of a message that is done: of no consequence
    }
    if (session.inflight[*at].qos != 1) {
        refuse(connection, {Reason::ProtocolError, "a PUBACK of a message of QoS 2", ""});
        return;
    }
    finish(session, *at);
}

void Core::on_pubrec(Connection& connection, const Ack& packet) {
    Session& session = *connection.session;
    const auto at = find_inflight(session, packet.id);
    if (at && session.inflight[*at].qos != 2) {
        refuse(connection, {Reason::ProtocolError, "a PUBREC of a message of QoS 1", ""});
        return;
    }
    if (is_failure(packet.reason)) {
        if (at && !session.inflight[*at].released) {
            finish(session, *at);
        }
        return;
    }
    Ack answer;
    answer.type = PacketType::Pubrel;
    answer.id = packet.id;
    if (!at) {
        answer.reason =
            connection.version == Version::V5 ? Reason::PacketIdentifierNotFound : Reason::Success;
        send(connection, answer);
        return;
    }
    Outgoing& one = session.inflight[*at];
    std::uint64_t after = last_record_;
    if (!one.released) {
        one.released = true;
        // Once PUBREL is out the message must never be sent again, whatever happens to us.
        after = session.recorded ? record({.type = RecordType::Released,
                                           .client_id = session.client_id,
                                           .sequence = one.sequence})
                                 : 0;
    }
    send(connection, answer, after);
}

void Core::on_pubrel(Connection& connection, const Ack& packet) {
    Session& session = *connection.session;
    auto& received = session.received;
    const auto place = std::ranges::lower_bound(received, packet.id);
    Ack answer;
    answer.type = PacketType::Pubcomp;
    answer.id = packet.id;
    std::uint64_t after = 0;
    if (place != received.end() && *place == packet.id) {
        received.erase(place);
        // Until that is durable the identifier must not be used again: the next message that has it
        // would be taken for this one.
        after = session.recorded ? record({.type = RecordType::Forgotten,
                                           .client_id = session.client_id,
                                           .packet_id = packet.id})
                                 : 0;
    } else {
        // It may be one whose end is not durable yet.
        after = session.recorded ? last_record_ : 0;
        answer.reason =
            connection.version == Version::V5 ? Reason::PacketIdentifierNotFound : Reason::Success;
    }
    send(connection, answer, after);
}

void Core::on_pubcomp(Connection& connection, const Ack& packet) {
    Session& session = *connection.session;
    const auto at = find_inflight(session, packet.id);
    if (!at) {
        return;
    }
    if (!session.inflight[*at].released) {
        refuse(connection, {Reason::ProtocolError, "a PUBCOMP before its PUBREL", ""});
        return;
    }
    finish(session, *at);
}

}  // namespace gantry::mqtt

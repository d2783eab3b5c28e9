// SPDX-License-Identifier: Apache-2.0
// Messages that go out: to whom, through their queues, into the output of connections.
#include <algorithm>

#include "mqtt/core.h"
#include "mqtt/core_send.h"

namespace gantry::mqtt {

using detail::cost_of;

std::size_t Core::route(const MessagePtr& message, SubscriberId from) {
    tree_.match(message->topic(), matches_);
    auto& all = matches_.subscriptions;
    std::ranges::sort(all, {}, &Subscription::subscriber);
    std::size_t receivers = 0;
    for (auto first = all.begin(); first != all.end();) {
        const auto last = std::find_if(first, all.end(), [&](const Subscription& one) {
            return one.subscriber != first->subscriber;
        });
        receivers += deliver_merged(message, {first, last}, from) ? 1 : 0;
        first = last;
    }
    for (const SharedMatch& group : matches_.groups) {
        receivers += deliver_shared(message, group) ? 1 : 0;
    }
    return receivers;
}

// One copy for all subscriptions of a session (3.3.4).
bool Core::deliver_merged(const MessagePtr& message, std::span<const Subscription> subscriptions,
                          SubscriberId from) {
    Outgoing out;
    bool any = false;
    for (const Subscription& one : subscriptions) {
        if (one.options.no_local && one.subscriber == from) {
            continue;
        }
        any = true;
        out.qos = std::max(out.qos, one.options.qos);
        out.retain |= one.options.retain_as_published && message->retain();
        if (one.id != 0) {
            out.subscription_ids.push_back(one.id);
        }
    }
    if (any) {
        out.message = message;
        out.qos = std::min(out.qos, message->qos());
        deliver(*sessions_[subscriptions.front().subscriber], std::move(out));
    }
    return any;
}

// To one member, in turn: one that is connected, or else one that will come back.
bool Core::deliver_shared(const MessagePtr& message, const SharedMatch& group) {
    const std::size_t count = group.members.size();
    const Subscription* chosen = nullptr;
    std::size_t at = *group.turn % count;
    for (std::size_t i = 0; i < count; ++i, at = (at + 1) % count) {
        const Session& session = *sessions_[group.members[at].subscriber];
        if (!gate_.may_receive(session.principal, message->topic())) {
            continue;
        }
        if (session.connection != 0) {
            chosen = &group.members[at];
            break;
        }
        if (chosen == nullptr) {
            chosen = &group.members[at];
        }
    }
    if (chosen == nullptr) {
        return false;
    }
    *group.turn = static_cast<std::uint32_t>(chosen - group.members.data()) + 1;
    Outgoing out;
    out.message = message;
    out.qos = std::min(message->qos(), chosen->options.qos);
    out.retain = chosen->options.retain_as_published && message->retain();
    if (chosen->id != 0) {
        out.subscription_ids.push_back(chosen->id);
    }
    deliver(*sessions_[chosen->subscriber], std::move(out));
    return true;
}

void Core::deliver(Session& session, Outgoing one) {
    if (!gate_.may_receive(session.principal, one.message->topic())) {
        ++counters_.dropped_forbidden;
        ++session.dropped;
        return;
    }
    if (one.qos > 0) {
        enqueue(session, std::move(one));
        return;
    }
    Connection* connection = session.connection == 0 ? nullptr : find(session.connection);
    std::uint64_t* dropped = nullptr;
    if (connection == nullptr) {
        dropped = &counters_.dropped_away;
    } else if (connection->output_bytes >= limits_.output_bytes_max) {
        dropped = &counters_.dropped_slow;
    } else if (!transmit(*connection, one, false, 0)) {
        dropped = &counters_.dropped_too_large;
    }
    if (dropped != nullptr) {
        ++*dropped;
        ++session.dropped;
    }
}

void Core::enqueue(Session& session, Outgoing one) {
    const std::size_t cost = cost_of(one);
    while (session.queue.size() >= limits_.queue_messages_max ||
           session.queue_bytes + cost > limits_.queue_bytes_max) {
        if (limits_.queue_full == QueueFull::DropNewest || session.queue.empty()) {
            ++counters_.dropped_queue_full;
            ++session.dropped;
            return;
        }
        drop_first(session, counters_.dropped_queue_full);
    }
    one.sequence = ++session.last_sequence;
    if (session.recorded) {
        record({.type = RecordType::Queued,
                .client_id = session.client_id,
                .sequence = one.sequence,
                .qos = one.qos,
                .retain = one.retain,
                .subscription_ids = one.subscription_ids,
                .message = one.message});
    }
    session.queue_bytes += cost;
    session.queue.push_back(std::move(one));
    pump(session);
}

void Core::drop_first(Session& session, std::uint64_t& counter) {
    const Outgoing& one = session.queue.front();
    ++counter;
    ++session.dropped;
    if (session.recorded) {
        record(
            {.type = RecordType::Done, .client_id = session.client_id, .sequence = one.sequence});
    }
    session.queue_bytes -= cost_of(one);
    session.queue.pop_front();
}

// Sends what may be sent: within the client's receive maximum, and while it reads.
void Core::pump(Session& session) {
    Connection* connection = session.connection == 0 ? nullptr : find(session.connection);
    if (connection == nullptr || connection->state != Connection::State::Connected) {
        return;
    }
    const std::size_t window = std::min(connection->receive_maximum, limits_.inflight_max);
    while (!session.queue.empty() && session.inflight.size() < window &&
           connection->output_bytes < limits_.output_bytes_max) {
        send_next(session, *connection);
    }
    while (!session.retained.empty() && connection->output_bytes < limits_.output_bytes_max) {
        const Outgoing one = std::move(session.retained.front());
        session.retained.pop_front();
        if (one.message->expired(clock_.now())) {
            ++counters_.dropped_expired;
        } else if (!transmit(*connection, one, false, 0)) {
            ++counters_.dropped_too_large;
        }
    }
}

// The queue's first message is sent or dropped.
void Core::send_next(Session& session, Connection& connection) {
    Outgoing& first = session.queue.front();
    if (first.message->expired(clock_.now())) {
        drop_first(session, counters_.dropped_expired);
        return;
    }
    if (!gate_.may_receive(session.principal, first.message->topic())) {
        drop_first(session, counters_.dropped_forbidden);
        return;
    }
    first.id = next_id(session);
    std::uint64_t after = 0;
    if (session.recorded) {
        const std::uint64_t number = record({.type = RecordType::Sent,
                                             .client_id = session.client_id,
                                             .sequence = first.sequence,
                                             .packet_id = first.id});
        // Sent again after a crash it must have the same identifier, or the client would take it
        // for another. With QoS 1 that does no harm.
        after = first.qos == 2 ? number : 0;
    }
    if (!transmit(connection, first, false, after)) {
        drop_first(session, counters_.dropped_too_large);
        return;
    }
    session.last_id = first.id;
    session.queue_bytes -= cost_of(first);
    session.inflight.push_back(std::move(first));
    session.queue.pop_front();
}

PacketId Core::next_id(Session& session) const {
    PacketId id = session.last_id;
    do {
        id = id == 65'535 ? PacketId{1} : static_cast<PacketId>(id + 1);
    } while (std::ranges::find(session.inflight, id, &Outgoing::id) != session.inflight.end());
    return id;
}

bool Core::transmit(Connection& connection, const Outgoing& one, bool dup, std::uint64_t after) {
    const Message& message = *one.message;
    const SharedPublish& shared = message.shared(connection.version, one.qos > 0);
    const bool alone = connection.version == Version::V5 &&
                       (connection.aliases_out_max > 0 || !one.subscription_ids.empty());
    if (!alone && shared.bytes() > connection.packet_bytes_max) {
        return false;
    }
    std::string& out = output(connection, after);
    const std::size_t before = out.size();
    if (alone) {
        // Each subscription identifier takes up to five bytes, an alias three, lengths three more.
        const std::size_t most = shared.bytes() + one.subscription_ids.size() * 5 + 6;
        encode_own(connection, one, dup, most <= connection.packet_bytes_max, out);
        if (out.size() - before > connection.packet_bytes_max) {
            out.resize(before);
            return false;
        }
    } else {
        const bool expires = message.expires() != time_max;
        shared.append(out, {.dup = dup,
                            .qos = one.qos,
                            .retain = one.retain,
                            .id = one.id,
                            .expiry = expires ? message.expiry_left(clock_.now()) : 0});
    }
    connection.output_bytes += out.size() - before;
    ++counters_.packets_out;
    counters_.messages_out += dup ? 0 : 1;
    return true;
}

// With what no other subscriber's packet has: topic alias and subscription identifiers. A new alias
// only where it is sure that the packet will be sent.
void Core::encode_own(Connection& connection, const Outgoing& one, bool dup, bool new_alias,
                      std::string& out) {
    const Message& message = *one.message;
    Publish packet = message.packet(one.qos > 0);
    packet.dup = dup;
    packet.qos = one.qos;
    packet.retain = one.retain;
    packet.id = one.id;
    if (message.expires() != time_max) {
        packet.properties.set(Property::MessageExpiry, message.expiry_left(clock_.now()));
    }
    std::string section;
    if (!one.subscription_ids.empty()) {
        section = message.properties().repeated();
        for (const std::uint32_t id : one.subscription_ids) {
            append_subscription_id(section, id);
        }
        packet.properties.set_repeated(section);
    }
    if (connection.aliases_out_max > 0) {
        auto& aliases = connection.aliases_out;
        const std::string topic(packet.topic);
        const auto known = aliases.find(topic);
        if (known != aliases.end()) {
            packet.topic = {};
            packet.properties.set(Property::TopicAlias, std::uint32_t{known->second});
        } else if (new_alias && aliases.size() < connection.aliases_out_max) {
            const auto alias = static_cast<std::uint16_t>(aliases.size() + 1);
            aliases.emplace(topic, alias);
            packet.properties.set(Property::TopicAlias, std::uint32_t{alias});
        }
    }
    encode(out, packet, connection.version);
}

// 4.4: what the client has not acknowledged, in the order in which it was sent, with the
// identifiers that it had.
void Core::resend(Connection& connection) {
    Session& session = *connection.session;
    const std::uint64_t after = session.recorded ? last_record_ : 0;
    for (std::size_t i = 0; i < session.inflight.size();) {
        const Outgoing& one = session.inflight[i];
        if (one.released) {
            Ack packet;
            packet.type = PacketType::Pubrel;
            packet.id = one.id;
            send(connection, packet, after);
            ++i;
            continue;
        }
        // 4.3.3-7: what was sent once does not expire any more, though it has no time left.
        const bool allowed = gate_.may_receive(session.principal, one.message->topic());
        if (!allowed || !transmit(connection, one, true, after)) {
            ++(allowed ? counters_.dropped_too_large : counters_.dropped_forbidden);
            if (session.recorded) {
                record({.type = RecordType::Done,
                        .client_id = session.client_id,
                        .sequence = one.sequence});
            }
            session.inflight.erase(session.inflight.begin() + static_cast<std::ptrdiff_t>(i));
            continue;
        }
        ++i;
    }
}

}  // namespace gantry::mqtt

// SPDX-License-Identifier: Apache-2.0
// SUBSCRIBE and UNSUBSCRIBE.
#include "mqtt/codec/topic.h"
#include "mqtt/core.h"
#include "mqtt/core_send.h"

namespace gantry::mqtt {

void Core::on_subscribe(Connection& connection, const Subscribe& packet) {
    Session& session = *connection.session;
    const std::uint64_t before = last_record_;
    const std::uint32_t id = packet.properties.number(Property::SubscriptionId);
    std::string reasons;
    std::vector<bool> fresh(packet.requests.size());
    for (std::size_t i = 0; i < packet.requests.size(); ++i) {
        bool is_fresh = false;
        Reason reason = subscribe(session, packet.requests[i], id, is_fresh);
        fresh[i] = is_fresh;
        if (connection.version == Version::V311 && is_failure(reason)) {
            reason = Reason::UnspecifiedError;
        }
        reasons += static_cast<char>(reason);
    }
    SubscriptionAck answer;
    answer.type = PacketType::Suback;
    answer.id = packet.id;
    answer.reasons = reasons;
    send(connection, answer, last_record_ > before ? last_record_ : 0);
    for (std::size_t i = 0; i < packet.requests.size(); ++i) {
        const auto& [filter, options] = packet.requests[i];
        const bool wanted = options.retain_handling == RetainHandling::Send ||
                            (options.retain_handling == RetainHandling::SendIfNew && fresh[i]);
        const bool granted = !is_failure(static_cast<Reason>(reasons[i]));
        if (wanted && granted && split_shared(filter).group.empty()) {
            send_retained(session, filter, {session.number, id, options});
        }
    }
}

Reason Core::subscribe(Session& session, const SubscriptionRequest& request, std::uint32_t id,
                       bool& fresh) {
    const auto& [filter, options] = request;
    const auto known = session.subscriptions.find(filter);
    fresh = known == session.subscriptions.end();
    if (fresh && session.subscriptions.size() >= limits_.subscriptions_max) {
        return Reason::QuotaExceeded;
    }
    if (!gate_.may_subscribe(session.principal, split_shared(filter).filter)) {
        return Reason::NotAuthorized;
    }
    const Subscription subscription{session.number, id, options};
    if (tree_.add(filter, subscription) == SubscriptionTree::Added::TooDeep) {
        return Reason::TopicFilterInvalid;
    }
    session.subscriptions.insert_or_assign(std::string(filter), subscription);
    if (session.recorded) {
        record({.type = RecordType::Subscribed,
                .client_id = session.client_id,
                .filter = std::string(filter),
                .subscription = subscription});
    }
    return static_cast<Reason>(options.qos);
}

void Core::send_retained(Session& session, std::string_view filter,
                         const Subscription& subscription) {
    std::vector<MessagePtr> found;
    retained_.match(filter, clock_.now(), found);
    if (filter.starts_with('$')) {
        gate_.own_messages(filter, found);
    }
    for (MessagePtr& message : found) {
        if (!gate_.may_receive(session.principal, message->topic())) {
            continue;
        }
        Outgoing one;
        one.qos = std::min(message->qos(), subscription.options.qos);
        one.retain = true;
        one.message = std::move(message);
        if (subscription.id != 0) {
            one.subscription_ids.push_back(subscription.id);
        }
        if (one.qos > 0) {
            enqueue(session, std::move(one));
        } else {
            session.retained.push_back(std::move(one));
        }
    }
    pump(session);
}

void Core::on_unsubscribe(Connection& connection, const Unsubscribe& packet) {
    Session& session = *connection.session;
    const std::uint64_t before = last_record_;
    std::string reasons;
    for (const std::string_view filter : packet.filters) {
        const auto known = session.subscriptions.find(filter);
        if (known == session.subscriptions.end()) {
            reasons += static_cast<char>(Reason::NoSubscriptionExisted);
            continue;
        }
        tree_.remove(filter, session.number);
        session.subscriptions.erase(known);
        if (session.recorded) {
            record({.type = RecordType::Unsubscribed,
                    .client_id = session.client_id,
                    .filter = std::string(filter)});
        }
        reasons += static_cast<char>(Reason::Success);
    }
    SubscriptionAck answer;
    answer.type = PacketType::Unsuback;
    answer.id = packet.id;
    answer.reasons = reasons;
    send(connection, answer, last_record_ > before ? last_record_ : 0);
}

}  // namespace gantry::mqtt

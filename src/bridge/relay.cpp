// SPDX-License-Identifier: Apache-2.0
#include "bridge/relay.h"

#include <algorithm>
#include <format>

#include "mqttclient/reason_text.h"

namespace gantry::bridge {

using mqtt::PacketType;
using mqtt::Reason;
using mqtt::Version;

namespace {

mqttclient::ConnectOptions with_window(mqttclient::ConnectOptions options, std::uint16_t window) {
    options.receive_maximum = window;
    return options;
}

std::map<std::string, mqtt::SubscriptionOptions> remote_subscriptions(
    const std::vector<Rule>& rules) {
    std::map<std::string, mqtt::SubscriptionOptions> out;
    for (const Rule& rule : rules) {
        if (rule.comes_in()) {
            auto& options = out[rule.remote_filter()];
            options.qos = std::max(options.qos, rule.qos);
            options.no_local = true;
            options.retain_as_published = true;
            options.retain_handling = mqtt::RetainHandling::SendIfNew;
        }
    }
    return out;
}

std::vector<mqtt::SubscriptionRequest> requests_of(
    const std::map<std::string, mqtt::SubscriptionOptions>& subscriptions) {
    std::vector<mqtt::SubscriptionRequest> out;
    for (const auto& [filter, options] : subscriptions) {
        out.push_back({filter, options});
    }
    return out;
}

// Whether a SUBACK grants it.
Reason granted(const mqtt::SubscriptionAck& packet, std::size_t i) {
    return i < packet.reasons.size() ? static_cast<Reason>(packet.reasons[i])
                                     : Reason::UnspecifiedError;
}

// As it goes on: without what is between a client and its own broker.
mqtt::Publish passed_on(const mqtt::Publish& packet, std::string_view topic) {
    mqtt::Publish out = packet;
    out.topic = topic;
    out.properties.remove(mqtt::Property::TopicAlias);
    out.properties.remove(mqtt::Property::SubscriptionId);
    return out;
}

}  // namespace

Relay::Relay(Plan plan, Known& known, Counters& counters)
    : plan_(std::move(plan)),
      known_(known),
      counters_(counters),
      remote_(with_window(plan_.remote, window), remote_end_),
      local_(with_window(plan_.local, window), local_end_) {}

std::map<std::string, mqtt::SubscriptionOptions> Relay::local_subscriptions(
    const std::vector<Rule>& rules) {
    std::map<std::string, mqtt::SubscriptionOptions> out;
    for (const Rule& rule : rules) {
        if (rule.goes_out()) {
            auto& options = out[rule.local_filter()];
            options.qos = std::max(options.qos, rule.qos);
            options.no_local = true;
            options.retain_as_published = true;
            options.retain_handling = mqtt::RetainHandling::DoNotSend;
        }
    }
    return out;
}

std::optional<Error> Relay::failure() const {
    if (failure_) {
        return failure_;
    }
    if (remote_.failure()) {
        return remote_.failure();
    }
    if (local_.failure()) {
        Error error = *local_.failure();
        error.message = "our own broker: " + error.message;
        return error;
    }
    return std::nullopt;
}

void Relay::refuse(Error error) {
    if (!failure_) {
        failure_ = std::move(error);
    }
}

// ---- until both stand

void Relay::remote_connected() {
    remote_.pause(true);  // until there is somebody to give it to
    const bool plain = remote_.version() == Version::V311 && !plan_.remote.bridge;
    const auto loop = plain ? find_loop(plan_.rules) : std::nullopt;
    if (loop) {
        refused_ = true;
        refuse(
            {Code::Unsupported,
             std::format("the other broker speaks only MQTT 3.1.1 and takes us for no bridge, so "
                         "what goes out to '{}' would come back by '{}': use rules whose topics "
                         "there are apart",
                         loop->first, loop->second),
             {}});
    }
}

void Relay::open_local(Duration now) { local_.open(now); }

void Relay::local_connected() {
    auto subscriptions = local_subscriptions(plan_.rules);
    for (auto& [filter, options] : subscriptions) {
        if (plan_.all_retained || options.qos == 0) {
            options.retain_handling = mqtt::RetainHandling::Send;
        }
    }
    asked_local_ = local_.subscribe(requests_of(subscriptions));
    subscribe_remote();
    begun_ = true;
    remote_.pause(false);
}

void Relay::subscribe_remote() {
    if (!remote_.server().session_present) {
        known_.subscriptions.clear();
    }
    auto subscriptions = remote_subscriptions(plan_.rules);
    std::vector<std::string> gone;
    for (const std::string& filter : known_.subscriptions) {
        if (!subscriptions.contains(filter)) {
            gone.push_back(filter);
        }
    }
    remote_.unsubscribe(gone);
    // There a subscription that is made again brings all retained messages again.
    if (remote_.version() == Version::V311) {
        std::erase_if(subscriptions,
                      [this](const auto& one) { return known_.subscriptions.contains(one.first); });
    }
    for (const std::string& filter : gone) {
        known_.subscriptions.erase(filter);
    }
    for (const auto& [filter, options] : subscriptions) {
        wanted_.push_back(filter);
    }
    asked_remote_ = remote_.subscribe(requests_of(subscriptions));
}

void Relay::remote_answered(const mqtt::SubscriptionAck& packet) {
    if (packet.type != PacketType::Suback || packet.id != asked_remote_) {
        return;
    }
    asked_remote_ = 0;
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
        const Reason reason = granted(packet, i);
        if (!mqtt::is_failure(reason)) {
            known_.subscriptions.insert(wanted_[i]);
        } else if (complaint_.empty()) {
            complaint_ = std::format("the other broker refuses the subscription to '{}': {}",
                                     wanted_[i], mqttclient::reason_text(reason));
        }
    }
}

void Relay::local_answered(const mqtt::SubscriptionAck& packet) {
    if (packet.id != asked_local_) {
        return;
    }
    asked_local_ = 0;
    for (std::size_t i = 0; i < packet.reasons.size(); ++i) {
        if (const Reason reason = granted(packet, i); mqtt::is_failure(reason)) {
            refuse(mqttclient::refusal("our own broker refuses a subscription", reason));
        }
    }
}

// ---- messages

void Relay::go_out(const mqtt::Publish& packet) {
    std::optional<std::string> topic;
    for (const Rule& rule : plan_.rules) {
        if (topic = rule.to_remote(packet.topic); topic) {
            break;
        }
    }
    if (!topic) {
        drop(local_, packet, Reason::Success);
        return;
    }
    mqtt::Publish out = passed_on(packet, *topic);
    out.qos = std::min(packet.qos, remote_.server().qos_max);
    out.id = out.qos == 0 ? mqtt::PacketId{0} : packet.id;
    out.dup = out.qos > 0 && packet.dup;
    out.retain = packet.retain && remote_.server().retain;
    if (!remote_.publish(out)) {
        drop(local_, packet, Reason::Success);
        return;
    }
    if (packet.qos == 2 && out.qos < 2) {
        lowered_.insert(packet.id);
    }
    if (out.qos == 0) {
        ++counters_.messages_out;
        if (packet.qos > 0) {
            answer(local_, packet.qos == 1 ? PacketType::Puback : PacketType::Pubrec, packet.id);
        }
    }
}

void Relay::come_in(const mqtt::Publish& packet) {
    std::optional<std::string> topic;
    for (const Rule& rule : plan_.rules) {
        if (topic = rule.to_local(packet.topic); topic) {
            break;
        }
    }
    if (!topic) {
        drop(remote_, packet, Reason::Success);
        return;
    }
    // Sent again on the same connection: it is on its way. (In use may also be by a SUBSCRIBE.)
    if (packet.dup && cleared_[packet.id] && local_.in_use(packet.id)) {
        return;
    }
    if (packet.qos == 2 && !packet.dup && !cleared_[packet.id]) {
        // The other broker uses the identifier anew. If it has lost its session our own broker may
        // still keep it for a message from before, and would take this one for that.
        clearing_.insert(packet.id);
        answer(local_, PacketType::Pubrel, packet.id);
    }
    cleared_.set(packet.id);
    if (!local_.publish(passed_on(packet, *topic))) {
        drop(remote_, packet, Reason::QuotaExceeded);
        return;
    }
    counters_.messages_in += packet.qos == 0 ? 1 : 0;
}

// It goes no further, and its sender need not keep it.
void Relay::drop(mqttclient::Connection& from, const mqtt::Publish& packet, Reason reason) {
    ++counters_.dropped;
    if (packet.qos == 2 && &from == &local_) {
        lowered_.insert(packet.id);
    }
    if (packet.qos > 0) {
        answer(from, packet.qos == 1 ? PacketType::Puback : PacketType::Pubrec, packet.id, reason);
    }
}

void Relay::answer(mqttclient::Connection& to, PacketType type, mqtt::PacketId id, Reason reason) {
    mqtt::Ack packet;
    packet.type = type;
    packet.id = id;
    packet.reason =
        to.version() == Version::V5 && mqtt::is_failure(reason) ? reason : Reason::Success;
    to.acknowledge(packet);
}

// Of a message that went out, or, PUBREL, of one that comes in.
void Relay::remote_acknowledged(const mqtt::Ack& packet) {
    if (packet.type == PacketType::Pubrel || packet.type == PacketType::Pubcomp) {
        answer(local_, packet.type, packet.id);
        return;
    }
    const bool failed = mqtt::is_failure(packet.reason);
    ++(failed ? counters_.dropped : counters_.messages_out);
    const bool lowered = lowered_.contains(packet.id);
    if (lowered && failed) {
        lowered_.erase(packet.id);
    }
    answer(local_, lowered ? PacketType::Pubrec : packet.type, packet.id, packet.reason);
}

// Of a message that came in, or, PUBREL, of one that goes out.
void Relay::local_acknowledged(const mqtt::Ack& packet) {
    switch (packet.type) {
        case PacketType::Pubrel: release(packet); break;
        case PacketType::Pubcomp:
            if (clearing_.erase(packet.id) == 0) {
                answer(remote_, PacketType::Pubcomp, packet.id);
            }
            break;
        default:
            ++(mqtt::is_failure(packet.reason) ? counters_.dropped : counters_.messages_in);
            answer(remote_, packet.type, packet.id, packet.reason);
    }
}

void Relay::release(const mqtt::Ack& packet) {
    if (lowered_.erase(packet.id) > 0) {
        answer(local_, PacketType::Pubcomp, packet.id);
    } else {
        answer(remote_, PacketType::Pubrel, packet.id);
    }
}

}  // namespace gantry::bridge

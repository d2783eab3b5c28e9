// SPDX-License-Identifier: Apache-2.0
#include "mqttclient/client.h"

#include <algorithm>

#include "base/assert.h"
#include "mqtt/codec/topic.h"

namespace gantry::mqttclient {

using mqtt::PacketId;
using mqtt::PacketType;
using mqtt::Reason;
using mqtt::Version;

namespace {

// In one SUBSCRIBE.
constexpr std::size_t filters_at_once = 100;

}  // namespace

Client::Client(ClientOptions options, ClientUser& user)
    : options_(std::move(options)), user_(user), choice_(options_.only, options_.connect.bridge) {}

Client::~Client() = default;

// ---- connections

void Client::open(Duration now) {
    ConnectOptions connect = options_.connect;
    choice_.apply(connect);
    failure_.reset();
    try_again_now_ = false;
    asked_.clear();
    // What came over the last connection with QoS 1 comes again.
    std::erase_if(owed_, [](const auto& one) { return one.second.qos == 1; });
    Receiver& self = *this;
    connection_ = std::make_unique<Connection>(std::move(connect), self);
    connection_->open(now);
}

std::size_t Client::receive(std::string_view bytes, Duration now) {
    if (!connection_) {
        return bytes.size();
    }
    const std::size_t used = connection_->receive(bytes, now);
    note_end();
    return used;
}

std::size_t Client::packet_bytes(std::string_view bytes) const {
    return connection_ ? connection_->packet_bytes(bytes) : 0;
}

void Client::tick(Duration now) {
    if (connection_) {
        connection_->tick(now);
        note_end();
    }
}

void Client::excuse(Duration now) {
    if (connection_) {
        connection_->excuse(now);
    }
}

Duration Client::next_deadline() const {
    return connection_ ? connection_->next_deadline() : Duration::max();
}

std::string Client::take_output(Duration now) {
    return connection_ ? connection_->take_output(now) : std::string();
}

void Client::lose() {
    if (connection_) {
        connection_->lose();
        note_end();
        connection_.reset();
    }
}

void Client::disconnect() {
    if (connection_) {
        connection_->disconnect();
    }
}

void Client::note_end() {
    if (connection_->ended() && !failure_) {
        failure_ = connection_->failure();
        try_again_now_ = connection_->version_refused() && choice_.next();
    }
}

// ---- the session

void Client::connected(const ServerFacts& facts) {
    if (!facts.session_present) {
        forget_session();
    }
    resend(facts.session_present);
    user_.connected(facts, facts.session_present);
    subscribe_all();
}

// 4.4: in the order in which they were sent. What the server cannot take any more goes.
void Client::resend(bool resumed) {
    resending_ = true;
    for (std::size_t i = 0; i < outgoing_.size();) {
        Outgoing& one = outgoing_[i];
        if (one.released) {
            answer(PacketType::Pubrel, one.id);
        } else if (!send(one, one.sent && resumed)) {
            finish(outgoing_.begin() + static_cast<std::ptrdiff_t>(i), Reason::PacketTooLarge);
            continue;
        }
        ++i;
    }
    resending_ = false;
}

// The server knows nothing of what was before: what it had taken over is done.
void Client::forget_session() {
    incoming_.clear();
    owed_.clear();
    dropped_.clear();
    for (auto& [filter, wanted] : subscriptions_) {
        wanted.granted = false;
    }
    while (true) {
        const auto done = std::ranges::find(outgoing_, true, &Outgoing::released);
        if (done == outgoing_.end()) {
            return;
        }
        finish(done, Reason::Success);
    }
}

void Client::subscribe_all() {
    std::vector<mqtt::SubscriptionRequest> requests;
    const auto ask = [&] {
        std::vector<std::string> filters;
        for (const auto& [filter, options] : requests) {
            filters.emplace_back(filter);
        }
        if (const PacketId id = connection_->subscribe(requests); id != 0) {
            asked_[id] = std::move(filters);
        }
        requests.clear();
    };
    for (const auto& [filter, wanted] : subscriptions_) {
        if (!wanted.granted) {
            requests.push_back({filter, wanted.options});
        }
        if (requests.size() == filters_at_once) {
            ask();
        }
    }
    ask();
    const std::vector<std::string> gone(dropped_.begin(), dropped_.end());
    connection_->unsubscribe(gone);
    dropped_.clear();
}

Result<> Client::subscribe(const std::string& filter, const mqtt::SubscriptionOptions& options) {
    if (filter.size() > 65'535 || !mqtt::is_text(filter) || !mqtt::is_topic_filter(filter)) {
        return fail(Code::InvalidArgument, "'{}' is no topic filter: as in plant/#, plant/+/state",
                    filter);
    }
    if (subscriptions_.size() >= options_.subscriptions_max && !subscriptions_.contains(filter)) {
        return fail(Code::QuotaExceeded, "there are {} subscriptions already",
                    subscriptions_.size());
    }
    subscriptions_[filter] = {options, false};
    dropped_.erase(filter);
    if (connected()) {
        const mqtt::SubscriptionRequest request{filter, options};
        asked_[connection_->subscribe(std::span(&request, 1))] = {filter};
    }
    return {};
}

void Client::unsubscribe(const std::string& filter) {
    if (!mqtt::is_text(filter) || !mqtt::is_topic_filter(filter)) {
        return;
    }
    subscriptions_.erase(filter);
    if (connected()) {
        connection_->unsubscribe(std::span(&filter, 1));
    } else if (dropped_.size() < options_.subscriptions_max) {
        dropped_.insert(filter);
    }
}

void Client::answered(const mqtt::SubscriptionAck& packet) {
    const auto found = asked_.find(packet.id);
    if (packet.type != PacketType::Suback || found == asked_.end()) {
        return;
    }
    const std::vector<std::string> filters = std::move(found->second);
    asked_.erase(found);
    for (std::size_t i = 0; i < filters.size(); ++i) {
        // One that answers fewer than were asked has refused the rest.
        const auto reason = i < packet.reasons.size() ? static_cast<Reason>(packet.reasons[i])
                                                      : Reason::UnspecifiedError;
        if (const auto known = subscriptions_.find(filters[i]); known != subscriptions_.end()) {
            known->second.granted = !mqtt::is_failure(reason);
        }
        user_.subscribed(filters[i], reason);
    }
}

// ---- messages of ours

Result<std::uint64_t> Client::publish(const mqtt::Publish& packet) {
    if (packet.topic.size() > 65'535 || !mqtt::is_text(packet.topic) ||
        !mqtt::is_topic_name(packet.topic)) {
        return fail(Code::InvalidArgument, "'{}' is no topic to publish to", packet.topic);
    }
    if (packet.qos > 0 && outgoing_.size() >= options_.messages_max) {
        return fail(Code::QuotaExceeded, "{} messages wait for the server already",
                    outgoing_.size());
    }
    if (connected() && packet.qos > connection_->server().qos_max) {
        return fail(Code::Unsupported, "the server takes no messages of QoS {}", packet.qos);
    }
    if (packet.qos == 0) {
        if (!connected()) {
            return fail(Code::Unavailable, "there is no connection to the server");
        }
        if (!connection_->publish(packet)) {
            return fail(Code::TooLarge, "the server takes no packets of that size");
        }
        return 0;
    }
    Outgoing one;
    one.message = std::make_shared<const mqtt::Message>(
        packet, mqtt::Message::Facts{.qos = packet.qos, .retain = packet.retain});
    if (outgoing_bytes_ + one.message->bytes() > options_.bytes_max) {
        return fail(Code::QuotaExceeded, "{} bytes wait for the server already", outgoing_bytes_);
    }
    one.number = ++last_number_;
    one.id = free_id();
    if (connected() && !resending_ && !send(one, false)) {
        return fail(Code::TooLarge, "the server takes no packets of that size");
    }
    outgoing_bytes_ += one.message->bytes();
    outgoing_.push_back(std::move(one));
    return outgoing_.back().number;
}

// False: it is too large for the server, or of a QoS that it does not take.
bool Client::send(Outgoing& one, bool dup) {
    mqtt::Publish packet = one.message->packet(true);
    packet.dup = dup;
    packet.qos = one.message->qos();
    packet.retain = one.message->retain();
    packet.id = one.id;
    one.sent = true;
    return packet.qos <= connection_->server().qos_max && connection_->publish(packet);
}

PacketId Client::free_id() {
    const auto taken = [this](PacketId id) {
        return find(id) != outgoing_.end() || (connection_ && connection_->in_use(id));
    };
    do {
        last_id_ = last_id_ == 65'535 ? PacketId{1} : static_cast<PacketId>(last_id_ + 1);
    } while (taken(last_id_));
    return last_id_;
}

std::deque<Client::Outgoing>::iterator Client::find(PacketId id) {
    return std::ranges::find(outgoing_, id, &Outgoing::id);
}

void Client::finish(std::deque<Outgoing>::iterator at, Reason reason) {
    const std::uint64_t number = at->number;
    outgoing_bytes_ -= at->message->bytes();
    outgoing_.erase(at);
    user_.delivered(number, reason);
}

void Client::acknowledged(const mqtt::Ack& packet) {
    switch (packet.type) {
        case PacketType::Puback:
            if (const auto at = find(packet.id); at != outgoing_.end() && at->message->qos() == 1) {
                finish(at, packet.reason);
            }
            break;
        case PacketType::Pubrec: on_pubrec(packet); break;
        case PacketType::Pubrel: on_pubrel(packet); break;
        default:
            if (const auto at = find(packet.id); at != outgoing_.end() && at->released) {
                finish(at, Reason::Success);
            }
    }
}

void Client::on_pubrec(const mqtt::Ack& packet) {
    const auto at = find(packet.id);
    const bool known = at != outgoing_.end() && at->message->qos() == 2;
    if (mqtt::is_failure(packet.reason)) {
        if (known && !at->released) {
            finish(at, packet.reason);
        }
        return;
    }
    if (known) {
        at->released = true;
    }
    answer(PacketType::Pubrel, packet.id,
           known ? Reason::Success : Reason::PacketIdentifierNotFound);
}

void Client::answer(PacketType type, PacketId id, Reason reason) {
    mqtt::Ack packet;
    packet.type = type;
    packet.id = id;
    packet.reason = connection_->version() == Version::V5 ? reason : Reason::Success;
    connection_->acknowledge(packet);
}

// ---- messages of the server

void Client::message(const mqtt::Publish& packet) {
    if (packet.qos == 0) {
        user_.message(packet, 0);
        return;
    }
    if (packet.qos == 2) {
        if (const auto known = incoming_.find(packet.id); known != incoming_.end()) {
            if (known->second.acknowledged) {
                answer(PacketType::Pubrec, packet.id);
            }
            return;
        }
    }
    const std::uint64_t number = ++last_number_;
    owed_[number] = {packet.id, packet.qos};
    if (packet.qos == 2) {
        incoming_[packet.id] = {number, false};
    }
    user_.message(packet, number);
}

void Client::acknowledge(std::uint64_t number) {
    const auto found = owed_.find(number);
    if (found == owed_.end()) {
        return;  // of a connection or a session that is gone
    }
    const Owed owed = found->second;
    owed_.erase(found);
    if (owed.qos == 2) {
        incoming_[owed.id].acknowledged = true;
    }
    if (connected()) {
        answer(owed.qos == 1 ? PacketType::Puback : PacketType::Pubrec, owed.id);
    }
}

void Client::on_pubrel(const mqtt::Ack& packet) {
    const auto found = incoming_.find(packet.id);
    const bool known = found != incoming_.end();
    if (known) {
        owed_.erase(found->second.number);
        incoming_.erase(found);
    }
    answer(PacketType::Pubcomp, packet.id,
           known ? Reason::Success : Reason::PacketIdentifierNotFound);
}

}  // namespace gantry::mqttclient

// SPDX-License-Identifier: Apache-2.0
#include "mqttclient/connection.h"

#include <algorithm>

#include "base/assert.h"
#include "mqttclient/reason_text.h"

namespace gantry::mqttclient {

using mqtt::PacketType;
using mqtt::Property;
using mqtt::Reason;
using mqtt::Version;

namespace {

// The least that an answer of the server's to CONNECT may be.
constexpr std::size_t packet_bytes_least = 1024;
// So that there is always an identifier for a SUBSCRIBE.
constexpr std::size_t window_max = 32'000;

mqtt::Connect connect_of(const ConnectOptions& options) {
    mqtt::Connect out;
    out.version = options.version;
    out.bridge = options.bridge;
    out.clean_start = options.clean_start || options.client_id.empty();
    out.keep_alive = options.keep_alive;
    out.client_id = options.client_id;
    if (options.user_name) {
        out.user_name = *options.user_name;
    }
    // 3.1.1 has no password without a user name (3.1.2-22).
    if (options.password && (options.user_name || options.version == Version::V5)) {
        out.password = options.password->reveal();
    }
    if (options.will) {
        mqtt::Will will;
        will.topic = options.will->topic;
        will.payload = options.will->payload;
        will.qos = options.will->qos;
        will.retain = options.will->retain;
        if (options.version == Version::V5 && options.will->delay > 0) {
            will.properties.set(Property::WillDelay, options.will->delay);
        }
        out.will = will;
    }
    if (options.version == Version::V5) {
        if (options.session_expiry > 0) {
            out.properties.set(Property::SessionExpiry, options.session_expiry);
        }
        out.properties.set(Property::ReceiveMaximum, std::uint32_t{options.receive_maximum});
        out.properties.set(Property::MaximumPacketSize,
                           static_cast<std::uint32_t>(options.packet_bytes_max));
    }
    return out;
}

std::string seconds_of(Duration length) {
    return format_duration(std::chrono::round<std::chrono::milliseconds>(length));
}

}  // namespace

Connection::Connection(ConnectOptions options, Receiver& receiver)
    : options_(std::move(options)), receiver_(receiver) {
    ASSERT(options_.receive_maximum > 0 && options_.packet_bytes_max >= packet_bytes_least);
}

template <class T>
void Connection::put(const T& packet) {
    if constexpr (std::is_same_v<T, mqtt::Connect>) {
        mqtt::encode(out_, packet);
    } else {
        mqtt::encode(out_, packet, options_.version);
    }
}

// Runs `next` with the packet, or ends the connection.
template <class T, class Next>
void Connection::with(const mqtt::Decoded<T>& packet, Next next) {
    if (packet) {
        next(*packet);
    } else {
        refuse(packet.error());
    }
}

void Connection::open(Duration now) {
    ASSERT(state_ == State::Idle);
    state_ = State::Connecting;
    heard_at_ = now;
    sent_at_ = now;
    put(connect_of(options_));
}

mqtt::FrameLimits Connection::frame_limits() const {
    return {.from = mqtt::Side::Server,
            .connecting = false,
            .packet_bytes_max = options_.packet_bytes_max};
}

std::size_t Connection::packet_bytes(std::string_view bytes) const {
    const auto head = mqtt::read_head(bytes, frame_limits());
    return head && *head ? (*head)->bytes : 0;
}

std::size_t Connection::receive(std::string_view bytes, Duration now) {
    ASSERT(state_ != State::Idle);
    if (!bytes.empty()) {
        heard_at_ = now;
    }
    std::size_t used = 0;
    while (state_ != State::Ended && !paused_) {
        const auto frame = mqtt::read_frame(bytes.substr(used), frame_limits());
        if (!frame) {
            refuse(frame.error());
            break;
        }
        if (!*frame) {
            break;
        }
        used += (*frame)->bytes;
        handle(**frame);
    }
    return state_ == State::Ended ? bytes.size() : used;
}

void Connection::handle(const mqtt::Frame& frame) {
    const Version version = options_.version;
    if (state_ == State::Connecting) {
        on_connack(frame);
        return;
    }
    switch (frame.type) {
        case PacketType::Publish:
            with(mqtt::decode_publish(frame, version, mqtt::Side::Server),
                 [this](const mqtt::Publish& packet) { on_publish(packet); });
            break;
        case PacketType::Puback:
        case PacketType::Pubrec:
        case PacketType::Pubrel:
        case PacketType::Pubcomp:
            with(mqtt::decode_ack(frame, version),
                 [this](const mqtt::Ack& packet) { on_ack(packet); });
            break;
        case PacketType::Suback:
        case PacketType::Unsuback:
            with(mqtt::decode_subscription_ack(frame, version),
                 [this](const mqtt::SubscriptionAck& packet) {
                     if (asked_.erase(packet.id) > 0) {
                         receiver_.answered(packet);
                         send_waiting();
                     }
                 });
            break;
        case PacketType::Pingresp:
            with(mqtt::decode_ping(frame, version), [this](const mqtt::Ping&) { pinged_at_ = {}; });
            break;
        case PacketType::Disconnect:
            with(mqtt::decode_disconnect(frame, version, mqtt::Side::Server),
                 [this](const mqtt::Disconnect& packet) { on_disconnect(packet); });
            break;
        case PacketType::Connack:
            refuse({Reason::ProtocolError, "a second CONNACK", "MQTT-3.2.0-2"});
            break;
        default: refuse({Reason::ProtocolError, "a packet that was not asked for", ""});
    }
}

void Connection::on_connack(const mqtt::Frame& frame) {
    if (frame.type != PacketType::Connack) {
        fail_with({Code::Unavailable, "what answers there is no MQTT server", {}});
        return;
    }
    // One that knows only 3.1.1 answers as it can.
    const bool old = options_.version == Version::V311 || frame.body.size() == 2;
    const auto packet = mqtt::decode_connack(frame, old ? Version::V311 : Version::V5);
    if (!packet) {
        refuse(packet.error());
        return;
    }
    if (packet->reason != 0) {
        const Reason reason =
            old ? reason_of_return_code(packet->reason) : static_cast<Reason>(packet->reason);
        version_refused_ = reason == Reason::UnsupportedProtocolVersion;
        refused_ = true;
        fail_with(refusal("the server refuses the connection", reason,
                          packet->properties.text(Property::ReasonString)));
        return;
    }
    if (old != (options_.version == Version::V311)) {
        refuse({Reason::ProtocolError, "a CONNACK of 3.1.1 answers a CONNECT of 5.0", ""});
        return;
    }
    take_facts(*packet);
    state_ = State::Connected;
    receiver_.connected(facts_);
}

void Connection::take_facts(const mqtt::Connack& packet) {
    const mqtt::Properties& said = packet.properties;
    facts_.session_present = packet.session_present;
    facts_.client_id = said.has(Property::AssignedClientId) ? said.text(Property::AssignedClientId)
                                                            : std::string_view(options_.client_id);
    facts_.keep_alive =
        static_cast<std::uint16_t>(said.number(Property::ServerKeepAlive, options_.keep_alive));
    facts_.receive_maximum =
        static_cast<std::uint16_t>(said.number(Property::ReceiveMaximum, 65'535));
    facts_.qos_max = static_cast<std::uint8_t>(said.number(Property::MaximumQos, 2));
    facts_.retain = said.number(Property::RetainAvailable, 1) != 0;
    facts_.packet_bytes_max = said.number(Property::MaximumPacketSize, UINT32_MAX);
}

void Connection::on_publish(const mqtt::Publish& packet) {
    if (packet.properties.has(Property::TopicAlias)) {
        refuse({Reason::TopicAliasInvalid, "a topic alias, though none is taken", "MQTT-3.3.2-9"});
        return;
    }
    if (packet.qos > 0) {
        incoming_.insert(packet.id);
        if (options_.version == Version::V5 && incoming_.size() > options_.receive_maximum) {
            refuse({Reason::ReceiveMaximumExceeded, "more messages under way than may be",
                    "MQTT-3.3.4-9"});
            return;
        }
    }
    receiver_.message(packet);
}

void Connection::on_ack(const mqtt::Ack& packet) {
    const bool done = packet.type == PacketType::Puback || packet.type == PacketType::Pubcomp ||
                      (packet.type == PacketType::Pubrec && mqtt::is_failure(packet.reason));
    if (done) {
        land(packet.id);
    }
    receiver_.acknowledged(packet);
    if (done) {
        send_waiting();
    }
}

void Connection::on_disconnect(const mqtt::Disconnect& packet) {
    fail_with(refusal("the server ends the connection", packet.reason,
                      packet.properties.text(Property::ReasonString)));
}

// Tells the server, where its version can be told, and ends.
void Connection::refuse(const mqtt::Malformed& failure) {
    if (state_ == State::Connected && options_.version == Version::V5) {
        mqtt::Disconnect packet;
        packet.reason = failure.reason;
        put(packet);
    }
    fail_with(
        {Code::Unavailable, std::format("the server does not keep to MQTT: {}", failure.why), {}});
}

void Connection::fail_with(Error error) {
    if (state_ != State::Ended) {
        state_ = State::Ended;
        failure_ = std::move(error);
        waiting_.clear();
        waiting_bytes_ = 0;
    }
}

void Connection::lose() {
    fail_with({Code::Unavailable,
               state_ == State::Connecting ? "the connection was closed before the server answered"
                                           : "the connection was lost",
               {}});
}

// ---- time

Duration Connection::next_deadline() const {
    if (state_ == State::Connecting) {
        return heard_at_ + options_.answer_within;
    }
    if (state_ != State::Connected || facts_.keep_alive == 0) {
        return Duration::max();
    }
    // A PINGREQ goes when nothing was sent for that long; and when nothing was heard, because the
    // server may be dead though the network takes what is sent.
    return pinged_at_ ? std::max(*pinged_at_, heard_at_) + options_.answer_within
                      : std::min(sent_at_, heard_at_) + std::chrono::seconds(facts_.keep_alive);
}

void Connection::tick(Duration now) {
    if (now < next_deadline()) {
        return;
    }
    if (state_ == State::Connecting || pinged_at_) {
        fail_with(
            {Code::Timeout,
             std::format("the server has not answered for {}", seconds_of(options_.answer_within)),
             {}});
        return;
    }
    pinged_at_ = now;
    put(mqtt::Ping{PacketType::Pingreq});
}

std::string Connection::take_output(Duration now) {
    if (!out_.empty()) {
        sent_at_ = now;
    }
    return std::exchange(out_, {});
}

// ---- what is sent

bool Connection::publish(const mqtt::Publish& packet) {
    if (!connected()) {
        return true;
    }
    ASSERT((packet.qos > 0) == (packet.id != 0) && packet.qos <= facts_.qos_max);
    std::string bytes;
    mqtt::encode(bytes, packet, options_.version);
    if (bytes.size() > facts_.packet_bytes_max) {
        return false;
    }
    waiting_bytes_ += bytes.size();
    waiting_.push_back({packet.id, std::move(bytes)});
    send_waiting();
    return true;
}

void Connection::send_waiting() {
    while (connected() && !waiting_.empty()) {
        const Waiting& first = waiting_.front();
        const std::size_t window = std::min<std::size_t>(facts_.receive_maximum, window_max);
        if (first.id != 0 && (in_flight_count_ >= window || in_use(first.id))) {
            return;
        }
        if (first.id != 0) {
            take_flight(first.id);
        }
        out_ += first.bytes;
        waiting_bytes_ -= first.bytes.size();
        waiting_.pop_front();
    }
}

void Connection::take_flight(mqtt::PacketId id) {
    in_flight_count_ += in_flight_[id] ? 0 : 1;
    in_flight_.set(id);
}

void Connection::land(mqtt::PacketId id) {
    in_flight_count_ -= in_flight_[id] ? 1 : 0;
    in_flight_.reset(id);
}

void Connection::acknowledge(const mqtt::Ack& packet) {
    if (!connected()) {
        return;
    }
    if (packet.type == PacketType::Pubrel) {
        take_flight(packet.id);  // it may be of a message of an earlier connection
    }
    if (packet.type == PacketType::Puback || packet.type == PacketType::Pubcomp ||
        (packet.type == PacketType::Pubrec && mqtt::is_failure(packet.reason))) {
        incoming_.erase(packet.id);
    }
    put(packet);
}

mqtt::PacketId Connection::free_id() {
    do {
        last_id_ =
            last_id_ == 65'535 ? mqtt::PacketId{1} : static_cast<mqtt::PacketId>(last_id_ + 1);
    } while (in_use(last_id_) || std::ranges::contains(waiting_, last_id_, &Waiting::id));
    return last_id_;
}

// More would leave no packet identifiers for messages.
bool Connection::may_ask() {
    constexpr std::size_t unanswered_max = 32'768;
    if (connected() && asked_.size() >= unanswered_max) {
        fail_with({Code::Unavailable,
                   std::format("the server has not answered {} requests", unanswered_max),
                   {}});
    }
    return connected();
}

mqtt::PacketId Connection::subscribe(std::span<const mqtt::SubscriptionRequest> requests) {
    if (requests.empty() || !may_ask()) {
        return 0;
    }
    mqtt::Subscribe packet;
    packet.id = free_id();
    packet.requests.assign(requests.begin(), requests.end());
    if (options_.version == Version::V311) {
        for (auto& [filter, options] : packet.requests) {
            options = {.qos = options.qos};
        }
    }
    asked_.insert(packet.id);
    put(packet);
    return packet.id;
}

mqtt::PacketId Connection::unsubscribe(std::span<const std::string> filters) {
    if (filters.empty() || !may_ask()) {
        return 0;
    }
    mqtt::Unsubscribe packet;
    packet.id = free_id();
    packet.filters.assign(filters.begin(), filters.end());
    asked_.insert(packet.id);
    put(packet);
    return packet.id;
}

void Connection::disconnect(std::optional<std::uint32_t> session_expiry) {
    if (!connected()) {
        return;
    }
    mqtt::Disconnect packet;
    if (session_expiry && options_.version == Version::V5 && options_.session_expiry > 0) {
        packet.properties.set(Property::SessionExpiry, *session_expiry);
    }
    put(packet);
    state_ = State::Ended;
    waiting_.clear();
    waiting_bytes_ = 0;
}

}  // namespace gantry::mqttclient

// SPDX-License-Identifier: Apache-2.0
#include "mqtt/core.h"

#include "mqtt/core_send.h"

namespace gantry::mqtt {

using detail::never;
using State = detail::Connection::State;

Core::Core(const Clock& clock, Random& random, Gate& gate, CoreLimits limits)
    : clock_(clock),
      random_(random),
      gate_(gate),
      limits_(limits),
      tree_(random),
      retained_(random, limits.retained) {}

Core::~Core() = default;

// ---- connections

Core::Connection* Core::find(ConnectionId connection) {
    const auto found = connections_.find(connection);
    return found == connections_.end() ? nullptr : found->second.get();
}

const Core::Connection* Core::find(ConnectionId connection) const {
    const auto found = connections_.find(connection);
    return found == connections_.end() ? nullptr : found->second.get();
}

ConnectionId Core::open() {
    const ConnectionId id = ++last_connection_;
    auto& made = connections_[id] = std::make_unique<Connection>();
    made->id = id;
    made->heard_at = clock_.monotonic();
    set_timer(Timer::Connection, id, made->deadline, made->heard_at + limits_.connect_within);
    return id;
}

FrameLimits Core::frame_limits(const Connection& connection) const {
    return {.from = Side::Client,
            .connecting = connection.state == State::Connecting,
            .packet_bytes_max = limits_.packet_bytes_max};
}

std::size_t Core::packet_bytes(ConnectionId connection, std::string_view bytes) const {
    const Connection* found = find(connection);
    if (found == nullptr) {
        return 0;
    }
    const auto head = read_head(bytes, frame_limits(*found));
    return head && *head ? (*head)->bytes : 0;
}

std::size_t Core::receive(ConnectionId id, std::string_view bytes) {
    Connection* connection = find(id);
    if (connection == nullptr) {
        return bytes.size();
    }
    std::size_t used = 0;
    while (connection->state != State::Closing && !connection->authenticating) {
        const auto frame = read_frame(bytes.substr(used), frame_limits(*connection));
        if (!frame) {
            refuse(*connection, frame.error());
            break;
        }
        if (!*frame) {
            return used;
        }
        used += (*frame)->bytes;
        ++counters_.packets_in;
        counters_.bytes_in += (*frame)->bytes;
        connection->heard_at = clock_.monotonic();
        handle(*connection, **frame);
    }
    return connection->state == State::Closing ? bytes.size() : used;
}

bool Core::excuse(ConnectionId id) {
    Connection* connection = find(id);
    if (connection == nullptr || connection->state == State::Closing) {
        return false;
    }
    connection->heard_at = clock_.monotonic();
    return true;
}

// Runs `next` with the packet, or closes the connection.
template <class T, class Next>
void Core::with(Connection& connection, const Decoded<T>& packet, Next next) {
    if (packet) {
        next(*packet);
    } else {
        refuse(connection, packet.error());
    }
}

void Core::handle(Connection& connection, const Frame& frame) {
    const Version version = connection.version;
    if (connection.state == State::Connecting) {
        on_connect(connection, frame);
        return;
    }
    if (frame.type == PacketType::Connect) {
        refuse(connection, {Reason::ProtocolError, "a second CONNECT", "MQTT-3.1.0-2"});
        return;
    }
    if (connection.state == State::Authenticating && frame.type != PacketType::Auth &&
        frame.type != PacketType::Disconnect) {
        refuse(connection, {Reason::ProtocolError, "a packet before CONNACK", "MQTT-3.1.2-30"});
        return;
    }
    switch (frame.type) {
        case PacketType::Publish:
            with(connection, decode_publish(frame, version, Side::Client),
                 [&](const Publish& packet) { on_publish(connection, packet); });
            break;
        case PacketType::Puback:
        case PacketType::Pubrec:
        case PacketType::Pubrel:
        case PacketType::Pubcomp:
            with(connection, decode_ack(frame, version), [&](const Ack& packet) {
                packet.type == PacketType::Puback   ? on_puback(connection, packet)
                : packet.type == PacketType::Pubrec ? on_pubrec(connection, packet)
                : packet.type == PacketType::Pubrel ? on_pubrel(connection, packet)
                                                    : on_pubcomp(connection, packet);
            });
            break;
        case PacketType::Subscribe:
            with(connection, decode_subscribe(frame, version),
                 [&](const Subscribe& packet) { on_subscribe(connection, packet); });
            break;
        case PacketType::Unsubscribe:
            with(connection, decode_unsubscribe(frame, version),
                 [&](const Unsubscribe& packet) { on_unsubscribe(connection, packet); });
            break;
        case PacketType::Pingreq:
            with(connection, decode_ping(frame, version),
                 [&](const Ping&) { send(connection, Ping{PacketType::Pingresp}); });
            break;
        case PacketType::Disconnect:
            with(connection, decode_disconnect(frame, version, Side::Client),
                 [&](const Disconnect& packet) { on_disconnect(connection, packet); });
            break;
        case PacketType::Auth:
            with(connection, decode_auth(frame, version),
                 [&](const Auth& packet) { on_auth(connection, packet); });
            break;
        default: ASSERT(false);  // read_frame() lets only what a client may send through
    }
}

void Core::refuse(Connection& connection, const Malformed& failure) {
    ++counters_.protocol_errors;
    if (connection.state == State::Connected) {
        disconnect(connection, failure.reason);
    } else if (connection.state == State::Authenticating) {
        reject(connection, failure.reason);
    } else {
        shut(connection, true);
    }
}

// Tells the client, where its version can be told, and closes.
void Core::disconnect(Connection& connection, Reason reason, std::string_view why) {
    if (connection.state == State::Connected && connection.version == Version::V5) {
        Disconnect packet;
        packet.reason = reason;
        constexpr std::size_t rest_bytes_max = 16;
        if (!why.empty() && why.size() + rest_bytes_max <= connection.packet_bytes_max) {
            packet.properties.set(Property::ReasonString, why);
        }
        send(connection, packet);
    }
    shut(connection, true);
}

void Core::close(ConnectionId id, Reason reason, std::string_view why) {
    Connection* connection = find(id);
    if (connection != nullptr && connection->state != State::Closing) {
        disconnect(*connection, reason, why);
    }
}

void Core::close_unkept(ConnectionId id, Reason reason, std::string_view why) {
    Connection* connection = find(id);
    if (connection == nullptr) {
        return;
    }
    auto& segments = connection->output;
    // Nothing may come before a CONNACK.
    constexpr char connack = 0x20;
    const bool greeted = segments.empty() || may_leave(segments.front()) ||
                         !segments.front().bytes.starts_with(connack);
    std::erase_if(segments, [this, connection](const detail::Segment& segment) {
        if (may_leave(segment)) {
            return false;
        }
        connection->output_bytes -= segment.bytes.size();
        connection->acks_waiting -= segment.acks;
        return true;
    });
    if (connection->state == State::Closing) {
        mark_ready(*connection);
    } else if (greeted) {
        disconnect(*connection, reason, why);
    } else {
        shut(*connection, true);
    }
}

// What is in its output still leaves; nothing comes behind it.
void Core::shut(Connection& connection, bool publish_will) {
    ASSERT(connection.state != State::Closing);
    connection.state = State::Closing;
    set_timer(Timer::Connection, connection.id, connection.deadline, never);
    if (connection.session != nullptr) {
        Session& session = *connection.session;
        connection.session = nullptr;
        session.connection = 0;
        --connected_;
        leave(session, publish_will);
    }
    mark_ready(connection);
}

void Core::lose(ConnectionId id) {
    Connection* connection = find(id);
    if (connection == nullptr) {
        return;
    }
    if (connection->state != State::Closing) {
        shut(*connection, true);
    }
    connections_.erase(id);
}

// ---- time

void Core::set_timer(Timer timer, std::uint64_t id, Duration& current, Duration at) {
    if (current != never) {
        timers_.erase({current, timer, id});
    }
    current = at;
    if (at != never) {
        timers_.insert({at, timer, id});
    }
}

std::optional<Duration> Core::next_deadline() const {
    return timers_.empty() ? std::nullopt : std::optional(std::get<0>(*timers_.begin()));
}

void Core::tick() {
    constexpr std::size_t sweep_most = 1000;
    const Duration now = clock_.monotonic();
    while (!timers_.empty() && std::get<0>(*timers_.begin()) <= now) {
        const auto [at, timer, id] = *timers_.begin();
        if (timer == Timer::Connection) {
            connection_due(*find(id), now);
            continue;
        }
        Session& session = *sessions_[static_cast<SubscriberId>(id)];
        if (timer == Timer::Will) {
            publish_will(session);
        } else {
            ++counters_.sessions_expired;
            end(session);
        }
    }
    retained_.sweep(clock_.now(), sweep_most);
}

void Core::connection_due(Connection& connection, Duration now) {
    if (connection.state == State::Connected) {
        const Duration due = connection.heard_at + connection.keep_alive;
        if (due > now) {
            set_timer(Timer::Connection, connection.id, connection.deadline, due);
            return;
        }
        disconnect(connection, Reason::KeepAliveTimeout);
    } else {
        shut(connection, true);
    }
}

// ---- records and output

std::uint64_t Core::record(Record record) {
    record.number = ++last_record_;
    records_.push_back(std::move(record));
    return last_record_;
}

// Those that came behind that one are a single change.
void Core::bind_records(std::uint64_t before) {
    for (auto one = records_.rbegin(); one != records_.rend() && one->number > before; ++one) {
        one->more = one->number != last_record_;
    }
}

std::vector<Record> Core::take_records() { return std::exchange(records_, {}); }

void Core::durable(std::uint64_t number) {
    ASSERT(number <= last_record_);
    durable_ = std::max(durable_, number);
    wake(waiting_, durable_);
}

void Core::handed_over(std::uint64_t number) {
    ASSERT(number <= last_handed_);
    handed_over_ = std::max(handed_over_, number);
    wake(waiting_handed_, handed_over_);
}

void Core::wake(std::deque<std::pair<std::uint64_t, ConnectionId>>& waiting, std::uint64_t up_to) {
    while (!waiting.empty() && waiting.front().first <= up_to) {
        if (Connection* connection = find(waiting.front().second)) {
            mark_ready(*connection);
            for (detail::Segment& segment : connection->output) {
                if (may_leave(segment)) {
                    connection->acks_waiting -= std::exchange(segment.acks, 0);
                }
            }
        }
        waiting.pop_front();
    }
}

void Core::mark_ready(Connection& connection) {
    if (!connection.ready) {
        connection.ready = true;
        ready_.push_back(connection.id);
    }
}

std::vector<ConnectionId> Core::take_ready() {
    for (const ConnectionId id : ready_) {
        if (Connection* connection = find(id)) {
            connection->ready = false;
        }
    }
    return std::exchange(ready_, {});
}

std::string& Core::output(Connection& connection, std::uint64_t after, std::uint64_t handed,
                          std::uint32_t acks) {
    const bool for_record = after > durable_;
    const bool for_message = handed > handed_over_;
    auto& segments = connection.output;
    const bool held = segments.empty() || (for_record && after > segments.back().after) ||
                      (for_message && handed > segments.back().handed);
    if (held) {
        segments.push_back({after, handed, {}, 0});
        if (for_record) {
            waiting_.emplace_back(after, connection.id);
        }
        if (for_message) {
            waiting_handed_.emplace_back(handed, connection.id);
        }
    }
    if (may_leave(segments.back())) {
        mark_ready(connection);
    } else {
        segments.back().acks += acks;
        connection.acks_waiting += acks;
    }
    return segments.back().bytes;
}

Output Core::take_output(ConnectionId id) {
    Output out;
    Connection* connection = find(id);
    if (connection == nullptr) {
        return out;
    }
    auto& segments = connection->output;
    while (!segments.empty() && may_leave(segments.front())) {
        out.bytes.empty() ? void(out.bytes = std::move(segments.front().bytes))
                          : void(out.bytes += segments.front().bytes);
        segments.pop_front();
    }
    connection->output_bytes -= out.bytes.size();
    counters_.bytes_out += out.bytes.size();
    if (connection->state == State::Closing && segments.empty()) {
        out.close = true;
        connections_.erase(id);
        return out;
    }
    if (connection->session != nullptr) {
        pump(*connection->session);
    }
    return out;
}

}  // namespace gantry::mqtt

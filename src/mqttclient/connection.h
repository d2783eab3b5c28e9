// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
#include <deque>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mqtt/codec/decode.h"
#include "mqtt/codec/encode.h"
#include "mqttclient/options.h"

namespace gantry::mqttclient {

// Who is told what a server sends. Views are good during the call only; from within it the
// connection may be asked to send. Nothing comes before connected().
class Receiver {
public:
    virtual ~Receiver() = default;
    virtual void connected(const ServerFacts& facts) = 0;
    // Of QoS 1 and 2 it is owed a PUBACK or PUBREC. One of QoS 2 may come again.
    virtual void message(const mqtt::Publish& packet) = 0;
    // PUBACK, PUBREC, PUBREL or PUBCOMP.
    virtual void acknowledged(const mqtt::Ack& packet) = 0;
    // SUBACK or UNSUBACK. Of 3.1.1 an UNSUBACK has no reasons.
    virtual void answered(const mqtt::SubscriptionAck& packet) = 0;
};

// One connection of a client to an MQTT server, without a network: bytes go in, bytes come out,
// time is told. It speaks CONNECT, keep-alive and packets, keeps to what the server can take, and
// says why it ended; of sessions it knows nothing, so packet identifiers of messages and who
// acknowledges what when are its user's. One thread. What it keeps is what waits to be sent, which
// its user bounds.
//
// A turn: receive() for what was read, tick(), and take_output() to the network.
class Connection {
public:
    // The receiver must outlive it.
    Connection(ConnectOptions options, Receiver& receiver);

    // The network is there: CONNECT goes out.
    void open(Duration now);
    // What has come of it, from the first byte that was not used yet. Returns how many were used;
    // once it has ended, all.
    std::size_t receive(std::string_view bytes, Duration now);
    // How many bytes the packet at the front of the stream has in all, when its head is there.
    std::size_t packet_bytes(std::string_view bytes) const;
    // Leaves what comes unread until it is to go on, from the next packet.
    void pause(bool paused) { paused_ = paused; }
    // The network is gone.
    void lose();

    // Does what is due; nothing is before the deadline (monotonic; Duration::max() for never).
    void tick(Duration now);
    Duration next_deadline() const;
    // What has come so far was left unread: an answer among it is not late.
    void excuse(Duration now) {
        heard_at_ = now;
        pinged_at_.reset();
    }

    // What is to be sent now.
    std::string take_output(Duration now);
    std::size_t output_bytes() const { return out_.size(); }

    bool connected() const { return state_ == State::Connected; }
    // No more is read or sent, but what take_output() still has.
    bool ended() const { return state_ == State::Ended; }
    // Why it has; none if it was disconnect()ed.
    const std::optional<Error>& failure() const { return failure_; }
    // The server speaks no such version of MQTT: another may do.
    bool version_refused() const { return version_refused_; }
    // It was the server's answer to CONNECT.
    bool refused() const { return refused_; }
    // Of a connection that is there.
    const ServerFacts& server() const { return facts_; }
    mqtt::Version version() const { return options_.version; }

    // ---- while connected(); otherwise nothing happens

    // A message. It waits while the server takes no more of QoS 1 and 2, or its identifier is in
    // use, and what is published later behind it. False: the server does not take packets
    // so large, and it is not sent.
    bool publish(const mqtt::Publish& packet);
    void acknowledge(const mqtt::Ack& packet);
    // The identifier that the answer will have.
    mqtt::PacketId subscribe(std::span<const mqtt::SubscriptionRequest> requests);
    mqtt::PacketId unsubscribe(std::span<const std::string> filters);
    // Says goodbye and ends. With an expiry (5.0) the session is to live so long, in seconds.
    void disconnect(std::optional<std::uint32_t> session_expiry = {});

    // Messages that are sent and not acknowledged, and that wait to be sent.
    std::size_t in_flight() const { return in_flight_count_; }
    std::size_t waiting() const { return waiting_.size(); }
    // All bytes that the network, or the server, has not taken.
    std::size_t waiting_bytes() const { return out_.size() + waiting_bytes_; }
    bool in_use(mqtt::PacketId id) const { return in_flight_[id] || asked_.contains(id); }

private:
    enum class State : std::uint8_t { Idle, Connecting, Connected, Ended };
    struct Waiting {
        mqtt::PacketId id = 0;
        std::string bytes;
    };

    template <class T>
    void put(const T& packet);
    template <class T, class Next>
    void with(const mqtt::Decoded<T>& packet, Next next);
    mqtt::FrameLimits frame_limits() const;
    void handle(const mqtt::Frame& frame);
    void on_connack(const mqtt::Frame& frame);
    void take_facts(const mqtt::Connack& packet);
    void on_publish(const mqtt::Publish& packet);
    void on_ack(const mqtt::Ack& packet);
    void on_disconnect(const mqtt::Disconnect& packet);
    void refuse(const mqtt::Malformed& failure);
    void fail_with(Error error);
    void send_waiting();
    void take_flight(mqtt::PacketId id);
    void land(mqtt::PacketId id);
    mqtt::PacketId free_id();
    bool may_ask();

    const ConnectOptions options_;
    Receiver& receiver_;
    State state_ = State::Idle;
    bool paused_ = false;
    ServerFacts facts_;
    std::optional<Error> failure_;
    bool version_refused_ = false;
    bool refused_ = false;

    std::string out_;
    Duration sent_at_{0};
    Duration heard_at_{0};
    std::optional<Duration> pinged_at_;  // not answered yet

    std::deque<Waiting> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::bitset<65'536> in_flight_;  // messages of ours
    std::size_t in_flight_count_ = 0;
    std::set<mqtt::PacketId> asked_;     // SUBSCRIBE and UNSUBSCRIBE
    std::set<mqtt::PacketId> incoming_;  // messages of the server that it may not forget yet
    mqtt::PacketId last_id_ = 0;
};

}  // namespace gantry::mqttclient

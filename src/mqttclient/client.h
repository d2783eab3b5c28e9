// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

#include "mqtt/message.h"
#include "mqttclient/connection.h"
#include "mqttclient/version_choice.h"

namespace gantry::mqttclient {

struct ClientOptions {
    ConnectOptions connect;             // its version does not count
    std::optional<mqtt::Version> only;  // none: 5.0, or 3.1.1 if the server refuses it
    // Messages of QoS 1 and 2 that the server has not taken over.
    std::size_t messages_max = 1000;
    std::size_t bytes_max = std::size_t{16} << 20;
    std::size_t subscriptions_max = 10'000;
};

// Who uses a client. Views are good during the call only; from within it the client may be asked to
// send, but not to open() or lose().
class ClientUser {
public:
    virtual ~ClientUser() = default;
    // `resumed`: the server has kept the session, so nothing was missed. Only delivered(), of
    // messages from before, may come earlier.
    virtual void connected(const ServerFacts& facts, bool resumed) = 0;
    // `number` is not 0 for QoS 1 and 2: acknowledge() it once it need not come again. What is not
    // acknowledged before the connection is lost comes again.
    virtual void message(const mqtt::Publish& packet, std::uint64_t number) = 0;
    // The server has taken a message of QoS 1 or 2 over, or refused it.
    virtual void delivered(std::uint64_t number, mqtt::Reason reason) = 0;
    // From 0x80 on it was refused.
    virtual void subscribed(std::string_view filter, mqtt::Reason reason) = 0;
};

// A client of an MQTT server with its session, without a network: it keeps what it publishes until
// the server has it, subscribes anew where the server has forgotten, and takes and gives messages
// of QoS 2 exactly once as long as it lives and the server keeps the session. One thread.
//
// For each network connection: open(), then turns of receive(), tick() and take_output(), and
// lose() when it is gone.
class Client final : Receiver {
public:
    // The user must outlive it.
    Client(ClientOptions options, ClientUser& user);
    ~Client() override;

    void open(Duration now);
    std::size_t receive(std::string_view bytes, Duration now);
    std::size_t packet_bytes(std::string_view bytes) const;
    void tick(Duration now);
    Duration next_deadline() const;
    void excuse(Duration now);
    std::string take_output(Duration now);
    std::size_t output_bytes() const { return connection_ ? connection_->output_bytes() : 0; }
    void lose();
    void disconnect();

    bool connected() const { return connection_ && connection_->connected(); }
    // The connection has ended, and its network is to be closed once take_output() is empty.
    bool ended() const { return !connection_ || connection_->ended(); }
    const std::optional<Error>& failure() const { return failure_; }
    // It ended because the server refused the version; the next open() tries another.
    bool try_again_now() const { return try_again_now_; }

    // Unavailable: QoS 0 without a connection. QuotaExceeded: too much waits already. Unsupported,
    // TooLarge: the server does not take it. Returns the number that delivered() has; 0 for QoS 0.
    Result<std::uint64_t> publish(const mqtt::Publish& packet);
    void acknowledge(std::uint64_t number);
    // From now on, with this connection and those that follow. InvalidArgument: no topic filter.
    Result<> subscribe(const std::string& filter, const mqtt::SubscriptionOptions& options);
    // Also of what an earlier client of the session has left behind.
    void unsubscribe(const std::string& filter);

    // Messages that the server has not taken over yet.
    std::size_t waiting() const { return outgoing_.size(); }

private:
    struct Outgoing {
        std::uint64_t number = 0;
        mqtt::PacketId id = 0;
        mqtt::MessagePtr message;
        bool sent = false;
        bool released = false;  // QoS 2: its PUBREC came
    };
    struct Incoming {  // of QoS 2, until its PUBREL
        std::uint64_t number = 0;
        bool acknowledged = false;
    };
    struct Wanted {
        mqtt::SubscriptionOptions options;
        bool granted = false;  // the server has answered, and knows of it
    };
    struct Owed {
        mqtt::PacketId id = 0;
        std::uint8_t qos = 0;
    };

    // Receiver
    void connected(const ServerFacts& facts) override;
    void message(const mqtt::Publish& packet) override;
    void acknowledged(const mqtt::Ack& packet) override;
    void answered(const mqtt::SubscriptionAck& packet) override;

    void forget_session();
    void resend(bool resumed);
    void subscribe_all();
    bool send(Outgoing& one, bool dup);
    void answer(mqtt::PacketType type, mqtt::PacketId id,
                mqtt::Reason reason = mqtt::Reason::Success);
    void on_pubrec(const mqtt::Ack& packet);
    void on_pubrel(const mqtt::Ack& packet);
    std::deque<Outgoing>::iterator find(mqtt::PacketId id);
    void finish(std::deque<Outgoing>::iterator at, mqtt::Reason reason);
    mqtt::PacketId free_id();
    void note_end();

    const ClientOptions options_;
    ClientUser& user_;
    VersionChoice choice_;
    std::unique_ptr<Connection> connection_;
    std::optional<Error> failure_;
    bool try_again_now_ = false;
    bool resending_ = false;

    std::map<std::string, Wanted> subscriptions_;
    std::set<std::string> dropped_;  // the server may have them still
    std::unordered_map<mqtt::PacketId, std::vector<std::string>> asked_;  // filters by SUBSCRIBE
    std::deque<Outgoing> outgoing_;
    std::size_t outgoing_bytes_ = 0;
    std::map<mqtt::PacketId, Incoming> incoming_;
    std::map<std::uint64_t, Owed> owed_;
    std::uint64_t last_number_ = 0;
    mqtt::PacketId last_id_ = 0;
};

}  // namespace gantry::mqttclient

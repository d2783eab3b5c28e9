// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <bitset>
#include <map>
#include <set>
#include <string>

#include "bridge/config.h"
#include "mqttclient/connection.h"

namespace gantry::bridge {

// Of a bridge, since the program began. Any thread.
struct Counters {
    std::atomic<std::uint64_t> messages_in = 0;   // taken over by the local broker
    std::atomic<std::uint64_t> messages_out = 0;  // taken over by the other one
    std::atomic<std::uint64_t> dropped = 0;       // refused there or here, or of no rule
};

// What the other broker knows of us from earlier connections of this program.
struct Known {
    std::set<std::string> subscriptions;
};

// The middle of a bridge, without a network: a connection to the other broker, one to our own, and
// messages and acknowledgements that pass from one to the other under the same packet identifiers.
// It keeps nothing itself: until the receiver of a message has acknowledged it, it is in the
// session that the sender keeps, ours with our records. So a message of QoS 1 is not lost and one
// of QoS 2 comes once whatever ends here, as long as both sessions live. One thread.
//
// Order: remote() is opened; when it is connected, open_local(); then both go on until one ends.
class Relay {
public:
    struct Plan {
        const std::vector<Rule>& rules;
        mqttclient::ConnectOptions remote;
        mqttclient::ConnectOptions local;
        // Retained messages of all topics are to go out, not only those of QoS 0.
        bool all_retained = false;
    };
    // What it refers to must outlive it.
    Relay(Plan plan, Known& known, Counters& counters);

    mqttclient::Connection& remote() { return remote_; }
    mqttclient::Connection& local() { return local_; }
    // To our own broker; when the other one has let us in.
    void open_local(Duration now);
    // Both are connected and have subscribed.
    bool standing() const { return asked_remote_ == 0 && asked_local_ == 0 && begun_; }
    // Why it cannot go on, whichever side it was; `refused`: by the other broker's own word.
    std::optional<Error> failure() const;
    bool refused() const { return refused_ || remote_.refused(); }
    // Subscriptions that the other broker refuses; empty.
    const std::string& complaint() const { return complaint_; }
    // So much waits for the network that nothing more should be read from the other side.
    static bool full(const mqttclient::Connection& side) { return side.waiting_bytes() > most; }

    // What is subscribed at our own broker, by filter.
    static std::map<std::string, mqtt::SubscriptionOptions> local_subscriptions(
        const std::vector<Rule>& rules);

private:
    static constexpr std::size_t most = std::size_t{256} << 10;
    // Messages of the other broker that are not acknowledged, and of ours.
    static constexpr std::uint16_t window = 200;

    struct RemoteEnd final : mqttclient::Receiver {
        explicit RemoteEnd(Relay& of) : relay(of) {}
        void connected(const mqttclient::ServerFacts&) override { relay.remote_connected(); }
        void message(const mqtt::Publish& packet) override { relay.come_in(packet); }
        void acknowledged(const mqtt::Ack& packet) override { relay.remote_acknowledged(packet); }
        void answered(const mqtt::SubscriptionAck& packet) override {
            relay.remote_answered(packet);
        }
        Relay& relay;
    };
    struct LocalEnd final : mqttclient::Receiver {
        explicit LocalEnd(Relay& of) : relay(of) {}
        void connected(const mqttclient::ServerFacts&) override { relay.local_connected(); }
        void message(const mqtt::Publish& packet) override { relay.go_out(packet); }
        void acknowledged(const mqtt::Ack& packet) override { relay.local_acknowledged(packet); }
        void answered(const mqtt::SubscriptionAck& packet) override {
            relay.local_answered(packet);
        }
        Relay& relay;
    };

    void remote_connected();
    void local_connected();
    void subscribe_remote();
    void remote_answered(const mqtt::SubscriptionAck& packet);
    void local_answered(const mqtt::SubscriptionAck& packet);
    void go_out(const mqtt::Publish& packet);
    void come_in(const mqtt::Publish& packet);
    void remote_acknowledged(const mqtt::Ack& packet);
    void local_acknowledged(const mqtt::Ack& packet);
    void release(const mqtt::Ack& packet);
    void drop(mqttclient::Connection& from, const mqtt::Publish& packet, mqtt::Reason reason);
    static void answer(mqttclient::Connection& to, mqtt::PacketType type, mqtt::PacketId id,
                       mqtt::Reason reason = mqtt::Reason::Success);
    void refuse(Error error);

    const Plan plan_;
    Known& known_;
    Counters& counters_;
    RemoteEnd remote_end_{*this};
    LocalEnd local_end_{*this};
    mqttclient::Connection remote_;
    mqttclient::Connection local_;
    bool begun_ = false;
    bool refused_ = false;
    std::optional<Error> failure_;
    std::string complaint_;
    std::vector<std::string> wanted_;  // filters that were asked for, in their order
    mqtt::PacketId asked_remote_ = 0;
    mqtt::PacketId asked_local_ = 0;
    std::set<mqtt::PacketId> lowered_;  // QoS 2 of ours that go out with less
    // QoS 2 of the other broker: identifiers that were cleared here since the connection began,
    // and whose answer to that is still to come.
    std::bitset<65'536> cleared_;
    std::set<mqtt::PacketId> clearing_;
};

}  // namespace gantry::bridge

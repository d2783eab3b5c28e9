// SPDX-License-Identifier: Apache-2.0
// Clients of a broker that crashes at any moment, connections that break, bytes that are late, and
// what must be true at the end whatever happened. Not part of the program.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <format>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "mqtt/conversation_testing.h"
#include "mqtt/core.h"

namespace gantry::mqtt::testing {

// A core and what it keeps its records in.
class CrashingBroker {
public:
    virtual ~CrashingBroker() = default;
    virtual Core& core() = 0;
    // What came since becomes durable, or part of it. False: it has crashed while it did.
    virtual bool sync(bool all) = 0;
    // It ends at once, and is there again with what was durable, and perhaps something of the rest.
    virtual void crash() = 0;
};

class Client {
public:
    Client(CrashingBroker& broker, std::string name) : broker_(broker), name_(std::move(name)) {}
    virtual ~Client() = default;

    void connect() {
        disconnected();
        connection_ = broker_.core().open();
        say(std::format("CONNECT v=5 id={} session_expiry=100000{}", name_, more_of_connect()));
    }
    // The broker is gone, or the network.
    void disconnected() {
        connection_ = 0;
        connected_ = false;
        unsent_.clear();
        inbox_.clear();
    }
    void lose() {
        if (connection_ != 0) {
            broker_.core().lose(connection_);
        }
        disconnected();
    }
    bool online() const { return connection_ != 0; }
    bool is(ConnectionId id) const { return id == connection_; }
    void give(const Output& output) {
        inbox_ += output.bytes;
        EXPECT_FALSE(output.close) << name_;
    }
    // Handles a packet, if one is there.
    bool handle() {
        const auto frame = read_frame(inbox_, {.from = Side::Server});
        if (!frame || !*frame) {
            return false;
        }
        const auto packet = decode(**frame, Version::V5, Side::Server);
        EXPECT_TRUE(packet.has_value());
        if (std::holds_alternative<Connack>(*packet)) {
            const auto& connack = std::get<Connack>(*packet);
            EXPECT_TRUE(connack.session_present || !known_) << name_ << ": its session was lost";
            known_ = connected_ = true;
            greeted();
        } else {
            got(*packet);
        }
        inbox_.erase(0, (*frame)->bytes);
        return true;
    }

protected:
    void say(const std::string& line) {
        encode(unsent_, PacketOfText(line).packet(), Version::V5);
        unsent_.erase(0, broker_.core().receive(connection_, unsent_));
    }
    bool connected() const { return connected_; }
    virtual std::string more_of_connect() { return ""; }
    virtual void greeted() = 0;
    virtual void got(const Packet& packet) = 0;

private:
    CrashingBroker& broker_;
    const std::string name_;
    ConnectionId connection_ = 0;
    bool connected_ = false;
    bool known_ = false;
    std::string unsent_;
    std::string inbox_;
};

class Publisher final : public Client {
public:
    using Client::Client;

    void publish(std::uint8_t qos) {
        if (!connected() || under_way_.size() >= 5) {
            return;
        }
        do {
            last_ = last_ % 7 + 1;  // few identifiers, so that they are used again soon
        } while (used(last_));
        const int number = count_++;
        under_way_.push_back({static_cast<PacketId>(last_), qos, number, false});
        (qos == 1 ? once : exactly).insert(number);
        send(under_way_.back(), false);
    }
    bool idle() const { return under_way_.empty(); }

    std::set<int> once;     // sent with QoS 1
    std::set<int> exactly;  // with QoS 2

private:
    struct Sent {
        PacketId id;
        std::uint8_t qos;
        int number;
        bool released;
    };

    bool used(int id) const {
        return std::ranges::any_of(under_way_, [&](const Sent& one) { return one.id == id; });
    }
    void send(const Sent& one, bool again) {
        say(one.released ? std::format("PUBREL id={}", one.id)
                         : std::format("PUBLISH {}qos={} id={} topic=t payload={}",
                                       again ? "dup " : "", one.qos, one.id, one.number));
    }
    void greeted() override {
        for (const Sent& one : under_way_) {
            send(one, true);
        }
    }
    void got(const Packet& packet) override {
        const auto& ack = std::get<Ack>(packet);
        const auto one = std::ranges::find(under_way_, ack.id, &Sent::id);
        ASSERT_NE(one, under_way_.end());
        ASSERT_FALSE(is_failure(ack.reason) && ack.type != PacketType::Pubcomp);
        if (ack.type == PacketType::Pubrec) {
            one->released = true;
            send(*one, false);
        } else {
            under_way_.erase(one);
        }
    }

    std::deque<Sent> under_way_;
    int last_ = 0;
    int count_ = 0;
};

// Whoever is left by it gets its will.
class Mourned final : public Client {
public:
    using Client::Client;

    static constexpr int first_will = 1'000'000;
    int last_will = first_will;  // what the last CONNECT has
    std::set<int> promised;      // whose CONNACK has come

private:
    std::string more_of_connect() override {
        return std::format(" will_topic=t will_qos=2 will_payload={}", ++last_will);
    }
    void greeted() override { promised.insert(last_will); }
    void got(const Packet&) override { ADD_FAILURE() << "it has asked for nothing"; }
};

class Subscriber final : public Client {
public:
    using Client::Client;

    bool subscribed = false;
    std::map<int, int> delivered;  // how often

private:
    void greeted() override {
        if (!subscribed) {
            say("SUBSCRIBE id=1 filter=t:2");
        }
    }
    void got(const Packet& packet) override {
        if (std::holds_alternative<SubscriptionAck>(packet)) {
            subscribed = true;
        } else if (const auto* publish = std::get_if<Publish>(&packet)) {
            if (publish->qos == 1 || begun_.insert(publish->id).second) {
                ++delivered[std::stoi(std::string(publish->payload))];
            }
            say(std::format("{} id={}", publish->qos == 1 ? "PUBACK" : "PUBREC", publish->id));
        } else {
            const auto& ack = std::get<Ack>(packet);
            ASSERT_EQ(ack.type, PacketType::Pubrel);
            begun_.erase(ack.id);
            say(std::format("PUBCOMP id={}", ack.id));
        }
    }

    std::set<PacketId> begun_;
};

struct CrashPlay {
    int steps = 600;
    std::uint64_t crashes = 2;  // of a hundred steps
};

// All kinds of things happen, and then nothing is missing.
inline void play(CrashingBroker& broker, SeededRandom& random, const CrashPlay& how) {
    Publisher publisher(broker, "p");
    Subscriber subscriber(broker, "s");
    Mourned mourned(broker, "m");
    const std::vector<Client*> clients = {&publisher, &subscriber, &mourned};
    const auto carry = [&] {
        broker.core().tick();
        for (const ConnectionId id : broker.core().take_ready()) {
            for (Client* client : clients) {
                if (client->is(id)) {
                    client->give(broker.core().take_output(id));
                }
            }
        }
    };
    const auto crash = [&] {
        broker.crash();
        for (Client* client : clients) {
            client->disconnected();
        }
    };
    for (int step = 0; step < how.steps && !::testing::Test::HasFailure(); ++step) {
        Client& one = *clients[random.below(clients.size())];
        const std::uint64_t what = random.below(100);
        if (what < how.crashes) {
            crash();
        } else if (what < how.crashes + 3) {
            one.lose();
        } else if (what < 20) {
            if (!broker.sync(random.chance(0.5))) {
                crash();
            }
        } else if (!one.online()) {
            // Without a subscriber a will goes to nobody.
            if (subscriber.subscribed || &one != &mourned) {
                one.connect();
            }
        } else if (what < 40 && subscriber.subscribed) {
            publisher.publish(random.chance(0.7) ? 2 : 1);
        } else if (what < 70) {
            carry();
        } else {
            one.handle();
        }
    }
    // All comes to rest.
    for (Client* client : clients) {
        client->lose();
    }
    broker.core().tick();
    publisher.connect();
    subscriber.connect();
    for (int quiet = 0; quiet < 3 && !::testing::Test::HasFailure();) {
        if (!broker.sync(true)) {
            crash();
            publisher.connect();
            subscriber.connect();
            quiet = 0;
            continue;
        }
        carry();
        const bool some = publisher.handle() | subscriber.handle();
        quiet = some ? 0 : quiet + 1;
    }
    EXPECT_TRUE(publisher.idle());
    for (const int number : publisher.exactly) {
        EXPECT_EQ(subscriber.delivered[number], 1) << number;
    }
    for (const int number : publisher.once) {
        EXPECT_GE(subscriber.delivered[number], 1) << number;
    }
    for (int will = Mourned::first_will; will <= mourned.last_will; ++will) {
        EXPECT_LE(subscriber.delivered[will], 1) << will;
        EXPECT_TRUE(subscriber.delivered[will] == 1 || !mourned.promised.contains(will)) << will;
    }
    EXPECT_LE(broker.core().sessions(), 3U);
}

}  // namespace gantry::mqtt::testing

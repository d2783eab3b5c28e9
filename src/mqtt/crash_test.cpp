// SPDX-License-Identifier: Apache-2.0
// A publisher and a subscriber, a broker that crashes at any moment and loses every record that was
// not said to be durable (or keeps some of them), connections that break, bytes that are late:
// messages of QoS 2 arrive once, those of QoS 1 at least once.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <set>
#include <string>

#include "mqtt/conversation_testing.h"
#include "mqtt/core.h"

namespace gantry::mqtt {
namespace {

using testing::PacketOfText;
using testing::ScriptedGate;

// The broker with its journal.
class Broker {
public:
    Broker(const Clock& clock, SeededRandom& random) : clock_(clock), random_(random) { start({}); }

    Core& core() { return *core_; }
    // Part of what came since becomes durable.
    void sync(bool all) {
        take();
        const std::uint64_t most = log_.size();
        const std::uint64_t number = all ? most : durable_ + random_.below(most - durable_ + 1);
        durable_ = number;
        core_->durable(number);
    }
    // What is durable survives, and perhaps something of the rest.
    void crash() {
        take();
        log_.resize(durable_ + random_.below(log_.size() - durable_ + 1));
        while (!log_.empty() && log_.back().more) {
            log_.pop_back();
        }
        durable_ = log_.size();
        start(log_);
        ++crashes;
    }

    std::size_t crashes = 0;

private:
    void take() {
        for (Record& one : core_->take_records()) {
            log_.push_back(std::move(one));
        }
    }
    static CoreLimits limits() {
        CoreLimits out;
        out.inflight_max = 4;
        return out;
    }
    void start(std::span<const Record> log) {
        core_ = std::make_unique<Core>(clock_, random_, gate_, limits());
        gate_.core = core_.get();
        core_->restore(log);
        EXPECT_EQ(core_->restored().skipped, 0U);
    }

    const Clock& clock_;
    SeededRandom& random_;
    ScriptedGate gate_;
    std::unique_ptr<Core> core_;
    std::vector<Record> log_;
    std::uint64_t durable_ = 0;
};

class Client {
public:
    Client(Broker& broker, std::string name) : broker_(broker), name_(std::move(name)) {}
    virtual ~Client() = default;

    void connect() {
        disconnected();
        connection_ = broker_.core().open();
        say(std::format("CONNECT v=5 id={} session_expiry=100000", name_));
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
    virtual void greeted() = 0;
    virtual void got(const Packet& packet) = 0;

private:
    Broker& broker_;
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

void run(std::uint64_t seed) {
    SCOPED_TRACE(std::format("seed {}", seed));
    FakeClock clock;
    SeededRandom random(seed);
    Broker broker(clock, random);
    Publisher publisher(broker, "p");
    Subscriber subscriber(broker, "s");
    const std::vector<Client*> clients = {&publisher, &subscriber};
    const auto carry = [&] {
        for (const ConnectionId id : broker.core().take_ready()) {
            for (Client* client : clients) {
                if (client->is(id)) {
                    client->give(broker.core().take_output(id));
                }
            }
        }
    };
    for (int step = 0; step < 600; ++step) {
        Client& one = *clients[random.below(2)];
        const std::uint64_t what = random.below(100);
        if (what < 2) {
            broker.crash();
            publisher.disconnected();
            subscriber.disconnected();
        } else if (what < 5) {
            one.lose();
        } else if (what < 20) {
            broker.sync(random.chance(0.5));
        } else if (!one.online()) {
            one.connect();
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
        client->connect();
    }
    for (int quiet = 0; quiet < 3;) {
        broker.sync(true);
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
    EXPECT_EQ(broker.core().sessions(), 2U);
}

TEST(MqttCrash, NothingIsLostAndQos2ComesOnce) {
    for (std::uint64_t seed = 1; seed <= 50 && !::testing::Test::HasFailure(); ++seed) {
        run(seed);
    }
}

TEST(MqttCrash, ManyMoreSeeds_slow) {
    for (std::uint64_t seed = 1000; seed < 11'000 && !::testing::Test::HasFailure(); ++seed) {
        run(seed);
    }
}

}  // namespace
}  // namespace gantry::mqtt

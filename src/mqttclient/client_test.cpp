// SPDX-License-Identifier: Apache-2.0
#include "mqttclient/client.h"

#include "mqttclient/testing.h"
#include "testing/testing.h"

namespace gantry::mqttclient {
namespace {

using namespace std::chrono_literals;
using gantry::testing::failure;
using gantry::testing::must;
using mqtt::Version;
using testing::bytes_of;
using testing::NotingUser;
using testing::text_of;
using Notes = std::vector<std::string>;

ClientOptions persistent(const std::string& id) {
    ClientOptions out;
    out.connect.client_id = id;
    out.connect.clean_start = false;
    out.connect.session_expiry = 3600;
    return out;
}

mqtt::Publish message(std::string_view topic, std::uint8_t qos, std::string_view payload = "x") {
    mqtt::Publish out;
    out.topic = topic;
    out.qos = qos;
    out.payload = payload;
    return out;
}

// A client whose server is written down.
struct Talk {
    explicit Talk(ClientOptions options = persistent("c")) : client(std::move(options), user) {}
    std::string open(std::string_view answer) {
        client.open(0s);
        client.take_output(0s);
        hear(answer);
        return said();
    }
    void hear(std::string_view packet) { client.receive(bytes_of(packet), 0s); }
    std::string said() { return text_of(client.take_output(0s)); }

    NotingUser user;
    Client client;
};

TEST(Client, KeepsWhatTheServerHasNotTakenOver) {
    Talk talk;
    EXPECT_EQ(must(talk.client.publish(message("a", 1))), 1U);
    EXPECT_EQ(talk.open("CONNACK"), "PUBLISH qos=1 id=1 topic=a payload=x\n");
    must(talk.client.publish(message("b", 2)));
    must(talk.client.publish(message("c", 2)));
    EXPECT_EQ(talk.said(), "PUBLISH qos=2 id=2 topic=b payload=x\n"
                           "PUBLISH qos=2 id=3 topic=c payload=x\n");
    talk.hear("PUBREC id=3");
    EXPECT_EQ(talk.said(), "PUBREL id=3\n");
    talk.client.lose();
    EXPECT_EQ(talk.open("CONNACK session_present"), "PUBLISH dup qos=1 id=1 topic=a payload=x\n"
                                                    "PUBLISH dup qos=2 id=2 topic=b payload=x\n"
                                                    "PUBREL id=3\n");
    talk.hear("PUBACK id=1");
    talk.hear("PUBREC id=2 reason=97");
    talk.hear("PUBCOMP id=3");
    EXPECT_EQ(talk.user.take(), (Notes{"connected", "resumed", "delivered 1 0x00",
                                       "delivered 2 0x97", "delivered 3 0x00"}));
    EXPECT_EQ(talk.client.waiting(), 0U);
}

TEST(Client, ASessionThatTheServerHasForgottenBeginsAnew) {
    Talk talk;
    must(talk.client.subscribe("in/#", {.qos = 2}));
    EXPECT_EQ(talk.open("CONNACK"), "SUBSCRIBE id=1 filter=in/#:2\n");
    talk.hear("SUBACK id=1 reasons=02");
    must(talk.client.publish(message("a", 2)));
    must(talk.client.publish(message("b", 1)));
    talk.hear("PUBREC id=1");
    talk.hear("PUBLISH qos=2 id=5 topic=in/1 payload=old");
    talk.said();
    talk.client.lose();
    talk.user.take();
    // What was taken over is done, the rest is sent as for the first time.
    EXPECT_EQ(talk.open("CONNACK"), "PUBLISH qos=1 id=2 topic=b payload=x\n"
                                    "SUBSCRIBE id=1 filter=in/#:2\n");
    EXPECT_EQ(talk.user.take(), (Notes{"delivered 1 0x00", "connected"}));
    // Its identifier is of another message now.
    talk.client.acknowledge(talk.user.owed.front());
    talk.hear("PUBLISH qos=2 id=5 topic=in/1 payload=new");
    EXPECT_EQ(talk.user.take(), Notes{"in/1=new qos2"});
    EXPECT_EQ(talk.said(), "");
}

TEST(Client, TakesMessagesOfQosTwoOnce) {
    Talk talk;
    talk.open("CONNACK");
    talk.hear("PUBLISH qos=2 id=5 topic=t payload=x");
    talk.hear("PUBLISH dup qos=2 id=5 topic=t payload=x");
    EXPECT_EQ(talk.said(), "") << "nobody has taken it over";
    talk.client.acknowledge(talk.user.owed.at(0));
    EXPECT_EQ(talk.said(), "PUBREC id=5\n");
    talk.client.lose();
    EXPECT_EQ(talk.open("CONNACK session_present"), "");
    talk.hear("PUBLISH dup qos=2 id=5 topic=t payload=x");
    EXPECT_EQ(talk.said(), "PUBREC id=5\n");
    talk.hear("PUBREL id=5");
    talk.hear("PUBREL id=5");
    EXPECT_EQ(talk.said(), "PUBCOMP id=5\nPUBCOMP id=5 reason=92\n");
    talk.hear("PUBLISH qos=2 id=5 topic=t payload=y");
    EXPECT_EQ(talk.user.take(), (Notes{"connected", "t=x qos2", "resumed", "t=y qos2"}));
}

TEST(Client, WhatWasNotAcknowledgedBeforeTheEndComesAgain) {
    Talk talk;
    talk.open("CONNACK");
    talk.hear("PUBLISH qos=1 id=5 topic=t payload=x");
    talk.client.lose();
    talk.open("CONNACK session_present");
    talk.client.acknowledge(talk.user.owed.at(0));
    EXPECT_EQ(talk.said(), "");
    talk.hear("PUBLISH dup qos=1 id=5 topic=t payload=x");
    talk.client.acknowledge(talk.user.owed.at(1));
    EXPECT_EQ(talk.said(), "PUBACK id=5\n");
}

TEST(Client, SubscriptionsThatChangeWhileItIsAwayAreMadeGood) {
    Talk talk;
    must(talk.client.subscribe("a", {}));
    must(talk.client.subscribe("b", {}));
    talk.open("CONNACK");
    talk.hear("SUBACK id=1 reasons=0087");
    EXPECT_EQ(talk.user.take(), (Notes{"connected", "subscribed a 0x00", "subscribed b 0x87"}));
    talk.client.lose();
    talk.client.unsubscribe("a");
    must(talk.client.subscribe("c", {.qos = 1}));
    EXPECT_EQ(talk.open("CONNACK session_present"),
              "SUBSCRIBE id=1 filter=b:0 filter=c:1\nUNSUBSCRIBE id=2 filter=a\n");
    EXPECT_EQ(failure(talk.client.subscribe("a/#/b", {})), Code::InvalidArgument);
}

TEST(Client, KeepsNoMoreThanItMay) {
    ClientOptions options = persistent("c");
    options.messages_max = 2;
    options.bytes_max = 10'000;
    Talk talk(options);
    EXPECT_EQ(failure(talk.client.publish(message("a", 0))), Code::Unavailable);
    must(talk.client.publish(message("a", 1)));
    EXPECT_EQ(failure(talk.client.publish(message("a", 1, std::string(10'000, 'x')))),
              Code::QuotaExceeded);
    must(talk.client.publish(message("a", 1)));
    EXPECT_EQ(failure(talk.client.publish(message("a", 1))), Code::QuotaExceeded);
    EXPECT_EQ(failure(talk.client.publish(message("a/+", 1))), Code::InvalidArgument);
    talk.open("CONNACK maximum_qos=0 maximum_packet_size=20");
    EXPECT_EQ(talk.user.take(), (Notes{"delivered 1 0x95", "delivered 2 0x95", "connected"}));
    EXPECT_EQ(failure(talk.client.publish(message("a", 1))), Code::Unsupported);
    EXPECT_EQ(failure(talk.client.publish(message("a", 0, "more than twenty bytes"))),
              Code::TooLarge);
}

TEST(Client, FallsBackToThreeOneOneAndStaysThere) {
    Talk talk;
    talk.client.open(0s);
    EXPECT_TRUE(text_of(talk.client.take_output(0s)).starts_with("CONNECT v=5"));
    talk.client.receive(std::string_view("\x20\x02\x00\x01", 4), 0s);
    EXPECT_TRUE(talk.client.ended());
    EXPECT_TRUE(talk.client.try_again_now());
    for (int i = 0; i < 2; ++i) {
        talk.client.lose();
        talk.client.open(0s);
        EXPECT_TRUE(text_of(talk.client.take_output(0s), Version::V311).starts_with("CONNECT v=4"));
        talk.client.receive(std::string_view("\x20\x02\x00\x00", 4), 0s);
        EXPECT_TRUE(talk.client.connected());
    }
}

TEST(Client, AVersionThatIsRefusedToTheEndIsAFailure) {
    ClientOptions options = persistent("c");
    options.only = Version::V5;
    Talk talk(options);
    talk.open("CONNACK reason=84");
    EXPECT_FALSE(talk.client.try_again_now());
    EXPECT_EQ(talk.client.failure()->code, Code::Unsupported);
}

// ---- against our own core

struct Broker {
    Broker() : core(clock, random, gate) { gate.core = &core; }
    void turn() {
        core.tick();
        core.take_records();
        core.durable(core.last_record());
    }
    FakeClock clock;
    SeededRandom random{1};
    mqtt::testing::ScriptedGate gate;
    mqtt::Core core;
};

// A client and the core, with a cable between them that loses what is on it.
class Cable {
public:
    Cable(Broker& broker, Client& client) : broker_(broker), client_(client) {}

    void plug_in() {
        client_.open(broker_.clock.monotonic());
        id_ = broker_.core.open();
    }
    // Packets one after the other, at most so many in either direction; then nothing.
    std::size_t run(std::size_t most = SIZE_MAX) {
        std::size_t moved = 0;
        for (bool again = true; again && moved < most;) {
            to_server_ += client_.take_output(broker_.clock.monotonic());
            again = move(to_server_,
                         [&](std::string_view bytes) { return broker_.core.receive(id_, bytes); });
            moved += again ? 1 : 0;
            broker_.turn();
            broker_.core.take_ready();
            to_client_ += broker_.core.take_output(id_).bytes;
            if (moved < most && move(
                                    to_client_,
                                    [&](std::string_view bytes) {
                                        return client_.receive(bytes, broker_.clock.monotonic());
                                    })) {
                again = true;
                ++moved;
            }
        }
        return moved;
    }
    void cut() {
        client_.lose();
        broker_.core.lose(id_);
        to_server_.clear();
        to_client_.clear();
    }

private:
    // The first packet of a stream.
    template <class Take>
    static bool move(std::string& stream, Take take) {
        if (stream.empty()) {
            return false;
        }
        std::size_t size = 2;
        for (std::size_t shift = 0, length = 0, at = 1;; ++at, shift += 7) {
            length |= static_cast<std::size_t>(stream.at(at) & 0x7f) << shift;
            size = at + 1 + length;
            if ((stream[at] & 0x80) == 0) {
                break;
            }
        }
        EXPECT_EQ(take(std::string_view(stream).substr(0, size)), size);
        stream.erase(0, size);
        return true;
    }

    Broker& broker_;
    Client& client_;
    mqtt::ConnectionId id_ = 0;
    std::string to_server_;
    std::string to_client_;
};

// Cut at each packet there is: nothing of QoS 1 is lost, nothing of QoS 2 is lost or comes twice.
TEST(Client, ExactlyOnceWhereverTheCableIsCut) {
    std::size_t cuts = 0;
    for (std::size_t cut = 1;; ++cut) {
        Broker broker;
        NotingUser told;
        Client client(persistent("both"), told);
        told.at_once = &client;
        must(client.subscribe("t/#", {.qos = 2}));
        Cable cable(broker, client);
        for (const auto* payload : {"1", "2", "3"}) {
            must(client.publish(message("t/two", 2, payload)));
            must(client.publish(message("t/one", 1, payload)));
        }
        cable.plug_in();
        const std::size_t moved = cable.run(cut);
        cable.cut();
        cable.plug_in();
        cable.run();
        EXPECT_EQ(client.waiting(), 0U);
        std::map<std::string, int> seen;
        for (const std::string& note : told.take()) {
            ++seen[note];
        }
        for (const auto* payload : {"1", "2", "3"}) {
            // The subscription may not have been there for the first of them.
            EXPECT_LE(seen[std::format("t/two={} qos2", payload)], 1) << cut;
        }
        EXPECT_EQ(broker.core.counters().protocol_errors, 0U) << cut;
        const auto facts = broker.core.describe_session("both");
        ASSERT_TRUE(facts) << cut;
        EXPECT_EQ(facts->first.queued + facts->first.inflight, 0U) << cut;
        if (moved < cut) {
            break;
        }
        ++cuts;
    }
    EXPECT_GT(cuts, 20U);
}

}  // namespace
}  // namespace gantry::mqttclient

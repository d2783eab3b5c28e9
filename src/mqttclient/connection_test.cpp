// SPDX-License-Identifier: Apache-2.0
#include "mqttclient/connection.h"

#include "mqttclient/testing.h"

namespace gantry::mqttclient {
namespace {

using namespace std::chrono_literals;
using mqtt::Version;
using testing::bytes_of;
using testing::text_of;

class Noting final : public Receiver {
public:
    void connected(const ServerFacts& facts) override {
        notes.push_back(std::format("connected {} {}", facts.client_id, facts.receive_maximum));
    }
    void message(const mqtt::Publish& packet) override {
        notes.push_back("PUBLISH " + std::string(packet.topic));
    }
    void acknowledged(const mqtt::Ack& packet) override {
        notes.push_back(mqtt::testing::to_text(mqtt::Packet(packet)));
    }
    void answered(const mqtt::SubscriptionAck& packet) override {
        notes.push_back(std::format("answer {}", packet.id));
    }
    std::vector<std::string> notes;
};

// A connection that bytes of a server are given to.
struct Talk {
    explicit Talk(ConnectOptions options = {}) : connection(std::move(options), receiver) {
        connection.open(now);
        hello = text_of(connection.take_output(now), connection.version());
    }
    void hear(std::string_view packet) {
        connection.receive(bytes_of(packet, connection.version()), now);
    }
    std::string said() { return text_of(connection.take_output(now), connection.version()); }

    Duration now{0};
    Noting receiver;
    Connection connection;
    std::string hello;
};

mqtt::Publish message(std::uint8_t qos, mqtt::PacketId id, std::string_view topic = "t") {
    mqtt::Publish out;
    out.qos = qos;
    out.id = id;
    out.topic = topic;
    out.payload = "x";
    return out;
}

TEST(Connection, IntroducesItselfAsItsOptionsSay) {
    ConnectOptions options;
    options.client_id = "c";
    options.clean_start = false;
    options.session_expiry = 300;
    options.keep_alive = 30;
    options.user_name = "u";
    options.password = Secret(std::string("p"));
    options.will = WillMessage{"w", "gone", 1, true, 5};
    options.receive_maximum = 7;
    options.packet_bytes_max = 5000;
    EXPECT_EQ(Talk(options).hello,
              "CONNECT v=5 id=c keep_alive=30 will_topic=w will_payload=gone will_qos=1 "
              "will_retain will.will_delay=5 user_name=u password=p session_expiry=300 "
              "receive_maximum=7 maximum_packet_size=5000\n");
    options.version = Version::V311;
    EXPECT_EQ(Talk(options).hello,
              "CONNECT v=4 id=c keep_alive=30 will_topic=w will_payload=gone will_qos=1 "
              "will_retain user_name=u password=p\n");
    options.bridge = true;
    Noting receiver;
    Connection bridge(options, receiver);
    bridge.open(0s);
    EXPECT_EQ(static_cast<unsigned char>(bridge.take_output(0s)[8]), 0x84);
}

TEST(Connection, LearnsWhatTheServerTakes) {
    Talk talk;
    talk.hear("CONNACK assigned_client_id=given receive_maximum=2 server_keep_alive=9 "
              "maximum_qos=1 retain_available=0 maximum_packet_size=100");
    const ServerFacts& facts = talk.connection.server();
    EXPECT_EQ(talk.receiver.notes, std::vector<std::string>{"connected given 2"});
    EXPECT_EQ(facts.keep_alive, 9);
    EXPECT_EQ(facts.qos_max, 1);
    EXPECT_FALSE(facts.retain);
    EXPECT_FALSE(talk.connection.publish(message(0, 0, std::string(100, 't'))));
    EXPECT_EQ(talk.said(), "");
}

TEST(Connection, ARefusalSaysWhyInWords) {
    const auto refused = [](Version version, std::string_view bytes) {
        ConnectOptions options;
        options.version = version;
        Talk talk(options);
        talk.connection.receive(bytes, 0s);
        EXPECT_TRUE(talk.connection.ended());
        EXPECT_TRUE(talk.connection.refused());
        return *talk.connection.failure();
    };
    const Error wrong =
        refused(Version::V5, bytes_of("CONNACK reason=86 reason_string=\"no such user\""));
    EXPECT_EQ(wrong.code, Code::Unauthenticated);
    EXPECT_EQ(wrong.message,
              "the server refuses the connection: the user name or the password is wrong (0x86), "
              "'no such user'");
    const Error old = refused(Version::V311, std::string_view("\x20\x02\x00\x05", 4));
    EXPECT_EQ(old.code, Code::Unauthenticated);
    EXPECT_EQ(old.message, "the server refuses the connection: not authorized (0x87)");
}

TEST(Connection, KnowsWhenItIsTheVersionThatIsRefused) {
    for (const std::string_view bytes :
         {std::string_view("\x20\x02\x00\x01", 4), std::string_view("\x20\x03\x00\x84\x00", 5)}) {
        Talk talk;
        talk.connection.receive(bytes, 0s);
        EXPECT_TRUE(talk.connection.version_refused());
        EXPECT_EQ(talk.connection.failure()->code, Code::Unsupported);
    }
}

TEST(Connection, WhatIsNoServerOfMqttIsToldSo) {
    for (const std::string_view bytes :
         {"HTTP/1.1 400 Bad Request\r\n", "\x40\x02\x01\x01", "\x20\x02\x01\x01"}) {
        Talk talk;
        talk.connection.receive(bytes, 0s);
        EXPECT_TRUE(talk.connection.ended()) << bytes;
        EXPECT_EQ(talk.said(), "");
    }
}

TEST(Connection, KeepsWithinTheServersReceiveMaximum) {
    Talk talk;
    talk.hear("CONNACK receive_maximum=2");
    for (mqtt::PacketId id = 1; id <= 4; ++id) {
        EXPECT_TRUE(talk.connection.publish(message(id == 2 ? 2 : 1, id)));
    }
    EXPECT_TRUE(talk.connection.publish(message(0, 0)));
    EXPECT_EQ(talk.said(), "PUBLISH qos=1 id=1 topic=t payload=x\n"
                           "PUBLISH qos=2 id=2 topic=t payload=x\n");
    EXPECT_EQ(talk.connection.waiting(), 3U);
    talk.hear("PUBACK id=1");
    EXPECT_EQ(talk.said(), "PUBLISH qos=1 id=3 topic=t payload=x\n");
    talk.hear("PUBREC id=2");
    EXPECT_EQ(talk.said(), "") << "it is over with PUBCOMP only";
    talk.hear("PUBCOMP id=2");
    EXPECT_EQ(talk.said(), "PUBLISH qos=1 id=4 topic=t payload=x\nPUBLISH topic=t payload=x\n");
    talk.hear("PUBACK id=3 reason=97");
    EXPECT_EQ(talk.connection.in_flight(), 1U);
}

TEST(Connection, IdentifiersOfMessagesAndSubscriptionsDoNotMeet) {
    Talk talk;
    talk.hear("CONNACK");
    talk.connection.publish(message(1, 1));
    const mqtt::SubscriptionRequest request{"a/#", {.qos = 1, .no_local = true}};
    const mqtt::PacketId id = talk.connection.subscribe(std::span(&request, 1));
    EXPECT_EQ(id, 2);
    talk.connection.publish(message(1, 2));
    EXPECT_EQ(talk.said(), "PUBLISH qos=1 id=1 topic=t payload=x\n"
                           "SUBSCRIBE id=2 filter=a/#:1,nl\n");
    talk.hear("SUBACK id=2 reasons=01");
    EXPECT_EQ(talk.said(), "PUBLISH qos=1 id=2 topic=t payload=x\n");
}

TEST(Connection, OptionsOfFiveStayOutOfThreeOneOne) {
    ConnectOptions options;
    options.version = Version::V311;
    options.client_id = "c";
    Talk talk(options);
    talk.connection.receive(std::string_view("\x20\x02\x00\x00", 4), 0s);
    const mqtt::SubscriptionRequest request{
        "a", {.qos = 2, .no_local = true, .retain_as_published = true}};
    talk.connection.subscribe(std::span(&request, 1));
    EXPECT_EQ(talk.said(), "SUBSCRIBE id=1 filter=a:2\n");
}

TEST(Connection, TellsTheServerThatItIsThereAndNoticesADeadOne) {
    ConnectOptions options;
    options.keep_alive = 60;
    Talk talk(options);
    EXPECT_EQ(talk.connection.next_deadline(), 10s);
    talk.hear("CONNACK");
    talk.now = 50s;
    talk.connection.publish(message(0, 0));
    talk.said();
    EXPECT_EQ(talk.connection.next_deadline(), 60s) << "nothing was heard, though it speaks";
    talk.now = 60s;
    talk.connection.tick(talk.now);
    EXPECT_EQ(talk.said(), "PINGREQ\n");
    talk.hear("PINGRESP");
    EXPECT_EQ(talk.connection.next_deadline(), 120s);
    talk.now = 120s;
    talk.connection.tick(talk.now);
    EXPECT_EQ(talk.said(), "PINGREQ\n");
    talk.now = 129s;
    talk.connection.tick(talk.now);
    EXPECT_FALSE(talk.connection.ended());
    talk.now = 130s;
    talk.connection.tick(talk.now);
    ASSERT_TRUE(talk.connection.ended());
    EXPECT_EQ(talk.connection.failure()->code, Code::Timeout);
}

TEST(Connection, AnAnswerThatIsNotReadIsNotLate) {
    ConnectOptions options;
    options.keep_alive = 60;
    Talk talk(options);
    talk.hear("CONNACK");
    talk.now = 60s;
    talk.connection.tick(talk.now);
    EXPECT_EQ(talk.said(), "PINGREQ\n");
    std::string said;
    while (talk.now < 200s) {
        talk.now += 5s;
        talk.connection.excuse(talk.now);
        talk.connection.tick(talk.now);
        ASSERT_FALSE(talk.connection.ended()) << "nothing is read meanwhile";
        said += talk.said();
    }
    EXPECT_EQ(said, "PINGREQ\nPINGREQ\n") << "but the server hears that it is there";
    talk.now = 260s;
    talk.connection.tick(talk.now);
    talk.now = 270s;
    talk.connection.tick(talk.now);
    EXPECT_TRUE(talk.connection.ended()) << "now it is read, and nothing has come";
}

TEST(Connection, AServerThatAnswersNoRequestIsGivenUp) {
    Talk talk;
    talk.hear("CONNACK");
    const mqtt::SubscriptionRequest request{"a", {}};
    int asked = 0;
    while (asked < 100'000 && talk.connection.subscribe(std::span(&request, 1)) != 0) {
        ++asked;
    }
    EXPECT_EQ(asked, 32'768);
    EXPECT_TRUE(talk.connection.ended());
}

TEST(Connection, AServerThatDoesNotAnswerConnectIsGivenUp) {
    Talk talk;
    talk.connection.tick(9s);
    EXPECT_FALSE(talk.connection.ended());
    talk.connection.tick(10s);
    EXPECT_EQ(talk.connection.failure()->code, Code::Timeout);
}

TEST(Connection, AServerThatBreaksTheProtocolIsToldAndLeft) {
    const auto broken = [](std::string_view packet) {
        ConnectOptions options;
        options.receive_maximum = 1;
        Talk talk(options);
        talk.hear("CONNACK");
        talk.hear("PUBLISH qos=1 id=9 topic=t payload=x");
        talk.hear(packet);
        EXPECT_TRUE(talk.connection.ended());
        return talk.said();
    };
    EXPECT_EQ(broken("PUBLISH topic=t payload=x topic_alias=1"), "DISCONNECT reason=94\n");
    EXPECT_EQ(broken("PUBLISH qos=1 id=10 topic=t payload=x"), "DISCONNECT reason=93\n");
    EXPECT_EQ(broken("CONNACK"), "DISCONNECT reason=82\n");
}

TEST(Connection, WhatTheServerSaysAtTheEndIsTheReason) {
    Talk talk;
    talk.hear("CONNACK");
    talk.hear("DISCONNECT reason=8e");
    EXPECT_EQ(talk.connection.failure()->code, Code::Conflict);
    Talk lost;
    lost.connection.lose();
    EXPECT_EQ(lost.connection.failure()->message,
              "the connection was closed before the server answered");
}

TEST(Connection, CanLeaveWhatComesUnread) {
    Talk talk;
    talk.hear("CONNACK");
    const std::string stream = bytes_of("PUBLISH topic=a payload=x");
    talk.connection.pause(true);
    EXPECT_EQ(talk.connection.receive(stream, 0s), 0U);
    talk.connection.pause(false);
    EXPECT_EQ(talk.connection.receive(stream, 0s), stream.size());
    EXPECT_EQ(talk.receiver.notes.back(), "PUBLISH a");
}

TEST(Connection, SaysGoodbyeAndHowLongTheSessionIsToLive) {
    ConnectOptions options;
    options.session_expiry = 60;
    Talk talk(options);
    talk.hear("CONNACK");
    talk.connection.disconnect(0);
    EXPECT_EQ(talk.said(), "DISCONNECT session_expiry=0\n");
    EXPECT_TRUE(talk.connection.ended());
    EXPECT_FALSE(talk.connection.failure());
}

}  // namespace
}  // namespace gantry::mqttclient

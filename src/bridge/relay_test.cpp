// SPDX-License-Identifier: Apache-2.0
#include "bridge/relay.h"

#include <map>

#include "mqttclient/testing.h"
#include "testing/testing.h"

namespace gantry::bridge {
namespace {

using namespace std::chrono_literals;
using gantry::testing::must;
using mqttclient::Client;
using mqttclient::ClientOptions;
using mqttclient::testing::NotingUser;

struct Broker {
    explicit Broker(mqtt::CoreLimits limits = {}) : core(clock, random, gate, limits) {
        gate.core = &core;
    }
    FakeClock clock;
    SeededRandom random{1};
    mqtt::testing::ScriptedGate gate;
    mqtt::Core core;
};

// The first packet of a stream goes to who takes it. False: there is none.
template <class Take>
bool move_packet(std::string& stream, Take take) {
    if (stream.empty()) {
        return false;
    }
    std::size_t length = 0;
    std::size_t at = 1;
    for (std::size_t shift = 0;; ++at, shift += 7) {
        length |= static_cast<std::size_t>(stream.at(at) & 0x7f) << shift;
        if ((stream[at] & 0x80) == 0) {
            break;
        }
    }
    const std::size_t used = take(std::string_view(stream).substr(0, at + 1 + length));
    stream.erase(0, used);
    return used > 0;
}

// A connection of either kind to a core.
template <class Connected>
class Cable {
public:
    Cable(Broker& broker, Connected& client) : broker_(broker), client_(client) {
        id_ = broker_.core.open();
    }
    ~Cable() { broker_.core.lose(id_); }
    bool to_server() {
        out_ += client_.take_output(0s);
        return move_packet(
            out_, [&](std::string_view bytes) { return broker_.core.receive(id_, bytes); });
    }
    bool to_client() {
        broker_.core.tick();
        broker_.core.take_records();
        broker_.core.durable(broker_.core.last_record());
        broker_.core.take_ready();
        in_ += broker_.core.take_output(id_).bytes;
        return move_packet(in_, [&](std::string_view bytes) { return client_.receive(bytes, 0s); });
    }

private:
    Broker& broker_;
    Connected& client_;
    mqtt::ConnectionId id_ = 0;
    std::string out_;
    std::string in_;
};

// Somebody at a broker, who stays.
struct Person {
    Person(Broker& broker, const std::string& name) : client(options(name), user) {
        user.at_once = &client;
        client.open(0s);
        cable = std::make_unique<Cable<Client>>(broker, client);
        run();
    }
    static ClientOptions options(const std::string& name) {
        ClientOptions out;
        out.connect.client_id = name;
        return out;
    }
    void run() {
        for (bool again = true; again;) {
            again = cable->to_server();
            again = cable->to_client() || again;
        }
    }
    void publish(std::string_view topic, std::uint8_t qos, std::string_view payload,
                 bool retain = false) {
        mqtt::Publish packet;
        packet.topic = topic;
        packet.qos = qos;
        packet.payload = payload;
        packet.retain = retain;
        must(client.publish(packet));
        run();
    }
    std::map<std::string, int> got() {
        run();
        std::map<std::string, int> out;
        for (const std::string& note : user.take()) {
            ++out[note];
        }
        return out;
    }
    NotingUser user;
    Client client;
    std::unique_ptr<Cable<Client>> cable;
};

// A bridge between two brokers, whose process may end at any packet.
class Bridge {
public:
    Bridge(Broker& here, Broker& there, std::vector<Rule> rules)
        : here_(here), there_(there), rules_(std::move(rules)) {}

    // From nothing, until nothing moves or so many packets have; returns how many.
    std::size_t live(std::size_t most = SIZE_MAX) {
        Relay relay({rules_, remote, options("$bridge/b"), false}, known, counters);
        Cable<mqttclient::Connection> far(there_, relay.remote());
        std::unique_ptr<Cable<mqttclient::Connection>> near;
        relay.remote().open(0s);
        std::size_t moved = 0;
        for (bool again = true; again && moved < most;) {
            again = false;
            if (!near && relay.remote().connected() && !relay.failure()) {
                near = std::make_unique<Cable<mqttclient::Connection>>(here_, relay.local());
                relay.open_local(0s);
            }
            const auto step = [&](bool done) {
                again = again || done;
                moved += done ? 1 : 0;
                return moved < most;
            };
            if (step(far.to_server()) && step(far.to_client()) && near && step(near->to_server())) {
                step(near->to_client());
            }
        }
        standing = relay.standing();
        failure = relay.failure();
        complaint = relay.complaint();
        return moved;
    }
    static mqttclient::ConnectOptions options(const std::string& name) {
        mqttclient::ConnectOptions out;
        out.client_id = name;
        out.clean_start = false;
        out.session_expiry = 3600;
        return out;
    }

    mqttclient::ConnectOptions remote = options("bridge");
    Known known;
    Counters counters;
    bool standing = false;
    std::optional<Error> failure;
    std::string complaint;

private:
    Broker& here_;
    Broker& there_;
    const std::vector<Rule> rules_;
};

Rule rule(Direction direction, std::string filter, std::string local, std::string remote,
          std::uint8_t qos = 2) {
    return {direction, std::move(filter), std::move(local), std::move(remote), qos};
}

TEST(Relay, MovesMessagesUnderTheirOtherNames) {
    Broker here;
    Broker there;
    Bridge bridge(here, there,
                  {rule(Direction::Out, "#", "plant/", "p7/"), rule(Direction::In, "r/#", "", "")});
    Person at_home(here, "home");
    Person far_away(there, "far");
    must(at_home.client.subscribe("#", {.qos = 2}));
    must(far_away.client.subscribe("#", {.qos = 2}));
    at_home.run();
    far_away.run();
    bridge.live();
    EXPECT_TRUE(bridge.standing);
    at_home.publish("plant/a", 1, "1");
    at_home.publish("office/a", 1, "2");
    far_away.publish("r/x", 2, "3");
    far_away.publish("s/x", 2, "4");
    at_home.got();
    far_away.got();
    bridge.live();
    EXPECT_EQ(far_away.got(), (std::map<std::string, int>{{"p7/a=1 qos1", 1}}));
    EXPECT_EQ(at_home.got(), (std::map<std::string, int>{{"r/x=3 qos2", 1}}));
    EXPECT_EQ(bridge.counters.messages_out, 1U);
    EXPECT_EQ(bridge.counters.messages_in, 1U);
    EXPECT_EQ(bridge.counters.dropped, 0U);
}

TEST(Relay, NothingThatCameOverItGoesBack) {
    Broker here;
    Broker there;
    Bridge bridge(here, there, {rule(Direction::Both, "#", "", "")});
    Person at_home(here, "home");
    Person far_away(there, "far");
    bridge.live();
    at_home.publish("t", 1, "from home");
    far_away.publish("t", 1, "from far");
    bridge.live();
    bridge.live();
    EXPECT_EQ(bridge.counters.messages_out, 1U);
    EXPECT_EQ(bridge.counters.messages_in, 1U);
    EXPECT_EQ(here.core.counters().messages_in, 2U);
    EXPECT_EQ(there.core.counters().messages_in, 2U);
}

// The process ends at each packet there is, either broker keeps what it has, and another process
// goes on: QoS 1 comes at least once, QoS 2 exactly once, in both directions.
TEST(Relay, ExactlyOnceWhereverItsProcessEnds) {
    std::size_t ends = 0;
    for (std::size_t end = 1;; ++end) {
        Broker here;
        Broker there;
        Bridge bridge(here, there, {rule(Direction::Both, "#", "", "")});
        Person at_home(here, "home");
        Person far_away(there, "far");
        bridge.live();
        must(at_home.client.subscribe("in/#", {.qos = 2}));
        must(far_away.client.subscribe("out/#", {.qos = 2}));
        at_home.run();
        far_away.run();
        for (const auto* payload : {"1", "2"}) {
            at_home.publish("out/two", 2, payload);
            at_home.publish("out/one", 1, payload);
            far_away.publish("in/two", 2, payload);
            far_away.publish("in/one", 1, payload);
        }
        const std::size_t moved = bridge.live(end);
        bridge.live();
        auto seen = far_away.got();
        seen.merge(at_home.got());
        for (const auto* side : {"in", "out"}) {
            for (const auto* payload : {"1", "2"}) {
                EXPECT_EQ(seen[std::format("{}/two={} qos2", side, payload)], 1) << side << end;
                EXPECT_GE(seen[std::format("{}/one={} qos1", side, payload)], 1) << side << end;
            }
        }
        EXPECT_EQ(here.core.counters().protocol_errors, 0U) << end;
        EXPECT_EQ(there.core.counters().protocol_errors, 0U) << end;
        const auto session = here.core.describe_session("$bridge/b");
        ASSERT_TRUE(session);
        EXPECT_EQ(session->first.queued + session->first.inflight, 0U) << end;
        if (moved < end) {
            break;
        }
        ++ends;
    }
    EXPECT_GT(ends, 40U);
}

// The identifier of a message that was under way when the other broker lost its session is used
// for another one, which is not taken for that.
TEST(Relay, ASessionThatTheOtherBrokerLostEatsNoMessage) {
    for (std::size_t end = 1; end < 30; ++end) {
        Broker here;
        auto there = std::make_unique<Broker>();
        Person at_home(here, "home");
        must(at_home.client.subscribe("in/#", {.qos = 2}));
        at_home.run();
        {
            Bridge bridge(here, *there, {rule(Direction::Both, "#", "", "")});
            Person far_away(*there, "far");
            bridge.live();
            far_away.publish("in/a", 2, "old");
            bridge.live(end);
        }
        at_home.got();
        Broker fresh;
        Bridge bridge(here, fresh, {rule(Direction::Both, "#", "", "")});
        Person far_away(fresh, "far");
        bridge.live();
        far_away.publish("in/a", 2, "new");
        bridge.live();
        EXPECT_EQ(at_home.got()["in/a=new qos2"], 1) << end;
    }
}

TEST(Relay, GoesBelowTheQosThatTheOtherBrokerTakes) {
    Counters counters;
    Known known;
    const std::vector<Rule> rules = {rule(Direction::Out, "#", "", "")};
    Relay relay({rules, Bridge::options("r"), Bridge::options("l"), false}, known, counters);
    using mqttclient::testing::bytes_of;
    const auto hear = [](mqttclient::Connection& side, std::string_view text) {
        side.receive(bytes_of(text), 0s);
    };
    const auto said = [](mqttclient::Connection& side) {
        return mqttclient::testing::text_of(side.take_output(0s));
    };
    relay.remote().open(0s);
    hear(relay.remote(), "CONNACK maximum_qos=1 retain_available=0 maximum_packet_size=30");
    relay.open_local(0s);
    hear(relay.local(), "CONNACK");
    said(relay.remote());
    said(relay.local());
    hear(relay.local(), "PUBLISH qos=2 id=7 retain topic=t payload=x");
    EXPECT_EQ(said(relay.remote()), "PUBLISH qos=1 id=7 topic=t payload=x\n");
    hear(relay.remote(), "PUBACK id=7");
    EXPECT_EQ(said(relay.local()), "PUBREC id=7\n");
    hear(relay.local(), "PUBREL id=7");
    EXPECT_EQ(said(relay.local()), "PUBCOMP id=7\n");
    EXPECT_EQ(said(relay.remote()), "");
    // What is too large for it, or refused by it, is lost, and counted.
    hear(relay.local(), "PUBLISH qos=2 id=8 topic=t payload=0123456789012345678901234567890");
    EXPECT_EQ(said(relay.local()), "PUBREC id=8\n");
    hear(relay.local(), "PUBREL id=8");
    EXPECT_EQ(said(relay.local()), "PUBCOMP id=8\n");
    hear(relay.local(), "PUBLISH qos=1 id=9 topic=t payload=x");
    hear(relay.remote(), "PUBACK id=9 reason=87");
    EXPECT_EQ(said(relay.local()), "PUBACK id=9 reason=87\n");
    EXPECT_EQ(counters.dropped, 2U);
    EXPECT_EQ(counters.messages_out, 1U);
}

TEST(Relay, GivesNoMoreAtATimeThanTheOtherBrokerTakes) {
    Broker here;
    mqtt::CoreLimits limits;
    limits.receive_maximum = 2;
    Broker there(limits);
    Bridge bridge(here, there, {rule(Direction::Out, "#", "", "", 1)});
    Person at_home(here, "home");
    bridge.live();
    for (int i = 0; i < 50; ++i) {
        at_home.publish("t", 1, "x");
    }
    bridge.live();
    EXPECT_EQ(there.core.counters().messages_in, 50U);
    EXPECT_EQ(there.core.counters().protocol_errors, 0U);
}

TEST(Relay, PassesRetainAndPropertiesOn) {
    Broker here;
    Broker there;
    Bridge bridge(here, there, {rule(Direction::Out, "#", "", "", 1)});
    Person at_home(here, "home");
    bridge.live();
    at_home.publish("state", 1, "on", true);
    bridge.live();
    EXPECT_EQ(there.core.retained().size(), 1U);
}

TEST(Relay, SaysWhatTheOtherBrokerDoesNotLetItSee) {
    Broker here;
    Broker there;
    there.gate.denied.emplace_back("subscribe", "secret");
    Bridge bridge(here, there, {rule(Direction::In, "secret", "", "")});
    bridge.live();
    EXPECT_TRUE(bridge.standing);
    EXPECT_EQ(bridge.complaint,
              "the other broker refuses the subscription to 'secret': not authorized (0x87)");
}

// A broker of 3.1.1 that does not know bridges would send back what it is sent.
TEST(Relay, DoesNotLoopOverABrokerThatCannotKeepFromIt) {
    Broker here;
    Broker there;
    Bridge loop(here, there, {rule(Direction::Both, "#", "", "x/")});
    loop.remote.version = mqtt::Version::V311;
    loop.live();
    ASSERT_TRUE(loop.failure);
    EXPECT_EQ(loop.failure->code, Code::Unsupported);
    Bridge apart(here, there,
                 {rule(Direction::Out, "#", "", "up/"), rule(Direction::In, "#", "", "down/")});
    apart.remote.version = mqtt::Version::V311;
    apart.live();
    EXPECT_TRUE(apart.standing);
}

}  // namespace
}  // namespace gantry::bridge

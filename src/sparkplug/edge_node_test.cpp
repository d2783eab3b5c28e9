// SPDX-License-Identifier: Apache-2.0
// The edge node: what it publishes, and that a host sees its metrics as they are.
#include "sparkplug/edge_node.h"

#include <gtest/gtest.h>

#include "sparkplug/host_application.h"
#include "sparkplug/testing.h"

namespace gantry::sparkplug {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

// "NDATA seq=1 temp#1=Double" with what is there: names, aliases, types.
std::string shown(const Publish& publish) {
    const auto topic = parse_topic(publish.topic);
    Payload payload;
    if (!topic || !decode(as_bytes(publish.payload), payload)) {
        return "?";
    }
    std::string out(message_type_name(topic->type));
    out += topic->device.empty() ? "" : "/" + std::string(topic->device);
    out += payload.timestamp ? "" : " untimed";
    out += payload.seq ? std::format(" seq={}", *payload.seq) : "";
    for (const Metric& metric : payload.metrics) {
        out += std::format(" {}", metric.name);
        out += metric.has_alias ? std::format("#{}", metric.alias) : "";
        out += metric.null ? "=null"
               : metric.value.field == ValueField::Double
                   ? std::format("={}", std::bit_cast<double>(metric.value.bits))
                   : std::format("={}", metric.value.bits);
        out += metric.historical ? "h" : "";
        out += metric.has_datatype
                   ? ":" + std::string(data_type_name(data_type_of(metric.datatype)))
                   : "";
    }
    EXPECT_FALSE(publish.retain);
    EXPECT_EQ(publish.qos, topic->type == MessageType::Ndeath ? 1 : 0);
    return out;
}

class SparkplugEdge : public ::testing::Test {
public:
    explicit SparkplugEdge(EdgeOptions options = {.group = "g", .node = "n"})
        : edge(clock, std::move(options)) {
        temp = *edge.define("", "temp", DataType::Double, "Cel");
        speed = *edge.define("d", "speed", DataType::Double);
    }
    Texts said() {
        Texts out;
        for (const Publish& one : edge.take_publishes()) {
            out.push_back(shown(one));
        }
        return out;
    }
    std::string command(const Metric& metric) { return message({}, {metric}); }
    Metric rebirth() {
        return metric("Node Control/Rebirth", DataType::Boolean, {ValueField::Boolean, 1});
    }

    FakeClock clock{5'000'000'000};
    EdgeNode edge;
    EdgeNode::Handle temp;
    EdgeNode::Handle speed;
};

const std::string nbirth_0 =
    "NBIRTH seq=0 bdSeq=0:Int64 Node Control/Rebirth=0:Boolean temp#1=null:Double";

// tck-id-topics-nbirth-mqtt
// tck-id-topics-nbirth-timestamp
// tck-id-topics-nbirth-metric-reqs
// tck-id-topics-nbirth-bdseq-included
// tck-id-topics-nbirth-rebirth-metric
// tck-id-topics-dbirth-mqtt
// tck-id-topics-dbirth-seq
// tck-id-topics-dbirth-timestamp
// tck-id-topics-dbirth-metric-reqs
// tck-id-topics-ndeath-payload
// tck-id-operational-behavior-data-publish-nbirth
// tck-id-operational-behavior-data-publish-nbirth-values
// tck-id-operational-behavior-data-publish-dbirth
// tck-id-operational-behavior-data-publish-dbirth-values
// tck-id-operational-behavior-data-commands-rebirth-name
// tck-id-operational-behavior-data-commands-rebirth-name-aliases
// tck-id-operational-behavior-data-commands-rebirth-datatype
// tck-id-operational-behavior-data-commands-rebirth-value
// tck-id-message-flow-edge-node-birth-publish-connect
// tck-id-message-flow-edge-node-birth-publish-will-message
// tck-id-message-flow-edge-node-birth-publish-will-message-topic
// tck-id-message-flow-edge-node-birth-publish-will-message-payload-bdSeq
// tck-id-message-flow-edge-node-birth-publish-will-message-qos
// tck-id-message-flow-edge-node-birth-publish-will-message-will-retained
// tck-id-message-flow-edge-node-birth-publish-nbirth-topic
// tck-id-message-flow-edge-node-birth-publish-nbirth-payload-bdSeq
// tck-id-message-flow-edge-node-birth-publish-nbirth-qos
// tck-id-message-flow-edge-node-birth-publish-nbirth-retained
// tck-id-message-flow-edge-node-birth-publish-nbirth-payload-seq
// tck-id-message-flow-edge-node-ncmd-subscribe
// tck-id-message-flow-device-dcmd-subscribe
// tck-id-message-flow-device-birth-publish-dbirth-topic
// tck-id-message-flow-device-birth-publish-dbirth-match-edge-node-topic
// tck-id-message-flow-device-birth-publish-dbirth-qos
// tck-id-message-flow-device-birth-publish-dbirth-retained
// tck-id-message-flow-device-birth-publish-dbirth-payload-seq
// tck-id-payloads-nbirth-timestamp
// tck-id-payloads-nbirth-bdseq
// tck-id-payloads-nbirth-rebirth-req
// tck-id-payloads-nbirth-qos
// tck-id-payloads-nbirth-retain
// tck-id-payloads-dbirth-timestamp
// tck-id-payloads-dbirth-seq
// tck-id-payloads-dbirth-seq-inc
// tck-id-payloads-dbirth-qos
// tck-id-payloads-dbirth-retain
// tck-id-payloads-ndeath-will-message
// tck-id-payloads-ndeath-will-message-qos
// tck-id-payloads-ndeath-will-message-retain
TEST_F(SparkplugEdge, IsBornWithAllItsMetrics) {
    edge.set_device_online("d", true);
    const Publish will = edge.will();
    EXPECT_EQ(will.topic, "spBv1.0/g/NDEATH/n");
    EXPECT_EQ(shown(will), "NDEATH untimed bdSeq=0:Int64");
    EXPECT_EQ(edge.subscriptions(), (Texts{"spBv1.0/g/NCMD/n", "spBv1.0/g/DCMD/n/+"}));
    EXPECT_EQ(said(), Texts{});
    edge.connected();
    EXPECT_EQ(said(), (Texts{nbirth_0, "DBIRTH/d seq=1 speed#2=null:Double"}));
}

// tck-id-topics-ndata-mqtt
// tck-id-topics-ndata-timestamp
// tck-id-topics-ndata-payload
// tck-id-topics-ddata-mqtt
// tck-id-topics-ddata-timestamp
// tck-id-topics-ddata-payload
// tck-id-operational-behavior-data-publish-nbirth-change
// tck-id-operational-behavior-data-publish-nbirth-order
// tck-id-operational-behavior-data-publish-dbirth-change
// tck-id-operational-behavior-data-publish-dbirth-order
// tck-id-payloads-ndata-timestamp
// tck-id-payloads-ndata-qos
// tck-id-payloads-ndata-retain
// tck-id-payloads-ddata-timestamp
// tck-id-payloads-ddata-qos
// tck-id-payloads-ddata-retain
// tck-id-principles-rbe-recommended
TEST_F(SparkplugEdge, DataAreChanges) {
    edge.set_device_online("d", true);
    edge.will();
    edge.connected();
    said();
    edge.flush();
    EXPECT_EQ(said(), Texts{});
    ASSERT_TRUE(edge.set(temp, 1.5, quality::good, clock.now()));
    ASSERT_TRUE(edge.set(temp, 1.5, quality::good, clock.now()));
    ASSERT_TRUE(edge.set(temp, 2.5, quality::good, clock.now()));
    ASSERT_TRUE(edge.set(speed, 3.0, quality::good, clock.now()));
    edge.flush();
    EXPECT_EQ(said(), (Texts{"NDATA seq=2 #1=1.5 #1=2.5", "DDATA/d seq=3 #2=3"}));
    ASSERT_TRUE(edge.add_historical(temp, 0.5, quality::good, 0));
    edge.flush();
    EXPECT_EQ(said(), Texts{"NDATA seq=4 #1=0.5h"});
    EXPECT_FALSE(edge.set(temp, std::string("hot"), quality::good, 0));
}

// tck-id-topics-nbirth-bdseq-increment
TEST_F(SparkplugEdge, EverySessionHasTheNextNumber) {
    for (int i = 0; i < 300; ++i) {
        EXPECT_EQ(shown(edge.will()), std::format("NDEATH untimed bdSeq={}:Int64", i % 256));
        edge.connected();
        EXPECT_TRUE(said()[0].starts_with(std::format("NBIRTH seq=0 bdSeq={}:Int64", i % 256)));
        edge.lost();
    }
}

// tck-id-operational-behavior-data-commands-rebirth-action-1
// tck-id-operational-behavior-data-commands-rebirth-action-2
// tck-id-operational-behavior-data-commands-rebirth-action-3
TEST_F(SparkplugEdge, ARebirthSaysAllAgainWithTheSameNumber) {
    edge.set_device_online("d", true);
    edge.will();
    edge.connected();
    said();
    ASSERT_TRUE(edge.set(temp, 1.5, quality::good, clock.now()));
    ASSERT_TRUE(edge.receive("spBv1.0/g/NCMD/n", command(rebirth())));
    EXPECT_EQ(said(),
              (Texts{"NBIRTH seq=0 bdSeq=0:Int64 Node Control/Rebirth=0:Boolean temp#1=1.5:Double",
                     "DBIRTH/d seq=1 speed#2=null:Double"}));
    edge.flush();
    EXPECT_EQ(said(), Texts{});
    EXPECT_TRUE(edge.take_commands().empty());
}

// tck-id-operational-behavior-device-ddeath
// tck-id-topics-ddeath-mqtt
// tck-id-payloads-ddeath-seq-inc
TEST_F(SparkplugEdge, DevicesComeAndGo) {
    edge.will();
    edge.connected();
    EXPECT_EQ(said(), Texts{nbirth_0});
    edge.set_device_online("d", true);
    edge.set_device_online("d", false);
    edge.set_device_online("d", false);
    EXPECT_EQ(said(), (Texts{"DBIRTH/d seq=1 speed#2=null:Double", "DDEATH/d seq=2"}));
    ASSERT_TRUE(edge.set(speed, 4.0, quality::good, clock.now()));
    edge.flush();
    EXPECT_EQ(said(), Texts{});
    edge.set_device_online("d", true);
    EXPECT_EQ(said(), Texts{"DBIRTH/d seq=3 speed#2=4:Double"});
}

// tck-id-operational-behavior-edge-node-intentional-disconnect-ndeath
// tck-id-operational-behavior-edge-node-intentional-disconnect-packet
// tck-id-payloads-ndeath-will-message-publisher
// tck-id-payloads-ndeath-will-message-publisher-disconnect-mqtt311
// tck-id-payloads-ndeath-will-message-publisher-disconnect-mqtt50
TEST_F(SparkplugEdge, SaysThatItGoes) {
    edge.will();
    edge.connected();
    said();
    edge.disconnect();
    EXPECT_EQ(said(), Texts{"NDEATH untimed bdSeq=0:Int64"});
    EXPECT_FALSE(edge.born());
    edge.disconnect();
    EXPECT_EQ(said(), Texts{});
}

TEST_F(SparkplugEdge, CommandsAreValuesOfMetrics) {
    edge.set_device_online("d", true);
    edge.will();
    edge.connected();
    ASSERT_TRUE(edge.receive("spBv1.0/g/DCMD/n/d", command(alias_only(real("", 5), 2))));
    ASSERT_TRUE(edge.receive("spBv1.0/g/NCMD/n", command(real("temp", 6))));
    const auto commands = edge.take_commands();
    ASSERT_EQ(commands.size(), 2);
    EXPECT_EQ(commands[0].device + "/" + commands[0].metric, "d/speed");
    EXPECT_EQ(commands[0].value, Value(5.0));
    EXPECT_EQ(commands[1].device + "/" + commands[1].metric, "/temp");
    EXPECT_FALSE(edge.receive("spBv1.0/g/NCMD/n", command(real("none", 6))));
    EXPECT_FALSE(edge.receive("spBv1.0/g/DCMD/n/x", command(real("speed", 6))));
    EXPECT_FALSE(edge.receive("spBv1.0/g/NCMD/other", command(rebirth())));
    EXPECT_FALSE(edge.receive("spBv1.0/g/NCMD/n", command(whole("temp", 6))));
    EXPECT_FALSE(edge.receive("spBv1.0/g/NCMD/n", "\xff"));
}

class SparkplugEdgeWithPrimary : public SparkplugEdge {
public:
    SparkplugEdgeWithPrimary() : SparkplugEdge({.group = "g", .node = "n", .primary_host = "h"}) {}
    void state(bool online, std::uint64_t time) {
        EXPECT_TRUE(edge.receive("spBv1.0/STATE/h", format_state({online, time})));
    }
};

// tck-id-message-flow-edge-node-birth-publish-phid-wait
// tck-id-message-flow-edge-node-birth-publish-phid-wait-id
// tck-id-message-flow-edge-node-birth-publish-phid-wait-online
// tck-id-message-flow-edge-node-birth-publish-phid-wait-timestamp
// tck-id-operational-behavior-edge-node-birth-sequence-wait
// tck-id-operational-behavior-primary-application-state-with-multiple-servers-state-subs
TEST_F(SparkplugEdgeWithPrimary, IsBornWhenTheHostIsThere) {
    EXPECT_EQ(edge.subscriptions().back(), "spBv1.0/STATE/h");
    edge.will();
    edge.connected();
    EXPECT_TRUE(edge.receive("spBv1.0/STATE/other", format_state({true, 9})));
    state(false, 10);
    state(true, 9);
    EXPECT_EQ(said(), Texts{});
    state(true, 10);
    EXPECT_EQ(said(), Texts{nbirth_0});
    EXPECT_FALSE(edge.receive("spBv1.0/STATE/h", "ONLINE"));
}

// tck-id-message-flow-edge-node-birth-publish-phid-offline
// tck-id-operational-behavior-edge-node-termination-host-offline
// tck-id-operational-behavior-edge-node-termination-host-offline-reconnect
// tck-id-operational-behavior-edge-node-termination-host-offline-timestamp
// tck-id-operational-behavior-primary-application-state-with-multiple-servers-walk
// tck-id-operational-behavior-primary-application-state-with-multiple-servers-single-server
TEST_F(SparkplugEdgeWithPrimary, LeavesWhenTheHostIsGone) {
    edge.will();
    edge.connected();
    state(true, 10);
    said();
    state(false, 9);
    EXPECT_EQ(said(), Texts{});
    EXPECT_FALSE(edge.leave());
    state(false, 10);
    EXPECT_EQ(said(), Texts{"NDEATH untimed bdSeq=0:Int64"});
    EXPECT_TRUE(edge.leave());
    // The next server: its own times.
    EXPECT_EQ(shown(edge.will()), "NDEATH untimed bdSeq=1:Int64");
    edge.connected();
    EXPECT_FALSE(edge.leave());
    state(true, 5);
    EXPECT_EQ(said().size(), 1);
}

// Whatever happens to an edge node, the host's last values are the node's.
TEST_F(SparkplugEdge, TheHostSeesWhatTheNodeSays) {
    HostApplication host(clock, {});
    std::map<std::string, std::string> seen;
    ReadingBatch batch;
    SeededRandom random(1);
    Publish will;
    const auto deliver = [&](const Publish& publish) {
        batch.clear();
        const auto received = host.receive(publish.topic, publish.payload, batch);
        EXPECT_TRUE(received) << received.error().message;
        for (std::size_t i = 0; i < batch.size(); ++i) {
            seen[std::string(batch[i].point)] =
                to_text(batch[i].value()) + " " + quality_name(batch[i].quality);
        }
    };
    double last = 0;
    for (int round = 0; round < 300; ++round) {
        will = edge.will();
        edge.connected();
        edge.set_device_online("d", random.chance(0.5));
        for (int i = 0; i < 10; ++i) {
            clock.advance(10s);
            last = static_cast<double>(random.below(5));
            ASSERT_TRUE(edge.set(temp, last, quality::good, clock.now()));
            edge.set_device_online("d", random.chance(0.8));
            ASSERT_TRUE(edge.set(speed, last + 1, quality::good, clock.now()));
            edge.flush();
            auto publishes = edge.take_publishes();
            // Two may change places on their way.
            if (publishes.size() > 2 && random.chance(0.3)) {
                std::swap(publishes[publishes.size() - 1], publishes[publishes.size() - 2]);
            }
            std::ranges::for_each(publishes, deliver);
            EXPECT_EQ(seen["g/n/temp"], std::format("{} Good", last));
        }
        edge.lost();
        deliver(will);
        EXPECT_EQ(seen["g/n/temp"], std::format("{} UncertainLastUsableValue", last));
    }
    EXPECT_EQ(host.counters().missing, 0);
    EXPECT_TRUE(host.take_publishes().empty());
}

}  // namespace
}  // namespace gantry::sparkplug

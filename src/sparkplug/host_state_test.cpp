// SPDX-License-Identifier: Apache-2.0
// What a host says of itself, and what it has written.
#include "sparkplug/host_testing.h"

namespace gantry::sparkplug {
namespace {

using namespace testing;
using namespace std::chrono_literals;

// tck-id-host-topic-phid-birth-qos
// tck-id-host-topic-phid-birth-retain
// tck-id-host-topic-phid-birth-topic
// tck-id-host-topic-phid-birth-sub-required
// tck-id-host-topic-phid-birth-required
// tck-id-host-topic-phid-birth-message
// tck-id-host-topic-phid-birth-payload
// tck-id-host-topic-phid-birth-payload-timestamp
// tck-id-host-topic-phid-death-qos
// tck-id-host-topic-phid-death-retain
// tck-id-host-topic-phid-death-topic
// tck-id-host-topic-phid-death-required
// tck-id-host-topic-phid-death-payload
// tck-id-host-topic-phid-death-payload-connect
// tck-id-operational-behavior-host-application-connect-will
// tck-id-operational-behavior-host-application-connect-will-topic
// tck-id-operational-behavior-host-application-connect-will-payload
// tck-id-operational-behavior-host-application-connect-will-qos
// tck-id-operational-behavior-host-application-connect-will-retained
// tck-id-operational-behavior-host-application-connect-birth
// tck-id-operational-behavior-host-application-connect-birth-topic
// tck-id-operational-behavior-host-application-connect-birth-payload
// tck-id-operational-behavior-host-application-connect-birth-qos
// tck-id-operational-behavior-host-application-connect-birth-retained
// tck-id-message-flow-phid-sparkplug-subscription
// tck-id-message-flow-phid-sparkplug-state-publish
// tck-id-message-flow-phid-sparkplug-state-publish-payload
// tck-id-message-flow-phid-sparkplug-state-publish-payload-timestamp
// tck-id-payloads-state-will-message
// tck-id-payloads-state-will-message-qos
// tck-id-payloads-state-will-message-retain
// tck-id-payloads-state-will-message-payload
// tck-id-payloads-state-subscribe
// tck-id-payloads-state-birth
// tck-id-payloads-state-birth-payload
// tck-id-components-ph-state
// tck-id-intro-sparkplug-host-state
// tck-id-conformance-primary-host
// tck-id-operational-behavior-host-application-multi-server-timestamp
// tck-id-operational-behavior-primary-application-state-with-multiple-servers-state
TEST_F(SparkplugHost, SaysThatItIsThereWithTheTimeOfItsWill) {
    EXPECT_EQ(host.will(), (Publish{.topic = "spBv1.0/STATE/gantry",
                                    .payload = R"({"online":false,"timestamp":5000})",
                                    .qos = 1,
                                    .retain = true}));
    EXPECT_EQ(host.subscriptions(), (Texts{"spBv1.0/STATE/gantry", "spBv1.0/#"}));
    clock.advance(2s);
    host.connected();
    EXPECT_EQ(host.take_publishes(),
              (std::vector{Publish{.topic = "spBv1.0/STATE/gantry",
                                   .payload = R"({"online":true,"timestamp":5000})",
                                   .qos = 1,
                                   .retain = true}}));
}

// tck-id-host-topic-phid-death-payload-disconnect-clean
// tck-id-host-topic-phid-death-payload-disconnect-with-no-disconnect-packet
// tck-id-operational-behavior-host-application-termination
// tck-id-operational-behavior-host-application-death-topic
// tck-id-operational-behavior-host-application-death-payload
// tck-id-operational-behavior-host-application-death-qos
// tck-id-operational-behavior-host-application-death-retained
// tck-id-operational-behavior-host-application-disconnect-intentional
TEST_F(SparkplugHost, SaysThatItGoes) {
    host.connected();
    host.take_publishes();
    clock.advance(1s);
    host.disconnect();
    EXPECT_EQ(host.take_publishes(),
              (std::vector{Publish{.topic = "spBv1.0/STATE/gantry",
                                   .payload = R"({"online":false,"timestamp":6000})",
                                   .qos = 1,
                                   .retain = true}}));
    // Now it is true.
    EXPECT_EQ(receive("spBv1.0/STATE/gantry", R"({"online":false,"timestamp":1})"), Texts{});
    EXPECT_EQ(publishes(), Texts{});
}

// tck-id-message-flow-hid-sparkplug-state-message-delivered
TEST_F(SparkplugHost, ContradictsWhoeverSaysThatItIsGone) {
    host.connected();
    host.take_publishes();
    clock.advance(1s);
    EXPECT_EQ(receive("spBv1.0/STATE/gantry", R"({"online":false,"timestamp":1})"), Texts{});
    const auto said = host.take_publishes();
    ASSERT_EQ(said.size(), 1);
    EXPECT_EQ(said[0].payload, R"({"online":true,"timestamp":6000})");
    EXPECT_EQ(said[0].qos, 1);
    EXPECT_TRUE(said[0].retain);
    EXPECT_EQ(receive("spBv1.0/STATE/gantry", said[0].payload), Texts{});
    EXPECT_EQ(receive("spBv1.0/STATE/other", R"({"online":false,"timestamp":1})"), Texts{});
    EXPECT_EQ(publishes(), Texts{});
}

TEST_F(SparkplugHost, WithoutItsServerAllIsStale) {
    bear();
    batch.clear();
    host.lost(batch);
    EXPECT_EQ(texts(batch), (Texts{"g/n/temp = float64 20 @5000 UncertainLastUsableValue",
                                   "g/n/d/speed = float64 7 @5000 UncertainLastUsableValue"}));
}

// tck-id-operational-behavior-data-commands-ncmd-verb
// tck-id-operational-behavior-data-commands-ncmd-metric-name
// tck-id-operational-behavior-data-commands-ncmd-metric-value
// tck-id-operational-behavior-data-commands-dcmd-verb
// tck-id-operational-behavior-data-commands-dcmd-metric-name
// tck-id-operational-behavior-data-commands-dcmd-metric-value
// tck-id-topics-dcmd-topic
// tck-id-topics-dcmd-mqtt
// tck-id-topics-dcmd-timestamp
// tck-id-topics-dcmd-payload
// tck-id-payloads-dcmd-timestamp
// tck-id-payloads-dcmd-seq
// tck-id-payloads-dcmd-qos
// tck-id-payloads-dcmd-retain
// tck-id-payloads-name-cmd-requirement
TEST_F(SparkplugHost, CommandsNameMetricsThatThereAre) {
    bear();
    const auto command = host.command("g", "n", "d", "speed", 9.5);
    ASSERT_TRUE(command);
    EXPECT_EQ(command->topic, "spBv1.0/g/DCMD/n/d");
    EXPECT_EQ(command->qos, 0);
    EXPECT_FALSE(command->retain);
    Payload payload;
    ASSERT_TRUE(decode(as_bytes(command->payload), payload));
    EXPECT_FALSE(payload.seq);
    EXPECT_EQ(payload.timestamp, 5000U);
    ASSERT_EQ(payload.metrics.size(), 1);
    EXPECT_FALSE(payload.metrics[0].has_name);
    EXPECT_EQ(payload.metrics[0].alias, 2);
    EXPECT_EQ(payload.metrics[0].timestamp, 5000);
    EXPECT_EQ(std::bit_cast<double>(payload.metrics[0].value.bits), 9.5);
    EXPECT_EQ(host.command("g", "n", "", "temp", 1.0)->topic, "spBv1.0/g/NCMD/n");
    const auto code = [&](std::string_view node, std::string_view device, std::string_view metric,
                          const Value& value) {
        return host.command("g", node, device, metric, value).error().code;
    };
    EXPECT_EQ(code("x", "", "temp", 1.0), Code::NotFound);
    EXPECT_EQ(code("n", "x", "temp", 1.0), Code::NotFound);
    EXPECT_EQ(code("n", "d", "temp", 1.0), Code::NotFound);
    EXPECT_EQ(code("n", "d", "speed", std::string("fast")), Code::InvalidArgument);
    receive("spBv1.0/g/NDEATH/n", death(3));
    EXPECT_EQ(code("n", "d", "speed", 1.0), Code::Unavailable);
}

}  // namespace
}  // namespace gantry::sparkplug

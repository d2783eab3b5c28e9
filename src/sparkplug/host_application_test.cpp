// SPDX-License-Identifier: Apache-2.0
// The host: births, data, deaths, order and rebirths. Comments name the statements of the
// specification (docs/sparkplug-conformance.md).
#include "sparkplug/host_testing.h"

namespace gantry::sparkplug {
namespace {

using namespace testing;
using namespace std::chrono_literals;

const std::string rebirth_of_n = "spBv1.0/g/NCMD/n Node Control/Rebirth=1";

// tck-id-topics-nbirth-topic
// tck-id-topics-dbirth-topic
// tck-id-topics-ndata-topic
// tck-id-topics-ddata-topic
// tck-id-payloads-alias-birth-requirement
// tck-id-payloads-alias-data-cmd-requirement
// tck-id-payloads-metric-datatype-not-req
// tck-id-payloads-name-birth-data-requirement
TEST_F(SparkplugHost, BirthsDefineWhatDataMean) {
    EXPECT_EQ(receive("spBv1.0/g/NBIRTH/n",
                      birth(0, {with_alias(at(real("temp", 20), 900), 1), whole("count", 5),
                                with_alias(metric("off", DataType::Int32, {}), 9)})),
              (Texts{"g/n/temp = float64 20 @900", "g/n/count = int64 5 @1000",
                     "g/n/off = null @1000 Bad"}));
    EXPECT_EQ(receive("spBv1.0/g/DBIRTH/n/d", message(1, {with_alias(real("a/speed", 7), 2)})),
              (Texts{"g/n/d/a/speed = float64 7 @1000"}));
    EXPECT_EQ(receive("spBv1.0/g/NDATA/n",
                      message(2, {alias_only(at(real("", 21), 1100), 1), whole("count", 6)}, 1200)),
              (Texts{"g/n/temp = float64 21 @1100", "g/n/count = int64 6 @1200"}));
    EXPECT_EQ(receive("spBv1.0/g/DDATA/n/d", message(3, {alias_only(real("", 8), 2)}, {})),
              (Texts{"g/n/d/a/speed = float64 8 @5000"}));
    EXPECT_EQ(publishes(), Texts{});
    const auto nodes = host.nodes();
    ASSERT_EQ(nodes.size(), 1);
    EXPECT_TRUE(nodes[0].online);
    EXPECT_EQ(nodes[0].metrics, 5);
    EXPECT_EQ(nodes[0].devices.at(0), (std::pair<std::string, bool>("d", true)));
}

// tck-id-payloads-propertyset-quality-value-value
TEST_F(SparkplugHost, QualityAndUnitComeFromProperties) {
    std::string good;
    encode_properties({{.key = "engUnit",
                        .type = static_cast<std::uint32_t>(DataType::String),
                        .value = {ValueField::String, 0, "Cel"}}},
                      good);
    Metric temp = with_alias(real("temp", 20), 1);
    temp.properties = good;
    EXPECT_EQ(receive("spBv1.0/g/NBIRTH/n", birth(0, {temp})),
              (Texts{"g/n/temp = float64 20 [Cel] @1000"}));
    std::string stale;
    encode_properties({{.key = "Quality",
                        .type = static_cast<std::uint32_t>(DataType::Int32),
                        .value = {ValueField::Int, 500}}},
                      stale);
    temp = alias_only(real("", 21), 1);
    temp.properties = stale;
    EXPECT_EQ(receive("spBv1.0/g/NDATA/n", message(1, {temp})),
              (Texts{"g/n/temp = float64 21 [Cel] @1000 UncertainLastUsableValue"}));
}

TEST_F(SparkplugHost, HistoricalValuesAreNotTheLatest) {
    bear();
    Metric old = alias_only(at(real("", 1), 10), 1);
    old.historical = true;
    EXPECT_EQ(receive("spBv1.0/g/NDATA/n", message(2, {old})),
              (Texts{"g/n/temp = float64 1 @10 historical"}));
    EXPECT_EQ(receive("spBv1.0/g/NDEATH/n", death(3))[0],
              "g/n/temp = float64 20 @5000 UncertainLastUsableValue");
    bear();
    Metric passing = alias_only(real("", 2), 1);
    passing.transient = true;
    EXPECT_EQ(receive("spBv1.0/g/NDATA/n", message(2, {passing})), Texts{});
}

// tck-id-operational-behavior-edge-node-termination-host-action-ndeath-node-offline
// tck-id-operational-behavior-edge-node-termination-host-action-ndeath-node-tags-stale
// tck-id-operational-behavior-edge-node-termination-host-action-ndeath-devices-offline
// tck-id-operational-behavior-edge-node-termination-host-action-ndeath-devices-tags-stale
// tck-id-topics-ndeath-topic
// tck-id-topics-ndeath-seq
// tck-id-payloads-ndeath-seq
TEST_F(SparkplugHost, TheDeathOfANodeMakesAllItsMetricsStale) {
    bear();
    clock.advance(1s);
    EXPECT_EQ(receive("spBv1.0/g/NDEATH/n", death(3)),
              (Texts{"g/n/temp = float64 20 @6000 UncertainLastUsableValue",
                     "g/n/d/speed = float64 7 @6000 UncertainLastUsableValue"}));
    EXPECT_FALSE(host.nodes()[0].online);
    EXPECT_FALSE(host.nodes()[0].devices[0].second);
    EXPECT_EQ(receive("spBv1.0/g/NDEATH/n", death(3)), Texts{});
}

// tck-id-topics-nbirth-bdseq-matching
// tck-id-payloads-ndeath-bdseq
// tck-id-payloads-nbirth-bdseq-repeat
TEST_F(SparkplugHost, ADeathOfAnotherSessionIsIgnored) {
    bear();
    EXPECT_EQ(receive("spBv1.0/g/NDEATH/n", death(2)), Texts{});
    EXPECT_TRUE(host.nodes()[0].online);
    EXPECT_EQ(host.counters().deaths_ignored, 1);
    EXPECT_EQ(receive("spBv1.0/g/NDEATH/unknown", death(2)), Texts{});
    EXPECT_EQ(host.nodes().size(), 1);
}

// tck-id-operational-behavior-edge-node-termination-host-action-ddeath-devices-offline
// tck-id-operational-behavior-edge-node-termination-host-action-ddeath-devices-tags-stale
// tck-id-topics-ddeath-topic
// tck-id-topics-ddeath-seq-num
// tck-id-payloads-ddeath-timestamp
// tck-id-payloads-ddeath-seq
// tck-id-payloads-ddeath-seq-number
TEST_F(SparkplugHost, TheDeathOfADeviceMakesItsMetricsStaleAtItsTime) {
    bear();
    EXPECT_EQ(receive("spBv1.0/g/DDEATH/n/d", message(2, {}, 4000)),
              (Texts{"g/n/d/speed = float64 7 @4000 UncertainLastUsableValue"}));
    EXPECT_TRUE(host.nodes()[0].online);
    EXPECT_FALSE(host.nodes()[0].devices[0].second);
    EXPECT_EQ(receive("spBv1.0/g/DDATA/n/d", message(3, {alias_only(real("", 8), 2)})),
              (Texts{"! DDATA of 'g/n/d' without a DBIRTH before it: a rebirth was asked for"}));
    EXPECT_EQ(publishes(), Texts{rebirth_of_n});
}

// tck-id-message-flow-device-birth-publish-nbirth-wait
// tck-id-payloads-dbirth-order
// tck-id-payloads-ndata-order
// tck-id-payloads-ddata-order
// tck-id-principles-birth-certificates-order
// tck-id-operational-behavior-data-commands-ncmd-rebirth-verb
// tck-id-operational-behavior-data-commands-ncmd-rebirth-name
// tck-id-operational-behavior-data-commands-ncmd-rebirth-value
// tck-id-topics-ncmd-topic
// tck-id-topics-ncmd-mqtt
// tck-id-topics-ncmd-timestamp
// tck-id-topics-ncmd-payload
// tck-id-payloads-ncmd-timestamp
// tck-id-payloads-ncmd-seq
// tck-id-payloads-ncmd-qos
// tck-id-payloads-ncmd-retain
TEST_F(SparkplugHost, WhatComesBeforeAnNbirthAsksForOne) {
    EXPECT_EQ(receive("spBv1.0/g/NDATA/n", message(5, {real("temp", 1)})),
              (Texts{"! NDATA of 'g/n' without an NBIRTH before it: a rebirth was asked for"}));
    EXPECT_EQ(publishes(), Texts{rebirth_of_n});
    // Once in a while is enough.
    EXPECT_EQ(receive("spBv1.0/g/DBIRTH/n/d", message(6, {real("temp", 1)})).size(), 1);
    EXPECT_EQ(publishes(), Texts{});
    clock.advance(10s);
    receive("spBv1.0/g/DDATA/n/d", message(7, {real("temp", 1)}));
    EXPECT_EQ(publishes(), Texts{rebirth_of_n});
}

// tck-id-payloads-alias-uniqueness
TEST_F(SparkplugHost, UnknownAliasesAndNamesAskForARebirth) {
    bear();
    EXPECT_EQ(receive("spBv1.0/g/NDATA/n",
                      message(2, {alias_only(real("", 1), 77), alias_only(real("", 2), 1)})),
              (Texts{"g/n/temp = float64 2 @1000",
                     "! metric 'g/n/(alias 77)' was not in the birth: a rebirth was asked for"}));
    EXPECT_EQ(publishes(), Texts{rebirth_of_n});
    clock.advance(10s);
    // An alias of the device is none of the node.
    EXPECT_EQ(receive("spBv1.0/g/NDATA/n", message(3, {alias_only(real("", 1), 2)})).size(), 1);
    EXPECT_EQ(publishes(), Texts{rebirth_of_n});
    clock.advance(10s);
    EXPECT_EQ(receive("spBv1.0/g/NDATA/n", message(4, {real("new", 1)})),
              (Texts{"! metric 'g/n/new' was not in the birth: a rebirth was asked for"}));
    EXPECT_EQ(publishes(), Texts{rebirth_of_n});
}

// tck-id-operational-behavior-host-reordering-param
// tck-id-operational-behavior-host-reordering-start
// tck-id-operational-behavior-host-reordering-success
// tck-id-payloads-sequence-num-incrementing
// tck-id-topics-ndata-seq-num
// tck-id-topics-ddata-seq-num
// tck-id-payloads-ndata-seq-inc
// tck-id-payloads-ddata-seq-inc
TEST_F(SparkplugHost, MessagesAreUsedInTheirOrder) {
    bear();
    const auto temp = [](std::uint64_t seq, double value) {
        return message(seq, {alias_only(real("", value), 1)});
    };
    EXPECT_FALSE(host.next_deadline());
    EXPECT_EQ(receive("spBv1.0/g/NDATA/n", temp(4, 4)), Texts{});
    EXPECT_EQ(receive("spBv1.0/g/NDATA/n", temp(3, 3)), Texts{});
    EXPECT_EQ(host.next_deadline(), clock.monotonic() + 5s);
    EXPECT_EQ(tick(4s), Texts{});
    EXPECT_EQ(receive("spBv1.0/g/NDATA/n", temp(2, 2)),
              (Texts{"g/n/temp = float64 2 @1000", "g/n/temp = float64 3 @1000",
                     "g/n/temp = float64 4 @1000"}));
    EXPECT_FALSE(host.next_deadline());
    EXPECT_EQ(tick(10s), Texts{});
    EXPECT_EQ(receive("spBv1.0/g/NDATA/n", temp(5, 5)), Texts{"g/n/temp = float64 5 @1000"});
    EXPECT_EQ(publishes(), Texts{});
}

// tck-id-operational-behavior-host-reordering-rebirth
TEST_F(SparkplugHost, AMessageThatStaysAwayAsksForARebirth) {
    bear();
    EXPECT_EQ(receive("spBv1.0/g/NDATA/n", message(4, {alias_only(real("", 4), 1)})), Texts{});
    EXPECT_EQ(receive("spBv1.0/g/NDATA/n", message(3, {alias_only(real("", 3), 1)})), Texts{});
    EXPECT_EQ(publishes(), Texts{});
    // What came is not lost for it.
    EXPECT_EQ(tick(5s), (Texts{"g/n/temp = float64 3 @1000", "g/n/temp = float64 4 @1000"}));
    EXPECT_EQ(publishes(), Texts{rebirth_of_n});
    EXPECT_EQ(host.counters().missing, 1);
    EXPECT_EQ(receive("spBv1.0/g/NDATA/n", message(5, {alias_only(real("", 5), 1)})),
              Texts{"g/n/temp = float64 5 @1000"});
}

// tck-id-payloads-sequence-num-always-included
// tck-id-payloads-ndata-seq
// tck-id-payloads-ddata-seq
TEST_F(SparkplugHost, SequenceNumbersGoFrom255To0) {
    bear();
    for (std::uint64_t i = 2; i < 600; ++i) {
        EXPECT_EQ(receive("spBv1.0/g/NDATA/n", message(i % 256, {alias_only(real("", 1), 1)})),
                  Texts{"g/n/temp = float64 1 @1000"})
            << i;
    }
    EXPECT_EQ(receive("spBv1.0/g/NDATA/n", message({}, {})).size(), 1);
    EXPECT_EQ(receive("spBv1.0/g/NDATA/n", message(256, {})).size(), 1);
    EXPECT_EQ(publishes(), Texts{rebirth_of_n});
}

TEST_F(SparkplugHost, HeldMessagesAreBounded) {
    HostOptions options;
    options.held_bytes_max = 100;
    HostApplication small(clock, options);
    ASSERT_TRUE(small.receive("spBv1.0/g/NBIRTH/n", birth(0, {real("temp", 1)}), batch));
    batch.clear();
    for (std::uint64_t seq = 2; seq < 20; ++seq) {
        ASSERT_TRUE(small.receive("spBv1.0/g/NDATA/n", message(seq, {real("temp", 2)}), batch));
    }
    EXPECT_EQ(batch.size(), 18);
    EXPECT_EQ(small.counters().missing, 1);
    EXPECT_EQ(small.take_publishes().size(), 1);
}

// tck-id-topics-nbirth-seq-num
// tck-id-payloads-nbirth-seq
// tck-id-payloads-sequence-num-zero-nbirth
TEST_F(SparkplugHost, ARebirthBeginsAnew) {
    bear();
    EXPECT_EQ(receive("spBv1.0/g/NBIRTH/n", birth(3, {with_alias(real("hot", 1), 2)}, 200)),
              Texts{"g/n/hot = float64 1 @1000"});
    // The old numbers mean nothing any more.
    EXPECT_EQ(receive("spBv1.0/g/NDATA/n", message(201, {alias_only(real("", 5), 1)})).size(), 1);
    EXPECT_EQ(receive("spBv1.0/g/NDATA/n", message(202, {alias_only(real("", 5), 2)})),
              Texts{"g/n/hot = float64 5 @1000"});
    EXPECT_EQ(receive("spBv1.0/g/DBIRTH/n/d", message(203, {with_alias(real("speed", 8), 3)})),
              Texts{"g/n/d/speed = float64 8 @1000"});
    EXPECT_EQ(tick(20s), Texts{});
    EXPECT_EQ(receive("spBv1.0/g/NBIRTH/n", birth(3, {}, 0)), Texts{});
    // A device that is not born again is gone.
    EXPECT_EQ(tick(5s), Texts{"g/n/d/speed = float64 8 @30000 UncertainLastUsableValue"});
    EXPECT_EQ(receive("spBv1.0/g/NBIRTH/n", birth(4, {}, 0)), Texts{});
}

TEST_F(SparkplugHost, ANewSessionWithoutADeathMakesDevicesStale) {
    bear();
    EXPECT_EQ(receive("spBv1.0/g/NBIRTH/n", birth(4, {real("temp", 21)})),
              (Texts{"g/n/d/speed = float64 7 @5000 UncertainLastUsableValue",
                     "g/n/temp = float64 21 @1000"}));
}

// tck-id-topics-nbirth-metrics
// tck-id-topics-dbirth-metrics
// tck-id-payloads-name-requirement
// tck-id-payloads-metric-datatype-req
TEST_F(SparkplugHost, ABirthThatIsWrongIsRefusedAsAWhole) {
    const auto refusal = [&](std::vector<Metric> metrics) {
        const Texts out = receive("spBv1.0/g/NBIRTH/n", birth(3, std::move(metrics)));
        EXPECT_FALSE(host.nodes().at(0).online);
        return out.back();
    };
    EXPECT_EQ(refusal({real("a", 1), real("a", 2)}),
              "! birth of 'g/n/': metric 'a' is there twice");
    EXPECT_EQ(refusal({with_alias(real("a", 1), 5), with_alias(real("b", 2), 5)}),
              "! birth of 'g/n/': metric 'b' has the alias 5 of another one");
    EXPECT_EQ(refusal({metric("a", DataType::Unknown, {})}),
              "! birth of 'g/n/': metric 'a' has no data type that there is");
    EXPECT_EQ(refusal({alias_only(real("", 1), 5)}),
              "! birth of 'g/n/': metric '' has no name that a point can have");
    EXPECT_EQ(refusal({real("a\nb", 1)}).substr(0, 8), "! birth ");
    EXPECT_EQ(refusal({real(std::string(600, 'x'), 1)}).substr(0, 8), "! birth ");
    EXPECT_EQ(receive("spBv1.0/g/NBIRTH/n", message({}, {})).size(), 1);
    EXPECT_EQ(receive("spBv1.0/g/NBIRTH/n", "\xff")[0].substr(0, 24), "! the message is no payl");
    // And a sound one is taken afterwards.
    bear();
    EXPECT_TRUE(host.nodes()[0].online);
}

// tck-id-payloads-template-definition-nbirth-only
// tck-id-payloads-template-definition-members
// tck-id-payloads-template-definition-nbirth
// tck-id-payloads-template-definition-parameters
// tck-id-payloads-template-definition-parameters-default
// tck-id-payloads-template-instance-members
// tck-id-payloads-template-instance-members-birth
// tck-id-payloads-template-instance-members-data
// tck-id-payloads-template-instance-parameters
// tck-id-topics-nbirth-templates
TEST_F(SparkplugHost, MembersOfTemplatesArePoints) {
    Template motor;
    motor.definition = true;
    motor.metrics = {whole("speed", 0), real("load", 0)};
    std::string definition;
    encode_template(motor, definition);
    motor.definition = false;
    motor.reference = "motor";
    motor.metrics = {whole("speed", 5), real("load", 0.5)};
    std::string instance;
    encode_template(motor, instance);
    EXPECT_EQ(receive("spBv1.0/g/NBIRTH/n",
                      birth(0, {metric("_types_/motor", DataType::Template,
                                       {ValueField::Template, 0, definition}),
                                with_alias(metric("m1", DataType::Template,
                                                  {ValueField::Template, 0, instance}),
                                           4)})),
              (Texts{"g/n/m1/speed = int64 5 @1000", "g/n/m1/load = float64 0.5 @1000"}));
    motor.metrics = {alias_only(whole("", 6), 0)};
    motor.metrics[0].has_alias = false;
    motor.metrics[0].name = "speed";
    motor.metrics[0].has_name = true;
    std::string change;
    encode_template(motor, change);
    EXPECT_EQ(
        receive(
            "spBv1.0/g/NDATA/n",
            message(1, {alias_only(
                           metric("", DataType::Template, {ValueField::Template, 0, change}), 4)})),
        (Texts{"g/n/m1/speed = int64 6 @1000"}));
    motor.metrics[0].name = "other";
    change.clear();
    encode_template(motor, change);
    EXPECT_EQ(
        receive(
            "spBv1.0/g/NDATA/n",
            message(2, {alias_only(
                           metric("", DataType::Template, {ValueField::Template, 0, change}), 4)})),
        (Texts{"! metric 'g/n/m1/other' was not in the birth: a rebirth was asked for"}));
}

TEST_F(SparkplugHost, WhatNodesMayTakeIsBounded) {
    HostOptions options;
    options.nodes_max = 2;
    options.devices_max = 1;
    options.metrics_max = 3;
    options.all_metrics_max = 5;
    HostApplication small(clock, options);
    const auto code = [&](std::string_view topic, const std::string& text) {
        const auto received = small.receive(topic, text, batch);
        return received ? Code::Internal : received.error().code;
    };
    EXPECT_EQ(code("spBv1.0/g/NBIRTH/a", birth(0, {real("x", 1)})), Code::Internal);
    EXPECT_EQ(code("spBv1.0/g/DBIRTH/a/d", message(1, {real("x", 1)})), Code::Internal);
    EXPECT_EQ(code("spBv1.0/g/DBIRTH/a/e", message(2, {real("x", 1)})), Code::TooLarge);
    EXPECT_EQ(code("spBv1.0/g/DBIRTH/a/d", message(3, {real("x", 1), real("y", 1)})),
              Code::TooLarge);
    EXPECT_EQ(code("spBv1.0/g/NBIRTH/b", birth(0, {real("x", 1), real("y", 1)})), Code::Internal);
    EXPECT_EQ(code("spBv1.0/g/DBIRTH/b/d", message(1, {real("x", 1)})), Code::TooLarge);
    EXPECT_EQ(code("spBv1.0/g/NBIRTH/c", birth(0, {})), Code::TooLarge);
    // Births again and again take no more.
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(code("spBv1.0/g/NBIRTH/a", birth(0, {real("x", 1)})), Code::Internal);
    }
}

// tck-id-topic-structure-namespace-unique-device-id
// tck-id-topic-structure-namespace-duplicate-device-id-across-edge-node
TEST_F(SparkplugHost, TwoNodesMayHaveDevicesOfOneName) {
    for (const std::string_view node : {"a", "b"}) {
        receive(std::format("spBv1.0/g/NBIRTH/{}", node), birth(0, {}));
        EXPECT_EQ(receive(std::format("spBv1.0/g/DBIRTH/{}/d", node), message(1, {real("x", 1)})),
                  Texts{std::format("g/{}/d/x = float64 1 @1000", node)});
    }
    EXPECT_EQ(receive("spBv1.0/g/NDEATH/a", death(0)),
              Texts{"g/a/d/x = float64 1 @5000 UncertainLastUsableValue"});
    EXPECT_EQ(receive("spBv1.0/g/DDATA/b/d", message(2, {real("x", 2)})),
              Texts{"g/b/d/x = float64 2 @1000"});
    // In one node the second is the first again.
    EXPECT_EQ(receive("spBv1.0/g/DBIRTH/b/d", message(3, {real("y", 3)})),
              Texts{"g/b/d/y = float64 3 @1000"});
    EXPECT_EQ(host.nodes().at(1).devices.size(), 1);
}

TEST_F(SparkplugHost, AliasesMayBeFarApart) {
    std::vector<Metric> metrics;
    std::vector<std::string> names;
    for (std::uint64_t i = 0; i < 300; ++i) {
        names.push_back(std::format("m{}", i));
    }
    const auto alias = [](std::uint64_t i) { return i % 3 == 0 ? i : i * 0x100000001; };
    for (std::uint64_t i = 0; i < 300; ++i) {
        metrics.push_back(with_alias(whole(names[299 - i], 0), alias(299 - i)));
    }
    receive("spBv1.0/g/NBIRTH/n", birth(0, metrics));
    for (std::uint64_t i = 0; i < 300; ++i) {
        EXPECT_EQ(receive("spBv1.0/g/NDATA/n",
                          message((i + 1) % 256, {alias_only(whole("", 1), alias(i))})),
                  Texts{std::format("g/n/m{} = int64 1 @1000", i)});
    }
}

}  // namespace
}  // namespace gantry::sparkplug

// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/modbus_connector.h"

#include "connector/modbus/device_testing.h"

namespace gantry::connector::modbus {
namespace {

using namespace std::chrono_literals;
using testing::FakeDevice;
using testing::must;
using testing::Polling;
using testing::property;
using testing::tag;

TEST_F(Polling, FirstValuesAreWaitedForAndThenRead) {
    start({tag(1, "hr:7:u16"), tag(2, "hr:8:u16")});
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, 7 Good");
    EXPECT_EQ(sink_.story(2), "BadWaitingForInitialData, 8 Good");
    EXPECT_EQ(sink_.batches.size(), 2U) << "all of one poll goes as one batch";
    EXPECT_EQ(device_.log, std::vector<std::string>{"1:hr:7+2"});
    EXPECT_EQ(vitals_.health().state, State::Running);
    EXPECT_EQ(vitals_.health().tags_good, 2U);
}

TEST_F(Polling, SourceTimeIsWhenTheReplyArrived) {
    device_.react = [](auto, const auto&) { return FakeDevice::Reaction{.delay = 300ms}; };
    const Time asked = world_.base.clock.now();
    start({tag(1, "hr:7:u16")});
    world_.pass(400ms);
    ASSERT_EQ(sink_.of(1).size(), 2U);
    EXPECT_EQ(sink_.of(1)[1].time, asked + Duration(300ms).count());
    EXPECT_NEAR(vitals_.health().round_trip_p50 / 1ms, 300, 60);
}

TEST_F(Polling, RateDoesNotDriftWithSlowReplies) {
    device_.react = [](auto, const auto&) { return FakeDevice::Reaction{.delay = 330ms}; };
    start({tag(1, "hr:7:u16")});
    world_.pass(5s);
    EXPECT_EQ(request_times(), (std::vector<Duration>{0s, 1s, 2s, 3s, 4s, 5s}));
    EXPECT_EQ(vitals_.health().polls_missed, 0U);
    EXPECT_EQ(vitals_.health().last_poll_lateness, 0ms);
}

TEST_F(Polling, EachGroupHasItsOwnPeriod) {
    start({tag(1, "hr:7:u16 grp=fast"), tag(2, "hr:100:u16")},
          R"(, "groups": {"fast": "100ms", "default": "1s"})");
    world_.pass(2s);
    EXPECT_EQ(device_.reads("1:hr:7+1"), 21);
    EXPECT_EQ(device_.reads("1:hr:100+1"), 3);
    EXPECT_EQ(vitals_.health().polls, 24U);
}

TEST_F(Polling, WhatComesTooLateIsDoneOnceAndTheRestCounted) {
    device_.react = [](auto, const auto&) { return FakeDevice::Reaction{.delay = 2500ms}; };
    start({tag(1, "hr:7:u16")}, R"(, "timeout": "10s")");
    world_.pass(10s);
    // Due at 1 s and 2 s while the first poll lasts: the one of 2 s is done at 2.5 s, the other
    // missed.
    EXPECT_EQ(request_times(), (std::vector<Duration>{0s, 2500ms, 5s, 7500ms, 10s}));
    const Health health = vitals_.health();
    EXPECT_EQ(health.polls, 4U);
    EXPECT_EQ(health.polls_missed, 1U + 2U + 1U);
    EXPECT_EQ(health.last_poll_lateness, 500ms);
}

TEST_F(Polling, AFullSinkHoldsPollingBackAndNothingPilesUp) {
    start({tag(1, "hr:7:u16")});
    world_.pass(1s);
    sink_.closed = true;
    world_.pass(10s);
    EXPECT_EQ(device_.log.size(), 3U) << "one poll was read and waits; no more are made";
    EXPECT_LT(sink_.waiting_bytes, 100U);
    sink_.open();
    world_.settle();
    world_.pass(1s);
    EXPECT_EQ(device_.log.size(), 5U);
    EXPECT_EQ(vitals_.health().polls_missed, 8U);
}

TEST_F(Polling, SamplesThatTheSinkRefusesAreCountedAndChangesSaidAgain) {
    start({tag(1, "hr:7:u16 db=0")});
    sink_.refusal = Error{Code::StorageFull, "no space left", {}};
    device_.units[1].holding[7] = 8;
    world_.pass(1s);
    EXPECT_EQ(vitals_.health().samples_lost, 1U);
    EXPECT_EQ(vitals_.health().state, State::Degraded);
    EXPECT_NE(vitals_.health().last_error.find("no space left"), std::string::npos);
    sink_.refusal.reset();
    world_.pass(1s);
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, 7 Good, 8 Good");
    EXPECT_EQ(vitals_.health().state, State::Running);
}

TEST_F(Polling, WithADeadbandOnlyChangesAreSamples) {
    start({tag(1, "hr:0:u16 db=5"), tag(2, "hr:1:u16 db=0"),
           tag(3, "hr:2:u16*0.1 db=1%", property(ValueType::Float64, {.min = 0, .max = 100})),
           tag(4, "hr:3:u16"), tag(5, "hr:4:u16 db=1000 max=3s")});
    world_.pass(1s);
    auto& memory = device_.units[1].holding;
    memory[0] = 5;
    memory[1] = 2;
    memory[2] = 12;  // 1.2 after 0.2: exactly 1 % of the range
    world_.pass(1s);
    memory[0] = 6;
    memory[2] = 13;
    world_.pass(2s);
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, 0 Good, 6 Good");
    EXPECT_EQ(sink_.of(1).size(), 3U);
    EXPECT_EQ(sink_.story(2), "BadWaitingForInitialData, 1 Good, 2 Good");
    EXPECT_EQ(sink_.of(2).size(), 3U);
    EXPECT_EQ(sink_.of(3).size(), 3U);
    EXPECT_EQ(sink_.of(4).size(), 6U) << "without one, every poll is a sample";
    EXPECT_EQ(sink_.of(5).size(), 3U) << "at the beginning, and after 3 s of silence";
}

TEST_F(Polling, TheWholeConnectionMayReportChangesOnly) {
    start({tag(1, "hr:0:u16")}, R"(, "report_on_change": true)");
    world_.pass(5s);
    EXPECT_EQ(sink_.of(1).size(), 2U);
}

TEST_F(Polling, AValueIsSaidAgainAfterItsQualityWasBad) {
    start({tag(1, "hr:7:u16 db=0")});
    device_.react = [](auto, const auto&) {
        return FakeDevice::Reaction{.exception = Exception::ServerDeviceFailure};
    };
    world_.pass(3s);
    device_.react = nullptr;
    world_.pass(3s);
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, 7 Good, BadDeviceFailure, 7 Good");
    EXPECT_EQ(sink_.of(1).size(), 4U) << "each is said once";
}

TEST_F(Polling, ExceptionsBecomeQualities) {
    const struct {
        Exception exception;
        Quality quality;
    } cases[] = {
        {Exception::IllegalFunction, quality::bad_configuration_error},
        {Exception::IllegalDataAddress, quality::bad_configuration_error},
        {Exception::IllegalDataValue, quality::bad_configuration_error},
        {Exception::ServerDeviceFailure, quality::bad_device_failure},
        {Exception::Acknowledge, quality::bad_device_failure},
        {Exception::ServerDeviceBusy, quality::bad_device_failure},
        {Exception::MemoryParityError, quality::bad_device_failure},
        {Exception::GatewayPathUnavailable, quality::bad_no_communication},
        {Exception::GatewayTargetFailedToRespond, quality::bad_timeout},
        {static_cast<Exception>(77), quality::bad_device_failure},
    };
    std::vector<TagBinding> tags;
    for (std::uint32_t i = 0; i < std::size(cases); ++i) {
        tags.push_back(tag(i, std::format("hr:{}:u16", 20 * i)));
    }
    device_.react = [&cases](auto, const Request& request) {
        return FakeDevice::Reaction{.exception = cases[request.address / 20].exception};
    };
    start(std::move(tags), R"(, "failures_max": 100, "max_gap": 0)");
    for (std::uint32_t i = 0; i < std::size(cases); ++i) {
        ASSERT_EQ(sink_.of(i).size(), 2U);
        EXPECT_EQ(quality_name(sink_.of(i)[1].quality), quality_name(cases[i].quality));
        EXPECT_EQ(sink_.of(i)[1].value, Value{}) << "a bad sample carries no value";
    }
}

TEST_F(Polling, ATimeoutIsBadAndTheLateReplyIsDropped) {
    start({tag(1, "hr:7:u16"), tag(2, "hr:8:u16")});
    device_.react = [](auto, const auto&) { return FakeDevice::Reaction{.hold = true}; };
    world_.pass(1s);
    EXPECT_EQ(device_.held(), 1U);
    device_.react = nullptr;
    device_.units[1].holding[7] = 70;
    world_.pass(990ms);
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, 7 Good");
    world_.pass(10ms);
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, 7 Good, BadTimeout, 70 Good")
        << "the next poll is not disturbed";
    device_.release();  // the reply to the request that timed out, with the old value
    world_.pass(1s);
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, 7 Good, BadTimeout, 70 Good");
    EXPECT_FALSE(ended_);
}

TEST_F(Polling, AnAnswerThatIsNoneIsBadButKeepsTheConnection) {
    start({tag(1, "hr:7:u16")}, R"(, "failures_max": 100)");
    device_.react = [](auto, const auto&) { return FakeDevice::Reaction{.from_unit = 9}; };
    world_.pass(1s);
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, 7 Good, BadCommunicationError");
    device_.react = [](auto, const auto&) { return FakeDevice::Reaction{.wrong_function = true}; };
    world_.pass(1s);
    device_.react = nullptr;
    world_.pass(1s);
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, 7 Good, BadCommunicationError, 7 Good");
    EXPECT_EQ(device_.connections(), 1U);
}

TEST_F(Polling, GarbageEndsTheRunAndSaysSo) {
    device_.react = [](auto, const auto&) {
        return FakeDevice::Reaction{.bytes = Bytes(40, std::byte{'A'})};
    };
    start({tag(1, "hr:7:u16")});
    ASSERT_TRUE(ended_);
    EXPECT_NE(ended_->error().message.find("plc:502: what it sends is not Modbus TCP"),
              std::string::npos)
        << ended_->error().message;
}

TEST_F(Polling, RefusalToConnectNamesTheThingAndTheRemedy) {
    device_.stop();
    start({tag(1, "hr:7:u16")});
    ASSERT_TRUE(ended_);
    EXPECT_EQ(ended_->error().message,
              "plc:502: Connection refused: is the device on and is the port right?");
}

TEST_F(Polling, ADeviceThatClosesEndsTheRun) {
    start({tag(1, "hr:7:u16")});
    device_.react = [](auto, const auto&) { return FakeDevice::Reaction{.close = true}; };
    world_.pass(1s);
    ASSERT_TRUE(ended_);
    EXPECT_EQ(ended_->error().message, "plc:502: the device closed the connection");
}

TEST_F(Polling, ABadAddressDoesNotFailItsNeighbours) {
    std::vector<TagBinding> tags;
    for (std::uint32_t i = 0; i < 100; ++i) {
        tags.push_back(tag(i, std::format("hr:{}:u16", i)));
    }
    device_.units[1].holding.erase(42);
    start(std::move(tags));
    for (std::uint32_t i = 0; i < 100; ++i) {
        EXPECT_EQ(sink_.story(i), i == 42 ? "BadWaitingForInitialData, BadConfigurationError"
                                          : std::format("BadWaitingForInitialData, {} Good", i));
    }
    EXPECT_EQ(vitals_.health().state, State::Degraded);
    ASSERT_EQ(vitals_.health().troubles.size(), 1U);
    EXPECT_EQ(vitals_.health().troubles[0].name, "p42");
    EXPECT_EQ(vitals_.health().troubles[0].trouble, "the device answers 02 illegal data address");

    device_.log.clear();
    world_.pass(1s);
    EXPECT_EQ(device_.log, (std::vector<std::string>{"1:hr:0+42", "1:hr:43+57"}))
        << "what was learnt is used";
    device_.units[1].holding[42] = 42;
    world_.pass(10min, 500ms);
    EXPECT_EQ(sink_.story(42), "BadWaitingForInitialData, BadConfigurationError, 42 Good")
        << "and forgotten after ten minutes";
    EXPECT_EQ(vitals_.health().state, State::Running);
}

TEST_F(Polling, AHoleInAGapIsFoundAndAvoided) {
    device_.units[1].holding.erase(5);
    start({tag(1, "hr:0:u16"), tag(2, "hr:9:u16")});
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, 0 Good");
    EXPECT_EQ(sink_.story(2), "BadWaitingForInitialData, 9 Good");
    device_.log.clear();
    world_.pass(1s);
    EXPECT_EQ(device_.log, (std::vector<std::string>{"1:hr:0+1", "1:hr:9+1"}));
}

TEST_F(Polling, AUnitThatIsAwayGoesOffScanAndTheOthersDoNotWaitForIt) {
    start({tag(1, "hr:7:u16 unit=1"), tag(2, "hr:8:u16 unit=2"), tag(3, "hr:200:u16 unit=2")});
    device_.react = [](std::uint8_t unit, const auto&) {
        return FakeDevice::Reaction{.silent = unit == 2};
    };
    world_.random.halve();
    // Unit 2 times out at 2 s, 3 s and 4 s, which delays unit 1; then it is off scan.
    world_.pass(5s);
    EXPECT_EQ(sink_.story(2), "BadWaitingForInitialData, 1008 Good, BadTimeout, "
                              "1008 UncertainLastUsableValue");
    EXPECT_EQ(sink_.story(3), "BadWaitingForInitialData, 1200 Good, BadTimeout, "
                              "1200 UncertainLastUsableValue");
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, 7 Good");
    EXPECT_FALSE(ended_) << "the connection stays, as unit 1 answers";
    const Health ill = vitals_.health();
    EXPECT_EQ(ill.state, State::Degraded);
    ASSERT_EQ(ill.troubles.size(), 1U);
    EXPECT_EQ(ill.troubles[0].name, "unit 2");
    EXPECT_EQ(ill.troubles[0].trouble, "no answer within 1s: off scan");

    device_.log.clear();
    world_.pass(10s);
    EXPECT_GE(device_.reads("1:hr:7+1"), 7);
    EXPECT_LE(device_.reads("2:hr:8+1"), 4);
    EXPECT_EQ(device_.reads("2:hr:200+1"), 0) << "one probe, not one a block";

    world_.pass(30s);
    EXPECT_EQ(sink_.story(3), "BadWaitingForInitialData, 1200 Good, BadTimeout, "
                              "1200 UncertainLastUsableValue, BadNoCommunication");
    device_.react = nullptr;
    world_.pass(31s);
    EXPECT_EQ(sink_.story(2), "BadWaitingForInitialData, 1008 Good, BadTimeout, "
                              "1008 UncertainLastUsableValue, BadNoCommunication, 1008 Good");
    EXPECT_EQ(vitals_.health().state, State::Running);
    EXPECT_EQ(vitals_.health().troubles.size(), 0U);
}

TEST_F(Polling, ProbesComeLessAndLessOften) {
    SeededRandom random(11);
    ConnectionPlan plan;
    plan.key = "plc1";
    plan.settings = R"({"host": "plc", "groups": {"default": "100ms"}, "timeout": "50ms"})";
    plan.tags = {tag(1, "hr:7:u16 unit=1"), tag(2, "hr:8:u16 unit=2")};
    device_.react = [](std::uint8_t unit, const auto&) {
        return FakeDevice::Reaction{.silent = unit == 2};
    };
    Surroundings with_jitter{network_,        world_.timers,       world_.base.clock,
                             world_.base.log, world_.base.metrics, random};
    connector_ = must(ModbusProtocol().make(plan, with_jitter, vitals_));
    run();
    world_.pass(1min, 50ms);
    const int first_minute = device_.reads("2:hr:8+1");
    world_.pass(10min, 50ms);
    const int later = device_.reads("2:hr:8+1") - first_minute;
    EXPECT_GE(first_minute, 5);
    EXPECT_LE(first_minute, 20);
    EXPECT_GE(later, 10);
    EXPECT_LE(later, 50) << "about one in 30 s";
    EXPECT_GE(device_.reads("1:hr:7+1"), 6000) << "and unit 1 was polled ten times a second";
}

TEST_F(Polling, WhenNoUnitAnswersAnymoreTheConnectionIsMadeAnew) {
    start({tag(1, "hr:7:u16")});
    device_.react = [](auto, const auto&) { return FakeDevice::Reaction{.silent = true}; };
    world_.pass(5s);
    ASSERT_TRUE(ended_);
    EXPECT_EQ(ended_->error().code, Code::Timeout);
    EXPECT_EQ(ended_->error().message,
              "plc:502: connected, but no answer within 1s: is the unit id right?");
    device_.react = nullptr;
    run();
    EXPECT_FALSE(ended_);
    EXPECT_EQ(device_.connections(), 2U);
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, 7 Good, BadTimeout, "
                              "7 UncertainLastUsableValue, 7 Good");
}

TEST_F(Polling, WhileDownTheLastValueIsUncertainAndThenGone) {
    start({tag(1, "hr:7:u16"), tag(2, "hr:8:f32", property(ValueType::Float64))});
    device_.units[1].holding[8] = 0x7fc0;  // not a number
    world_.pass(1s);
    network_.unplug();
    world_.settle();
    ASSERT_TRUE(ended_);
    const Time lost = world_.base.clock.now();
    tasks_.spawn(be_down());
    world_.settle();
    EXPECT_EQ(sink_.of(1).back(),
              (Sample{lost, std::int64_t{7}, quality::uncertain_last_usable_value}));
    EXPECT_EQ(sink_.of(2).back().quality, quality::bad_sensor_failure)
        << "there is no usable value, so none is made up";
    world_.pass(29900ms);
    EXPECT_EQ(sink_.of(1).back().quality, quality::uncertain_last_usable_value);
    world_.pass(100ms);
    EXPECT_EQ(sink_.of(1).back(),
              (Sample{lost + Duration(30s).count(), {}, quality::bad_no_communication}));
    const std::size_t said = sink_.of(1).size();
    world_.pass(10min, 1s);
    EXPECT_EQ(sink_.of(1).size(), said) << "said once";
}

TEST_F(Polling, SeveralRequestsMayBeInFlightAndAnswersComeInAnyOrder) {
    device_.react = [](auto, const auto&) { return FakeDevice::Reaction{.hold = true}; };
    std::vector<TagBinding> tags;
    for (std::uint32_t i = 0; i < 6; ++i) {
        tags.push_back(tag(i, std::format("hr:{}:u16", 40 * i)));
    }
    start(std::move(tags), R"(, "max_in_flight": 4)");
    EXPECT_EQ(device_.held(), 4U);
    device_.release();  // the last first
    EXPECT_EQ(device_.held(), 2U);
    device_.release();
    for (std::uint32_t i = 0; i < 6; ++i) {
        EXPECT_EQ(sink_.story(i), std::format("BadWaitingForInitialData, {} Good", 40 * i));
    }
    EXPECT_EQ(sink_.batches.size(), 2U);
}

TEST_F(Polling, OneRequestAtATimeIsTheDefault) {
    device_.react = [](auto, const auto&) { return FakeDevice::Reaction{.hold = true}; };
    start({tag(1, "hr:0:u16"), tag(2, "hr:100:u16"), tag(3, "hr:200:u16 grp=b")},
          R"(, "groups": {"b": "1s"})");
    EXPECT_EQ(device_.held(), 1U);
}

TEST_F(Polling, AWrongTagDoesNotStopTheOthers) {
    start({tag(1, "hr:7:u16"), tag(2, "hr:8:x99"), tag(3, "hr:9:u16 grp=none")});
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, 7 Good");
    EXPECT_EQ(sink_.story(2), "BadConfigurationError");
    EXPECT_EQ(sink_.story(3), "BadConfigurationError");
    const Health health = vitals_.health();
    EXPECT_EQ(health.tags_bad, 2U);
    ASSERT_EQ(health.troubles.size(), 2U);
    EXPECT_NE(health.troubles[0].trouble.find("'x99' is not a type"), std::string::npos);
}

TEST_F(Polling, AReplacementGoesOnFromTheLastValues) {
    start({tag(1, "hr:7:u16 db=0"), tag(2, "hr:8:u16")});
    const auto before = connector_;
    asio::co_spawn(world_.context, tasks_.stop(), asio::detached);
    world_.settle();
    make({tag(1, "hr:7:u16 db=0"), tag(2, "hr:8:i16"), tag(3, "hr:9:u16")});
    connector_->take_over(*before);
    TaskGroup more(world_.context.get_executor(), world_.base.log, "more");
    more.spawn(keep_running());
    world_.settle();
    world_.pass(1s);
    EXPECT_EQ(sink_.of(1).size(), 2U) << "no break, and no repetition either";
    EXPECT_EQ(sink_.story(2), "BadWaitingForInitialData, 8 Good, BadWaitingForInitialData, 8 Good")
        << "it is read in another way now";
    EXPECT_EQ(sink_.story(3), "BadWaitingForInitialData, 9 Good");
    asio::co_spawn(world_.context, more.stop(), asio::detached);
    world_.settle();
}

TEST_F(Polling, BitsAndAllAreasAreRead) {
    device_.units[1].input[3] = 0x0100;
    for (std::uint16_t i = 0; i < 20; ++i) {
        device_.units[1].coils[i] = i % 3 == 0;
        device_.units[1].discrete[i] = i == 11;
    }
    start({tag(1, "ir:3:u16.8", property(ValueType::Bool)),
           tag(2, "co:9", property(ValueType::Bool)), tag(3, "co:10", property(ValueType::Bool)),
           tag(4, "di:11:bool", property(ValueType::Int64, {}, Access::Read)),
           tag(5, "co:19", property(ValueType::Float64))});
    EXPECT_TRUE(sink_.story(1).ends_with("BadConfigurationError")) << "writable, but an input";
    EXPECT_TRUE(sink_.story(2).ends_with("true Good"));
    EXPECT_TRUE(sink_.story(3).ends_with("false Good"));
    EXPECT_TRUE(sink_.story(4).ends_with("1 Good"));
    EXPECT_TRUE(sink_.story(5).ends_with("0 Good"));
    EXPECT_EQ(device_.log, (std::vector<std::string>{"1:co:9+11", "1:di:11+1"}));
}

}  // namespace
}  // namespace gantry::connector::modbus

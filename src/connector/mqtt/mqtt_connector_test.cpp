// SPDX-License-Identifier: Apache-2.0
// With a broker that we did not write, tests/system/test_mqtt_connector.py.
#include "connector/mqtt/mqtt_connector.h"

#include "connector/mqtt/fake_broker.h"
#include "connector/mqtt/protocol.h"
#include "connector/mqtt/trial.h"
#include "runtime/memory_network.h"
#include "runtime/task_group.h"

namespace gantry::connector::mqtt {
namespace {

using namespace std::chrono_literals;
using connector::testing::KeptSamples;
using connector::testing::must;
using connector::testing::property;
using connector::testing::tag;
using Lines = std::vector<std::string>;

class MqttConnecting : public ::testing::Test {
protected:
    ~MqttConnecting() override { stop(); }

    static TagBinding number(std::uint32_t series, std::string address,
                             Access access = Access::Read) {
        return tag(series, std::move(address), property(ValueType::Float64, {}, access));
    }
    static TagBinding writable(std::uint32_t series, std::string address) {
        return number(series, std::move(address), Access::ReadWrite);
    }

    void make(std::vector<TagBinding> tags, const std::string& more = "") {
        stop();
        ConnectionPlan plan;
        plan.id = ConnectionId("con_1");
        plan.key = "line1";
        plan.settings = R"({"host": "broker")" + more + "}";
        plan.tags = std::move(tags);
        const std::shared_ptr<Connector> before = std::exchange(connector_, nullptr);
        connector_ = must(MqttProtocol().make(plan, around_, vitals_));
        if (before) {
            connector_->take_over(*before);
        }
    }
    void start(std::vector<TagBinding> tags, const std::string& more = "") {
        make(std::move(tags), more);
        run();
    }
    void run() {
        ended_.reset();
        vitals_.enter(State::Connecting);
        tasks_->spawn(keep_running());
        world_.settle();
    }
    // What runs; another time may begin.
    void stop() {
        asio::co_spawn(world_.context, tasks_->stop(), asio::detached);
        world_.settle();
        tasks_ = new_tasks();
    }
    std::unique_ptr<TaskGroup> new_tasks() {
        return std::make_unique<TaskGroup>(world_.context.get_executor(), world_.base.log, "test");
    }
    asio::awaitable<void> keep_running() { ended_ = co_await connector_->run(sink_); }
    asio::awaitable<void> be_down() { co_await connector_->while_down(sink_); }

    CommandResult write(const TagBinding& binding, Value value) {
        return must(world_.finish(connector_->write(binding, std::move(value)), 60s));
    }
    asio::awaitable<void> write_into(TagBinding binding, Value value,
                                     std::optional<CommandResult>& out) {
        out = must(co_await connector_->write(binding, std::move(value)));
    }
    asio::awaitable<void> scan_into(ScanRequest request, std::optional<ScanReport>& out) {
        out = must(co_await MqttProtocol().scan(around_, R"({"host": "broker"})", request));
    }
    std::string trouble(const std::string& name) const {
        for (const Part& part : vitals_.health().troubles) {
            if (part.name == name) {
                return part.trouble;
            }
        }
        return "";
    }
    std::string why() const { return ended_ && !*ended_ ? ended_->error().message : "it goes on"; }

    connector::testing::World world_;
    MemoryNetwork network_;
    testing::FakeBroker broker_{world_, network_};
    KeptSamples sink_{world_.context.get_executor()};
    Surroundings around_{network_,        world_.timers,       world_.base.clock,
                         world_.base.log, world_.base.metrics, world_.random};
    Vitals vitals_{world_.base.clock};
    std::shared_ptr<Connector> connector_;
    std::unique_ptr<TaskGroup> tasks_ = new_tasks();
    std::optional<Result<>> ended_;
};

TEST_F(MqttConnecting, MessagesBecomeSamplesOfAllTagsOfTheirTopic) {
    start({number(1, "a json=$.v"), number(2, "a json=$.w qos=2"), number(3, "b qos=0")});
    EXPECT_EQ(broker_.heard(), (Lines{"CONNECT v=5 id=gantry-con_1 keep_alive=60 "
                                      "session_expiry=3600 receive_maximum=500 "
                                      "maximum_packet_size=4194304",
                                      "SUBSCRIBE id=1 filter=a:2 filter=b:0"}));
    broker_.publish("a", R"({"v": 1.5, "w": 2})");
    broker_.publish("b", "7");
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, 1.5 Good");
    EXPECT_EQ(sink_.story(2), "BadWaitingForInitialData, 2 Good");
    EXPECT_EQ(sink_.story(3), "BadWaitingForInitialData, 7 Good");
    EXPECT_EQ(vitals_.health().state, State::Running);
}

TEST_F(MqttConnecting, TimesAreTheSourcesAndWhatIsOlderIsHistory) {
    const Time begin = world_.base.clock.now();
    start({number(1, "a json=$.v time=$.t@ns")});
    world_.pass(10s);
    const Time now = world_.base.clock.now();
    const auto say = [&](double value, Time time) {
        broker_.publish("a", std::format(R"({{"v": {}, "t": {}}})", value, time));
    };
    const auto time_of = [this](std::size_t at) { return sink_.of(1).at(at).time; };
    // Older than that it was waited for, but the first: it holds now.
    say(1, begin - 100);
    ASSERT_EQ(sink_.of(1).size(), 3U);
    EXPECT_EQ(time_of(1), begin - 100);
    EXPECT_EQ(time_of(2), now);
    // Older than what the source has said before.
    say(2, begin - 200);
    ASSERT_EQ(sink_.of(1).size(), 4U);
    EXPECT_EQ(time_of(3), begin - 200);
    say(3, now + 5);
    ASSERT_EQ(sink_.of(1).size(), 5U);
    EXPECT_EQ(time_of(4), now + 5);
    // Of a source whose clock is ahead what has no time is not hidden behind what had one.
    broker_.publish("a", "no JSON");
    ASSERT_EQ(sink_.of(1).size(), 6U);
    EXPECT_EQ(time_of(5), now + 6);
}

TEST_F(MqttConnecting, NoTwoValuesOfATagHaveOneTimeUnlessTheSourceSaysSo) {
    start({number(1, "a")});
    std::string burst;
    for (int i = 0; i < 3; ++i) {
        burst += mqttclient::testing::bytes_of("PUBLISH topic=a payload=7");
    }
    broker_.say_bytes(burst);
    const Time now = world_.base.clock.now();
    std::vector<Time> times;
    for (const Sample& sample : sink_.of(1)) {
        times.push_back(sample.time - now);
    }
    EXPECT_EQ(times, (std::vector<Time>{0, 0, 1, 2}));
}

TEST_F(MqttConnecting, WhatIsOfNoUseIsNamedAndTheOthersGoOn) {
    start({number(1, "a json=$.v"), number(2, "a json=$.w"), number(3, "b"),
           number(4, "a json=$.x sparse"), number(5, "c/#")});
    broker_.publish("b", "1");
    broker_.publish("a", R"({"v": "x", "w": 2})");
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, BadTypeMismatch");
    EXPECT_EQ(sink_.story(2), "BadWaitingForInitialData, 2 Good");
    EXPECT_EQ(sink_.story(3), "BadWaitingForInitialData, 1 Good");
    EXPECT_EQ(sink_.story(4), "BadWaitingForInitialData");
    EXPECT_EQ(sink_.story(5), "BadConfigurationError");
    EXPECT_EQ(trouble("p1"), "'x' is not of type float64");
    EXPECT_NE(trouble("p5").find("without + and #"), std::string::npos);
    EXPECT_EQ(vitals_.health().state, State::Degraded);
    broker_.publish("a", "no JSON");
    EXPECT_NE(trouble("p2").find("no JSON"), std::string::npos) << trouble("p2");
    broker_.publish("a", R"({"v": 3})");
    EXPECT_EQ(trouble("p1"), "");
    EXPECT_EQ(trouble("p2"), "there is no $.w in the message");
    broker_.publish("a", "");
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, BadTypeMismatch, 3 Good");
}

TEST_F(MqttConnecting, ALostBrokerMakesValuesUncertainThenBadThenGoodAgain) {
    start({number(1, "a")}, R"(, "stale_after": "5s")");
    broker_.publish("a", "7");
    broker_.cut();
    ASSERT_TRUE(ended_);
    EXPECT_EQ(why(), "broker:1883: the broker closed the connection");
    tasks_->spawn(be_down());
    world_.settle();
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, 7 Good, 7 UncertainLastUsableValue");
    world_.pass(5s);
    stop();
    run();
    broker_.publish("a", "8", "retain");
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, 7 Good, 7 UncertainLastUsableValue, "
                              "BadNoCommunication, 8 Good");
}

TEST_F(MqttConnecting, AMessageIsAcknowledgedWhenTheSinkHasIt) {
    start({number(1, "a")});
    broker_.heard();
    sink_.closed = true;
    broker_.publish("a", "1", "qos=1 id=9");
    broker_.publish("a", "2", "qos=1 id=10");
    EXPECT_EQ(broker_.heard(), Lines{});
    sink_.open();
    world_.settle();
    EXPECT_EQ(broker_.heard(), (Lines{"PUBACK id=9", "PUBACK id=10"}));
    EXPECT_EQ(sink_.asked, Acknowledge::Durable) << "or a power cut would lose it";
    broker_.publish("a", "2");
    EXPECT_EQ(sink_.asked, Acknowledge::Written);
    sink_.refusal = Error{Code::StorageFull, "no space left", {}};
    broker_.publish("a", "3", "qos=1 id=11");
    EXPECT_EQ(broker_.heard(), Lines{}) << "so that it comes again";
    EXPECT_NE(why().find("send the messages again"), std::string::npos) << why();
    EXPECT_EQ(vitals_.health().samples_lost, 1U);
}

TEST_F(MqttConnecting, WithoutASessionWhatTheSinkRefusesIsGone) {
    start({number(1, "a")}, R"(, "session_expiry": "0s")");
    EXPECT_TRUE(broker_.heard().at(0).starts_with("CONNECT v=5 clean id=gantry-con_1 "));
    sink_.refusal = Error{Code::StorageFull, "no space left", {}};
    broker_.publish("a", "3", "qos=1 id=11");
    EXPECT_EQ(broker_.heard(), Lines{"PUBACK id=11"});
    EXPECT_EQ(why(), "it goes on");
}

TEST_F(MqttConnecting, AFullSinkStopsTheReadingAndTheLineStands) {
    start({number(1, "a")}, R"(, "keep_alive": "5s")");
    sink_.closed = true;
    broker_.publish("a", "1");
    std::string more;
    for (int i = 0; i < 1000; ++i) {
        more += mqttclient::testing::bytes_of("PUBLISH topic=a payload=1");
    }
    broker_.say_bytes(more);
    EXPECT_LT(sink_.waiting_bytes, 100U);
    EXPECT_EQ(sink_.submits, 2U) << "what waits, and the announcement before";
    world_.pass(60s, 100ms);
    EXPECT_EQ(why(), "it goes on") << "an answer that was not read is not late";
    sink_.open();
    world_.settle();
    world_.pass(20s, 100ms);
    EXPECT_EQ(why(), "it goes on");
    EXPECT_EQ(sink_.of(1).size(), 1002U);
}

TEST_F(MqttConnecting, ASilentBrokerIsFound) {
    start({number(1, "a")}, R"(, "keep_alive": "5s", "connect_timeout": "3s")");
    world_.pass(30s, 100ms);
    EXPECT_EQ(why(), "it goes on");
    broker_.silent = true;
    world_.pass(9s, 100ms);
    EXPECT_NE(why().find("has not answered for 3s"), std::string::npos) << why();
}

TEST_F(MqttConnecting, WhatTheBrokerRefusesIsSaid) {
    broker_.answers["CONNECT"] = "CONNACK reason=86";
    start({number(1, "a")});
    EXPECT_NE(why().find("the user name or the password is wrong (0x86)"), std::string::npos);
    broker_.answers["CONNECT"] = "CONNACK";
    broker_.answers["SUBSCRIBE"] = "SUBACK id={} reasons=8701";
    start({number(1, "a"), number(2, "b")});
    broker_.publish("b", "1");
    EXPECT_EQ(why(), "it goes on");
    EXPECT_NE(trouble("a").find("not authorized (0x87)"), std::string::npos) << trouble("a");
    EXPECT_EQ(sink_.of(1).back().quality, quality::bad_configuration_error);
    EXPECT_EQ(sink_.of(2).back().quality, quality::good);
}

TEST_F(MqttConnecting, AnOlderBrokerIsAskedAgainInItsVersion) {
    broker_.answers["CONNECT v=5"] = "CONNACK reason=84";
    start({number(1, "a")});
    EXPECT_EQ(broker_.connections(), 2U);
    EXPECT_EQ(broker_.heard().at(1).substr(0, 11), "CONNECT v=4");
    start({number(1, "a")}, R"(, "version": "5.0")");
    EXPECT_EQ(ended_->error().code, Code::Unsupported);
}

TEST_F(MqttConnecting, WhoSpeaksSomethingElseIsLeft) {
    broker_.silent = true;
    start({number(1, "a")});
    broker_.say_bytes("HTTP/1.1 400 Bad Request\r\n\r\n");
    EXPECT_NE(why().find("is it an MQTT broker"), std::string::npos) << why();
    run();
    broker_.cut();
    EXPECT_NE(why().find("Does it want TLS"), std::string::npos) << why();
    run();
    world_.pass(11s, 100ms);
    EXPECT_NE(why().find("10s"), std::string::npos) << why();
    broker_.silent = false;
    run();
    broker_.say_bytes(std::string("\x30\xff\xff\xff\x7f", 5));  // 268 million bytes are to come
    EXPECT_NE(why().find("does not keep to MQTT"), std::string::npos) << why();
}

TEST_F(MqttConnecting, TopicsOfEarlierTagsAreUnsubscribed) {
    start({number(1, "a"), number(2, "b")});
    broker_.publish("a", "1");
    make({number(1, "a")});
    run();
    broker_.heard();
    broker_.publish("b", "2");
    broker_.publish("b", "3");
    EXPECT_EQ(broker_.heard(), (Lines{"UNSUBSCRIBE id=2 filter=b"}));
    broker_.publish("a", "1");
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, 1 Good") << "a change is no break";
}

TEST_F(MqttConnecting, WhatASessionKeptIsHistoryAndComesOnce) {
    const Time begin = world_.base.clock.now();
    broker_.answers["CONNECT"] = "CONNACK session_present";
    broker_.answers["SUBSCRIBE"] = "";
    make({number(1, "a json=$.v time=$.t@ns")});
    world_.pass(1s);
    run();
    broker_.publish("a", std::format(R"({{"v": 1, "t": {}}})", begin), "qos=1 id=1");
    EXPECT_EQ(sink_.of(1).size(), 2U) << "not again for now";
    broker_.publish("a", std::format(R"({{"v": 2, "t": {}}})", begin + 1), "retain");
    EXPECT_EQ(sink_.of(1).size(), 4U) << "what is retained holds now";
    broker_.say("SUBACK id=1 reasons=01");
    world_.pass(1s);
    broker_.publish("a", std::format(R"({{"v": 3, "t": {}}})", begin + 2));
    EXPECT_EQ(sink_.of(1).size(), 6U) << "and what comes from then on";
}

TEST_F(MqttConnecting, AWriteIsConfirmedWhenTheTopicShowsIt) {
    const TagBinding speed = writable(1, "a json=$.v *0.1 set=a/set setjson=$.v");
    start({speed});
    broker_.heard();
    broker_.answers["PUBLISH"] = "PUBLISH topic=a payload=\"{\\x22v\\x22:215}\"";
    std::optional<CommandResult> done;
    tasks_->spawn(write_into(speed, 21.5, done));
    world_.settle();
    EXPECT_EQ(broker_.heard(),
              (Lines{"PUBLISH qos=1 id=1 topic=a/set payload=\"{\\x22v\\x22:215}\" "
                     "message_expiry=10"}));
    EXPECT_FALSE(done) << "the broker does not say yet that it has it";
    broker_.say("PUBACK id=1");
    ASSERT_TRUE(done);
    EXPECT_EQ(done->outcome, CommandOutcome::Confirmed) << done->detail;
    EXPECT_EQ(done->read_back, Value(21.5));
}

TEST_F(MqttConnecting, AWriteThatIsNotShownIsUnknownAndAnotherValueFailed) {
    const TagBinding speed = writable(1, "a set=a/set");
    const TagBinding wrong = number(2, "b");
    start({speed, wrong});
    CommandResult done = write(speed, 21.5);
    EXPECT_EQ(done.outcome, CommandOutcome::Unknown);
    EXPECT_NE(done.detail.find("a says no value within 10s"), std::string::npos) << done.detail;
    broker_.answers["PUBLISH"] = "PUBACK id={} reason=10";
    done = write(speed, 21.5);
    EXPECT_NE(done.detail.find("nobody has subscribed"), std::string::npos) << done.detail;
    broker_.answers["PUBLISH"] = "PUBACK id={} reason=87";
    done = write(speed, 21.5);
    EXPECT_EQ(done.outcome, CommandOutcome::Refused);
    EXPECT_NE(done.detail.find("not authorized (0x87)"), std::string::npos) << done.detail;
    broker_.answers["PUBLISH"] = "";
    done = write(speed, 21.5);
    EXPECT_EQ(done.outcome, CommandOutcome::Unknown);
    EXPECT_NE(done.detail.find("does not say"), std::string::npos) << done.detail;
    broker_.answers["PUBLISH"] = "PUBACK id={}";
    std::optional<CommandResult> other;
    tasks_->spawn(write_into(speed, 21.5, other));
    world_.settle();
    broker_.publish("a", "20");
    world_.pass(11s, 100ms);
    ASSERT_TRUE(other);
    EXPECT_EQ(other->outcome, CommandOutcome::Failed);
    EXPECT_EQ(other->read_back, Value(20.0));
    EXPECT_EQ(write(wrong, 1.0).outcome, CommandOutcome::Refused);
}

TEST_F(MqttConnecting, AWriteOverALineThatBreaksIsUnknownAndNeverSentLater) {
    const TagBinding speed = writable(1, "a set=a/set");
    start({speed});
    broker_.answers["PUBLISH"] = "";
    std::optional<CommandResult> done;
    tasks_->spawn(write_into(speed, 21.5, done));
    world_.settle();
    broker_.cut();
    ASSERT_TRUE(done);
    EXPECT_EQ(done->outcome, CommandOutcome::Unknown);
    EXPECT_NE(done->detail.find("broke"), std::string::npos);
    EXPECT_EQ(write(speed, 5.0).outcome, CommandOutcome::Refused);
    broker_.heard();
    broker_.answers["CONNECT"] = "CONNACK session_present";
    run();
    EXPECT_EQ(broker_.heard().size(), 2U) << "CONNECT and SUBSCRIBE";
}

TEST_F(MqttConnecting, ASourceThatIsAwaySaysSo) {
    start({number(1, "a"), number(2, "b")}, R"(, "status_topic": "a/status", "stale_after": "5s")");
    broker_.publish("a", "7");
    broker_.publish("a/status", "offline");
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, 7 Good, 7 UncertainLastUsableValue");
    EXPECT_NE(trouble("a/status").find("away"), std::string::npos);
    broker_.publish("b", "1", "retain");
    EXPECT_EQ(sink_.story(2), "BadWaitingForInitialData, 1 UncertainLastUsableValue");
    world_.pass(5s, 100ms);
    EXPECT_EQ(sink_.of(1).back().quality, quality::bad_no_communication);
    EXPECT_EQ(sink_.of(2).back().quality, quality::bad_no_communication);
    broker_.publish("a/status", "online");
    EXPECT_EQ(trouble("a/status"), "");
    broker_.publish("a", "8");
    EXPECT_EQ(sink_.of(1).back().quality, quality::good);
}

TEST_F(MqttConnecting, SettingsAreTried) {
    const MqttProtocol protocol;
    const std::string settings = R"({"host": "broker", "client_id": "me"})";
    broker_.answers["SUBSCRIBE"] = "SUBACK id={} reasons=0187";
    const TestReport report =
        must(world_.finish(protocol.test(around_, settings, {"a json=$.v", "b", "a"})));
    EXPECT_TRUE(report.connected);
    EXPECT_EQ(report.detail, "broker:1883 answers, MQTT 5.0");
    ASSERT_EQ(report.probes.size(), 2U);
    EXPECT_EQ(report.probes[0].detail, "subscribed with QoS 1");
    EXPECT_FALSE(report.probes[1].answered);
    EXPECT_NE(report.probes[1].detail.find("not authorized"), std::string::npos);
    world_.settle();
    const Lines heard = broker_.heard();
    EXPECT_TRUE(heard.front().starts_with("CONNECT v=5 clean id=me-try-")) << heard.front();
    EXPECT_TRUE(heard.back().starts_with("DISCONNECT")) << heard.back();
    broker_.answers["CONNECT"] = "CONNACK reason=87";
    const TestReport refused = must(world_.finish(protocol.test(around_, settings, {})));
    EXPECT_FALSE(refused.connected);
    EXPECT_NE(refused.detail.find("not authorized (0x87)"), std::string::npos);
}

TEST_F(MqttConnecting, AddressesAreTried) {
    broker_.answers["SUBSCRIBE"] = "PUBLISH retain topic=a payload=\"{\\x22v\\x22:7}\"";
    const std::vector<TrialTag> tags = {{"a json=$.v *2", property(ValueType::Float64)},
                                        {"a json=$.x", property(ValueType::Float64)},
                                        {"b", property(ValueType::Float64)},
                                        {"b/#", property(ValueType::Float64)}};
    std::vector<TrialTag> readable = tags;
    for (TrialTag& one : readable) {
        one.property.access = Access::Read;
    }
    const auto rows =
        must(world_.finish(MqttProtocol().read(around_, R"({"host": "broker"})", readable), 60s));
    ASSERT_EQ(rows.size(), 4U);
    EXPECT_EQ(rows[0].value, Value(14.0));
    EXPECT_EQ(rows[0].quality, quality::good);
    EXPECT_EQ(rows[1].detail, "there is no $.x in the message");
    EXPECT_NE(rows[2].detail.find("does not answer the subscription"), std::string::npos)
        << rows[2].detail;
    EXPECT_EQ(rows[3].quality, quality::bad_configuration_error);
}

TEST_F(MqttConnecting, AScanListsTopicsAndLeaves) {
    std::optional<ScanReport> report;
    tasks_->spawn(scan_into({"plant/#", 0, 3}, report));
    world_.settle();
    broker_.publish("plant/a", R"({"v": 7, "odd key": {"x": [true, "on"]}})", "retain");
    broker_.publish("plant/b c", "21.5");
    broker_.publish("plant/b c", "22.5");
    world_.pass(6s, 100ms);
    ASSERT_TRUE(report);
    EXPECT_FALSE(report->done);
    std::string text;
    for (const auto& [address, value] : report->found) {
        text += address + " = " + to_text(value) + "\n";
    }
    EXPECT_EQ(text, "\"plant/b c\" = 22.5\n"
                    "plant/a json=$.v = 7\n"
                    "plant/a json=$['odd key'].x[0] = true\n");
    const auto wrong =
        world_.finish(MqttProtocol().scan(around_, R"({"host": "broker"})", {"plant/#/x", 0, 10}));
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().field, "/area");
}

}  // namespace
}  // namespace gantry::connector::mqtt

// SPDX-License-Identifier: Apache-2.0
#include "connector/supervisor.h"

#include <boost/asio/use_future.hpp>

#include "connector/modbus/fake_device.h"
#include "runtime/memory_network.h"
#include "runtime/shards.h"

namespace gantry::connector {
namespace {

using namespace std::chrono_literals;
using modbus::testing::FakeDevice;
using testing::failure;
using testing::must;
using testing::property;
using testing::tag;

class Supervising : public ::testing::Test {
protected:
    Supervising() {
        for (std::uint16_t address = 0; address < 100; ++address) {
            device_.units[1].holding[address] = address;
        }
        world_.random.halve();  // so that every pause takes some time
        world_.settle();
    }
    ~Supervising() override { stop(); }

    void stop() {
        asio::co_spawn(world_.context, supervisor_.stop(), asio::detached);
        world_.settle();
    }
    static ConnectionPlan plan(std::vector<TagBinding> tags, std::string more = "",
                               std::string id = "con_1") {
        ConnectionPlan out;
        out.id = ConnectionId(std::move(id));
        out.tenant = TenantId("ten_1");
        out.key = "plc1";
        out.protocol = "modbus_tcp";
        out.settings = R"({"host": "plc")" + more + "}";
        out.tags = std::move(tags);
        return out;
    }
    void apply(ConnectionPlan wanted) {
        supervisor_.apply(std::move(wanted));
        world_.settle();
    }
    Health health(const char* id = "con_1") {
        return must(supervisor_.status(ConnectionId(id))).health;
    }

    testing::World world_;
    MemoryNetwork network_;
    FakeDevice device_{world_, network_, "plc:502"};
    testing::KeptSamples sink_{world_.context.get_executor()};
    Surroundings around_{network_,        world_.timers,       world_.base.clock,
                         world_.base.log, world_.base.metrics, world_.random};
    Protocols protocols_ = built_in_protocols();
    Supervisor supervisor_{protocols_, sink_, around_, {world_.context.get_executor()}};
};

TEST_F(Supervising, AConnectionRunsAndItsStatusTells) {
    apply(plan({tag(1, "hr:7:u16"), tag(2, "hr:99:u16")}));
    world_.pass(30s);
    const ConnectionStatus status = must(supervisor_.status(ConnectionId("con_1")));
    EXPECT_EQ(status.key, "plc1");
    EXPECT_EQ(status.tenant.text(), "ten_1");
    EXPECT_EQ(status.protocol, "modbus_tcp");
    EXPECT_EQ(status.health.state, State::Running);
    EXPECT_EQ(state_name(status.health.state), "running");
    EXPECT_EQ(status.health.tags_good, 2U);
    EXPECT_EQ(status.health.polls, 31U);
    EXPECT_NEAR(status.health.polls_per_second, 1, 0.15);
    EXPECT_EQ(supervisor_.statuses().size(), 1U);
    EXPECT_EQ(failure(supervisor_.status(ConnectionId("con_9"))), Code::NotFound);
    const std::string metrics = world_.base.metrics.render();
    EXPECT_NE(metrics.find("gantry_connector_connections{state=\"running\"} 1"), std::string::npos);
    EXPECT_NE(metrics.find("gantry_connector_polls_total{protocol=\"modbus_tcp\"} 31"),
              std::string::npos)
        << metrics;
}

TEST_F(Supervising, RestartsComeWithExponentialBackOff) {
    device_.stop();
    apply(plan({tag(1, "hr:7:u16")}));
    EXPECT_EQ(health().state, State::BackingOff);
    EXPECT_EQ(health().last_error,
              "plc1: plc:502: Connection refused: is the device on and is the port right?");
    EXPECT_EQ(health().restarts, 0U);
    // Half of 0.5, 1, 2, 4, … 60, 60 s after each try.
    std::vector<Duration> tries;
    std::uint64_t seen = 0;
    const Duration began = world_.timers.now();
    for (int i = 0; i < 3000; ++i) {
        world_.pass(50ms, 50ms);
        if (health().restarts != seen) {
            seen = health().restarts;
            tries.push_back(world_.timers.now() - began);
        }
    }
    std::vector<std::int64_t> gaps;
    for (std::size_t i = 1; i < tries.size(); ++i) {
        gaps.push_back((tries[i] - tries[i - 1]) / 100ms);
    }
    ASSERT_GE(gaps.size(), 9U);
    EXPECT_EQ(std::vector(gaps.begin(), gaps.begin() + 9),
              (std::vector<std::int64_t>{5, 10, 20, 40, 80, 160, 300, 300, 300}));
}

TEST_F(Supervising, AStableMinuteMakesThePauseShortAgain) {
    device_.stop();
    apply(plan({tag(1, "hr:7:u16")}));
    world_.pass(70s, 50ms);
    const auto pause_after_loss = [this] {
        network_.unplug();
        world_.settle();
        const Duration began = world_.timers.now();
        const std::uint64_t restarts = health().restarts;
        while (health().restarts == restarts) {
            world_.pass(10ms);
        }
        network_.plug_in();
        return world_.timers.now() - began;
    };
    device_.start();
    world_.pass(60s);
    ASSERT_EQ(health().state, State::Running);
    world_.pass(10s);
    EXPECT_GE(pause_after_loss(), 10s) << "it had not stood for a minute";
    world_.pass(95s, 50ms);
    ASSERT_EQ(health().state, State::Running);
    EXPECT_LE(pause_after_loss(), 260ms);
}

TEST_F(Supervising, UnpluggedAndBackTheHistoryIsTrue) {
    apply(plan({tag(1, "hr:7:u16")}));
    world_.pass(5s);
    network_.unplug();
    world_.settle();
    EXPECT_EQ(health().state, State::BackingOff);
    EXPECT_EQ(health().tags_uncertain, 1U);
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, 7 Good, 7 UncertainLastUsableValue");
    world_.pass(40s);
    EXPECT_EQ(health().tags_bad, 1U);
    device_.units[1].holding[7] = 8;
    network_.plug_in();
    world_.pass(60s, 50ms);
    EXPECT_EQ(health().state, State::Running);
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, 7 Good, 7 UncertainLastUsableValue, "
                              "BadNoCommunication, 8 Good");
}

TEST_F(Supervising, AShortLossDoesNotEndInNoCommunication) {
    apply(plan({tag(1, "hr:7:u16")}));
    for (int i = 0; i < 10; ++i) {
        network_.unplug();
        world_.settle();
        network_.plug_in();
        world_.pass(65s, 50ms);
    }
    for (const Sample& sample : sink_.of(1)) {
        EXPECT_NE(sample.quality, quality::bad_no_communication);
    }
}

TEST_F(Supervising, WrongConfigurationWaitsForAChangeAndDoesNotSpin) {
    ConnectionPlan wrong = plan({tag(1, "hr:7:u16")}, R"(, "port": 0)");
    apply(wrong);
    world_.pass(10min, 1s);
    EXPECT_EQ(health().state, State::FailedConfiguration);
    EXPECT_EQ(health().restarts, 0U);
    EXPECT_EQ(health().last_error, "plc1: /settings/port: 0 is not within 1 to 65535");
    EXPECT_EQ(sink_.story(1), "BadConfigurationError");
    wrong.protocol = "modbus_plus";
    apply(wrong);
    EXPECT_TRUE(
        health().last_error.starts_with("plc1: there is no protocol 'modbus_plus': use one of ") &&
        health().last_error.contains("modbus_tcp"))
        << health().last_error;
    apply(plan({tag(1, "hr:7:u16")}));
    EXPECT_EQ(health().state, State::Running);
}

TEST_F(Supervising, AChangeOfTagsDoesNotBreakTheOthers) {
    apply(plan({tag(1, "hr:7:u16"), tag(2, "hr:8:u16")}));
    world_.pass(2s);
    const std::size_t before = sink_.of(1).size();
    apply(plan({tag(1, "hr:7:u16"), tag(2, "hr:8:u16")}));
    EXPECT_EQ(device_.connections(), 1U) << "nothing has changed";
    apply(plan({tag(1, "hr:7:u16"), tag(3, "hr:9:u16")}));
    world_.pass(1s);
    EXPECT_EQ(device_.connections(), 2U);
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, 7 Good");
    EXPECT_EQ(sink_.of(1).size(), before + 2);
    EXPECT_EQ(sink_.story(2), "BadWaitingForInitialData, 8 Good, BadOutOfService");
    EXPECT_EQ(sink_.story(3), "BadWaitingForInitialData, 9 Good");
}

TEST_F(Supervising, DisabledAndRemovedAreOutOfService) {
    apply(plan({tag(1, "hr:7:u16")}));
    ConnectionPlan off = plan({tag(1, "hr:7:u16")});
    off.enabled = false;
    apply(off);
    EXPECT_EQ(health().state, State::Disabled);
    const std::size_t requests = device_.log.size();
    world_.pass(5s);
    EXPECT_EQ(device_.log.size(), requests);
    apply(plan({tag(1, "hr:7:u16")}));
    EXPECT_EQ(health().state, State::Running);
    supervisor_.remove(ConnectionId("con_1"));
    world_.settle();
    EXPECT_TRUE(supervisor_.statuses().empty());
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, 7 Good, BadOutOfService, "
                              "BadWaitingForInitialData, 7 Good, BadOutOfService");
    EXPECT_NE(
        world_.base.metrics.render().find("gantry_connector_connections{state=\"running\"} 0"),
        std::string::npos);
}

TEST_F(Supervising, ChangesMayComeInTheMiddleOfAnything) {
    device_.react = [](auto, const auto&) { return FakeDevice::Reaction{.delay = 70ms}; };
    SeededRandom random(12);
    for (int i = 0; i < 300; ++i) {
        const std::string id = std::format("con_{}", random.below(3));
        switch (random.below(5)) {
            case 0: supervisor_.remove(ConnectionId(id)); break;
            case 1: network_.unplug(); break;
            case 2: network_.plug_in(); break;
            default: {
                const auto address = random.below(90);
                ConnectionPlan wanted =
                    plan({tag(1, std::format("hr:{}:u16", address)), tag(2, "hr:99:u16")}, "", id);
                wanted.enabled = random.below(4) != 0;
                supervisor_.apply(std::move(wanted));
            }
        }
        if (random.below(3) != 0) {
            world_.settle();
        }
        world_.pass(Duration(random.below(200'000'000)));
    }
    network_.plug_in();
    apply(plan({tag(1, "hr:42:u16")}));
    world_.pass(5s);
    EXPECT_EQ(sink_.of(1).back().value, Value(std::int64_t{42}));
}

TEST_F(Supervising, WritesGoToTheConnectionThatHasThePoint) {
    apply(plan(
        {tag(1, "hr:7:u16"), tag(2, "hr:8:u16", property(ValueType::Int64, {}, Access::Read))}));
    const auto write = [this](const char* point, std::int64_t value) {
        return world_.finish(supervisor_.write(PointId(point), value));
    };
    EXPECT_EQ(must(write("pt_1", 77)).outcome, CommandOutcome::Confirmed);
    EXPECT_EQ(device_.units[1].holding[7], 77);
    EXPECT_EQ(must(write("pt_2", 77)).detail, "plc1: the point is read-only");
    EXPECT_EQ(failure(write("pt_9", 1)), Code::NotFound);
    network_.unplug();
    world_.settle();
    const CommandResult away = must(write("pt_1", 78));
    EXPECT_EQ(away.outcome, CommandOutcome::Refused);
    EXPECT_EQ(away.detail, "plc1: the device is not connected; nothing was sent");
    ConnectionPlan off = plan({tag(1, "hr:7:u16")});
    off.enabled = false;
    apply(off);
    EXPECT_EQ(failure(write("pt_1", 1)), Code::NotFound) << "no enabled connection has it";
    EXPECT_NE(
        world_.base.metrics.render().find("gantry_connector_writes_total{outcome=\"confirmed\"} 1"),
        std::string::npos);
}

TEST_F(Supervising, AWriteThatMeetsAChangeIsRefusedAndNotUnknown) {
    apply(plan({tag(1, "hr:7:u16")}));
    world_.pass(5s);
    // Nothing of it has run yet when the write comes.
    supervisor_.apply(plan({tag(1, "hr:7:u16"), tag(2, "hr:8:u16")}));
    const CommandResult early = must(world_.finish(supervisor_.write(PointId("pt_2"), 7)));
    EXPECT_EQ(early.outcome, CommandOutcome::Refused) << early.detail;
    EXPECT_EQ(device_.units[1].holding[8], 8);
    world_.pass(5s);
    EXPECT_EQ(must(world_.finish(supervisor_.write(PointId("pt_2"), 7))).outcome,
              CommandOutcome::Confirmed);
}

TEST_F(Supervising, StopEndsEverythingAtOnce) {
    for (int i = 0; i < 20; ++i) {
        supervisor_.apply(plan({tag(1, "hr:7:u16")}, "", std::format("con_{}", i)));
    }
    world_.settle();
    sink_.closed = true;  // even while the sink is full
    world_.pass(2s);
    stop();
    const std::size_t requests = device_.log.size();
    world_.pass(10s);
    EXPECT_EQ(device_.log.size(), requests);
    apply(plan({tag(1, "hr:7:u16")}, "", "con_99"));
    EXPECT_EQ(supervisor_.statuses().size(), 20U) << "and nothing begins any more";
}

// A protocol that needs no device: counts how often its connectors run, on which thread.
class CountingConnector final : public Connector {
public:
    CountingConnector(Vitals& vitals, std::atomic<int>& runs) : vitals_(vitals), runs_(runs) {}
    Async<> run(SampleSink&) override {
        ++runs_;
        vitals_.connected();
        Event never(co_await asio::this_coro::executor);
        co_await never.wait();
        co_return Result<>{};
    }
    asio::awaitable<void> while_down(SampleSink&) override { co_return; }
    Async<CommandResult> write(const TagBinding&, Value value) override {
        co_return CommandResult{CommandOutcome::Confirmed, {}, std::move(value)};
    }
    void take_over(const Connector&) override {}

private:
    Vitals& vitals_;
    std::atomic<int>& runs_;
};

class CountingProtocol final : public Protocol {
public:
    std::string_view name() const override { return "counting"; }
    json::object describe() const override { return {}; }
    Result<> check_settings(std::string_view) const override { return {}; }
    Result<> check_tag(std::string_view, std::string_view, const Property&) const override {
        return {};
    }
    Result<std::shared_ptr<Connector>> make(const ConnectionPlan&, const Surroundings&,
                                            Vitals& vitals) const override {
        return std::make_shared<CountingConnector>(vitals, runs);
    }
    Async<TestReport> test(const Surroundings&, std::string,
                           std::vector<std::string>) const override {
        co_return fail(Code::Unsupported, "no");
    }
    Async<std::vector<TrialReading>> read(const Surroundings&, std::string,
                                          std::vector<TrialTag>) const override {
        co_return fail(Code::Unsupported, "no");
    }
    Async<ScanReport> scan(const Surroundings&, std::string, ScanRequest) const override {
        co_return fail(Code::Unsupported, "no");
    }
    mutable std::atomic<int> runs = 0;
};

TEST(Supervisor, MayBeCalledFromAnyThreadAndSpreadsOverTheShards) {
    gantry::testing::Surroundings base;
    Shards shards(2, base.log);
    MemoryNetwork network;
    SystemClock clock;
    RealTimers timers(clock);
    SystemRandom random;
    testing::KeptSamples sink(shards.executor(0));
    Surroundings around{network, timers, clock, base.log, base.metrics, random};
    Protocols protocols;
    auto counting = std::make_unique<CountingProtocol>();
    const std::atomic<int>& runs = counting->runs;
    protocols.add(std::move(counting));
    Supervisor supervisor(protocols, sink, around, {shards.executor(0), shards.executor(1)});
    std::vector<std::jthread> callers;
    for (int caller = 0; caller < 4; ++caller) {
        callers.emplace_back([&supervisor, &shards, caller] {
            for (int i = 0; i < 100; ++i) {
                ConnectionPlan plan;
                plan.id = ConnectionId(std::format("con_{}_{}", caller, i % 10));
                plan.protocol = "counting";
                plan.key = std::to_string(i);
                if (i < 90) {
                    plan.tags = {tag(static_cast<std::uint32_t>(caller), "x")};
                    plan.tags[0].point = PointId(std::format("pt_{}_{}", caller, i % 10));
                }
                supervisor.apply(plan);
                (void)supervisor.statuses();
                (void)asio::co_spawn(shards.any(), supervisor.write(PointId("pt_0_0"), true),
                                     asio::use_future)
                    .get();
                if (i % 7 == 0 && i < 90) {
                    supervisor.remove(plan.id);
                }
            }
        });
    }
    callers.clear();
    const auto all_run = [&supervisor] {
        return std::ranges::all_of(supervisor.statuses(), [](const ConnectionStatus& status) {
            return status.health.state == State::Running;
        });
    };
    // One that runs may have a change still before it, and then connects again.
    bool done = false;
    for (int i = 0; i < 12'000 && !done; ++i) {
        std::this_thread::sleep_for(5ms);
        done = all_run() && runs.load() >= 40;
    }
    EXPECT_TRUE(done);
    EXPECT_EQ(supervisor.statuses().size(), 40U);
    asio::co_spawn(shards.executor(0), supervisor.stop(), asio::use_future).get();
}

}  // namespace
}  // namespace gantry::connector

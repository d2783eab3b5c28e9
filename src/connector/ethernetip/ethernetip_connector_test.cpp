// SPDX-License-Identifier: Apache-2.0
// What the controllers that are not ours do not have: a controller without large connections, bits
// of integers, structures, the list of tags.
#include "connector/ethernetip/ethernetip_connector.h"

#include "base/encoding.h"
#include "connector/ethernetip/fake_controller.h"
#include "connector/ethernetip/protocol.h"
#include "runtime/memory_network.h"
#include "runtime/task_group.h"

namespace gantry::connector::ethernetip {
namespace {

using namespace std::chrono_literals;
using connector::testing::KeptSamples;
using connector::testing::must;
using connector::testing::property;
using connector::testing::tag;

constexpr std::string_view waiting = "BadWaitingForInitialData, ";

class EthernetIpConnection : public ::testing::Test {
protected:
    void TearDown() override {
        asio::co_spawn(world_.context, tasks_.stop(), asio::detached);
        world_.settle();
    }

    static std::string settings(const std::string& more) {
        return R"({"host": "plc")" + more + "}";
    }

    void start(std::vector<TagBinding> tags, const std::string& more = "") {
        ConnectionPlan plan;
        plan.key = "plc1";
        plan.settings = settings(more);
        plan.tags = std::move(tags);
        connector_ = must(EthernetIpProtocol().make(plan, around_, vitals_));
        tasks_.spawn(keep_running());
        world_.settle();
    }
    asio::awaitable<void> keep_running() { ended_ = co_await connector_->run(sink_); }

    std::string story(std::uint32_t series) {
        const std::string out = sink_.story(series);
        EXPECT_TRUE(out.starts_with(waiting)) << out;
        return out.substr(std::min(waiting.size(), out.size()));
    }
    CommandResult write(const TagBinding& binding, Value value) {
        return must(world_.finish(connector_->write(binding, std::move(value))));
    }
    std::string trouble() const {
        std::string out;
        for (const Part& part : vitals_.health().troubles) {
            out += part.name + ": " + part.trouble + "\n";
        }
        return out;
    }

    connector::testing::World world_;
    MemoryNetwork network_;
    testing::FakeController plc_{world_, network_, "plc:44818"};
    KeptSamples sink_{world_.context.get_executor()};
    Surroundings around_{network_,        world_.timers,       world_.base.clock,
                         world_.base.log, world_.base.metrics, world_.random};
    Vitals vitals_{world_.base.clock};
    std::shared_ptr<Connector> connector_;
    TaskGroup tasks_{world_.context.get_executor(), world_.base.log, "test"};
    std::optional<Result<>> ended_;
};

const Property flag = property(ValueType::Bool);
const Property text = property(ValueType::String);

TEST_F(EthernetIpConnection, ReadsAllThatAControllerHas) {
    plc_.put<std::int16_t>("Word", kind::int16, {0x0200});
    plc_.put<std::uint32_t>("Flags", kind::dword, {0, 0x20});
    plc_.put<std::int32_t>("Line", kind::dint, {1, 2, 3, 4, 5});
    plc_.put_text("Name", kind::string_handle, "pump", 82);
    plc_.put_text("Note", 0x1234, "own", 20);
    plc_.put<std::int32_t>("T1.ACC", kind::dint, {99});
    plc_.tags["T1"] = {.kind = {kind::structure, 0x0f83, false}, .bytes = Bytes(12), .each = 12};
    plc_.put<float>("Program:Main.Level", kind::real, {1.5F});
    start({tag(1, "Word.9", flag), tag(2, "Word.8", flag), tag(3, "Flags[37]", flag),
           tag(4, "Flags[36]", flag), tag(5, "Line[4]"), tag(6, "Line[2].1", flag),
           tag(7, "Name", text), tag(8, "Note", text), tag(9, "T1.ACC"), tag(10, "T1", text),
           tag(11, "Program:Main.Level", property(ValueType::Float64)), tag(12, "Line[5]"),
           tag(13, "Nothing"), tag(14, "Nothing[3]"), tag(15, "Name")});
    EXPECT_EQ(story(1), "true Good");
    EXPECT_EQ(story(2), "false Good");
    EXPECT_EQ(story(3), "true Good");
    EXPECT_EQ(story(4), "false Good");
    EXPECT_EQ(story(5), "5 Good");
    EXPECT_EQ(story(6), "true Good");
    EXPECT_EQ(story(7), "pump Good");
    EXPECT_EQ(story(8), "own Good");
    EXPECT_EQ(story(9), "99 Good");
    EXPECT_EQ(story(11), "1.5 Good");
    for (const std::uint32_t wrong : {10U, 12U, 13U, 14U, 15U}) {
        EXPECT_EQ(story(wrong), "BadConfigurationError");
    }
    EXPECT_NE(trouble().find("p10: the tag is a structure"), std::string::npos) << trouble();
    EXPECT_NE(trouble().find("p12: it is beyond the end"), std::string::npos) << trouble();
    EXPECT_NE(trouble().find("p13: there is no such tag"), std::string::npos) << trouble();
    EXPECT_NE(trouble().find("p15: the tag is a text"), std::string::npos) << trouble();
    EXPECT_EQ(plc_.connections, 2U);

    // What is wrong is not asked for every time, and what is known not looked at again.
    const int before = plc_.count(service::read_tag);
    world_.pass(1s);
    EXPECT_EQ(plc_.count(service::read_tag) - before, 8);
    plc_.put<std::int32_t>("Nothing", kind::dint, {7});
    world_.pass(10min, 1s);
    world_.pass(2s);
    EXPECT_EQ(story(13), "BadConfigurationError, 7 Good");
}

TEST_F(EthernetIpConnection, GoesWithoutWhatTheControllerHasNot) {
    plc_.large = plc_.small = plc_.several = false;
    plc_.put<std::int32_t>("A", kind::dint, {1});
    plc_.put<std::int32_t>("B", kind::dint, {2});
    start({tag(1, "A"), tag(2, "B"), tag(3, "C")});
    EXPECT_EQ(story(1), "1 Good");
    EXPECT_EQ(story(2), "2 Good");
    EXPECT_EQ(story(3), "BadConfigurationError");
    EXPECT_EQ(plc_.connections, 0U);
    EXPECT_EQ(plc_.messages, 0U);
}

TEST_F(EthernetIpConnection, TakesSmallConnectionsWhereThereAreNoLargeOnes) {
    plc_.large = false;
    plc_.put<std::int32_t>("A", kind::dint, {1});
    start({tag(1, "A")}, R"(, "max_requests": 3)");
    EXPECT_EQ(story(1), "1 Good");
    EXPECT_EQ(plc_.connections, 3U);
}

TEST_F(EthernetIpConnection, LongTagsAreReadInFragments) {
    plc_.answer_bytes_max = 40;
    plc_.put_text("Name", kind::string_handle, std::string(80, 'x'), 82);
    std::vector<TagBinding> tags = {tag(100, "Name", text)};
    Bytes line;
    for (std::uint32_t i = 0; i < 50; ++i) {
        ethernetip::put(line, i, 4);
        tags.push_back(tag(i, std::format("Line[{}]", i)));
    }
    plc_.tags["Line"] = {.kind = {kind::dint, 0, false}, .bytes = line};
    start(std::move(tags));
    EXPECT_EQ(story(100), std::string(80, 'x') + " Good");
    for (std::uint32_t i = 0; i < 50; ++i) {
        EXPECT_EQ(story(i), std::format("{} Good", i));
    }
    const int whole = plc_.count(service::read_tag);
    world_.pass(1s);
    EXPECT_EQ(plc_.count(service::read_tag), whole);
    EXPECT_TRUE(trouble().empty()) << trouble();
}

TEST_F(EthernetIpConnection, ValuesAreWrittenAsWhatTheTagIs) {
    plc_.put<std::int16_t>("Word", kind::int16, {0x0101});
    plc_.put<std::uint32_t>("Flags", kind::dword, {0, 0x1});
    plc_.put<std::int8_t>("On", kind::boolean, {0});
    plc_.put<std::int16_t>("Line", kind::int16, {1, 2, 3});
    plc_.put_text("Note", 0x1234, "own", 21);
    start({tag(1, "Word")});
    for (const auto& [address, of, value] :
         {std::tuple("Word.9", flag, Value(true)),
          {"Word.0", flag, Value(false)},
          {"Flags[37]", flag, Value(true)},
          {"On", flag, Value(true)},
          {"Line[1]*0.1", property(ValueType::Float64), Value(-1.5)},
          {"Note", text, Value(std::string(21, 'n'))}}) {
        const CommandResult done = write(tag(2, address, of), value);
        EXPECT_EQ(done.outcome, CommandOutcome::Confirmed) << address << ": " << done.detail;
        EXPECT_EQ(done.read_back, value) << address;
    }
    EXPECT_EQ(plc_.tags["Word"].bytes, *from_hex("0003"));
    EXPECT_EQ(plc_.tags["Flags"].bytes, *from_hex("0000000021000000"));
    EXPECT_EQ(plc_.tags["Line"].bytes, *from_hex("0100f1ff0300"));
    for (const auto& [address, of, value, part] :
         {std::tuple("Line[1]", property(), Value(std::int64_t{40'000}), "does not fit"),
          {"Nothing", property(), Value(std::int64_t{1}), "no such tag"},
          {"Note", text, Value(std::string(22, 'n')), "longer than the controller has room"},
          {"Note", text, Value(std::string(30, 'n')), "room for 24"}}) {
        const CommandResult done = write(tag(2, address, of), value);
        EXPECT_EQ(done.outcome, CommandOutcome::Refused) << address;
        EXPECT_NE(done.detail.find(part), std::string::npos) << done.detail;
    }
}

TEST_F(EthernetIpConnection, AProgramThatHoldsItsOwnValueIsSeen) {
    plc_.put<std::int32_t>("A", kind::dint, {7});
    plc_.keeps_values = false;
    start({tag(1, "A")});
    const CommandResult done = write(tag(1, "A"), Value(std::int64_t{5}));
    EXPECT_EQ(done.outcome, CommandOutcome::Failed);
    EXPECT_EQ(done.detail, "the controller acknowledged 5, but holds 7");
    EXPECT_EQ(done.read_back, Value(std::int64_t{7}));
}

TEST_F(EthernetIpConnection, AnEmptySlotIsNamed) {
    plc_.empty_slot = true;
    start({tag(1, "A")});
    ASSERT_TRUE(ended_ && !*ended_);
    EXPECT_NE(ended_->error().message.find("does a controller sit in this slot?"),
              std::string::npos)
        << ended_->error().message;
    ended_.reset();
    start({tag(1, "A")}, R"(, "connected": false)");
    ASSERT_TRUE(ended_ && !*ended_);
    EXPECT_NE(ended_->error().message.find("does a controller sit in this slot?"),
              std::string::npos);
}

TEST_F(EthernetIpConnection, AControllerThatIsTakenOutIsAway) {
    plc_.put<std::int32_t>("A", kind::dint, {1});
    start({tag(1, "A")}, R"(, "connected": false)");
    EXPECT_EQ(story(1), "1 Good");
    plc_.empty_slot = true;
    world_.pass(1s);
    ASSERT_TRUE(ended_ && !*ended_);
    EXPECT_EQ(ended_->error().code, Code::Unavailable);
    EXPECT_EQ(story(1), "1 Good");
}

TEST_F(EthernetIpConnection, AProgramMayComeWithOtherTypes) {
    plc_.put<std::int32_t>("A", kind::dint, {1, 2, 3});
    start({tag(1, "A[1]"), tag(2, "A[2]")});
    plc_.put<std::int8_t>("A", kind::sint, {5, 6, 7});
    world_.pass(1s);
    plc_.put<std::uint32_t>("A", kind::dword, {0x2});
    world_.pass(1s);
    plc_.put<float>("A", kind::real, {1, 2, 3});
    world_.pass(1s);
    EXPECT_EQ(story(1), "2 Good, 6 Good, 1 Good, BadConfigurationError");
    EXPECT_EQ(story(2), "3 Good, 7 Good, 0 Good, BadConfigurationError");
}

TEST_F(EthernetIpConnection, OneConnectionIsEnough) {
    plc_.connections_max = 1;
    plc_.put<std::int32_t>("A", kind::dint, {1});
    start({tag(1, "A")});
    EXPECT_EQ(story(1), "1 Good");
    EXPECT_EQ(plc_.connections, 1U);
    EXPECT_GT(plc_.messages, 0U);
}

TEST_F(EthernetIpConnection, ASilentControllerLosesTheSessionAndAnIdleOneIsHeardOf) {
    plc_.put<std::int32_t>("A", kind::dint, {1});
    start({tag(1, "A")}, R"(, "groups": {"default": "1h"})");
    world_.pass(1min);
    EXPECT_FALSE(ended_);
    // Each of two connections every 15 s or so.
    EXPECT_GE(plc_.count(service::get_attributes_all), 6);
    EXPECT_LE(plc_.count(service::get_attributes_all), 10);
    plc_.silent = true;
    world_.pass(20s);
    ASSERT_TRUE(ended_ && !*ended_);
    EXPECT_EQ(ended_->error().code, Code::Timeout);
}

// Where one request at a time is under way, the others would be forgotten.
TEST_F(EthernetIpConnection, EveryConnectionIsHeardOf) {
    plc_.put<std::int32_t>("A", kind::dint, {1});
    start({tag(1, "A")}, R"(, "groups": {"default": "10s"}, "max_requests": 8)");
    world_.pass(5min, 50ms);
    ASSERT_EQ(plc_.heard.size(), 8U);
    for (const auto& [connection, last] : plc_.heard) {
        EXPECT_LE(world_.timers.now() - last, 31s) << connection;
    }
}

TEST_F(EthernetIpConnection, TheListOfTagsIsLookedThrough) {
    plc_.put<std::int32_t>("Rate", kind::dint, {5});
    plc_.put<std::uint32_t>("Flags", kind::dword, {1});
    plc_.put_text("Name", 0x1234, "pump", 20);
    plc_.put<std::int32_t>("Timers[0].ACC", kind::dint, {7});
    plc_.put<float>("Program:Main.Level", kind::real, {1.5F});
    const auto add = [](Bytes& out, std::uint32_t instance, std::string_view name,
                        std::uint16_t type) {
        ethernetip::put(out, instance, 4);
        ethernetip::put(out, name.size(), 2);
        append(out, as_bytes(name));
        ethernetip::put(out, type, 2);
    };
    Bytes& symbols = plc_.symbols[""];
    add(symbols, 1, "Rate", kind::dint);
    add(symbols, 2, "__hidden", kind::dint);
    add(symbols, 4, "Flags", 0x20d3);
    add(symbols, 300, "Name", 0x8111);
    add(symbols, 301, "Timers", 0xa222);
    add(symbols, 302, "Program:Main", 0x1068);
    add(plc_.symbols["Program:Main"], 1, "Level", kind::real);
    const auto member = [](Bytes& out, std::uint16_t info, std::uint16_t type) {
        ethernetip::put(out, info, 2);
        ethernetip::put(out, type, 2);
        ethernetip::put(out, 0, 4);
    };
    Bytes& string = plc_.templates[0x111];
    member(string, 0, kind::dint);
    member(string, 20, 0x20c2);
    append(string, as_bytes(std::string_view("STRING20;n\0LEN\0DATA\0", 20)));
    plc_.sizes[0x111] = 2;
    Bytes& timer = plc_.templates[0x222];
    member(timer, 0, kind::dint);
    member(timer, 0, kind::dint);
    append(timer, as_bytes(std::string_view("TIMER\0ZZZZZZZZZZTIMER0\0ACC\0", 27)));
    plc_.sizes[0x222] = 2;

    const auto scan = [this](std::string area, std::int64_t from, std::int64_t count) {
        return world_.finish(EthernetIpProtocol().scan(
            around_, settings(""), {.area = std::move(area), .from = from, .count = count}));
    };
    const ScanReport report = must(scan("controller", 0, 100));
    std::string found;
    for (const auto& one : report.found) {
        found += one.address + "=" + to_text(one.value) + " ";
    }
    EXPECT_EQ(found, "Rate=5 Flags[0]=true Name=pump Timers[0].ACC=7 ");
    EXPECT_TRUE(report.done);
    EXPECT_EQ(report.detail, "programs: Program:Main");
    const ScanReport part = must(scan("controller", 1, 1));
    ASSERT_EQ(part.found.size(), 1U);
    EXPECT_EQ(part.found[0].address, "Flags[0]");
    EXPECT_FALSE(part.done);
    EXPECT_EQ(part.next, 2);
    const ScanReport program = must(scan("Program:Main", 0, 100));
    ASSERT_EQ(program.found.size(), 1U);
    EXPECT_EQ(program.found[0].address, "Program:Main.Level");
    EXPECT_NE(must(scan("Program:Other", 0, 9)).detail.find("no such tag"), std::string::npos);
    EXPECT_EQ(scan("hr", 0, 9).error().field, "/area");
    EXPECT_EQ(scan("controller", 0, 0).error().field, "/count");
}

}  // namespace
}  // namespace gantry::connector::ethernetip

// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/writer.h"

#include "connector/modbus/device_testing.h"

namespace gantry::connector::modbus {
namespace {

using namespace std::chrono_literals;
using testing::FakeDevice;
using testing::must;
using testing::property;
using testing::tag;

class Writing : public testing::Polling {};

TEST_F(Writing, ValuesAreWrittenAndReadBack) {
    device_.units[1].coils[3] = false;
    start({});
    const auto scaled = tag(1, "hr:7:u16*0.1", property(ValueType::Float64));
    EXPECT_EQ(write(scaled, 23.5).outcome, CommandOutcome::Confirmed);
    EXPECT_EQ(device_.units[1].holding[7], 235);
    EXPECT_EQ(device_.log, (std::vector<std::string>{"1:write6:7+1", "1:hr:7+1"}));
    device_.log.clear();
    EXPECT_EQ(write(tag(2, "hr:8:i32"), std::int64_t{-2}).read_back, Value(std::int64_t{-2}));
    EXPECT_EQ(device_.log, (std::vector<std::string>{"1:write16:8+2", "1:hr:8+2"}));
    device_.log.clear();
    EXPECT_EQ(write(tag(3, "co:3", property(ValueType::Bool)), true).outcome,
              CommandOutcome::Confirmed);
    EXPECT_EQ(device_.log, (std::vector<std::string>{"1:write5:3+1", "1:co:3+1"}));
}

TEST_F(Writing, SettingsChooseTheFunction) {
    device_.units[1].coils[3] = false;
    start({}, R"(, "write_multiple": true)");
    EXPECT_EQ(write(tag(1, "hr:7:u16"), std::int64_t{5}).outcome, CommandOutcome::Confirmed);
    EXPECT_EQ(write(tag(3, "co:3", property(ValueType::Bool)), true).outcome,
              CommandOutcome::Confirmed);
    EXPECT_EQ(device_.log,
              (std::vector<std::string>{"1:write16:7+1", "1:hr:7+1", "1:write15:3+1", "1:co:3+1"}));
}

TEST_F(Writing, Function23WritesAndReadsInOne) {
    start({}, R"(, "use_fc23": true)");
    EXPECT_EQ(write(tag(1, "hr:7:f32", property(ValueType::Float64)), 1.5).outcome,
              CommandOutcome::Confirmed);
    EXPECT_EQ(device_.log, (std::vector<std::string>{"1:write23:7+2"}));
}

TEST_F(Writing, ABitLeavesTheOthersAlone) {
    device_.units[1].holding[7] = 0x8001;
    start({});
    const auto bit = tag(1, "hr:7:u16.3", property(ValueType::Bool));
    EXPECT_EQ(write(bit, true).outcome, CommandOutcome::Confirmed);
    EXPECT_EQ(device_.units[1].holding[7], 0x8009);
    EXPECT_EQ(device_.log, (std::vector<std::string>{"1:hr:7+1", "1:write6:7+1", "1:hr:7+1"}));
}

TEST_F(Writing, TwoBitsOfOneRegisterDoNotLoseEachOther) {
    device_.units[1].holding[7] = 0;
    device_.react = [](auto, const auto&) { return FakeDevice::Reaction{.delay = 100ms}; };
    start({});
    std::vector<CommandOutcome> outcomes;
    const auto order = [](Connector& connector, TagBinding binding,
                          std::vector<CommandOutcome>& out) -> asio::awaitable<void> {
        out.push_back(must(co_await connector.write(binding, true)).outcome);
    };
    for (const char* address : {"hr:7:u16.0", "hr:7:u16.1", "hr:7:u16.2"}) {
        asio::co_spawn(world_.context,
                       order(*connector_, tag(1, address, property(ValueType::Bool)), outcomes),
                       asio::detached);
    }
    world_.pass(2s);
    EXPECT_EQ(outcomes, std::vector(3, CommandOutcome::Confirmed));
    EXPECT_EQ(device_.units[1].holding[7], 7);
}

TEST_F(Writing, WhatTheDeviceKeepsOtherwiseIsFailed) {
    start({});
    device_.react = [this](auto, const Request& request) {
        if (request.function == Function::ReadHoldingRegisters) {
            device_.units[1].holding[7] = 4;
        }
        return FakeDevice::Reaction{};
    };
    const CommandResult result = write(tag(1, "hr:7:u16"), std::int64_t{5});
    EXPECT_EQ(result.outcome, CommandOutcome::Failed);
    EXPECT_EQ(result.detail, "the device acknowledged 5, but holds 4");
    EXPECT_EQ(result.read_back, Value(std::int64_t{4}));
    EXPECT_EQ(device_.reads("1:hr:7+1"), 3) << "it gets time to show what it was told";
}

TEST_F(Writing, ADeviceThatNeedsAMomentIsConfirmed) {
    start({});
    int reads = 0;
    device_.react = [this, &reads](auto, const Request& request) {
        if (request.function == Function::WriteSingleRegister) {
            return FakeDevice::Reaction{};
        }
        device_.units[1].holding[7] = ++reads < 3 ? 0 : 5;
        return FakeDevice::Reaction{};
    };
    EXPECT_EQ(write(tag(1, "hr:7:u16"), std::int64_t{5}).outcome, CommandOutcome::Confirmed);
}

TEST_F(Writing, RefusalsSayWhy) {
    start({});
    const auto refusal = [this](const TagBinding& binding, Value value) {
        const CommandResult result = write(binding, std::move(value));
        EXPECT_EQ(result.outcome, CommandOutcome::Refused);
        return result.detail;
    };
    EXPECT_EQ(
        refusal(tag(1, "hr:7:u16", property(ValueType::Int64, {}, Access::Read)), std::int64_t{1}),
        "the point is read-only");
    EXPECT_NE(refusal(tag(1, "hr:7:u16", property(ValueType::Int64, {.min = 0, .max = 10})),
                      std::int64_t{11})
                  .find("outside the range"),
              std::string::npos);
    EXPECT_NE(refusal(tag(1, "hr:7:u16"), std::int64_t{70000}).find("0 to 65535"),
              std::string::npos);
    EXPECT_TRUE(device_.log.empty()) << "none of these was sent";
    EXPECT_EQ(refusal(tag(1, "hr:900:u16"), std::int64_t{1}),
              "the device answers 02 illegal data address");
}

TEST_F(Writing, WithoutAnAnswerTheOutcomeIsUnknown) {
    start({});
    device_.react = [](auto, const Request& request) {
        return FakeDevice::Reaction{.silent = request.function == Function::WriteSingleRegister};
    };
    const CommandResult result = write(tag(1, "hr:7:u16"), std::int64_t{5});
    EXPECT_EQ(result.outcome, CommandOutcome::Unknown);
    EXPECT_EQ(result.detail, "no answer within 1s: read the point before writing again");
    device_.react = [](auto, const Request& request) {
        return FakeDevice::Reaction{.silent = request.function != Function::WriteSingleRegister};
    };
    EXPECT_EQ(write(tag(1, "hr:7:u16"), std::int64_t{5}).outcome, CommandOutcome::Unknown);
}

TEST_F(Writing, WithoutAConnectionNothingIsSent) {
    make({});
    const CommandResult result = write(tag(1, "hr:7:u16"), std::int64_t{5});
    EXPECT_EQ(result.outcome, CommandOutcome::Refused);
    EXPECT_NE(result.detail.find("nothing was sent"), std::string::npos);
}

TEST_F(Writing, AConnectionThatBreaksMeanwhileLeavesItUnknown) {
    start({});
    device_.react = [](auto, const auto&) { return FakeDevice::Reaction{.close = true}; };
    EXPECT_EQ(write(tag(1, "hr:7:u16"), std::int64_t{5}).outcome, CommandOutcome::Unknown);
    EXPECT_TRUE(ended_);
}

}  // namespace
}  // namespace gantry::connector::modbus

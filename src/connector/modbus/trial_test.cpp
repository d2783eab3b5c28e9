// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/trial.h"

#include "connector/modbus/fake_device.h"
#include "connector/modbus/protocol.h"
#include "runtime/memory_network.h"

namespace gantry::connector::modbus {
namespace {

using namespace std::chrono_literals;
using connector::testing::failure;
using connector::testing::must;
using connector::testing::property;
using testing::FakeDevice;

class Trial : public ::testing::Test {
protected:
    Trial() {
        for (std::uint16_t address = 0; address < 300; ++address) {
            device_.units[1].holding[address] = address;
        }
    }
    Result<TestReport> test(std::vector<std::string> addresses = {},
                            std::string settings = R"({"host": "plc"})") {
        return world_.finish(protocol_.test(around_, std::move(settings), std::move(addresses)));
    }
    Result<std::vector<TrialReading>> read(std::vector<TrialTag> tags) {
        return world_.finish(protocol_.read(around_, R"({"host": "plc"})", std::move(tags)));
    }
    Result<ScanReport> scan(std::string area, std::int64_t from, std::int64_t count,
                            std::string settings = R"({"host": "plc"})") {
        return world_.finish(
            protocol_.scan(around_, std::move(settings), {std::move(area), from, count}));
    }

    connector::testing::World world_;
    MemoryNetwork network_;
    FakeDevice device_{world_, network_, "plc:502"};
    Surroundings around_{network_,        world_.timers,       world_.base.clock,
                         world_.base.log, world_.base.metrics, world_.random};
    ModbusProtocol protocol_;
};

TEST_F(Trial, TestAsksEachUnitOnce) {
    device_.units[2].holding[0] = 1;
    device_.react = [](std::uint8_t unit, const auto&) {
        FakeDevice::Reaction out;
        out.silent = unit == 3;
        out.delay = 20ms;
        if (unit == 4) {
            out.exception = Exception::GatewayTargetFailedToRespond;
        }
        return out;
    };
    const TestReport report = must(
        test({"hr:5:f32", "hr:9:u16", "hr:7:u16 unit=2", "hr:7:u16 unit=3", "hr:7:u16 unit=4"}));
    EXPECT_TRUE(report.connected);
    EXPECT_EQ(report.detail, "plc:502: connected; 2 of 4 units answer");
    ASSERT_EQ(report.probes.size(), 4U);
    EXPECT_TRUE(report.probes[0].answered);
    EXPECT_EQ(report.probes[0].name, "unit 1");
    EXPECT_EQ(report.probes[0].detail, "answers function 03 in 20.0 ms");
    EXPECT_EQ(report.probes[0].round_trip, 20ms);
    EXPECT_TRUE(report.probes[1].answered) << "an exception is an answer, too";
    EXPECT_EQ(report.probes[1].detail, "the device answers 02 illegal data address to function 03, "
                                       "address 7: there is a device, though");
    EXPECT_FALSE(report.probes[2].answered);
    EXPECT_EQ(report.probes[2].detail, "no answer within 1s: is the unit id right?");
    EXPECT_FALSE(report.probes[3].answered);
    EXPECT_EQ(device_.log,
              (std::vector<std::string>{"1:hr:5+2", "2:hr:7+1", "3:hr:7+1", "4:hr:7+1"}));
}

TEST_F(Trial, TestWithoutAddressesReadsTheFirstRegister) {
    EXPECT_EQ(must(test()).probes.size(), 1U);
    EXPECT_EQ(device_.log, std::vector<std::string>{"1:hr:0+1"});
}

TEST_F(Trial, TestOfADeadDeviceIsAReport) {
    device_.stop();
    const TestReport report = must(test());
    EXPECT_FALSE(report.connected);
    EXPECT_EQ(report.detail,
              "plc:502: Connection refused: is the device on and is the port right?");
    EXPECT_EQ(failure(test({}, "{}")), Code::InvalidArgument);
    EXPECT_EQ(failure(test({"nonsense"})), Code::InvalidArgument);
}

TEST_F(Trial, ReadAnswersForEachAddressInItsPlace) {
    device_.units[1].holding.erase(42);
    device_.units[1].holding[10] = 0x7fc0;
    const auto readings = must(read({{"hr:7:u16", property()},
                                     {"hr:x", property()},
                                     {"hr:42:u16", property()},
                                     {"hr:41:u16*0.5", property(ValueType::Float64)},
                                     {"hr:10:f32", property(ValueType::Float64)}}));
    ASSERT_EQ(readings.size(), 5U);
    EXPECT_EQ(readings[0].value, Value(std::int64_t{7}));
    EXPECT_TRUE(readings[0].quality.good());
    EXPECT_EQ(readings[1].quality, quality::bad_configuration_error);
    EXPECT_NE(readings[1].detail.find("whole number"), std::string::npos);
    EXPECT_EQ(readings[2].quality, quality::bad_configuration_error);
    EXPECT_EQ(readings[2].detail, "the device answers 02 illegal data address");
    EXPECT_EQ(readings[3].value, Value(20.5));
    EXPECT_EQ(readings[4].quality, quality::bad_sensor_failure);
    EXPECT_NE(readings[4].detail.find("byte order"), std::string::npos);
}

TEST_F(Trial, ReadDoesNotWaitForASilentUnitTwice) {
    device_.react = [](std::uint8_t unit, const auto&) {
        return FakeDevice::Reaction{.silent = unit == 2};
    };
    const Duration began = world_.timers.now();
    const auto readings = must(read({{"hr:7:u16 unit=2", property()},
                                     {"hr:100:u16 unit=2", property()},
                                     {"hr:200:u16 unit=2", property()},
                                     {"hr:7:u16", property()}}));
    EXPECT_LE(world_.timers.now() - began, 1100ms);
    EXPECT_EQ(readings[0].detail, "no answer within 1s");
    EXPECT_EQ(readings[2].quality, quality::bad_timeout);
    EXPECT_EQ(readings[2].detail, "not asked, as the unit did not answer before");
    EXPECT_EQ(readings[3].value, Value(std::int64_t{7}));
}

TEST_F(Trial, ReadOfADeadDeviceIsAnError) {
    device_.stop();
    EXPECT_EQ(failure(read({{"hr:7:u16", property()}})), Code::Unavailable);
    EXPECT_EQ(failure(read(std::vector<TrialTag>(1001))), Code::TooLarge);
}

TEST_F(Trial, ScanFindsWhatCanBeRead) {
    for (std::uint16_t address = 60; address < 65; ++address) {
        device_.units[1].holding.erase(address);
    }
    const ScanReport report = must(scan("hr", 50, 30));
    EXPECT_TRUE(report.done);
    EXPECT_EQ(report.next, 80);
    ASSERT_EQ(report.found.size(), 25U);
    EXPECT_EQ(report.found[0].address, "hr:50:u16");
    EXPECT_EQ(report.found[0].value, Value(std::int64_t{50}));
    EXPECT_EQ(report.found[10].address, "hr:65:u16");
    for (std::size_t i = 1; i < device_.times.size(); ++i) {
        EXPECT_GE(device_.times[i] - device_.times[i - 1], scan_pause) << "gently";
    }
    for (const std::string& request : device_.log) {
        EXPECT_EQ(request.find("write"), std::string::npos);
    }
}

TEST_F(Trial, ScanIsBoundedAndSaysWhereToGoOn) {
    device_.units[1].holding.clear();
    const ScanReport first = must(scan("hr", 1, 2000, R"({"host": "plc", "address_base": 1})"));
    EXPECT_FALSE(first.done);
    EXPECT_EQ(device_.log.size(), scan_requests_max);
    EXPECT_GT(first.next, 1);
    EXPECT_LT(first.next, 2001);
    device_.react = [](auto, const auto&) { return FakeDevice::Reaction{.silent = true}; };
    const ScanReport silent = must(scan("co", 0, 100));
    EXPECT_FALSE(silent.done);
    EXPECT_EQ(silent.next, 0);
    EXPECT_EQ(silent.detail, "no answer within 1s");
    EXPECT_EQ(failure(scan("xx", 0, 1)), Code::InvalidArgument);
    EXPECT_EQ(failure(scan("hr", -1, 1)), Code::InvalidArgument);
    EXPECT_EQ(failure(scan("hr", 0, 2001)), Code::InvalidArgument);
    EXPECT_EQ(failure(scan("hr", 65530, 10)), Code::InvalidArgument);
}

}  // namespace
}  // namespace gantry::connector::modbus

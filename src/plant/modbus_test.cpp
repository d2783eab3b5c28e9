// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"
#include "plant/command_line.h"
#include "plant/frame_buffer.h"
#include "plant/maps.h"
#include "plant/modbus_request.h"
#include "plant/unit.h"
#include "testing/testing.h"

namespace gantry::plant {
namespace {

using Pdu = std::vector<std::uint8_t>;

Frame frame_of(const Pdu& pdu, std::uint8_t unit = 1) {
    const std::size_t length = pdu.size() + 1;
    Frame frame = {
        0,   1, 0, 0, static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length),
        unit};
    frame.insert(frame.end(), pdu.begin(), pdu.end());
    return frame;
}

std::optional<ModbusException> refusal_of(const Pdu& pdu) {
    const auto request = parse_request(frame_of(pdu));
    return request ? std::nullopt : std::optional(request.error());
}

TEST(FrameBuffer, GivesWholeFramesHoweverTheBytesCome) {
    const Frame one = frame_of({3, 0, 0, 0, 2});
    const Frame two = frame_of({6, 0, 1, 0, 9}, 7);
    Frame bytes = one;
    bytes.insert(bytes.end(), two.begin(), two.end());
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        FrameBuffer buffer;
        std::vector<Frame> frames;
        for (const auto& part : {std::span(bytes).first(cut), std::span(bytes).subspan(cut)}) {
            buffer.append(part);
            while (auto frame = buffer.next()) {
                frames.push_back(*frame);
            }
        }
        EXPECT_EQ(frames, (std::vector{one, two})) << cut;
        EXPECT_FALSE(buffer.broken());
    }
}

TEST(FrameBuffer, IsBrokenByWhatIsNotModbus) {
    for (const Frame& bytes : {Frame{'G', 'E', 'T', ' ', '/', ' ', 'H'},  // another protocol
                               Frame{0, 1, 0, 0, 0, 1, 1},                // no function code
                               Frame{0, 1, 0, 0, 1, 0, 1}}) {             // longer than 260 bytes
        FrameBuffer buffer;
        buffer.append(bytes);
        EXPECT_FALSE(buffer.next().has_value());
        EXPECT_TRUE(buffer.broken());
    }
}

TEST(ModbusRequest, ReadsAreUnderstood) {
    const auto request = parse_request(frame_of({4, 0, 100, 0, 20}));
    ASSERT_TRUE(request);
    EXPECT_EQ(request->read.area, Area::InputRegister);
    EXPECT_EQ(request->read.first, 100);
    EXPECT_EQ(request->read.count, 20);
    EXPECT_EQ(request->write.count, 0);
}

TEST(ModbusRequest, CoilsAreUnpackedFromTheLowestBitOn) {
    const auto request = parse_request(frame_of({15, 0, 0, 0, 10, 2, 0b1010'0101, 0b10}));
    ASSERT_TRUE(request);
    EXPECT_EQ(request->values, (std::vector<std::uint16_t>{1, 0, 1, 0, 0, 1, 0, 1, 0, 1}));
}

TEST(ModbusRequest, AnExchangeReadsAndWrites) {
    const auto request = parse_request(frame_of({23, 0, 1, 0, 2, 0, 3, 0, 1, 2, 0xAB, 0xCD}));
    ASSERT_TRUE(request);
    EXPECT_EQ(request->read.first, 1);
    EXPECT_EQ(request->write.first, 3);
    EXPECT_EQ(request->values, std::vector<std::uint16_t>{0xABCD});
}

TEST(ModbusRequest, WhatIsIllFormedIsRefusedWithTheCodeOfTheSpecification) {
    using enum ModbusException;
    EXPECT_EQ(refusal_of({7}), IllegalFunction);
    EXPECT_EQ(refusal_of({0x83, 1, 2, 3, 4}), IllegalFunction);
    EXPECT_EQ(refusal_of({3}), IllegalDataValue);                    // too short
    EXPECT_EQ(refusal_of({3, 0, 0, 0, 1, 0}), IllegalDataValue);     // too long
    EXPECT_EQ(refusal_of({3, 0, 0, 0, 0}), IllegalDataValue);        // nothing
    EXPECT_EQ(refusal_of({3, 0, 0, 0, 126}), IllegalDataValue);      // too many registers
    EXPECT_EQ(refusal_of({1, 0, 0, 0x07, 0xD1}), IllegalDataValue);  // too many coils
    EXPECT_EQ(refusal_of({3, 0xFF, 0xFF, 0, 2}), IllegalDataAddress);
    EXPECT_EQ(refusal_of({5, 0, 0, 0x12, 0x34}), IllegalDataValue);  // neither on nor off
    EXPECT_EQ(refusal_of({15, 0, 0, 0, 9, 1, 0xFF}), IllegalDataValue);
    EXPECT_EQ(refusal_of({16, 0, 0, 0, 2, 4, 0, 0, 0}), IllegalDataValue);
    EXPECT_EQ(refusal_of({16, 0, 0, 0, 0, 0}), IllegalDataValue);
    EXPECT_EQ(refusal_of({23, 0, 0, 0, 1, 0, 0, 0, 1, 4, 0, 0}), IllegalDataValue);
    EXPECT_EQ(refusal_of({23, 0, 0, 0, 126, 0, 0, 0, 1, 2, 0, 0}), IllegalDataValue);
}

// A pump station behind a unit id, which a test can turn and read.
class PumpUnit {
public:
    std::optional<ModbusException> ask(const Pdu& pdu) {
        const auto request = parse_request(frame_of(pdu));
        EXPECT_TRUE(request);
        const auto refused = unit.admit(*request);
        if (!refused && request->write.count > 0) {
            unit.apply(*request);
        }
        return refused;
    }

    UnitTable<PumpStation> table = pump_station_table();
    PumpStation station{1};
    std::uint64_t revision = 0;
    Unit unit{std::make_unique<MachinePoints<PumpStation>>(table, station),
              [this] { return revision; }};
};

TEST(Unit, ForbiddenAddressesAnswerException02) {
    PumpUnit pump;
    EXPECT_EQ(pump.ask({4, 0, 0, 0, 20}), std::nullopt);
    EXPECT_EQ(pump.ask({4, 0, 18, 0, 2}), std::nullopt) << "reserved, but readable";
    EXPECT_EQ(pump.ask({4, 0, 0, 0, 21}), ModbusException::IllegalDataAddress);
    EXPECT_EQ(pump.ask({4, 0, 119, 0, 6}), ModbusException::IllegalDataAddress);
    EXPECT_EQ(pump.ask({1, 0, 50, 0, 1}), ModbusException::IllegalDataAddress);
    EXPECT_EQ(pump.ask({4, 0xFF, 0xFF, 0, 1}), ModbusException::IllegalDataAddress);
}

TEST(Unit, WritesActOnTheMachine) {
    PumpUnit pump;
    EXPECT_EQ(pump.ask({6, 0, 0, 0x02, 0xEE}), std::nullopt);  // 75.0 %
    EXPECT_DOUBLE_EQ(pump.station.pump(0).speed_setpoint_percent(), 75);
    EXPECT_EQ(pump.ask({16, 0, 2, 0, 2, 4, 0, 0, 0x40, 0x00}), std::nullopt);  // 2.0 in CDAB
    EXPECT_DOUBLE_EQ(pump.station.level_setpoint_m(), 2);
    EXPECT_EQ(pump.ask({5, 0, 1, 0xFF, 0x00}), std::nullopt);
    EXPECT_TRUE(pump.station.pump(1).commanded());
    EXPECT_FALSE(pump.station.automatic());
}

TEST(Unit, AWriteOutOfRangeAnswersException03AndChangesNothing) {
    PumpUnit pump;
    EXPECT_EQ(pump.ask({6, 0, 0, 0x03, 0xE9}), ModbusException::IllegalDataValue);  // 100.1 %
    EXPECT_EQ(pump.ask({6, 0, 0, 0x01, 0x8F}), ModbusException::IllegalDataValue);  // 39.9 %
    // One of two values is bad: neither is taken.
    EXPECT_EQ(pump.ask({16, 0, 0, 0, 2, 4, 0x02, 0xEE, 0, 0}), ModbusException::IllegalDataValue);
    EXPECT_DOUBLE_EQ(pump.station.pump(0).speed_setpoint_percent(), 100);
}

TEST(Unit, AWriteToHalfAValueOrToWhatIsReadOnlyAnswersException02) {
    PumpUnit pump;
    EXPECT_EQ(pump.ask({6, 0, 2, 0x40, 0}), ModbusException::IllegalDataAddress);
    EXPECT_EQ(pump.ask({16, 0, 3, 0, 1, 2, 0, 0}), ModbusException::IllegalDataAddress);
    EXPECT_EQ(pump.ask({6, 0, 100, 0, 1}), ModbusException::IllegalDataAddress);
    EXPECT_EQ(pump.ask({6, 0, 5, 0, 1}), ModbusException::IllegalDataAddress) << "reserved";
}

TEST(Unit, ADeadInstrumentAnswersException04AndOnlyWhereItIsRead) {
    PumpUnit pump;
    pump.station.set_fault(Fault::SensorFailure, true);
    EXPECT_EQ(pump.ask({4, 0, 108, 0, 2}), ModbusException::ServerDeviceFailure);
    EXPECT_EQ(pump.ask({4, 0, 100, 0, 20}), ModbusException::ServerDeviceFailure);
    EXPECT_EQ(pump.ask({4, 0, 100, 0, 8}), std::nullopt);
    EXPECT_EQ(pump.ask({4, 0, 110, 0, 10}), std::nullopt);
}

TEST(CommandLine, EndpointsAreChecked) {
    EXPECT_EQ(testing::must(parse_endpoint("localhost:0")).text(), "127.0.0.1:0");
    EXPECT_EQ(testing::must(parse_endpoint("0.0.0.0:502")).port, 502);
    for (const char* text : {"", "5020", ":5020", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
                             "127.0.0.1:-1", "::1:502", "plant:502"}) {
        EXPECT_EQ(testing::failure(parse_endpoint(text)), Code::InvalidArgument) << text;
    }
}

TEST(CommandLine, IsReadAndRefusedByName) {
    const auto parse = [](std::vector<const char*> words) {
        words.insert(words.begin(), "gantry-plant");
        return parse_command_line(static_cast<int>(words.size()), words.data());
    };
    const CommandLine line = testing::must(
        parse({"--seed", "9", "--speed", "60", "--fault", "jam@5m", "--fault", "air-leak@1h"}));
    EXPECT_EQ(line.seed, 9u);
    EXPECT_EQ(line.speed, 60);
    EXPECT_EQ(line.faults.size(), 2u);
    EXPECT_EQ(testing::must(parse({"--map", "--csv"})).map, MapFormat::Csv);
    const std::vector<std::vector<const char*>> wrong = {{"--speed", "0"},
                                                         {"--units", "201"},
                                                         {"--latency", "5"},
                                                         {"--latency", "2m"},
                                                         {"--fault", "jam"},
                                                         {"--listen", "here"},
                                                         {"--json"},
                                                         {"--bogus"},
                                                         {"--seed", "minus"},
                                                         {"--speed", "3600", "--units", "20"},
                                                         {"--ports-from", "9000"},
                                                         {"--devices", "5", "--fault", "jam@1s"},
                                                         {"--devices", "0"}};
    for (const auto& words : wrong) {
        const auto result = parse(words);
        EXPECT_EQ(testing::failure(result), Code::InvalidArgument) << words[0];
        EXPECT_NE(result.error().message.find(words[0]), std::string::npos)
            << result.error().message;
    }
}

}  // namespace
}  // namespace gantry::plant

// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/frame.h"

#include <gtest/gtest.h>

#include <random>

#include "base/encoding.h"

namespace gantry::connector::modbus {
namespace {

Bytes bytes_of(std::string hex) {
    std::erase(hex, ' ');
    return *from_hex(hex);
}

// A PDU of the specification as a request, and back to the same bytes.
struct Example {
    std::string name;
    std::string request;
    std::string reply;
    Request parsed;  // without data
    std::string data;
};

// MODBUS Application Protocol Specification V1.1b3, the example of each function's section.
std::vector<Example> examples() {
    return {
        {"6.1 ReadCoils",
         "01 0013 0013",
         "01 03 CD 6B 05",
         {.function = Function::ReadCoils, .address = 0x13, .count = 0x13},
         "CD6B05"},
        {"6.2 ReadDiscreteInputs",
         "02 00C4 0016",
         "02 03 AC DB 35",
         {.function = Function::ReadDiscreteInputs, .address = 0xc4, .count = 0x16},
         "ACDB35"},
        {"6.3 ReadHoldingRegisters",
         "03 006B 0003",
         "03 06 022B 0000 0064",
         {.function = Function::ReadHoldingRegisters, .address = 0x6b, .count = 3},
         "022B00000064"},
        {"6.4 ReadInputRegisters",
         "04 0008 0001",
         "04 02 000A",
         {.function = Function::ReadInputRegisters, .address = 8, .count = 1},
         "000A"},
        {"6.5 WriteSingleCoil",
         "05 00AC FF00",
         "05 00AC FF00",
         {.function = Function::WriteSingleCoil, .address = 0xac, .count = 1},
         ""},
        {"6.6 WriteSingleRegister",
         "06 0001 0003",
         "06 0001 0003",
         {.function = Function::WriteSingleRegister, .address = 1, .count = 1},
         ""},
        {"6.11 WriteMultipleCoils",
         "0F 0013 000A 02 CD01",
         "0F 0013 000A",
         {.function = Function::WriteMultipleCoils, .address = 0x13, .count = 10},
         ""},
        {"6.12 WriteMultipleRegisters",
         "10 0001 0002 04 000A 0102",
         "10 0001 0002",
         {.function = Function::WriteMultipleRegisters, .address = 1, .count = 2},
         ""},
        {"6.17 ReadWriteMultipleRegisters",
         "17 0003 0006 000E 0003 06 00FF 00FF 00FF",
         "17 0C 00FE 0ACD 0001 0003 000D 00FF",
         {.function = Function::ReadWriteMultipleRegisters,
          .address = 0x0e,
          .count = 3,
          .read_address = 3,
          .read_count = 6},
         "00FE0ACD00010003000D00FF"},
    };
}

class Specification : public ::testing::TestWithParam<Example> {};

TEST_P(Specification, ExampleIsReadAndWritten) {
    const Example& example = GetParam();
    const Bytes pdu = bytes_of(example.request);
    const auto request = decode_request(pdu);
    ASSERT_TRUE(request);
    EXPECT_EQ(request->function, example.parsed.function);
    EXPECT_EQ(request->address, example.parsed.address);
    EXPECT_EQ(request->count, example.parsed.count);
    EXPECT_EQ(request->read_address, example.parsed.read_address);
    EXPECT_EQ(request->read_count, example.parsed.read_count);

    Bytes frame;
    append_request(frame, 0x1234, 17, *request);
    Frame taken;
    std::size_t size = 0;
    ASSERT_EQ(take_frame(frame, taken, size), Framing::Complete);
    EXPECT_EQ(size, frame.size());
    EXPECT_EQ(taken.transaction, 0x1234);
    EXPECT_EQ(taken.unit, 17);
    EXPECT_EQ(to_hex(taken.pdu), to_hex(pdu));

    const Bytes answer = bytes_of(example.reply);
    const Reply reply = decode_reply(answer, *request);
    ASSERT_EQ(reply.kind, Reply::Kind::Data) << reply.defect;
    EXPECT_EQ(to_hex(reply.data), to_hex(bytes_of(example.data)));

    Bytes server_frame;
    append_reply(server_frame, 0x1234, 17, *request, reply.data);
    ASSERT_EQ(take_frame(server_frame, taken, size), Framing::Complete);
    EXPECT_EQ(to_hex(taken.pdu), to_hex(answer));
}

INSTANTIATE_TEST_SUITE_P(Frame, Specification, ::testing::ValuesIn(examples()),
                         [](const auto& row) {
                             return row.param.name.substr(row.param.name.find(' ') + 1);
                         });

TEST(Frame, HeaderIsThatOfTheImplementationGuide) {
    // MODBUS Messaging on TCP/IP Implementation Guide V1.0b, 3.1.3 with a read of register 4.
    Bytes frame;
    append_request(frame, 0x1501, 0xff,
                   {.function = Function::ReadHoldingRegisters, .address = 4, .count = 1});
    EXPECT_EQ(to_hex(frame), to_hex(bytes_of("1501 0000 0006 FF 03 0004 0001")));
}

TEST(Frame, ExceptionIsReadAndWritten) {
    // Section 7: reading coil 1185 of a device that has fewer.
    const Request request{.function = Function::ReadCoils, .address = 0x4a1, .count = 1};
    Bytes frame;
    append_exception(frame, 1, 10, request.function, Exception::IllegalDataAddress);
    Frame taken;
    std::size_t size = 0;
    ASSERT_EQ(take_frame(frame, taken, size), Framing::Complete);
    EXPECT_EQ(to_hex(taken.pdu), to_hex(bytes_of("81 02")));
    const Reply reply = decode_reply(taken.pdu, request);
    ASSERT_EQ(reply.kind, Reply::Kind::Refused);
    EXPECT_EQ(reply.exception, Exception::IllegalDataAddress);
    EXPECT_EQ(exception_name(reply.exception), "02 illegal data address");
    EXPECT_EQ(exception_name(static_cast<Exception>(99)), "");
}

TEST(Frame, IsNotTakenBeforeItIsWhole) {
    Bytes frame;
    append_request(frame, 7, 1, {.function = Function::ReadCoils, .address = 0, .count = 8});
    Frame taken;
    std::size_t size = 0;
    for (std::size_t length = 0; length < frame.size(); ++length) {
        EXPECT_EQ(take_frame(ByteView(frame).first(length), taken, size), Framing::Incomplete);
    }
    frame.push_back(std::byte{0x55});
    EXPECT_EQ(take_frame(frame, taken, size), Framing::Complete);
    EXPECT_EQ(size, frame.size() - 1);
}

TEST(Frame, GarbageIsKnownAtOnce) {
    Frame taken;
    std::size_t size = 0;
    for (const char* hex : {
             "0001 0001 0006 01",           // another protocol
             "0001 0000 0000 01",           // no length
             "0001 0000 0001 01",           // no function
             "0001 0000 00FF 01",           // longer than the longest
             "48 54 54 50 2F 31 2E 31 20",  // HTTP/1.1
         }) {
        EXPECT_EQ(take_frame(bytes_of(hex), taken, size), Framing::Broken) << hex;
    }
}

TEST(Frame, RepliesThatDoNotFitTheRequestAreMalformed) {
    const Request read{.function = Function::ReadHoldingRegisters, .address = 10, .count = 2};
    for (const char* hex : {
             "",                    // empty
             "04 04 00010002",      // another function
             "03 02 0001",          // too few registers
             "03 06 000100020003",  // too many
             "03 04 000100",        // byte count and length differ
             "03",                  // no byte count
             "83",                  // an exception without code
             "83 02 00",            // an exception with more
         }) {
        EXPECT_EQ(decode_reply(bytes_of(hex), read).kind, Reply::Kind::Malformed) << hex;
    }
    const Bytes two = bytes_of("000A 0102");
    const Request write{
        .function = Function::WriteMultipleRegisters, .address = 1, .count = 2, .data = two};
    EXPECT_EQ(decode_reply(bytes_of("10 0001 0002"), write).kind, Reply::Kind::Data);
    EXPECT_EQ(decode_reply(bytes_of("10 0002 0002"), write).kind, Reply::Kind::Malformed);
    EXPECT_EQ(decode_reply(bytes_of("10 0001 0001"), write).kind, Reply::Kind::Malformed);
    EXPECT_EQ(decode_reply(bytes_of("10 0001 0002 00"), write).kind, Reply::Kind::Malformed);
    const Bytes value = bytes_of("0003");
    const Request single{
        .function = Function::WriteSingleRegister, .address = 1, .count = 1, .data = value};
    EXPECT_EQ(decode_reply(bytes_of("06 0001 0004"), single).kind, Reply::Kind::Malformed);
    const Bytes on = bytes_of("01");
    const Request coil{.function = Function::WriteSingleCoil, .address = 1, .count = 1, .data = on};
    EXPECT_EQ(decode_reply(bytes_of("05 0001 FF00"), coil).kind, Reply::Kind::Data);
    EXPECT_EQ(decode_reply(bytes_of("05 0001 0000"), coil).kind, Reply::Kind::Malformed);
}

TEST(Frame, RequestsBeyondTheSpecificationGetItsExceptions) {
    const auto exception_of = [](const char* hex) { return decode_request(bytes_of(hex)).error(); };
    EXPECT_EQ(exception_of(""), Exception::IllegalFunction);
    EXPECT_EQ(exception_of("2B 0E 01 00"), Exception::IllegalFunction);
    EXPECT_EQ(exception_of("03 0000 0000"), Exception::IllegalDataValue);
    EXPECT_EQ(exception_of("03 0000 007E"), Exception::IllegalDataValue);  // 126
    EXPECT_EQ(exception_of("01 0000 07D1"), Exception::IllegalDataValue);  // 2001
    EXPECT_EQ(exception_of("03 FFFF 0002"), Exception::IllegalDataAddress);
    EXPECT_EQ(exception_of("05 0000 0001"), Exception::IllegalDataValue);
    EXPECT_EQ(exception_of("10 0000 0002 04 000A"), Exception::IllegalDataValue);
    EXPECT_EQ(exception_of("17 0000 0001 0000 0001 04 000A"), Exception::IllegalDataValue);
    EXPECT_EQ(exception_of("03 00"), Exception::IllegalDataValue);
}

TEST(Frame, LimitsOfEachFunction) {
    const Bytes data(250);
    const auto with = [&data](Function function, std::uint16_t count, std::size_t bytes) {
        return Request{.function = function,
                       .address = 0,
                       .count = count,
                       .data = ByteView(data).first(bytes),
                       .read_address = 0,
                       .read_count = 1};
    };
    EXPECT_TRUE(is_valid(with(Function::ReadCoils, 2000, 0)));
    EXPECT_FALSE(is_valid(with(Function::ReadCoils, 2001, 0)));
    EXPECT_TRUE(is_valid(with(Function::ReadInputRegisters, 125, 0)));
    EXPECT_FALSE(is_valid(with(Function::ReadInputRegisters, 126, 0)));
    EXPECT_TRUE(is_valid(with(Function::WriteMultipleRegisters, 123, 246)));
    EXPECT_FALSE(is_valid(with(Function::WriteMultipleRegisters, 124, 248)));
    EXPECT_TRUE(is_valid(with(Function::WriteMultipleCoils, 1968, 246)));
    EXPECT_FALSE(is_valid(with(Function::WriteMultipleCoils, 1969, 247)));
    EXPECT_TRUE(is_valid(with(Function::ReadWriteMultipleRegisters, 121, 242)));
    EXPECT_FALSE(is_valid(with(Function::ReadWriteMultipleRegisters, 122, 244)));
    EXPECT_FALSE(is_valid(with(Function::WriteMultipleRegisters, 2, 2)));
}

// Any valid request, from a seed.
Request any_request(std::mt19937_64& random, Bytes& data) {
    constexpr std::array functions = {Function::ReadCoils,
                                      Function::ReadDiscreteInputs,
                                      Function::ReadHoldingRegisters,
                                      Function::ReadInputRegisters,
                                      Function::WriteSingleCoil,
                                      Function::WriteSingleRegister,
                                      Function::WriteMultipleCoils,
                                      Function::WriteMultipleRegisters,
                                      Function::ReadWriteMultipleRegisters};
    while (true) {
        Request out;
        out.function = functions[random() % functions.size()];
        out.address = static_cast<std::uint16_t>(random());
        out.count = static_cast<std::uint16_t>(1 + random() % 2000);
        out.read_address = 0;
        const bool coils = out.function == Function::WriteMultipleCoils;
        if (out.function == Function::WriteSingleCoil ||
            out.function == Function::WriteSingleRegister) {
            out.count = 1;
        }
        if (out.function == Function::ReadWriteMultipleRegisters) {
            out.read_address = static_cast<std::uint16_t>(random());
            out.read_count = static_cast<std::uint16_t>(1 + random() % 125);
        }
        if (static_cast<int>(out.function) > 4) {
            data.resize(out.function == Function::WriteSingleCoil ? 1
                                                                  : data_bytes(coils, out.count));
            for (std::byte& byte : data) {
                byte = static_cast<std::byte>(random());
            }
            if (out.function == Function::WriteSingleCoil) {
                data[0] &= std::byte{1};
            }
            out.data = data;
        }
        if (is_valid(out)) {
            return out;
        }
    }
}

TEST(Frame, AnyRequestAndReplyComeBackAsTheyWere) {
    std::mt19937_64 random(1);
    for (int round = 0; round < 20'000; ++round) {
        Bytes data;
        const Request request = any_request(random, data);
        Bytes frame;
        append_request(frame, static_cast<std::uint16_t>(round), 9, request);
        Frame taken;
        std::size_t size = 0;
        ASSERT_EQ(take_frame(frame, taken, size), Framing::Complete);
        ASSERT_LE(frame.size(), adu_bytes_max);
        const auto back = decode_request(taken.pdu);
        ASSERT_TRUE(back);
        ASSERT_EQ(back->function, request.function);
        ASSERT_EQ(back->address, request.address);
        ASSERT_EQ(back->count, request.count);
        ASSERT_EQ(back->read_address, request.read_address);
        ASSERT_EQ(back->read_count, request.read_count);
        ASSERT_EQ(to_hex(back->data), to_hex(request.data));

        std::size_t read = 0;
        if (static_cast<int>(request.function) <= 4) {
            read = data_bytes(request.reads_bits(), request.count);
        } else if (request.function == Function::ReadWriteMultipleRegisters) {
            read = data_bytes(false, request.read_count);
        }
        Bytes answer(read, std::byte{0xa5});
        Bytes reply_frame;
        append_reply(reply_frame, 1, 9, request, answer);
        ASSERT_EQ(take_frame(reply_frame, taken, size), Framing::Complete);
        const Reply reply = decode_reply(taken.pdu, request);
        ASSERT_EQ(reply.kind, Reply::Kind::Data) << reply.defect;
        ASSERT_EQ(to_hex(reply.data), to_hex(answer));
    }
}

}  // namespace
}  // namespace gantry::connector::modbus

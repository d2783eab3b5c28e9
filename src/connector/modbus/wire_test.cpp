// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/wire.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace gantry::connector::modbus {
namespace {

std::string text_of(const Bytes& bytes) { return std::string(as_text(bytes)); }

TEST(ModbusWire, ChecksumsAreThoseOfTheSpecification) {
    // The example of its appendix B.
    EXPECT_EQ(crc16(*from_hex("0207")), 0x1241);
    // 01 03 00 00 00 0A C5 CD, as tools of others send it.
    EXPECT_EQ(crc16(*from_hex("01030000000a")), 0xcdc5);
    EXPECT_EQ(lrc(*from_hex("01030000000a")), 0xf2);
}

TEST(ModbusWire, RequestsOnEachWire) {
    const Request request{.function = Function::ReadHoldingRegisters, .address = 0, .count = 10};
    Bytes rtu;
    append_request(Wire::Rtu, rtu, 7, 1, request);
    EXPECT_EQ(to_hex(rtu), "01030000000ac5cd");
    Bytes ascii;
    append_request(Wire::Ascii, ascii, 7, 1, request);
    EXPECT_EQ(text_of(ascii), ":01030000000AF2\r\n");
    Bytes tcp;
    append_request(Wire::Tcp, tcp, 7, 1, request);
    EXPECT_EQ(to_hex(tcp), "00070000000601030000000a");
}

TEST(ModbusWire, AnswersComeInPiecesAndOneBehindAnother) {
    for (const Wire wire : {Wire::Rtu, Wire::Ascii}) {
        Bytes bytes;
        const Bytes data = *from_hex("0304000a0102");
        const Bytes echo = *from_hex("0600010003");
        const Bytes refused = *from_hex("8302");
        append_answer(wire, bytes, {.transaction = 0, .unit = 17, .pdu = data});
        append_answer(wire, bytes, {.transaction = 0, .unit = 1, .pdu = echo});
        append_answer(wire, bytes, {.transaction = 0, .unit = 2, .pdu = refused});
        Frame frame;
        std::size_t size = 0;
        Bytes scratch;
        std::vector<std::string> got;
        ByteView rest(bytes);
        while (!rest.empty()) {
            std::size_t given = 0;
            Framing framing = Framing::Incomplete;
            while (framing == Framing::Incomplete) {
                ASSERT_LE(++given, rest.size());
                framing = take_answer(wire, rest.first(given), frame, size, scratch);
            }
            ASSERT_EQ(framing, Framing::Complete);
            ASSERT_EQ(size, given);
            got.push_back(std::format("{}:{}", frame.unit, to_hex(frame.pdu)));
            rest = rest.subspan(size);
        }
        EXPECT_EQ(got, (std::vector<std::string>{"17:0304000a0102", "1:0600010003", "2:8302"}));
    }
}

TEST(ModbusWire, WhatDoesNotFitIsBroken) {
    Frame frame;
    std::size_t size = 0;
    Bytes scratch;
    const auto take = [&](Wire wire, const Bytes& bytes) {
        return take_answer(wire, bytes, frame, size, scratch);
    };
    EXPECT_EQ(take(Wire::Rtu, *from_hex("010302000ab843")),
              Framing::Broken);  // b843 is not its sum
    EXPECT_EQ(take(Wire::Rtu, *from_hex("0177")), Framing::Broken);
    EXPECT_EQ(take(Wire::Rtu, *from_hex("0103ff")), Framing::Incomplete);
    const auto ascii = [&](std::string_view text) {
        const ByteView bytes = as_bytes(text);
        return take(Wire::Ascii, Bytes(bytes.begin(), bytes.end()));
    };
    EXPECT_EQ(ascii(":0103020A\r\n"), Framing::Broken);
    EXPECT_EQ(ascii("01030000000AF2\r\n"), Framing::Broken);
    EXPECT_EQ(ascii(":01030000000aF2\r\n"), Framing::Broken);  // digits are capital
    EXPECT_EQ(ascii(":01030000000AF2\n"), Framing::Broken);
    EXPECT_EQ(ascii(":" + std::string(600, '0')), Framing::Broken);
    EXPECT_EQ(ascii(":0103"), Framing::Incomplete);
}

}  // namespace
}  // namespace gantry::connector::modbus

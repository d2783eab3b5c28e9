// SPDX-License-Identifier: Apache-2.0
#include "connector/slmp/slmp.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "connector/words/address.h"
#include "testing/testing.h"

namespace gantry::connector::slmp {
namespace {

using testing::must;

const words::Area& area(const Slmp& slmp, std::string_view name) {
    return slmp.areas()[words::find_area(slmp, name).value()];
}

std::string framed(const Slmp& slmp, const Bytes& request, std::uint16_t number = 0) {
    Bytes out;
    slmp.put_frame(number, {}, request, out);
    return to_hex(out);
}

// The examples of the manual, "Read (Batch)" and "Write (Batch)", in binary code.
TEST(Slmp, TheManualsExamples) {
    const Slmp slmp({.wait = 0x10});
    EXPECT_EQ(framed(slmp, slmp.read_request(area(slmp, "M"), 100, 8)), "500000ffff03000c001000"
                                                                        "010401006400009008"
                                                                        "00");
    EXPECT_EQ(to_hex(slmp.read_request(area(slmp, "TN"), 100, 3)), "01040000640000c20300");
    const Bytes bits = *from_hex("0101000001000000");
    EXPECT_EQ(to_hex(slmp.write_request(area(slmp, "M"), 100, 8, bits)),
              "0114010064000090080011001000");
    const Bytes registers = *from_hex("1995120211301234");
    EXPECT_EQ(to_hex(slmp.write_request(area(slmp, "D"), 100, 3, ByteView(registers).first(6))),
              "01140000640000a803009519"
              "0212"
              "3011");
    const Slmp numbered({.wait = 0x10, .serial_numbers = true});
    EXPECT_EQ(framed(numbered, {}, 0x1234), "54003412000000ffff030002001000");
}

TEST(Slmp, AnswersAreRead) {
    const Slmp slmp({});
    const Bytes received = *from_hex("d00000ffff030006000000"
                                     "00010011"
                                     "d000");
    words::Frame frame;
    ASSERT_EQ(slmp.take_frame(received, frame), words::Framing::Complete);
    EXPECT_EQ(frame.size, received.size() - 2);
    const words::Answer answer = slmp.read_answer(frame.payload);
    ASSERT_TRUE(answer.good);
    EXPECT_EQ(to_hex(*slmp.values(area(slmp, "M"), 8, answer.data)), "0000000100000101");
    EXPECT_FALSE(slmp.values(area(slmp, "M"), 9, answer.data));
    for (std::size_t size = 0; size < frame.size; ++size) {
        words::Frame part;
        EXPECT_EQ(slmp.take_frame(ByteView(received).first(size), part),
                  words::Framing::Incomplete);
    }
    words::Frame other;
    EXPECT_EQ(slmp.take_frame(*from_hex("d40000ff"), other), words::Framing::Broken);
    EXPECT_EQ(slmp.take_frame(*from_hex("d00000ffff0300ffff"), other), words::Framing::Broken);
    const words::Answer refused = slmp.read_answer(*from_hex("3140"
                                                             "00ffff0300"
                                                             "01040000"));
    EXPECT_FALSE(refused.good);
    EXPECT_TRUE(refused.of_address);
    EXPECT_EQ(refused.why, "the device number is out of range (end code 0x4031)");
    EXPECT_FALSE(slmp.read_answer(*from_hex("55c0")).of_address);
    EXPECT_FALSE(slmp.read_answer(*from_hex("55")).good);
}

TEST(Slmp, Addresses) {
    const Slmp slmp({});
    const auto same = [&slmp](std::string_view text, std::string_view written) {
        const auto address = words::parse_address(slmp, text);
        ASSERT_TRUE(address) << address.error().message;
        EXPECT_EQ(words::format_address(slmp, *address), written);
    };
    same("D100", "D100");
    same("sd100:u16", "SD100");
    same("D100:f32*0.1+5 db=0.5 max=30s grp=fast", "D100:f32*0.1+5 db=0.5 max=30s grp=fast");
    same("D100.a", "D100.A");
    same("D100:str8@ABCD", "D100:str8@ABCD");
    same("D100:f32@CDAB", "D100:f32");
    same("B1F", "B1F");
    same("x0F db=0", "XF db=0");
    same("ZR100:i64", "ZR100:i64");
    const auto complaint = [&slmp](std::string_view text) {
        const auto address = words::parse_address(slmp, text);
        return address ? std::string("none") : address.error().message;
    };
    EXPECT_TRUE(complaint("Q5").contains("the devices are D, W"));
    EXPECT_TRUE(complaint("D").contains("the devices are"));
    EXPECT_TRUE(complaint("D16777216").contains("goes from 0 to 16777215"));
    EXPECT_TRUE(complaint("R32767:f32").contains("beyond R32767"));
    EXPECT_TRUE(complaint("D1.G").contains("0 to F (hexadecimal)"));
    EXPECT_TRUE(complaint("M1:u16").contains("single bit"));
    EXPECT_TRUE(complaint("D1:bool").contains("D0.0"));
    EXPECT_TRUE(complaint("D1.0*2").contains("only numbers"));
    EXPECT_TRUE(complaint("D1 unit=3").contains("options are db=, max= and grp="));
    EXPECT_TRUE(complaint("D1 db=").contains("deadband"));
    const Slmp octal({.octal = true});
    EXPECT_EQ(must(words::parse_address(octal, "X10")).start, 8U);
    EXPECT_EQ(must(words::parse_address(octal, "W10")).start, 16U);
}

}  // namespace
}  // namespace gantry::connector::slmp

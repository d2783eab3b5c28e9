// SPDX-License-Identifier: Apache-2.0
#include "connector/fins/fins.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "connector/words/address.h"
#include "testing/testing.h"

namespace gantry::connector::fins {
namespace {

using testing::must;

const words::Area& area(const Fins& fins, std::string_view name) {
    return fins.areas()[words::find_area(fins, name).value()];
}

TEST(Fins, Requests) {
    const Fins fins({});
    EXPECT_EQ(to_hex(fins.hello()), "46494e530000000c00000000"
                                    "0000000000000000");
    Bytes out;
    fins.put_frame(0x1a2, {.own = 7, .its = 1}, fins.read_request(area(fins, "D"), 100, 1), out);
    EXPECT_EQ(to_hex(out), "46494e530000001a00000002"
                           "00000000"
                           "80000200010000070"
                           "0a2"
                           "0101820064000001");
    EXPECT_EQ(to_hex(fins.read_request(area(fins, "CU"), 5, 2)), "0101098005000002");
    EXPECT_EQ(to_hex(fins.write_request(area(fins, "E3_"), 256, 1, *from_hex("1234"))),
              "0102a301000000011234");
    EXPECT_EQ(to_hex(fins.write_bit_request(area(fins, "CIO"), 10, 5, true).value()),
              "010230000a05000101");
    EXPECT_EQ(to_hex(fins.write_bit_request(area(fins, "E"), 10, 5, false).value()),
              "01020a000a05000100");
    EXPECT_FALSE(fins.write_bit_request(area(fins, "T"), 1, 0, true));
}

TEST(Fins, AnswersAreRead) {
    const Fins fins({});
    const Bytes received = *from_hex("46494e530000001800000002"
                                     "00000000"
                                     "c00002000700000100a2"
                                     "01010040"
                                     "1234");
    words::Frame frame;
    ASSERT_EQ(fins.take_frame(received, frame), words::Framing::Complete);
    EXPECT_EQ(frame.mark, fins.mark(0x1a2));
    const words::Answer answer = fins.read_answer(frame.payload);
    ASSERT_TRUE(answer.good) << "a CPU error that is not fatal does not matter";
    EXPECT_EQ(to_hex(*fins.values(area(fins, "D"), 1, answer.data)), "1234");
    EXPECT_FALSE(fins.values(area(fins, "D"), 2, answer.data));
    for (std::size_t size = 0; size < received.size(); ++size) {
        words::Frame part;
        EXPECT_EQ(fins.take_frame(ByteView(received).first(size), part),
                  words::Framing::Incomplete);
    }
    words::Frame busy;
    ASSERT_EQ(fins.take_frame(*from_hex("46494e5300000008"
                                        "00000003"
                                        "00000020"),
                              busy),
              words::Framing::Complete);
    EXPECT_TRUE(busy.trouble.contains("in use"));
    words::Frame other;
    EXPECT_EQ(fins.take_frame(*from_hex("46494e54"), other), words::Framing::Broken);
    EXPECT_EQ(fins.take_frame(*from_hex("46494e53000000070000000200000000"), other),
              words::Framing::Broken);
    const words::Answer refused = fins.read_answer(*from_hex("01011103"));
    EXPECT_TRUE(refused.of_address);
    EXPECT_EQ(refused.why, "the address is out of range (end code 0x1103)");
    const words::Peer peer = must(fins.greeted(*from_hex("0000000700000001")));
    EXPECT_EQ(peer.own, 7);
    EXPECT_EQ(peer.its, 1);
    EXPECT_FALSE(fins.greeted(*from_hex("00000007")));
}

TEST(Fins, Addresses) {
    const Fins fins({});
    for (const std::string_view text :
         {"D100", "CIO100.5", "W10.0", "E0_100:f32", "EC_7", "E5", "T5", "TU5", "C0", "CU4095",
          "CIO5:str4@BADC", "D0:i64@DCBA*2-1 db=1%"}) {
        const auto address = words::parse_address(fins, text);
        ASSERT_TRUE(address) << address.error().message;
        EXPECT_EQ(words::format_address(fins, *address), text);
    }
    EXPECT_EQ(must(words::parse_address(fins, "cio100.05")).format.bit, 5);
    for (const std::string_view text : {"CIO6144", "CI5", "D1.16", "TU5.1", "E_5", "D32767:u32"}) {
        EXPECT_FALSE(words::parse_address(fins, text)) << text;
    }
}

}  // namespace
}  // namespace gantry::connector::fins

// SPDX-License-Identifier: Apache-2.0
// The bytes are those that tools of others show for the same requests and answers.
#include "connector/s7/frame.h"

#include "base/encoding.h"
#include "testing/testing.h"

namespace gantry::connector::s7 {
namespace {

Bytes hex(std::string text) {
    std::erase(text, ' ');
    return *from_hex(text);
}

TEST(S7Frame, ConnectsAndAgrees) {
    Bytes out;
    append_connect(out, 0x0100, 0x0102);
    EXPECT_EQ(out, hex("03 00 00 16 11 e0 00 00 00 01 00 c0 01 0a c1 02 01 00 c2 02 01 02"));
    Bytes setup;
    Bytes request = setup_request({.jobs = 1, .pdu_bytes = 480});
    set_reference(request, 0x0400);
    append_data(setup, request);
    EXPECT_EQ(setup,
              hex("03 00 00 19 02 f0 80 32 01 00 00 04 00 00 08 00 00 f0 00 00 01 00 01 01 e0"));

    const Bytes confirm = hex("03 00 00 16 11 d0 00 01 00 01 00 c0 01 0a c1 02 01 00 c2 02 01 02");
    Packet packet;
    std::size_t used = 0;
    EXPECT_EQ(take_packet(confirm, packet, used), Framing::Complete);
    EXPECT_EQ(used, confirm.size());
    EXPECT_EQ(packet.kind, Packet::Kind::Connected);
    const Bytes agreed =
        hex("03 00 00 1b 02 f0 80 32 03 00 00 04 00 00 08 00 00 00 00 f0 00 00 01 00 01 00 f0");
    ASSERT_EQ(take_packet(agreed, packet, used), Framing::Complete);
    EXPECT_EQ(packet.kind, Packet::Kind::Data);
    EXPECT_TRUE(packet.last);
    const auto pdu = read_pdu(packet.payload);
    ASSERT_TRUE(pdu);
    EXPECT_EQ(pdu->reference, 0x0400);
    const auto answer = read_setup(*pdu);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->jobs, 1);
    EXPECT_EQ(answer->pdu_bytes, 240);
}

TEST(S7Frame, ReadsSeveralItems) {
    const std::vector<Place> places = {
        {Area::DataBlock, 1, 2, 3}, {Area::Timers, 0, 5, 1}, {Area::DataBlock, 9, 0, 2}};
    EXPECT_EQ(read_request(places),
              hex("32 01 00 00 00 00 00 26 00 00 04 03 12 0a 10 02 00 03 00 01 84 00 00 10"
                  "12 0a 10 1d 00 01 00 00 1d 00 00 05 12 0a 10 02 00 02 00 09 84 00 00 00"));
    const Bytes bytes = hex("32 03 00 00 00 01 00 02 00 12 00 00 04 03 ff 04 00 18 01 02 03 00"
                            "ff 09 00 02 01 27 0a 00 00 00");
    const auto pdu = read_pdu(bytes);
    ASSERT_TRUE(pdu);
    const auto answers = read_answers(*pdu, places);
    ASSERT_TRUE(answers);
    EXPECT_EQ(to_hex((*answers)[0].data), "010203");
    EXPECT_EQ(to_hex((*answers)[1].data), "0127");
    EXPECT_EQ((*answers)[2].code, 0x0a);
    // Fewer places, or other lengths, are no answer.
    EXPECT_FALSE(read_answers(*pdu, std::span(places).first(2)));
    std::vector<Place> longer = places;
    longer[0].count = 4;
    EXPECT_FALSE(read_answers(*pdu, longer));
}

TEST(S7Frame, WritesBytesAndBits) {
    EXPECT_EQ(write_request({Area::DataBlock, 1, 2, 2}, hex("1234")),
              hex("32 01 00 00 00 00 00 0e 00 06 05 01 12 0a 10 02 00 02 00 01 84 00 00 10"
                  "00 04 00 10 12 34"));
    EXPECT_EQ(write_bit_request({Area::Markers, 0, 10, 1}, 3, true),
              hex("32 01 00 00 00 00 00 0e 00 05 05 01 12 0a 10 01 00 01 00 00 83 00 00 53"
                  "00 03 00 01 01"));
    const Bytes bytes = hex("32 03 00 00 00 01 00 02 00 01 00 00 05 01 ff");
    const auto pdu = read_pdu(bytes);
    ASSERT_TRUE(pdu);
    EXPECT_EQ(read_write_answer(*pdu), item_good);
}

TEST(S7Frame, ListsHaveRecords) {
    EXPECT_EQ(list_request(0x0011, 0), hex("32 07 00 00 00 00 00 08 00 08 00 01 12 04 11 44 01 00"
                                           "ff 09 00 04 00 11 00 00"));
    const Bytes bytes = hex("32 07 00 00 00 01 00 0c 00 10 00 01 12 08 12 84 01 01 00 00 00 00"
                            "ff 09 00 0c 00 11 00 00 00 02 00 02 aa bb cc dd");
    const auto pdu = read_pdu(bytes);
    ASSERT_TRUE(pdu);
    const auto list = read_list(*pdu);
    ASSERT_TRUE(list);
    EXPECT_EQ(list->record_bytes, 2U);
    EXPECT_EQ(to_hex(list->records), "aabbccdd");
}

TEST(S7Frame, WhatIsNoS7IsBroken) {
    Packet packet;
    std::size_t used = 0;
    EXPECT_EQ(take_packet(hex(""), packet, used), Framing::Incomplete);
    EXPECT_EQ(take_packet(hex("03"), packet, used), Framing::Incomplete);
    EXPECT_EQ(take_packet(hex("48"), packet, used), Framing::Broken);
    EXPECT_EQ(take_packet(hex("03 00 00 04"), packet, used), Framing::Broken);
    EXPECT_EQ(take_packet(hex("03 00 00 07 ff f0 80"), packet, used), Framing::Broken);
    EXPECT_EQ(take_packet(hex("03 00 ff ff"), packet, used), Framing::Broken);
    EXPECT_FALSE(read_pdu(hex("32 03 00 00 00 01 00 02 00 00 00 00 04")));
    EXPECT_FALSE(read_pdu(hex("72 01 00 00")));
    EXPECT_NE(pdu_error(0x8104).find("PUT/GET"), std::string::npos);
}

}  // namespace
}  // namespace gantry::connector::s7

// SPDX-License-Identifier: Apache-2.0
// The bytes are examples of Rockwell's publication 1756-PM020, or what controllers sent to tools of
// others: the captures that come with cpppo's tests.
#include "connector/ethernetip/cip.h"

#include "base/encoding.h"
#include "connector/ethernetip/settings.h"
#include "connector/ethernetip/symbols.h"
#include "testing/testing.h"

namespace gantry::connector::ethernetip {
namespace {

using namespace std::chrono_literals;

Bytes hex(std::string text) {
    std::erase(text, ' ');
    return *from_hex(text);
}

Bytes path(std::string_view tag) {
    Bytes out;
    append_tag(out, tag);
    return out;
}

TEST(EthernetIpFrame, ASessionBegins) {
    Bytes out;
    append_register(out);
    EXPECT_EQ(out, hex("6500 0400 00000000 00000000 0000000000000000 00000000 0100 0000"));
    const Bytes answer =
        hex("6500 0400 011e0211 00000000 0000000000000000 00000000 0100 0000 6f00");
    Packet packet;
    std::size_t used = 0;
    ASSERT_EQ(take_packet(answer, packet, used), Framing::Complete);
    EXPECT_EQ(used, 28U);
    EXPECT_EQ(packet.command, Command::RegisterSession);
    EXPECT_EQ(packet.session, 0x11021e01U);
    EXPECT_EQ(packet.status, 0U);
    EXPECT_FALSE(read_carried(packet));
}

TEST(EthernetIpFrame, PartsWaitForTheRestAndOthersAreNotUnderstood) {
    Bytes whole;
    append_unconnected(whole, 7, 1, hex("0102"));
    Packet packet;
    std::size_t used = 0;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_EQ(take_packet(ByteView(whole).first(size), packet, used), Framing::Incomplete);
    }
    EXPECT_EQ(take_packet(as_bytes("HTTP/1.1 400"), packet, used), Framing::Broken);
    // Items that are longer than the packet, or of which there are more than are said.
    for (const std::string_view items : {"0200 00000000 b200ff00 00", "0200 00000000 b2", "0500 ",
                                         "0000 b2000000", "0100 b1000100 00"}) {
        const Bytes payload = hex("000000000000" + std::string(items));
        EXPECT_FALSE(read_carried({.command = Command::SendRRData, .payload = payload})) << items;
    }
}

TEST(EthernetIpFrame, MessagesGoByTheRoute) {
    const Bytes asked = identity_request();
    EXPECT_EQ(asked, hex("01 02 20 01 24 01"));
    EXPECT_EQ(by_route(asked, {}, 2s), asked);
    Bytes out;
    append_unconnected(out, 0x11021e01, 2, by_route(asked, *parse_route("1,0"), 32s));
    EXPECT_EQ(out, hex("6f00 2400 011e0211 00000000 0200000000000000 00000000 00000000 0000 0200 "
                       "00000000 b2001400 52 02 2006 2401 07fa 0600 0102 2001 2401 01 00 0100"));
    EXPECT_EQ(by_route(hex("01 02 03"), *parse_route("1,2"), 1ms),
              hex("52 02 2006 2401 0701 0300 010203 00 01 00 0102"));
}

TEST(EthernetIpFrame, TheControllerSaysWhoItIs) {
    const Bytes answer = hex(
        "6f00 3700 011e0211 00000000 0200000000000000 00000000 00000000 0500 0200 00000000 "
        "b2002700 81000000 0100 0e00 3600 140b 6031 1a066c00 14 313735362d4c36312f42204c4f474958 "
        "35353631");
    Packet packet;
    std::size_t used = 0;
    ASSERT_EQ(take_packet(answer, packet, used), Framing::Complete);
    EXPECT_EQ(packet.context, 2U);
    const auto carried = read_carried(packet);
    ASSERT_TRUE(carried);
    EXPECT_FALSE(carried->connected);
    const auto reply = read_reply(carried->message);
    ASSERT_TRUE(reply);
    EXPECT_TRUE(reply->good());
    EXPECT_EQ(reply->service, service::get_attributes_all);
    const auto identity = read_identity(reply->data);
    ASSERT_TRUE(identity);
    EXPECT_EQ(identity_text(*identity),
              "1756-L61/B LOGIX5561, revision 20.011, serial 0x006c061a, runs, has a recoverable "
              "minor fault");
}

TEST(EthernetIpFrame, WhatIsListedIsAnIdentity) {
    Bytes out;
    append_list_identity(out);
    EXPECT_EQ(out, hex("6300 0000 00000000 00000000 0000000000000000 00000000"));
    const Bytes listed =
        hex("6300 4500 00000000 00000000 0000000000000000 00000000 0100 0c00 3f00 0100 0002af12 "
            "0aa10103 0000000000000000 0100 0e00 9500 1b0b 3000 5e331ec0 1d "
            "313736392d4c323445522d514231422f41204c4f474958353332344552 03");
    Packet packet;
    std::size_t used = 0;
    ASSERT_EQ(take_packet(listed, packet, used), Framing::Complete);
    const auto data = read_list_identity(packet);
    ASSERT_TRUE(data);
    const auto identity = read_identity(*data);
    ASSERT_TRUE(identity);
    EXPECT_EQ(identity->name, "1769-L24ER-QB1B/A LOGIX5324ER");
    EXPECT_EQ(identity->serial, 0xc01e335eU);
    packet.status = 1;
    EXPECT_FALSE(read_list_identity(packet));
    EXPECT_FALSE(read_identity(ByteView(*data).first(30)));
}

TEST(EthernetIpFrame, ConnectionsAreOpened) {
    // The fields are those of a capture, but for the vendor, and the multiplier of time-outs that
    // comes with the serial number there.
    EXPECT_EQ(open_request({.large = false,
                            .bytes = 500,
                            .to_originator = 0x8011'00fe,
                            .serial = 0x11,
                            .originator = 0x1e3d'7f0f,
                            .interval = 8s},
                           *parse_route("1,0")),
              hex("54 02 2006 2401 0a05 00000000 fe001180 1100 feff 0f7f3d1e 03000000 00127a00 "
                  "f443 00127a00 f443 a3 03 0100 2002 2401"));
    EXPECT_EQ(open_request({.large = true,
                            .bytes = 4000,
                            .to_originator = 1,
                            .serial = 2,
                            .originator = 3,
                            .interval = 2s},
                           {}),
              hex("5b 02 2006 2401 0a05 00000000 01000000 0200 feff 03000000 03000000 80841e00 "
                  "a00f0042 80841e00 a00f0042 a3 02 2002 2401"));
    const Bytes good = hex("d4000000 2640a3ff 1000fe80 1100 4d00 0f7f3d1e 00127a00 00127a00 0000");
    EXPECT_EQ(read_opened(*read_reply(good)), 0xffa34026U);
    const Bytes wrong_port = hex("d4000101 1103 0000 ffff 78563412 0100");
    const auto refused = read_reply(wrong_port);
    ASSERT_TRUE(refused);
    EXPECT_FALSE(read_opened(*refused));
    EXPECT_TRUE(is_lost_on_the_way(*refused));
    EXPECT_NE(trouble_of(*refused).text.find("no such port"), std::string::npos);

    Bytes out;
    append_connected(out, 1, 0x8dee0016, 1, hex("0102"));
    EXPECT_EQ(out, hex("7000 1800 01000000 00000000 0000000000000000 00000000 00000000 0000 0200 "
                       "a1000400 1600ee8d b1000400 0100 0102"));
}

TEST(EthernetIpCip, TagsArePaths) {
    EXPECT_EQ(path("rate"), hex("91 04 72617465"));
    EXPECT_EQ(path("dwell3.acc"), hex("91 06 6477656c6c33 91 03 616363 00"));
    EXPECT_EQ(path("profile[0,1,257]"), hex("91 07 70726f66696c65 00 28 00 28 01 29 00 0101"));
    EXPECT_EQ(path("Program:A.b[70000]"), hex("91 09 50726f6772616d3a41 00 91 01 62 00 "
                                              "2a 00 70110100"));
    EXPECT_EQ(element_bytes(255), 2U);
    EXPECT_EQ(element_bytes(256), 4U);
    EXPECT_EQ(element_bytes(65536), 6U);
}

TEST(EthernetIpCip, RoutesArePairs) {
    EXPECT_EQ(*parse_route(""), Bytes());
    EXPECT_EQ(*parse_route("1,5"), hex("01 05"));
    EXPECT_EQ(*parse_route("1,3,2,192.168.1.10,1,0"),
              hex("01 03 12 0c 3139322e3136382e312e3130 01 00"));
    EXPECT_EQ(*parse_route("2,10.0.0.10"), hex("12 09 31302e302e302e3130 00"));
    for (const auto& [text, part] : {std::pair("1", "pairs"),
                                     {"x,0", "1 to 14"},
                                     {"15,0", "1 to 14"},
                                     {"0,0", "1 to 14"},
                                     {"1,", "IP addresses"},
                                     {"1,plc", "IP addresses"},
                                     {"1,0,2", "pairs"}}) {
        const auto route = parse_route(text);
        ASSERT_FALSE(route) << text;
        EXPECT_NE(route.error().message.find(part), std::string::npos) << route.error().message;
    }
    std::string far = "1,0";
    for (int i = 0; i < 100; ++i) {
        far += ",1,0";
    }
    EXPECT_FALSE(parse_route(far));
    EXPECT_EQ(read_settings(R"({"host": "a", "slot": 3})")->way(), hex("01 03"));
    EXPECT_EQ(read_settings(R"({"host": "a", "route": "1,4"})")->way(), hex("01 04"));
    EXPECT_EQ(read_settings(R"({"host": "a", "route": "none"})")->way(), Bytes());
    const auto wrong = read_settings(R"({"host": "a", "route": "1"})");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().field, "/settings/route");
}

TEST(EthernetIpCip, TagsAreReadAndWritten) {
    EXPECT_EQ(read_tag_request(path("rate"), 1), hex("4c 03 91 04 72617465 0100"));
    const Bytes answer = hex("cc 00 00 00 c400 7e030000");
    const auto reply = read_reply(answer);
    ASSERT_TRUE(reply);
    const auto data = read_tag_data(reply->data);
    ASSERT_TRUE(data);
    EXPECT_EQ(data->kind, (Kind{kind::dint, 0, false}));
    EXPECT_EQ(number_at(data->bytes, 0, 4), 894U);

    EXPECT_EQ(read_fragment_request(path("TotalCount"), 1750, 490),
              hex("52 06 91 0a 546f74616c436f756e74 d606 ea010000"));
    Bytes value;
    append_kind(value, {kind::dint, 0, false});
    put(value, 1, 2);
    put(value, 14, 4);
    EXPECT_EQ(request(service::write_tag, path("CartonSize"), value),
              hex("4d 06 91 0a 436172746f6e53697a65 c400 0100 0e000000"));
    // 1756-PM020 sets bit 2 and clears bit 5 of a DINT in one request; here each has its own.
    EXPECT_EQ(write_bit_request(path("ControlWord"), 4, 2, true),
              hex("4e 07 91 0b 436f6e74726f6c576f7264 00 0400 04000000 ffffffff"));
    EXPECT_EQ(write_bit_request(path("ControlWord"), 4, 5, false),
              hex("4e 07 91 0b 436f6e74726f6c576f7264 00 0400 00000000 dfffffff"));
    const Bytes text = hex("a002 ce0f 02000000 4142");
    const auto structure = read_tag_data(text);
    ASSERT_TRUE(structure);
    EXPECT_TRUE(structure->kind.text);
    EXPECT_EQ(structure->bytes.size(), 6U);
    EXPECT_FALSE(read_tag_data(hex("a002 ce")));
    EXPECT_FALSE(read_tag_data(hex("c4")));
}

TEST(EthernetIpCip, SeveralServicesGoInOneRequest) {
    const std::vector<Bytes> parts = {read_tag_request(path("parts"), 1),
                                      read_tag_request(path("ControlWord"), 1)};
    EXPECT_EQ(multiple_request(parts),
              hex("0a 02 2002 2401 0200 0600 1200 4c 04 91 05 7061727473 00 0100 4c 07 91 0b "
                  "436f6e74726f6c576f7264 00 0100"));
    const Bytes answer = hex("8a000000 0200 0600 1000 cc000000 c400 2a000000 cc000000 c400 "
                             "dc010000");
    const auto replies = read_replies(*read_reply(answer), 2);
    ASSERT_TRUE(replies);
    EXPECT_EQ(number_at(read_tag_data((*replies)[1].data)->bytes, 0, 4), 476U);
    EXPECT_FALSE(read_replies(*read_reply(answer), 1));
    EXPECT_FALSE(read_replies(*read_reply(answer), 3));
    EXPECT_FALSE(
        read_replies(*read_reply(hex("8a000000 0200 1000 0600 cc000000 c4002a000000")), 2));
    EXPECT_FALSE(read_replies(*read_reply(hex("8a000000 0100 0400 cc0000")), 1));
    EXPECT_FALSE(read_replies(*read_reply(hex("8a000000 0100 ff00 cc000000")), 1));
}

// A controller answered 18 requests, of which the last named no tag.
TEST(EthernetIpCip, OneOfSeveralMayFail) {
    const Bytes answer = hex(
        "7000 ea00 01870212 00000000 0000000000000000 00000000 00000000 0000 0200 a1000400 "
        "8ee50000 "
        "b100d600 0a00 8a001e00 1200 2600 2d00 3400 3e00 4800 5200 5c00 6600 7000 7a00 8400 8e00 "
        "9800 a200 ac00 b600 c000 ca00 cc000000 c100 00 cc000000 c100 ff cc000000 ca00 0000e643 "
        "cc000000 ca00 00000744 cc000000 ca00 00801444 cc000000 ca00 00002244 cc000000 ca00 "
        "00802f44 cc000000 ca00 00003d44 cc000000 ca00 00804a44 cc000000 ca00 00005844 cc000000 "
        "ca00 00806544 cc000000 ca00 00007344 cc000000 ca00 00408044 cc000000 ca00 cdac8744 "
        "cc000000 ca00 00c08d44 cc000000 ca00 0000a244 cc000000 ca00 00c0a844 cc000401 0000");
    Packet packet;
    std::size_t used = 0;
    ASSERT_EQ(take_packet(answer, packet, used), Framing::Complete);
    const auto carried = read_carried(packet);
    ASSERT_TRUE(carried);
    EXPECT_TRUE(carried->connected);
    EXPECT_EQ(carried->sequence, 10);
    const auto reply = read_reply(carried->message);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, status::embedded_error);
    const auto replies = read_replies(*reply, 18);
    ASSERT_TRUE(replies);
    EXPECT_TRUE((*replies)[16].good());
    EXPECT_EQ((*replies)[17].status, 0x04);
    EXPECT_EQ(trouble_of((*replies)[17]).quality, quality::bad_configuration_error);
}

TEST(EthernetIpCip, ErrorsHaveWordsAndAQuality) {
    const auto told = [](std::uint8_t status, std::uint16_t extended = 0) {
        return trouble_of({.status = status, .extended = extended, .data = {}});
    };
    EXPECT_NE(told(0x04).text.find("no such tag"), std::string::npos);
    EXPECT_NE(told(0x05, 0).text.find("CIP status 0x05"), std::string::npos);
    EXPECT_NE(told(0x08).text.find("Logix"), std::string::npos);
    EXPECT_EQ(told(0x13).quality, quality::bad_configuration_error);
    EXPECT_EQ(told(0x15).quality, quality::bad_configuration_error);
    EXPECT_NE(told(0x0f).text.find("External Access"), std::string::npos);
    EXPECT_NE(told(0xff, 0x2105).text.find("index"), std::string::npos);
    EXPECT_NE(told(0xff, 0x2107).text.find("another type"), std::string::npos);
    EXPECT_EQ(told(0xff, 0x1234).text, "the controller answers with CIP status 0xff, 0x1234");
    EXPECT_EQ(told(0x01, 0x0204).quality, quality::bad_no_communication);
    EXPECT_TRUE(is_lost_on_the_way({.status = 0x01, .extended = 0x0312, .data = {}}));
    EXPECT_FALSE(is_lost_on_the_way({.status = 0x01, .extended = 0x0109, .data = {}}));
    EXPECT_EQ(told(0x02).quality, quality::bad_device_failure);
    EXPECT_EQ(told(0x77).text, "the controller answers with CIP status 0x77");
    EXPECT_FALSE(read_reply(hex("cc0000")));
    EXPECT_FALSE(read_reply(hex("cc000401")));
    EXPECT_FALSE(read_reply(hex("4c000000")));
}

TEST(EthernetIpCip, TagsAndStructuresAreListed) {
    EXPECT_EQ(symbols_request("", 0), hex("55 02 20 6b 24 00 0200 0100 0200"));
    EXPECT_EQ(symbols_request("Program:A", 0x1234),
              hex("55 09 91 09 50726f6772616d3a41 00 20 6b 25 00 3412 0200 0100 0200"));
    const auto symbols = read_symbols(
        hex("82030000 0400 72617465 c400 83030000 0200 5431 838f 90030000 0500 666c616773 d320"));
    ASSERT_TRUE(symbols);
    ASSERT_EQ(symbols->size(), 3U);
    EXPECT_EQ((*symbols)[0], (Symbol{0x382, "rate", {kind::dint}}));
    EXPECT_TRUE((*symbols)[1].type.is_structure());
    EXPECT_EQ((*symbols)[1].type.template_instance(), 0xf83);
    EXPECT_EQ((*symbols)[2].type.dimensions(), 1U);
    EXPECT_EQ((*symbols)[2].type.code(), kind::dword);
    EXPECT_FALSE(read_symbols(hex("82030000 0500 72617465 c4")));

    EXPECT_EQ(template_size_request(0xf83), hex("03 03 20 6c 25 00 830f 0200 0400 0200"));
    const auto size = read_template_size(hex("0200 0400 0000 1e000000 0200 0000 0300"));
    ASSERT_TRUE(size);
    EXPECT_EQ(size->bytes(), 100U);
    EXPECT_EQ(size->members, 3);
    EXPECT_FALSE(read_template_size(hex("0200 0400 1400 1e000000 0200 0000 0300")));
    EXPECT_FALSE(read_template_size(hex("0200 0400 0000 00000000 0200 0000 0300")));
    EXPECT_FALSE(read_template_size(hex("0200 0400 0000 06000000 0200 0000 ff00")));
    EXPECT_EQ(template_request(0xf83, 0, 100), hex("4c 03 20 6c 25 00 830f 00000000 6400"));
    Bytes definition =
        hex("0000 c400 00000000 1f00 c100 00000000 0000 c400 04000000 5200 c220 04000000");
    append(definition, as_bytes(std::string_view("TIMER;n\0ZZZZZZZZZZ1\0EN\0PRE\0DATA\0", 32)));
    const auto members = read_template(definition, 4);
    ASSERT_TRUE(members);
    ASSERT_EQ(members->size(), 3U);
    EXPECT_EQ((*members)[0], (Member{"EN", {kind::boolean}}));
    EXPECT_EQ((*members)[2], (Member{"DATA", {0x20c2}}));
    EXPECT_FALSE(is_text(*members));
    EXPECT_TRUE(is_text({{"LEN", {kind::dint}}, {"DATA", {0x20c2}}}));
    EXPECT_FALSE(is_text({{"LEN", {kind::dint}}, {"DATA", {0x20c4}}}));
    EXPECT_FALSE(read_template(definition, 20));
    EXPECT_TRUE(is_hidden("__DEFVAL"));
    EXPECT_FALSE(is_hidden("Local:1:I"));
}

}  // namespace
}  // namespace gantry::connector::ethernetip

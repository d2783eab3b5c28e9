// SPDX-License-Identifier: Apache-2.0
// The bytes of application messages are those of the standard's Annex F.
#include "connector/bacnet/services.h"

#include "base/encoding.h"
#include "testing/testing.h"

namespace gantry::connector::bacnet {
namespace {

Bytes hex(std::string text) {
    std::erase(text, ' ');
    return *from_hex(text);
}

// The application message in a datagram.
Bytes apdu(const Bytes& datagram) { return {datagram.begin() + 6, datagram.end()}; }

// A datagram with an application message.
Bytes carried(const std::string& text) {
    Bytes out = hex("81 0a 00 00 01 00" + text);
    out[3] = static_cast<std::byte>(out.size());
    return out;
}

constexpr Reference present_value{{0, 5}, 85, std::nullopt};

TEST(BacnetServices, ReadsAProperty) {
    EXPECT_EQ(
        apdu(confirmed_datagram({}, 1, Service::ReadProperty, 50, read_request(present_value))),
        hex("00 00 01 0c 0c 00000005 19 55"));
    const Bytes answer = carried("30 01 0c 0c 00000005 19 55 3e 44 4290999a 3f");
    const auto read = read_datagram(answer);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->pdu, Pdu::ComplexAck);
    EXPECT_EQ(read->invoke_id, 1);
    EXPECT_EQ(read->code, 12);
    const auto result = read_answer(read->data);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->of, present_value);
    ByteView real;
    ASSERT_TRUE(ElementReader(result->value).take_application(DataType::Real, real));
    EXPECT_EQ(to_hex(real), "4290999a");
}

TEST(BacnetServices, ReadsSeveralProperties) {
    const std::vector<Reference> of = {{{0, 16}, 85, {}}, {{0, 16}, 103, {}}};
    EXPECT_EQ(apdu(confirmed_datagram({}, 0xf1, Service::ReadPropertyMultiple, 1024,
                                      read_multiple_request(of))),
              hex("00 04 f1 0e 0c 00000010 1e 09 55 09 67 1f"));
    const Bytes answer =
        carried("30 f1 0e 0c 00000010 1e 29 55 4e 44 4290999a 4f 29 67 4e 91 00 4f 1f");
    const auto results = read_multiple_answer(read_datagram(answer)->data);
    ASSERT_TRUE(results);
    ASSERT_EQ(results->size(), 2U);
    EXPECT_EQ((*results)[0].of, of[0]);
    EXPECT_EQ((*results)[1].of, of[1]);
    EXPECT_EQ(to_hex((*results)[1].value), "9100");
}

TEST(BacnetServices, TellsTheErrorOfEachProperty) {
    const auto results = read_multiple_answer(
        hex("0c 00000021 1e 29 55 4e 44 42293333 4f 1f 0c 00000032 1e 29 55 5e 91 01 91 1f 5f 1f"));
    ASSERT_TRUE(results);
    ASSERT_EQ(results->size(), 2U);
    EXPECT_EQ((*results)[1].error, (ErrorCode{1, 31}));
    EXPECT_EQ(read_error(hex("91 01 91 1f")), (ErrorCode{1, 31}));
}

TEST(BacnetServices, WritesAProperty) {
    Bytes value;
    put_application(value, DataType::Real, hex("43340000"));
    EXPECT_EQ(apdu(confirmed_datagram({}, 0x59, Service::WriteProperty, 1024,
                                      write_request({{2, 1}, 85, {}}, value, 8))),
              hex("00 04 59 0f 0c 00800001 19 55 3e 44 43340000 3f 49 08"));
    const Bytes done = carried("20 59 0f");
    EXPECT_EQ(read_datagram(done)->pdu, Pdu::SimpleAck);
}

TEST(BacnetServices, SubscribesToChanges) {
    EXPECT_EQ(apdu(confirmed_datagram({}, 15, Service::SubscribeCov, 206,
                                      subscribe_request(18, {0, 10}, true, 0))),
              hex("00 02 0f 05 09 12 1c 0000000a 29 01 39 00"));
    const Bytes said =
        carried("10 02 09 12 1c 02000004 2c 0000000a 39 00 4e 09 55 2e 44 42820000 2f 09 6f 2e "
                "82 04 00 2f 4f");
    const auto read = read_datagram(said);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->pdu, Pdu::UnconfirmedRequest);
    const auto told = read_notification(read->data);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->process, 18U);
    EXPECT_EQ(told->object, (ObjectId{0, 10}));
    ASSERT_EQ(told->values.size(), 2U);
    EXPECT_EQ(told->values[1].of.property, 111U);
}

TEST(BacnetServices, HearsWhoIsThere) {
    EXPECT_EQ(apdu(unconfirmed_datagram({}, Unconfirmed::WhoIs, {})), hex("10 08"));
    const Bytes said = carried("10 00 c4 02000001 22 01e0 91 01 21 63");
    const auto who = read_i_am(read_datagram(said)->data);
    ASSERT_TRUE(who);
    EXPECT_EQ(who->device, (ObjectId{8, 1}));
    EXPECT_EQ(who->apdu_bytes, 480U);
    EXPECT_EQ(who->vendor, 99U);
}

TEST(BacnetFrame, GoesThroughARouter) {
    const Bytes sent =
        unconfirmed_datagram({.network = 2, .address = hex("0b")}, Unconfirmed::WhoIs, {});
    EXPECT_EQ(sent, hex("81 0a 000d 01 20 0002 01 0b ff 10 08"));
    const auto read = read_datagram(hex("81 0a 000e 01 08 0002 01 0b 20 59 0f 00"));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->from, (Station{.network = 2, .address = hex("0b")}));
    const auto relayed = read_datagram(hex("81 04 000f 7f000001bac0 01 00 20 59 0f"));
    ASSERT_TRUE(relayed);
    EXPECT_EQ(relayed->invoke_id, 0x59);
}

TEST(BacnetFrame, RefusesWhatIsNone) {
    for (const char* const text :
         {"", "81", "81 0a 0003", "82 0a 0009 01 00 20 59 0f", "81 0a 000a 01 00 20 59 0f",
          "81 00 0009 01 00 20 59 0f", "81 0a 0009 02 00 20 59 0f", "81 0a 0009 01 80 20 59 0f",
          "81 0a 0009 01 08 00 02 ff", "81 0a 0008 01 00 20 59", "81 0a 0009 01 00 90 59 0f"}) {
        EXPECT_FALSE(read_datagram(hex(text))) << text;
    }
}

TEST(BacnetElements, OfEverySize) {
    for (const std::size_t size : {0, 4, 5, 253, 254, 65'535, 65'536}) {
        Bytes out;
        const Bytes content(size, std::byte{7});
        put_context(out, 20, ByteView(content));
        ElementReader in(out);
        ByteView back;
        ASSERT_TRUE(in.take_context(20, back)) << size;
        EXPECT_EQ(back.size(), size);
        EXPECT_TRUE(in.at_end());
        out.pop_back();
        if (size > 0) {
            EXPECT_FALSE(ElementReader(out).take_context(20, back)) << size;
        }
    }
    ByteView inside;
    EXPECT_FALSE(ElementReader(hex("3e 4e 3f")).take_enclosed(3, inside));
    EXPECT_FALSE(ElementReader(hex("3e 4e 4f 2f")).take_enclosed(3, inside));
    ASSERT_TRUE(ElementReader(hex("3e 4e 4f 3f")).take_enclosed(3, inside));
    EXPECT_EQ(inside.size(), 2U);
}

}  // namespace
}  // namespace gantry::connector::bacnet

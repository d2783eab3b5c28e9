// SPDX-License-Identifier: Apache-2.0
#include "connector/iec104/session.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace gantry::connector::iec104 {
namespace {

using namespace std::chrono_literals;

class Iec104Session : public ::testing::Test {
protected:
    Iec104Session() {
        session_.start(0s);
        EXPECT_EQ(output(), "680407000000");
    }

    void begin() { EXPECT_TRUE(receive("68040b000000")); }
    Result<> receive(std::string_view hex, Duration now = 0s) {
        const auto bytes = from_hex(hex);
        return session_.receive(*bytes, now,
                                [this](ByteView asdu) { got_.push_back(to_hex(asdu)); });
    }
    // Information of the station: its count, ours that it has, and three bytes.
    Result<> information(unsigned sent, unsigned received = 0, Duration now = 0s) {
        return receive(std::format("6807{:02x}{:02x}{:02x}{:02x}010203", sent << 1 & 0xff,
                                   sent >> 7, received << 1 & 0xff, received >> 7),
                       now);
    }
    std::string output() { return to_hex(session_.take_output()); }
    Bytes asdu() { return {std::byte{9}}; }

    Session session_{Session::Limits{}};
    std::vector<std::string> got_;
};

TEST_F(Iec104Session, NothingGoesBeforeTheStationHasBegun) {
    session_.send(asdu(), 0s);
    EXPECT_EQ(output(), "");
    EXPECT_FALSE(session_.started());
    begin();
    EXPECT_TRUE(session_.started());
    EXPECT_EQ(output(), "68050000000009");
}

TEST_F(Iec104Session, InformationIsTakenInPiecesAndAcknowledgedAfterEight) {
    begin();
    ASSERT_TRUE(receive("6807000000"));
    ASSERT_TRUE(receive("00010203"));
    EXPECT_EQ(got_, std::vector<std::string>{"010203"});
    for (unsigned i = 1; i < 7; ++i) {
        ASSERT_TRUE(information(i));
    }
    EXPECT_EQ(output(), "");
    ASSERT_TRUE(information(7));
    EXPECT_EQ(output(), "680401001000");
    EXPECT_EQ(got_.size(), 8U);
}

TEST_F(Iec104Session, OneIsAcknowledgedAfterAWhileToo) {
    begin();
    ASSERT_TRUE(information(0, 0, 1s));
    EXPECT_EQ(session_.next_deadline(), 11s);
    ASSERT_TRUE(session_.tick(10s));
    EXPECT_EQ(output(), "");
    ASSERT_TRUE(session_.tick(11s));
    EXPECT_EQ(output(), "680401000200");
    EXPECT_EQ(session_.next_deadline(), 21s);
}

TEST_F(Iec104Session, TwelveAreUnderWayAndOursCarryTheAcknowledgement) {
    begin();
    ASSERT_TRUE(information(0));
    for (int i = 0; i < 14; ++i) {
        session_.send(asdu(), 0s);
    }
    EXPECT_EQ(session_.waiting(), 2U);
    const std::string sent = output();
    EXPECT_EQ(sent.size(), 12 * 14U);
    EXPECT_EQ(sent.substr(0, 28), "6805000002000968050200020009");
    ASSERT_TRUE(receive("680401000400"));  // it has two
    EXPECT_EQ(session_.waiting(), 0U);
    EXPECT_EQ(output(), "6805180002000968051a00020009");
}

TEST_F(Iec104Session, TheCountBeginsAgainAfterTheLast) {
    begin();
    for (unsigned i = 0; i < 32'768; ++i) {
        ASSERT_TRUE(information(i));
        if (i % 8 == 7) {
            (void)output();
        }
    }
    ASSERT_TRUE(information(0));
    EXPECT_EQ(got_.size(), 32'769U);
}

TEST_F(Iec104Session, ASilentLineIsTestedAndAnEndedOneNoticed) {
    begin();
    ASSERT_TRUE(session_.tick(19s));
    EXPECT_EQ(output(), "");
    ASSERT_TRUE(session_.tick(20s));
    EXPECT_EQ(output(), "680443000000");
    ASSERT_TRUE(receive("680483000000", 21s));
    ASSERT_TRUE(session_.tick(41s));
    EXPECT_EQ(output(), "680443000000");
    EXPECT_EQ(session_.next_deadline(), 56s);
    const auto over = session_.tick(56s);
    ASSERT_FALSE(over);
    EXPECT_NE(over.error().message.find("15s (t1)"), std::string::npos) << over.error().message;
}

TEST_F(Iec104Session, TheStationMayTestToo) {
    begin();
    ASSERT_TRUE(receive("680443000000"));
    EXPECT_EQ(output(), "680483000000");
}

TEST_F(Iec104Session, WhoOnlyTestsAndDoesNotReadIsNotListenedTo) {
    begin();
    std::size_t tests = 0;
    while (receive("680443000000")) {
        ASSERT_LT(++tests, 20'000U);
    }
    EXPECT_GT(tests, 10'000U);
}

TEST_F(Iec104Session, AnAsduThatIsNotAcknowledgedEndsIt) {
    begin();
    session_.send(asdu(), 1s);
    ASSERT_TRUE(session_.tick(15s));
    EXPECT_FALSE(session_.tick(16s));
}

TEST_F(Iec104Session, WhoSendsBeforeItWasAskedToIsNotListenedTo) { EXPECT_FALSE(information(0)); }

TEST_F(Iec104Session, WhoLosesCountIsNotListenedTo) {
    begin();
    EXPECT_FALSE(information(1));
}

TEST_F(Iec104Session, WhoHasWhatWasNotSentIsNotListenedTo) {
    begin();
    EXPECT_FALSE(receive("680401000200"));
}

TEST_F(Iec104Session, AControlledStationDoesNotStartUs) {
    begin();
    EXPECT_FALSE(receive("680407000000"));
}

TEST_F(Iec104Session, WhatIsNoFrameIsNotListenedTo) {
    const auto bad = receive("485454");
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, Code::Unavailable);
    EXPECT_NE(bad.error().message.find("not IEC 60870-5-104"), std::string::npos);
    EXPECT_FALSE(Session({}).receive(*from_hex("6803000000"), 0s, [](ByteView) {}));
    EXPECT_FALSE(Session({}).receive(*from_hex("68fe000000"), 0s, [](ByteView) {}));
}

}  // namespace
}  // namespace gantry::connector::iec104

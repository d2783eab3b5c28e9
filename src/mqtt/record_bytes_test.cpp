// SPDX-License-Identifier: Apache-2.0
#include "mqtt/record_bytes.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "mqtt/record_testing.h"
#include "testing/testing.h"

namespace gantry::mqtt {
namespace {

using gantry::testing::failure;
using gantry::testing::must;
using testing::any_record;
using testing::same;

Bytes bytes_of(std::span<const Record> records) {
    Bytes out;
    encode_records(records, out);
    return out;
}

Result<std::vector<Record>> records_of(ByteView bytes) {
    TRY_ASSIGN(auto reader, RecordReader::open(bytes));
    std::vector<Record> out;
    while (true) {
        Record one;
        TRY_ASSIGN(const bool more, reader.next(one));
        if (!more) {
            return out;
        }
        out.push_back(std::move(one));
    }
}

TEST(MqttRecordBytes, AllRecordsComeBack) {
    SeededRandom random(1);
    std::set<RecordType> types;
    for (int round = 0; round < 1000; ++round) {
        std::vector<MessagePtr> messages;
        std::vector<Record> records;
        const std::uint64_t first = random.number() >> (1 + random.below(62));
        const bool standing = random.chance(0.2);
        for (std::uint64_t left = random.below(20) + 1; left > 0; --left) {
            records.push_back(any_record(random, messages));
            records.back().number = first + (standing ? 0 : records.size() - 1);
            types.insert(records.back().type);
        }
        const Bytes bytes = bytes_of(records);
        const auto again = must(records_of(bytes));
        ASSERT_EQ(again.size(), records.size());
        for (std::size_t i = 0; i < again.size(); ++i) {
            ASSERT_TRUE(same(again[i], records[i])) << round << " " << i;
        }
        ASSERT_EQ(bytes_of(again), bytes);
    }
    EXPECT_EQ(types.size(), 20U);
}

TEST(MqttRecordBytes, AMessageOfManyIsThereOnce) {
    Publish packet;
    packet.topic = "t";
    const std::string payload(10'000, 'x');
    packet.payload = payload;
    const auto message = std::make_shared<const Message>(packet, Time{0});
    std::vector<Record> records;
    for (int i = 0; i < 1000; ++i) {
        records.push_back({.number = records.size() + 1,
                           .type = RecordType::Queued,
                           .more = i < 999,
                           .client_id = "client-" + std::to_string(i),
                           .sequence = 1,
                           .qos = 1,
                           .message = message});
    }
    const Bytes bytes = bytes_of(records);
    EXPECT_LT(bytes.size(), 10'000U + 1000 * 20);
    const auto again = must(records_of(bytes));
    ASSERT_EQ(again.size(), 1000U);
    EXPECT_EQ(again.front().message, again.back().message);
    EXPECT_EQ(again.front().message->payload(), payload);
}

// docs/formats/mqtt.md shows these bytes.
TEST(MqttRecordBytes, AreThoseThatTheFormatSays) {
    const std::vector<Record> records = {
        {.number = 7,
         .type = RecordType::SessionOpened,
         .client_id = "c",
         .principal = "p",
         .expiry = 300},
        {.number = 8,
         .type = RecordType::Subscribed,
         .more = true,
         .client_id = "c",
         .filter = "a/#",
         .subscription = {no_subscriber, 0, {.qos = 1}}},
        {.number = 9, .type = RecordType::Received, .client_id = "c", .packet_id = 258}};
    EXPECT_EQ(to_hex(bytes_of(records)), "010007"
                                         "0102630170ac02"
                                         "850003612f230100"
                                         "0b000201");
}

TEST(MqttRecordBytes, WhatIsWrongIsSaid) {
    EXPECT_EQ(failure(records_of({})), Code::Corrupt);
    EXPECT_EQ(failure(records_of(*from_hex("020001"))), Code::Unsupported);
    const auto newer = records_of(*from_hex("020001"));
    EXPECT_TRUE(newer.error().message.contains("version 2")) << newer.error().message;
    EXPECT_TRUE(must(records_of(*from_hex("010001"))).empty());
    for (const char* text : {
             "010201",  // a flag that nobody knows
             "010001"
             "00",  // no type
             "010001"
             "15",  // a type behind the last
             "010001"
             "0400",  // the client of the record before, and there is none
             "010001"
             "0102630170",  // no expiry
             "010001"
             "0502630161030000",  // QoS 3
             "010001"
             "0502630161400000",  // a bit that nobody knows
             "010001"
             "0502630361232f0000",  // a filter that is none
             "010001"
             "0b02630000",  // packet identifier 0
             "010001"
             "0d01",  // a message that was not there before
             "010001"
             "0d00003204000000",  // a packet that is no plain PUBLISH
             "010001"
             "0d000030040000"
             "0000",  // a PUBLISH without a topic
         }) {
        EXPECT_EQ(failure(records_of(*from_hex(text))), Code::Corrupt) << text;
    }
}

// Whatever bytes there are: an error, or records; never more of them than bytes.
TEST(MqttRecordBytes, AnyChangeOfAByteIsReadOrRefused) {
    SeededRandom random(2);
    for (int round = 0; round < 100; ++round) {
        std::vector<MessagePtr> messages;
        std::vector<Record> records;
        for (int i = 0; i < 5; ++i) {
            records.push_back(any_record(random, messages));
            records.back().number = records.size();
        }
        Bytes bytes = bytes_of(records);
        bytes.resize(random.below(bytes.size() + 1));
        for (std::uint64_t changes = random.below(3); changes > 0 && !bytes.empty(); --changes) {
            bytes[random.below(bytes.size())] = static_cast<std::byte>(random.below(256));
        }
        const auto again = records_of(bytes);
        EXPECT_TRUE(!again || again->size() <= bytes.size());
    }
}

}  // namespace
}  // namespace gantry::mqtt

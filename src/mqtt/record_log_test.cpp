// SPDX-License-Identifier: Apache-2.0
#include "mqtt/record_log.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/sim_disk.h"
#include "mqtt/record_testing.h"
#include "testing/testing.h"

namespace gantry::mqtt {
namespace {

using gantry::testing::failure;
using gantry::testing::must;
using testing::any_record;
using testing::same;

using Spaces = std::map<std::string, std::vector<Record>>;

RecordLogOptions small_options() {
    RecordLogOptions out;
    out.journal.file_bytes = 64 << 10;
    out.checkpoint_bytes = 64 << 10;
    return out;
}

struct Node {
    explicit Node(std::uint64_t seed = 1) : disk(seed), random(seed), log(clock, lines) {}

    Result<> open(const RecordLogOptions& options = small_options()) {
        records.reset();
        got.clear();
        TRY_ASSIGN(records, RecordLog::open(disk, "mqtt", random, log, options,
                                            [&](std::string_view space,
                                                std::span<const Record> some) -> Result<> {
                                                auto& all = got[std::string(space)];
                                                all.insert(all.end(), some.begin(), some.end());
                                                return {};
                                            }));
        return {};
    }
    void cut() {
        records.reset();
        disk.power_cut();
    }

    SimDisk disk;
    SeededRandom random;
    FakeClock clock;
    MemoryOutput lines;
    Log log;
    std::unique_ptr<RecordLog> records;
    Spaces got;  // what was handed out
};

// So many of a space, with numbers behind those of before.
std::vector<Record> some_records(SeededRandom& random, std::uint64_t before, std::size_t count) {
    std::vector<MessagePtr> messages;
    std::vector<Record> out;
    for (std::size_t i = 0; i < count; ++i) {
        do {
            out.resize(i);
            out.push_back(any_record(random, messages));
        } while (out.back().type >= RecordType::SnapshotBegan ||
                 (out.back().message && out.back().message->bytes() > 5000));
        out.back().number = before + i + 1;
    }
    out.back().more = false;
    return out;
}

void expect_same(const std::vector<Record>& got, const std::vector<Record>& expected) {
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        ASSERT_TRUE(same(got[i], expected[i])) << i;
    }
}

TEST(MqttRecordLog, WhatWasCommittedComesBackBySpaceAndInOrder) {
    Node node;
    must(node.open());
    EXPECT_TRUE(node.got.empty());
    Spaces sent;
    for (int life = 0; life < 4; ++life) {
        for (int turn = 0; turn < 60; ++turn) {
            const std::string space = "tenant-" + std::to_string(node.random.below(3));
            auto& all = sent[space];
            const auto some = some_records(node.random, all.size(), 1 + node.random.below(5));
            const Lsn lsn = must(node.records->append(space, some));
            EXPECT_LT(node.records->durable(), lsn);
            must(node.records->commit());
            EXPECT_GE(node.records->durable(), lsn);
            all.insert(all.end(), some.begin(), some.end());
        }
        node.cut();
        must(node.open());
        ASSERT_EQ(node.got.size(), sent.size());
        for (const auto& [space, all] : sent) {
            expect_same(node.got[space], all);
        }
    }
}

TEST(MqttRecordLog, AnAppendGoesOnBehindWhatIsThere) {
    Node node;
    must(node.open());
    const auto all = some_records(node.random, 0, 6);
    must(node.records->append("a", std::span(all).first(1)));
    // What an owner says again after an error is taken once.
    must(node.records->append("a", all));
    must(node.records->append("a", all));
    const auto gap = some_records(node.random, 7, 1);
    EXPECT_EQ(failure(node.records->append("a", gap)), Code::PreconditionFailed);
    must(node.records->commit());
    node.cut();
    must(node.open());
    expect_same(node.got["a"], all);
}

// A change of many sessions, larger than a journal record may be here, counts whole or not at all.
TEST(MqttRecordLog, AChangeThatIsSplitCountsWholeOrNotAtAll) {
    std::size_t whole = 0;
    std::size_t none = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        Node node(seed);
        must(node.open());
        std::vector<MessagePtr> messages;
        std::vector<Record> change;
        for (std::size_t i = 1; i <= 1000; ++i) {
            change.push_back({.number = i,
                              .type = RecordType::SessionEnded,
                              .more = i < 1000,
                              .client_id = "a client with a name " + std::to_string(i)});
        }
        must(node.records->append("a", change));
        // The power goes while it is written, or behind.
        std::uint64_t left = node.random.below(6);
        node.disk.set_fault([&](SimDisk::Operation, const std::string&) {
            return left-- == 0 ? std::optional(Error{Code::Io, "cut", {}}) : std::nullopt;
        });
        const bool acknowledged = node.records->commit().has_value();
        node.disk.set_fault(nullptr);
        node.cut();
        must(node.open());
        const std::size_t count = node.got["a"].size();
        ASSERT_TRUE(count == 1000 || (count == 0 && !acknowledged)) << seed << ": " << count;
        ++(count == 0 ? none : whole);
        if (count == 1000) {
            expect_same(node.got["a"], change);
        }
    }
    EXPECT_GT(whole, 0U);
    EXPECT_GT(none, 0U);
}

TEST(MqttRecordLog, AChangeThatCanNeverBeKeptIsRefused) {
    Node node;
    must(node.open());
    Publish packet;
    packet.topic = "t";
    const std::string payload(100'000, 'x');
    packet.payload = payload;
    const std::vector<Record> change = {
        {.number = 1,
         .type = RecordType::Retained,
         .message = std::make_shared<const Message>(packet, Time{0})}};
    const auto refused = node.records->append("plant", change);
    EXPECT_EQ(failure(refused), Code::TooLarge);
    EXPECT_TRUE(refused.error().message.contains("plant")) << refused.error().message;
    EXPECT_TRUE(refused.error().message.contains("file_bytes")) << refused.error().message;
}

}  // namespace
}  // namespace gantry::mqtt

// SPDX-License-Identifier: Apache-2.0
#include "mqtt/record_log.h"

#include <gtest/gtest.h>

#include <atomic>
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

// A write that a power cut tore may leave records behind a hole. They were never acknowledged, and
// must not count at this start nor at any later one: they build on what is in the hole.
TEST(MqttRecordLog, WhatLiesBehindAHoleThatWasNeverDurableNeverCounts) {
    std::size_t dropped = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        SCOPED_TRACE(seed);
        Node node(seed);
        must(node.open());
        std::vector<Record> kept;
        for (int life = 0; life < 4; ++life) {
            const std::size_t acknowledged = kept.size();
            for (int turn = 0; turn < 20; ++turn) {
                auto some = some_records(node.random, kept.size(), 1 + node.random.below(20));
                must(node.records->append("a", some));
                kept.insert(kept.end(), some.begin(), some.end());
            }
            node.disk.set_fault([](SimDisk::Operation operation, const std::string&) {
                return operation == SimDisk::Operation::Sync
                           ? std::optional(Error{Code::Io, "cut", {}})
                           : std::nullopt;
            });
            EXPECT_FALSE(node.records->commit().has_value());
            node.disk.set_fault(nullptr);
            node.cut();
            must(node.open());
            auto& got = node.got["a"];
            ASSERT_GE(got.size(), acknowledged);
            ASSERT_LE(got.size(), kept.size());
            kept.resize(got.size());
            expect_same(got, kept);
            dropped += node.lines.text().contains("unfinished write dropped") ? 1 : 0;
            // Something that is acknowledged, so that what was dropped lies before it.
            auto some = some_records(node.random, kept.size(), 3);
            must(node.records->append("a", some));
            must(node.records->commit());
            kept.insert(kept.end(), some.begin(), some.end());
        }
    }
    EXPECT_GT(dropped, 10U);
}

// A damaged record that was durable is lost, and no other.
TEST(MqttRecordLog, DamageLosesWhatIsDamagedAndSaysSo) {
    Node node;
    must(node.open());
    std::vector<Record> all;
    for (int turn = 0; turn < 20; ++turn) {
        auto some = some_records(node.random, all.size(), 1);
        must(node.records->append("a", some));
        must(node.records->commit());
        all.insert(all.end(), some.begin(), some.end());
    }
    node.records.reset();
    const auto files = must(node.disk.list("mqtt/journal"));
    must(node.disk.flip_bit("mqtt/journal/" + files.front(), 300, 3));
    must(node.open());
    EXPECT_EQ(node.got["a"].size(), all.size() - 1);
    EXPECT_TRUE(node.lines.text().contains("records lost")) << node.lines.text();
    // The next number is still behind the last.
    must(node.records->append("a", some_records(node.random, all.size(), 1)));
}

// ---- checkpoints

// A snapshot of what came so far, as a core would give it.
std::vector<Record> snapshot_of(std::uint64_t number, std::size_t records) {
    std::vector<Record> out = {{.number = number, .type = RecordType::SnapshotBegan}};
    for (std::size_t i = 0; i < records; ++i) {
        out.push_back({.number = number,
                       .type = RecordType::SessionOpened,
                       .client_id = std::format("client {}", i),
                       .expiry = 300});
    }
    out.push_back({.number = number, .type = RecordType::SnapshotEnded});
    return out;
}

void checkpoint(Node& node, const std::string& space, const std::vector<Record>& snapshot) {
    const auto made = must(node.records->begin_checkpoint(space));
    must(made->add(std::span(snapshot).first(1)));
    must(made->add(std::span(snapshot).subspan(1)));
    must(made->finish());
}

TEST(MqttRecordLog, CheckpointsBoundTheJournalAndAStart) {
    Node node;
    must(node.open());
    std::map<std::string, std::uint64_t> last;
    std::map<std::string, std::vector<Record>> expected;
    const auto append = [&](const std::string& space, std::size_t count) {
        auto some = some_records(node.random, last[space], count);
        must(node.records->append(space, some));
        must(node.records->commit());
        last[space] += count;
        auto& all = expected[space];
        all.insert(all.end(), some.begin(), some.end());
    };
    append("idle", 1);
    std::uint64_t most = 0;
    std::map<std::string, int> checkpoints;
    for (int turn = 0; turn < 4000; ++turn) {
        append("busy", 3);
        for (const std::string& space : node.records->due()) {
            const auto snapshot = snapshot_of(last[space], 4);
            checkpoint(node, space, snapshot);
            expected[space] = snapshot;
            ++checkpoints[space];
        }
        most = std::max(most, node.records->disk_bytes());
    }
    EXPECT_EQ(checkpoints["idle"], 1);  // its one record kept the journal
    EXPECT_GT(checkpoints["busy"], 5);
    EXPECT_LT(most, 6U * (64 << 10));
    EXPECT_EQ(must(node.disk.list("mqtt/checkpoints")).size(), 2U);
    node.cut();
    must(node.open());
    for (const auto& [space, all] : expected) {
        expect_same(node.got[space], all);
    }
}

TEST(MqttRecordLog, ACheckpointIsNotFinishedBeforeItsRecordsAreAppended) {
    Node node;
    must(node.open());
    must(node.records->append("a", some_records(node.random, 0, 3)));
    const auto snapshot = snapshot_of(4, 1);
    {
        const auto made = must(node.records->begin_checkpoint("a"));
        EXPECT_EQ(failure(node.records->begin_checkpoint("a")), Code::Conflict);
        must(made->add(snapshot));
        EXPECT_EQ(failure(made->finish()), Code::PreconditionFailed);
    }
    // It was given up.
    EXPECT_TRUE(must(node.disk.list("mqtt/checkpoints")).empty());
    checkpoint(node, "a", snapshot_of(3, 1));
}

// Every byte of a checkpoint: the damage is seen, the file and the tenant are named, and nothing of
// it is handed out.
TEST(MqttRecordLog, AFlippedBitOfACheckpointIsNeverServed) {
    Node node;
    must(node.open());
    must(node.records->append("plant", some_records(node.random, 0, 3)));
    const auto snapshot = snapshot_of(3, 30);
    checkpoint(node, "plant", snapshot);
    node.cut();
    const auto files = must(node.disk.list("mqtt/checkpoints"));
    ASSERT_EQ(files.size(), 1U);
    const std::string path = "mqtt/checkpoints/" + files.front();
    const std::uint64_t size = must(must(node.disk.open(path, OpenMode::Read))->size());
    ASSERT_GT(size, 400U);
    std::size_t named = 0;
    for (std::uint64_t byte = 0; byte < size; ++byte) {
        const auto bit = static_cast<unsigned>(byte % 8);
        must(node.disk.flip_bit(path, byte, bit));
        const auto opened = node.open();
        ASSERT_EQ(failure(opened), Code::Corrupt) << byte;
        EXPECT_TRUE(opened.error().message.contains(path)) << opened.error().message;
        EXPECT_TRUE(opened.error().message.contains("backup")) << opened.error().message;
        named += opened.error().message.contains("plant") ? 1 : 0;
        ASSERT_TRUE(node.got.empty()) << byte;
        must(node.disk.flip_bit(path, byte, bit));
    }
    EXPECT_GT(named, size / 2);
    must(node.open());
    expect_same(node.got["plant"], snapshot);
    // The other half of the advice: without it there is what came since.
    must(node.records->append("plant", some_records(node.random, 3, 2)));
    must(node.records->commit());
    node.cut();
    must(node.disk.remove(path));
    must(node.open());
    EXPECT_LE(node.got["plant"].size(), 5U);
}

TEST(MqttRecordLog, AnUnknownVersionIsRefusedByName) {
    Node node;
    must(node.open());
    must(node.records->append("plant", some_records(node.random, 0, 3)));
    checkpoint(node, "plant", snapshot_of(3, 1));
    node.records.reset();
    const std::string path = "mqtt/checkpoints/" + must(node.disk.list("mqtt/checkpoints")).front();
    Bytes bytes = must(read_file(node.disk, path, 1 << 20));
    bytes[8] = std::byte{2};
    std::memset(bytes.data() + 12, 0, 4);
    const std::uint32_t crc = crc32c(ByteView(bytes).first(45));
    std::memcpy(bytes.data() + 12, &crc, 4);
    must(replace_file(node.disk, path, bytes));
    const auto opened = node.open();
    EXPECT_EQ(failure(opened), Code::Unsupported);
    EXPECT_TRUE(opened.error().message.contains("version 2")) << opened.error().message;
}

TEST(MqttRecordLog, ASpaceThatIsRemovedIsGoneWhateverHappens) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        SCOPED_TRACE(seed);
        Node node(seed);
        must(node.open());
        must(node.records->append("old", some_records(node.random, 0, 3)));
        must(node.records->append("other", some_records(node.random, 0, 3)));
        checkpoint(node, "old", snapshot_of(3, 2));
        must(node.records->append("old", some_records(node.random, 3, 2)));
        must(node.records->commit());
        node.disk.set_fault([left = node.random.below(8)](SimDisk::Operation,
                                                          const std::string&) mutable {
            return left == 0 ? std::optional(Error{Code::Io, "cut", {}}) : (--left, std::nullopt);
        });
        const bool removed = node.records->remove("old").has_value();
        node.disk.set_fault(nullptr);
        node.cut();
        must(node.open());
        const std::size_t left = node.got["old"].size();
        EXPECT_TRUE(left == 0 || (left == 6 && !removed)) << left;
        EXPECT_EQ(node.got["other"].size(), 3U);
        if (left == 0) {
            // The name may be used again, from the first number on.
            const auto anew = some_records(node.random, 0, 2);
            must(node.records->append("old", anew));
            checkpoint(node, "old", snapshot_of(2, 1));
            node.cut();
            must(node.open());
            EXPECT_EQ(node.got["old"].size(), 3U);
        }
    }
}

// Many spaces from many threads, while another one commits.
TEST(MqttRecordLog, ThreadsAppendWhileOneCommits) {
    Node node;
    RecordLogOptions options;
    options.journal.file_bytes = 4 << 20;
    must(node.open(options));
    std::atomic<bool> done = false;
    std::thread committer([&] {
        while (!done) {
            EXPECT_TRUE(node.records->commit().has_value());
        }
    });
    std::vector<std::thread> threads;
    for (std::uint64_t i = 0; i < 3; ++i) {
        threads.emplace_back([&, i] {
            SeededRandom random(i);
            for (std::uint64_t number = 0; number < 300;) {
                const auto some = some_records(random, number, 3);
                if (node.records->append(std::format("space {}", i), some)) {
                    number += 3;
                }
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    done = true;
    committer.join();
    must(node.records->commit());
    node.cut();
    must(node.open(options));
    ASSERT_EQ(node.got.size(), 3U);
    for (const auto& [space, records] : node.got) {
        EXPECT_EQ(records.size(), 300U);
        EXPECT_TRUE(std::ranges::is_sorted(records, {}, &Record::number));
    }
}

}  // namespace
}  // namespace gantry::mqtt

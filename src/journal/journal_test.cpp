// SPDX-License-Identifier: Apache-2.0
#include "journal/journal.h"

#include <map>
#include <set>

#include "base/sim_disk.h"
#include "testing/testing.h"

namespace gantry::journal {
namespace {

using gantry::testing::failure;
using gantry::testing::must;

using Records = std::map<Lsn, std::string>;

struct Fixture {
    explicit Fixture(std::uint64_t seed = 1) : disk(seed), random(seed) {}

    Result<std::unique_ptr<Journal>> open(std::int64_t file_bytes = 4096) {
        replayed.clear();
        return Journal::open(disk, "/j", random, around.log, {.file_bytes = file_bytes},
                             [this](const Record& record) -> Result<> {
                                 replayed[record.lsn] = std::string(as_text(record.payload));
                                 return {};
                             });
    }

    SimDisk disk;
    SeededRandom random;
    gantry::testing::Surroundings around;
    Records replayed;
};

std::string text_of(Lsn lsn) {
    return "record " + std::to_string(lsn) + std::string(lsn % 90, '.');
}

Lsn append_next(Journal& journal) {
    return must(journal.append(7, as_bytes(text_of(journal.last() + 1))));
}

void fill(Fixture& fixture, int records, std::int64_t file_bytes = 4096) {
    const auto journal = must(fixture.open(file_bytes));
    for (int i = 0; i < records; ++i) {
        append_next(*journal);
        must(journal->commit());
    }
}

TEST(Journal, GivesBackWhatWasCommittedInOrder) {
    Fixture fixture;
    fill(fixture, 300);
    const auto journal = must(fixture.open());
    ASSERT_EQ(fixture.replayed.size(), 300U);
    for (const auto& [lsn, text] : fixture.replayed) {
        EXPECT_EQ(text, text_of(lsn));
    }
    EXPECT_EQ(append_next(*journal), 301U);
    EXPECT_TRUE(journal->damage().empty());
    EXPECT_EQ(journal->durable(), 300U);
}

TEST(Journal, AFileThatIsFullBeforeItHasItsPlaceIsReleasedLikeOthers) {
    Fixture fixture;
    const auto journal = must(fixture.open());
    const auto fill_a_file = [&] {
        for (int i = 0; i < 30; ++i) {
            append_next(*journal);
        }
    };
    append_next(*journal);
    // While these records are on their way the next file becomes the head, and when they are there
    // one more is reserved: the head has no record on the disk, and is full.
    must(journal->commit([&]() -> Result<> {
        while (journal->append(7, as_bytes(text_of(journal->last() + 1)))) {
        }
        return {};
    }));
    fill_a_file();
    must(journal->commit());
    must(journal->release(journal->last()));
    EXPECT_EQ(must(fixture.disk.list("/j")).size(), 2U) << "the head, and what is reserved";
}

TEST(Journal, ReleaseRemovesOnlyWholeFilesThatAreNotNeeded) {
    Fixture fixture;
    const auto journal = must(fixture.open());
    for (int i = 0; i < 300; ++i) {
        append_next(*journal);
        must(journal->commit());
    }
    const std::uint64_t before = journal->disk_bytes();
    must(journal->release(200));
    EXPECT_LT(journal->disk_bytes(), before);
    must(fixture.open());
    EXPECT_LE(fixture.replayed.begin()->first, 201U);
    EXPECT_GT(fixture.replayed.begin()->first, 1U);
    EXPECT_EQ(fixture.replayed.rbegin()->first, 300U);
}

// One life after another, each ended by a power cut at some operation. The oracle stands outside: a
// record must be there once commit() returned for it, or once a start gave it back.
class PowerCutTrial {
public:
    explicit PowerCutTrial(std::uint64_t seed) : fixture_(seed), random_(seed + 1'000'000) {}

    void live() {
        const auto journal = must(fixture_.open());
        check();
        for (const auto& [lsn, text] : fixture_.replayed) {
            promised_.insert(lsn);
        }
        std::uint64_t left = 1 + random_.below(60);
        bool cut = false;
        fixture_.disk.set_fault([&](SimDisk::Operation, const std::string&) {
            cut = cut || --left == 0;
            return cut ? std::optional(Error{Code::Io, "power", {}}) : std::nullopt;
        });
        while (!cut) {
            std::vector<Lsn> appended;
            for (std::uint64_t n = random_.below(4) + 1; n > 0; --n) {
                if (const auto lsn = journal->append(7, as_bytes(text_of(journal->last() + 1)))) {
                    appended.push_back(*lsn);
                    attempted_ = std::max(attempted_, *lsn);
                }
            }
            if (journal->commit()) {
                promised_.insert(appended.begin(), appended.end());
            }
        }
        fixture_.disk.set_fault(nullptr);
        fixture_.disk.power_cut();
    }

    void check() {
        for (const auto& [lsn, text] : fixture_.replayed) {
            ASSERT_EQ(text, text_of(lsn));
            ASSERT_LE(lsn, attempted_) << "never written";
        }
        for (const Lsn lsn : promised_) {
            ASSERT_TRUE(fixture_.replayed.contains(lsn)) << "lost " << lsn;
        }
    }

    Fixture fixture_;

private:
    SeededRandom random_;
    std::set<Lsn> promised_;
    Lsn attempted_ = 0;
};

TEST(Journal, APowerCutLosesNothingThatWasCommitted) {
    for (std::uint64_t seed = 0; seed < 2000 && !HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        PowerCutTrial trial(seed);
        for (int life = 0; life < 4; ++life) {
            trial.live();
        }
        must(trial.fixture_.open());
        trial.check();
    }
}

// F4 of SECURITY.md, for this file kind.
TEST(Journal, AFlippedBitIsFoundAndCostsOneRecordAtMost) {
    Fixture fixture;
    fill(fixture, 40);
    const auto names = must(fixture.disk.list("/j"));
    int checked = 0;
    for (const std::string& name : names) {
        const Bytes content = must(read_file(fixture.disk, "/j/" + name, 1 << 20));
        for (std::size_t byte = 0; byte < content.size(); ++byte) {
            Bytes damaged = content;
            damaged[byte] ^= static_cast<std::byte>(1U << byte % 8);
            std::uint64_t records = 0;
            std::uint64_t whole = 0;
            must(scan_file(content, name, 0, [&](const Record&) -> Result<> {
                ++whole;
                return {};
            }));
            const auto scan = scan_file(damaged, name, 0, [&](const Record& record) -> Result<> {
                ++records;
                EXPECT_EQ(as_text(record.payload), text_of(record.lsn));
                return {};
            });
            ASSERT_TRUE(scan) << byte;
            ASSERT_GE(records + 1, whole) << name << " byte " << byte;
            if (whole > 0 && records < whole) {
                ASSERT_FALSE(scan->damage.empty()) << byte;
            }
            ++checked;
        }
    }
    EXPECT_GT(checked, 8000);
}

TEST(Journal, ATornFileOpensAtEveryLength) {
    Fixture fixture;
    fill(fixture, 20);
    const std::string path = "/j/" + must(fixture.disk.list("/j")).front();
    const Bytes content = must(read_file(fixture.disk, path, 1 << 20));
    for (std::size_t length = 0; length < content.size(); ++length) {
        Lsn last = 0;
        must(scan_file(ByteView(content).first(length), "x", 0,
                       [&](const Record& record) -> Result<> {
                           EXPECT_EQ(record.lsn, last + 1);
                           last = record.lsn;
                           return {};
                       }));
    }
}

// RP4: what follows a damaged stretch was acknowledged and must not be discarded.
TEST(Journal, DamageInTheMiddleKeepsWhatFollows) {
    Fixture fixture;
    fill(fixture, 60);
    const auto names = must(fixture.disk.list("/j"));
    must(fixture.disk.flip_bit("/j/" + names[0], 200, 3));
    const auto journal = must(fixture.open());
    EXPECT_EQ(fixture.replayed.size(), 59U);
    EXPECT_EQ(fixture.replayed.rbegin()->first, 60U);
    ASSERT_EQ(journal->damage().size(), 1U);
    EXPECT_FALSE(journal->damage()[0].torn_tail);
    EXPECT_NE(fixture.around.output.text().find("\"event\":\"damaged\""), std::string::npos);
}

// RP3 and IoTDB 11276: empty and zeroed newest files.
TEST(Journal, EmptyAndZeroedFilesDoNotStopTheStart) {
    Fixture fixture;
    fill(fixture, 10);
    must(must(fixture.disk.open("/j/journal-ffff000000000000-00000001.gj", OpenMode::Create))
             ->write(0, Bytes(5000)));
    must(fixture.disk.open("/j/journal-ffff000000000001-00000001.gj", OpenMode::Create));
    const auto journal = must(fixture.open());
    EXPECT_EQ(fixture.replayed.size(), 10U);
    EXPECT_TRUE(journal->damage().empty());
    EXPECT_EQ(append_next(*journal), 11U);
}

// PostgreSQL's lesson: a failed sync is never tried again.
TEST(Journal, StopsForGoodWhenASyncFails) {
    Fixture fixture;
    const auto journal = must(fixture.open());
    append_next(*journal);
    must(journal->commit());
    append_next(*journal);
    bool fail_now = true;
    fixture.disk.set_fault([&](SimDisk::Operation op, const std::string&) -> std::optional<Error> {
        const bool now = fail_now && op == SimDisk::Operation::Sync;
        fail_now = fail_now && !now;
        return now ? std::optional(Error{Code::Io, "EIO", {}}) : std::nullopt;
    });
    EXPECT_EQ(failure(journal->commit()), Code::Io);
    EXPECT_EQ(failure(journal->commit()), Code::Unavailable);
    EXPECT_EQ(failure(journal->append(7, as_bytes("x"))), Code::Unavailable);
    EXPECT_TRUE(journal->failed());
    EXPECT_EQ(journal->durable(), 1U);
}

// F5: every write, sync, rename and reservation fails once.
TEST(Journal, NoAcknowledgementAfterAnyFailingOperation) {
    for (std::uint64_t nth = 1; nth < 120; ++nth) {
        Fixture fixture(nth);
        Lsn committed = 0;
        std::uint64_t left = nth;
        fixture.disk.set_fault([&](SimDisk::Operation, const std::string&) -> std::optional<Error> {
            return --left == 0 ? std::optional(Error{Code::Io, "EIO", {}}) : std::nullopt;
        });
        if (auto journal = fixture.open()) {
            for (int i = 0; i < 60; ++i) {
                const auto lsn = (*journal)->append(7, as_bytes(text_of((*journal)->last() + 1)));
                if (!lsn || !(*journal)->commit()) {
                    break;
                }
                committed = *lsn;
            }
        }
        fixture.disk.set_fault(nullptr);
        fixture.disk.power_cut();
        must(fixture.open());
        for (Lsn lsn = 1; lsn <= committed; ++lsn) {
            ASSERT_EQ(fixture.replayed[lsn], text_of(lsn)) << "nth " << nth;
        }
    }
}

// F6: refused before anything is promised, and back by itself when there is space again.
TEST(Journal, AFullDiskRefusesAndRecovers) {
    Fixture fixture;
    const auto journal = must(fixture.open());
    fixture.disk.set_capacity(fixture.disk.used_bytes());
    Lsn committed = 0;
    Result<Lsn> lsn = Lsn{0};
    for (int i = 0; i < 1000 && lsn; ++i) {
        lsn = journal->append(7, as_bytes(text_of(journal->last() + 1)));
        if (lsn) {
            must(journal->commit());
            committed = *lsn;
        }
    }
    EXPECT_EQ(failure(lsn), Code::StorageFull);
    EXPECT_GT(committed, 20U);
    EXPECT_EQ(failure(journal->prepare()), Code::StorageFull);
    EXPECT_FALSE(journal->failed());
    // A full disk does not keep it from opening either.
    {
        SeededRandom random(5);
        const auto copy = fixture.disk.copy(9);
        copy->set_capacity(copy->used_bytes());
        std::size_t seen = 0;
        const auto second = must(Journal::open(*copy, "/j", random, fixture.around.log, {4096},
                                               [&](const Record&) -> Result<> {
                                                   ++seen;
                                                   return {};
                                               }));
        EXPECT_EQ(seen, committed);
        EXPECT_EQ(failure(second->append(7, as_bytes("x"))), Code::StorageFull);
    }
    fixture.disk.set_capacity(UINT64_MAX);
    must(journal->prepare());
    EXPECT_EQ(append_next(*journal), committed + 1);
    must(journal->commit());
}

TEST(Journal, ANewerFormatIsRefusedByName) {
    Fixture fixture;
    fill(fixture, 1);
    const std::string path = "/j/" + must(fixture.disk.list("/j")).front();
    Bytes content = must(read_file(fixture.disk, path, 1 << 20));
    content[8] = std::byte{2};
    std::fill(content.begin() + 12, content.begin() + 16, std::byte{0});
    const std::uint32_t crc = crc32c(ByteView(content).first(32));
    std::memcpy(content.data() + 12, &crc, sizeof(crc));
    must(must(fixture.disk.open(path, OpenMode::ReadWrite))->write(0, content));
    const auto opened = fixture.open();
    EXPECT_EQ(failure(opened), Code::Unsupported);
    EXPECT_NE(opened.error().message.find("version 2"), std::string::npos);
}

}  // namespace
}  // namespace gantry::journal

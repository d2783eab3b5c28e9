// SPDX-License-Identifier: Apache-2.0
// Check and repair, against an oracle that stands outside: what was written, row by row.
#include "store/repair.h"

#include <map>
#include <set>

#include "base/sim_disk.h"
#include "store/backfill.h"
#include "store/segment_format.h"
#include "testing/testing.h"

namespace gantry::store {
namespace {

using gantry::testing::failure;
using gantry::testing::must;

using Rows = std::set<std::pair<std::string, Time>>;

constexpr std::int64_t row_count = 40;
const std::map<std::string, std::int64_t> factors = {{"a", 3}, {"b", 5}};

StoreOptions small_options() {
    StoreOptions options;
    options.folder = "/s";
    options.memtable_bytes = 16 * 1024;
    options.journal.file_bytes = 4096;
    return options;
}

SampleBatch one(SeriesId series, Time time, std::int64_t value) {
    SampleBatch batch;
    batch.add(series, time, quality::good, value);
    return batch;
}

// Two series; three segments, and ten rows of each in the journal alone. One row a record.
struct Fixture {
    Fixture() : disk(1) {
        const auto store = open(disk);
        const SeriesId a = must(store->make_series("a", ValueType::Int64));
        const SeriesId b = must(store->make_series("b", ValueType::Int64));
        for (std::int64_t i = 1; i <= row_count; ++i) {
            record_rows[must(store->append(one(a, i, i * 3)))] = {"a", i};
            record_rows[must(store->append(one(b, i, i * 5)))] = {"b", i};
            must(store->commit());
            if (i == 10 || i == 20 || i == 30) {
                must(store->flush());
            }
        }
        for (const auto& [lsn, row] : record_rows) {
            written.insert(row);
        }
    }

    std::unique_ptr<Store> open(SimDisk& of) {
        return must(
            Store::open(of, around.clock, random, around.log, around.metrics, small_options()));
    }
    StoreReport inspect(SimDisk& of) { return must(store::inspect(of, "/s", around.log)); }
    RepairPlan repair(SimDisk& of) { return must(store::repair(of, random, "/s", around.log)); }

    // Opens the store and reads every row; one that was never written is a failure.
    Rows read(SimDisk& of) {
        const auto store = open(of);
        Rows out;
        std::uint32_t number = 0;
        for (const auto& [key, factor] : factors) {
            for (const std::string& name : {key, recovered_key(SeriesId{number})}) {
                const auto info = store->find_series(name);
                if (!info) {
                    continue;
                }
                must(store->scan(std::span(&info->id, 1), {}, [&](const Chunk& chunk) {
                    for (std::size_t i = 0; i < chunk.size(); ++i) {
                        const Row row = chunk.row(i);
                        EXPECT_EQ(row.value(), Value(row.time * factor));
                        EXPECT_TRUE(out.emplace(key, row.time).second) << "twice";
                    }
                    return true;
                }));
            }
            ++number;
        }
        return out;
    }

    std::vector<std::pair<std::string, std::uint64_t>> files() {
        std::vector<std::pair<std::string, std::uint64_t>> out;
        for (const std::string folder : {"/s", "/s/journal", "/s/catalogue"}) {
            for (const std::string& name : must(disk.list(folder))) {
                const std::string path = folder + "/" + name;
                if (!name.starts_with("reserved-")) {
                    out.emplace_back(path, must(read_file(disk, path, 1 << 30)).size());
                }
            }
        }
        return out;
    }
    std::string segment(std::size_t index) {
        auto names = must(disk.list("/s"));
        std::erase_if(names, [](const std::string& name) { return !segment_number(name); });
        return "/s/" + names.at(index);
    }
    void remove(const std::string& path) {
        must(disk.remove(path));
        must(disk.sync_directory(parent_of(path)));
    }

    SimDisk disk;
    SeededRandom random{7};
    gantry::testing::Surroundings around;
    std::map<Lsn, std::pair<std::string, Time>> record_rows;
    Rows written;
};

bool says_torn(const StoreReport& report) {
    return std::ranges::any_of(report.journal.files, [](const JournalFileReport& file) {
        return std::ranges::any_of(file.damage,
                                   [](const auto& stretch) { return stretch.damage.torn_tail; });
    });
}

// What is gone must be what the plan named, neither more nor less.
void expect_named(Fixture& fixture, const Rows& there, const RepairPlan& plan, bool torn) {
    Rows gone;
    std::ranges::set_difference(fixture.written, there, std::inserter(gone, gone.end()));
    Rows named;
    std::uint64_t count = 0;
    for (const RepairAction& action : plan.actions) {
        for (const LostRows& lost : action.loses) {
            count += lost.rows;
            for (const auto& row : fixture.written) {
                if ((!lost.series || row.first == lost.key) && row.second >= lost.first &&
                    row.second <= lost.last) {
                    named.insert(row);
                }
            }
        }
        for (Lsn lsn = action.records.first; lsn != 0 && lsn <= action.records.last; ++lsn) {
            if (action.journal == "journal" && fixture.record_rows.contains(lsn)) {
                named.insert(fixture.record_rows[lsn]);
                ++count;
            }
        }
    }
    if (torn && gone.size() == 1) {
        EXPECT_EQ(*gone.begin(), fixture.record_rows.rbegin()->second);
        return;
    }
    EXPECT_TRUE(std::ranges::includes(named, gone));
    EXPECT_EQ(gone.size(), count);
}

TEST(Inspect, ASoundStoreIsHealthyAndCounted) {
    Fixture fixture;
    const StoreReport report = fixture.inspect(fixture.disk);
    EXPECT_TRUE(report.healthy()) << report.problems().front();
    EXPECT_EQ(report.segments.size(), 3U);
    EXPECT_EQ(report.segment_rows, 60U);
    EXPECT_EQ(report.journal_rows, 20U);
    EXPECT_EQ(report.series, 2U);
    EXPECT_TRUE(must(plan_repair(fixture.disk, "/s", fixture.around.log)).actions.empty());

    const StoreUse use = must(measure(fixture.disk, "/s", fixture.around.log,
                                      {.largest_max = 1, .partition = std::chrono::hours(24)}));
    EXPECT_EQ(use.rows, 60U);
    EXPECT_EQ(use.journal_rows, 20U);
    EXPECT_EQ(use.first, 1);
    EXPECT_EQ(use.last, row_count);
    ASSERT_EQ(use.types.size(), 1U);
    EXPECT_EQ(use.types[0].series, 2U);
    ASSERT_EQ(use.largest.size(), 1U);
    EXPECT_EQ(use.largest[0].rows, 30U);
    ASSERT_EQ(use.partitions.size(), 1U);
    EXPECT_EQ(use.partitions[0].rows, 60U);
    EXPECT_EQ(failure(inspect(fixture.disk, "/nowhere", fixture.around.log)), Code::NotFound);
}

TEST(Inspect, LooksWithoutWriting) {
    Fixture fixture;
    const std::uint64_t before = fixture.disk.operations();
    (void)fixture.inspect(fixture.disk);
    (void)must(
        measure(fixture.disk, "/s", fixture.around.log, {.partition = std::chrono::hours(24)}));
    (void)must(plan_repair(fixture.disk, "/s", fixture.around.log));
    EXPECT_EQ(fixture.disk.operations(), before);
}

TEST(Inspect, ReadsBesideAStoreThatWritesAndMoves) {
    Fixture fixture;
    const auto store = fixture.open(fixture.disk);
    const SeriesId id = store->find_series("a")->id;
    for (std::int64_t i = row_count + 1; i < 400; ++i) {
        must(store->append(one(id, i, i * 3)));
        must(store->commit());
        if (i % 20 == 0) {
            must(store->flush());
            while (must(store->maintain())) {
            }
        }
        if (i % 7 == 0) {
            const StoreReport report = fixture.inspect(fixture.disk);
            ASSERT_TRUE(report.healthy()) << report.problems().front();
            const Contents contents = must(read_contents(fixture.disk, "/s", fixture.around.log));
            std::int64_t rows = 0;
            EXPECT_TRUE(contents.scan(id, {}, [&rows](const Chunk& chunk) {
                rows += static_cast<std::int64_t>(chunk.size());
                return true;
            }));
            ASSERT_EQ(rows, i);
        }
    }
}

TEST(Inspect, SeesNoErasedRow) {
    Fixture fixture;
    {
        const auto store = fixture.open(fixture.disk);
        must(store->erase(store->find_series("a")->id, {5, 35}));
        must(store->commit());
    }
    const Contents contents = must(read_contents(fixture.disk, "/s", fixture.around.log));
    std::size_t rows = 0;
    EXPECT_TRUE(contents.scan(SeriesId{0}, {}, [&rows](const Chunk& chunk) {
        rows += chunk.size();
        return true;
    }));
    EXPECT_EQ(rows, static_cast<std::size_t>(row_count - 30));
}

// F3 and Prometheus 18552: one flipped bit anywhere is named by check, or costs nothing; repair
// loses what it named and not a row more; then all is well, and the store opens.
void flip_bits(std::uint64_t step, std::uint64_t step_of_journals, int trials_least) {
    Fixture fixture;
    int trials = 0;
    for (const auto& [path, size] : fixture.files()) {
        const bool journal = path.contains("/journal-");
        for (std::uint64_t byte = 0; byte < std::min<std::uint64_t>(size, 1500);
             byte += journal ? step_of_journals : step) {
            SCOPED_TRACE(path + " byte " + std::to_string(byte));
            const auto disk = fixture.disk.copy(byte);
            must(disk->flip_bit(path, byte, static_cast<unsigned>(byte % 8)));
            const StoreReport before = fixture.inspect(*disk);
            const RepairPlan plan = fixture.repair(*disk);
            ASSERT_EQ(plan.actions.empty(), before.healthy());
            const StoreReport after = fixture.inspect(*disk);
            ASSERT_TRUE(after.healthy()) << after.problems().front();
            const Rows there = fixture.read(*disk);
            expect_named(fixture, there, plan, says_torn(before));
            ASSERT_FALSE(::testing::Test::HasFailure());
            ++trials;
        }
    }
    EXPECT_GT(trials, trials_least);
}

TEST(Repair, AFlippedBitCostsWhatWasNamedAndNoMore) { flip_bits(7, 61, 150); }

TEST(Repair, AFlippedBitAnywhereCostsWhatWasNamedAndNoMore_slow) { flip_bits(3, 5, 1000); }

TEST(Repair, KeepsTheDamagedFileAsItWas) {
    Fixture fixture;
    const std::string path = fixture.segment(1);
    must(fixture.disk.flip_bit(path, sizeof(SegmentHead) + 20, 1));
    const Bytes damaged = must(read_file(fixture.disk, path, 1 << 20));
    const RepairPlan plan = fixture.repair(fixture.disk);
    ASSERT_EQ(plan.actions.size(), 1U);
    ASSERT_EQ(plan.actions[0].loses.size(), 1U);
    EXPECT_EQ(plan.actions[0].loses[0], (LostRows{SeriesId{0}, "a", 10, 11, 20}));
    EXPECT_FALSE(must(fixture.disk.exists(path)));
    const std::string kept = "/s/quarantine" + path.substr(2);
    EXPECT_EQ(must(read_file(fixture.disk, kept, 1 << 20)), damaged);
}

TEST(Repair, TakesAMissingSegmentOutOfTheManifest) {
    Fixture fixture;
    fixture.remove(fixture.segment(2));
    const StoreReport report = fixture.inspect(fixture.disk);
    ASSERT_EQ(report.problems().size(), 1U);
    EXPECT_TRUE(report.problems()[0].contains("missing: 20 rows")) << report.problems()[0];
    const RepairPlan plan = fixture.repair(fixture.disk);
    ASSERT_EQ(plan.actions.size(), 1U);
    EXPECT_EQ(plan.actions[0].kind, RepairKind::DropSegment);
    expect_named(fixture, fixture.read(fixture.disk), plan, false);
}

TEST(Repair, ATruncatedSegmentKeepsTheBlocksBeforeTheCut) {
    Fixture fixture;
    const std::string path = fixture.segment(0);
    {
        const auto file = must(fixture.disk.open(path, OpenMode::ReadWrite));
        must(file->truncate(must(file->size()) * 4 / 10));
        must(file->sync());
    }
    const RepairPlan plan = fixture.repair(fixture.disk);
    ASSERT_EQ(plan.actions.size(), 1U);
    expect_named(fixture, fixture.read(fixture.disk), plan, false);
    EXPECT_TRUE(fixture.inspect(fixture.disk).healthy());
}

TEST(Repair, MakesAManifestAgainFromTheSegments) {
    for (const bool damaged : {true, false}) {
        Fixture fixture;
        {
            const auto store = fixture.open(fixture.disk);
            const auto backfill = store->begin_backfill();  // past the journal
            must(backfill->add(one(SeriesId{0}, row_count + 1, (row_count + 1) * 3)));
            must(backfill->publish());
            fixture.written.emplace("a", row_count + 1);
        }
        for (const std::string_view name : manifest_copies) {
            const std::string path = "/s/" + std::string(name);
            if (damaged) {
                must(fixture.disk.flip_bit(path, 30, 1));
            } else {
                fixture.remove(path);
            }
        }
        const StoreReport report = fixture.inspect(fixture.disk);
        EXPECT_TRUE(report.manifest_lost);
        EXPECT_FALSE(report.healthy());
        const RepairPlan plan = fixture.repair(fixture.disk);
        EXPECT_EQ(plan.actions.back().kind, RepairKind::RebuildManifest);
        EXPECT_TRUE(fixture.inspect(fixture.disk).healthy());
        EXPECT_EQ(fixture.read(fixture.disk), fixture.written);
    }
}

// A crash between the first segments and the first manifest; it is also what a running gantryd
// looks like for a moment.
TEST(Inspect, SegmentsBeforeTheFirstManifestAreNoDamage) {
    Fixture fixture;
    SimDisk disk(5);
    {
        const auto store = fixture.open(disk);
        const SeriesId id = must(store->make_series("a", ValueType::Int64));
        for (std::int64_t i = 1; i <= 5; ++i) {
            must(store->append(one(id, i, i * 3)));
        }
        must(store->commit());
        disk.set_fault([](SimDisk::Operation, const std::string& path) {
            return path.contains("MANIFEST") ? std::optional(Error{Code::Io, "EIO", {}})
                                             : std::nullopt;
        });
        EXPECT_EQ(failure(store->flush()), Code::Io);
        disk.set_fault(nullptr);
    }
    const StoreReport report = fixture.inspect(disk);
    EXPECT_TRUE(report.healthy());
    EXPECT_EQ(report.strangers.size(), 1U);
    EXPECT_EQ(report.journal_rows, 5U);
    EXPECT_EQ(fixture.read(disk).size(), 5U);
}

TEST(Repair, LaterRowsWinAfterTheManifestWasMadeAgain) {
    Fixture fixture;
    {
        const auto store = fixture.open(fixture.disk);
        const SeriesId id = must(store->make_series("c", ValueType::Int64));
        for (std::int64_t value = 1; value <= 3; ++value) {
            must(store->append(one(id, 1, value)));
            must(store->commit());
            must(store->flush());
        }
    }
    for (const std::string_view name : manifest_copies) {
        must(fixture.disk.flip_bit("/s/" + std::string(name), 30, 1));
    }
    (void)fixture.repair(fixture.disk);
    const auto store = fixture.open(fixture.disk);
    EXPECT_EQ(must(store->latest(store->find_series("c")->id))->value, Value(std::int64_t{3}));
}

TEST(Repair, ASegmentThatNoManifestNamesIsMovedAside) {
    Fixture fixture;
    const Bytes content = must(read_file(fixture.disk, fixture.segment(0), 1 << 20));
    {
        const auto file = must(fixture.disk.open(segment_path("/s", 900), OpenMode::Create));
        must(file->write(0, ByteView(content).first(100)));
        must(file->sync());
        const auto note = must(fixture.disk.open("/s/notes.txt", OpenMode::Create));
        must(fixture.disk.sync_directory("/s"));
    }
    const StoreReport report = fixture.inspect(fixture.disk);
    EXPECT_TRUE(report.healthy()) << "a crash leaves them";
    EXPECT_EQ(report.strangers.size(), 1U);
    EXPECT_EQ(report.unknown, std::vector<std::string>{"notes.txt"});
    (void)fixture.repair(fixture.disk);
    EXPECT_TRUE(must(fixture.disk.exists("/s/quarantine/segment-000000000900.gs")));
    EXPECT_FALSE(must(fixture.disk.exists(segment_path("/s", 900))));
    EXPECT_TRUE(must(fixture.disk.exists("/s/notes.txt")));
    EXPECT_EQ(fixture.read(fixture.disk), fixture.written);
}

TEST(Repair, ASeriesWithoutANameGetsOneAndItsNumberIsNotGivenOutAgain) {
    Fixture fixture;
    for (const std::string& name : must(fixture.disk.list("/s/catalogue"))) {
        if (name.starts_with("journal-")) {
            const std::string path = "/s/catalogue/" + name;
            const auto bytes = must(read_file(fixture.disk, path, 1 << 20));
            for (std::uint64_t at = 32; at < std::min<std::uint64_t>(bytes.size(), 300); at += 40) {
                must(fixture.disk.flip_bit(path, at + 30, 1));
            }
        }
    }
    const StoreReport report = fixture.inspect(fixture.disk);
    EXPECT_EQ(report.nameless.size(), 2U);
    const RepairPlan plan = fixture.repair(fixture.disk);
    EXPECT_EQ(plan.actions.size(), 2U);
    const auto store = fixture.open(fixture.disk);
    EXPECT_EQ(store->find_series("recovered/series-1")->id, SeriesId{1});
    EXPECT_EQ(must(store->make_series("new", ValueType::Bool)), SeriesId{2});
}

TEST(Repair, SaysBeforehandWhenThereIsNoRoom) {
    Fixture fixture;
    must(fixture.disk.flip_bit(fixture.segment(0), sizeof(SegmentHead) + 20, 1));
    fixture.disk.set_capacity(fixture.disk.used_bytes() + 100);
    EXPECT_EQ(failure(repair(fixture.disk, fixture.random, "/s", fixture.around.log)),
              Code::StorageFull);
    EXPECT_FALSE(must(fixture.disk.exists("/s/MANIFEST.tmp")));
    EXPECT_FALSE(fixture.inspect(fixture.disk).healthy());
}

// The power goes at every operation; what repair began, the next repair ends, or the store itself
// opens with all that was not damaged.
TEST(Repair, APowerCutAtAnyOperationLosesNothing) {
    Fixture fixture;
    const std::string path = fixture.segment(1);
    must(fixture.disk.flip_bit(path, sizeof(SegmentHead) + 20, 1));
    must(fixture.disk.flip_bit(fixture.segment(2), 4, 1));
    must(fixture.disk.flip_bit("/s/MANIFEST", 30, 1));
    for (const std::string& name : must(fixture.disk.list("/s/catalogue"))) {
        if (name.starts_with("journal-")) {
            must(fixture.disk.flip_bit("/s/catalogue/" + name, 62, 1));
            break;
        }
    }
    const Bytes damaged = must(read_file(fixture.disk, path, 1 << 20));
    const auto whole = fixture.disk.copy(1);
    const RepairPlan plan = fixture.repair(*whole);
    ASSERT_GE(plan.actions.size(), 5U);
    const Rows expected = fixture.read(*whole);
    ASSERT_EQ(expected.size(), fixture.written.size() - 10);

    bool ended = false;
    int cuts = 0;
    for (std::uint64_t nth = 1; !ended; ++nth) {
        for (const bool again : {true, false}) {
            SCOPED_TRACE(std::to_string(nth) + (again ? ", repaired again" : ", opened"));
            const auto disk = fixture.disk.copy(nth);
            std::uint64_t left = nth;
            disk->set_fault([&left](SimDisk::Operation, const std::string&) {
                left -= left > 0 ? 1 : 0;
                return left == 0 ? std::optional(Error{Code::Io, "the power is gone", {}})
                                 : std::nullopt;
            });
            ended = repair(*disk, fixture.random, "/s", fixture.around.log).has_value();
            disk->set_fault(nullptr);
            disk->power_cut();
            if (again) {
                (void)fixture.repair(*disk);
                const StoreReport report = fixture.inspect(*disk);
                ASSERT_TRUE(report.healthy()) << report.problems().front();
                ASSERT_EQ(fixture.read(*disk), expected);
                ASSERT_EQ(must(read_file(*disk, "/s/quarantine" + path.substr(2), 1 << 20)),
                          damaged);
            } else {
                // The name of one series may not be there yet.
                const Rows there = fixture.read(*disk);
                for (const auto& row : expected) {
                    ASSERT_TRUE(there.contains(row) || row.first == "a");
                }
                const std::string kept =
                    must(disk->exists(path)) ? path : "/s/quarantine" + path.substr(2);
                ASSERT_EQ(must(read_file(*disk, kept, 1 << 20)), damaged);
            }
            ++cuts;
        }
    }
    EXPECT_GT(cuts, 80);
}

}  // namespace
}  // namespace gantry::store

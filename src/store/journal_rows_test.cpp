// SPDX-License-Identifier: Apache-2.0
// The rows of a journal in parts, against the same journal in memory as a whole.
#include "store/journal_rows.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <map>

#include "base/mapping_faults.h"
#include "base/sim_disk.h"
#include "store/block_columns.h"
#include "store/inspect.h"
#include "testing/testing.h"

namespace gantry::store {
namespace {

using gantry::testing::must;

using Rows = std::map<std::pair<std::uint32_t, Time>, Value>;

struct Fixture {
    explicit Fixture(Disk& of) : disk(of) {
        options.folder = folder / "s";
        options.journal.file_bytes = 16 * 1024;
        store = must(Store::open(disk, around.clock, random, around.log, around.metrics, options));
        for (const char* key : {"a", "b", "c"}) {
            must(store->make_series(key, ValueType::Int64));
        }
        must(store->make_series("text", ValueType::String));
    }
    // A row of each of the series, at that time.
    void write(Time time, std::int64_t value) {
        SampleBatch batch;
        for (std::uint32_t series = 0; series < 3; ++series) {
            batch.add_int(SeriesId{series}, time, quality::good, value + series);
        }
        batch.add_text(SeriesId{3}, time, quality::good, std::to_string(value));
        must(store->append(batch));
        must(store->commit());
    }
    Contents read(bool in_memory) {
        return must(
            read_contents(disk, options.folder, around.log, {.journal_in_memory = in_memory}));
    }

    Disk& disk;
    gantry::testing::TemporaryFolder folder;
    gantry::testing::Surroundings around;
    SystemRandom random;
    StoreOptions options;
    std::unique_ptr<Store> store;
};

void add_rows(const Contents& contents, SeriesId series, TimeRange range, Rows& out) {
    Time before = time_min;
    EXPECT_TRUE(contents.scan(series, range, [&](const Chunk& chunk) {
        for (std::size_t i = 0; i < chunk.size(); ++i) {
            const Row row = chunk.row(i);
            EXPECT_GT(row.time, before);
            before = row.time;
            EXPECT_TRUE(out.emplace(std::pair(series.value, row.time), row.value()).second);
        }
        return true;
    }));
}

Rows whole(const Contents& contents) {
    Rows out;
    for (const SeriesId series : contents.series_with_rows()) {
        add_rows(contents, series, {}, out);
    }
    return out;
}

// Every series by itself, in parts of so many bytes; none may hold more.
Rows in_parts(Contents& contents, std::uint64_t bytes_max, std::uint64_t rows_max) {
    Rows out;
    for (const SeriesId series : contents.series_with_rows()) {
        for (const TimeRange& part : must(contents.journal_rows.split(series, {}, bytes_max))) {
            must(contents.load_journal(std::span(&series, 1), part));
            EXPECT_LE(contents.memory->rows(), rows_max);
            add_rows(contents, series, part, out);
        }
    }
    return out;
}

// Late rows, rows that are written again, rows that were erased and written again, some of all in
// segments.
void fill(Fixture& fixture) {
    SeededRandom random(7);
    for (std::int64_t i = 0; i < 300; ++i) {
        const bool crowd = random.chance(0.5);
        fixture.write(crowd ? 1000 + static_cast<Time>(random.below(20))
                            : static_cast<Time>(random.below(1'000'000'000)),
                      i * 10);
        if (i == 100) {
            must(fixture.store->flush());
        }
        if (i == 150 || i == 200) {
            must(fixture.store->erase(SeriesId{1}, {0, 500'000'000}));
            must(fixture.store->erase(SeriesId{3}, {1005, 1010}));
        }
    }
    must(fixture.store->commit());
}

TEST(JournalRows, InPartsTheyAreWhatTheyAreAsAWhole) {
    SimDisk disk{1};
    Fixture fixture(disk);
    fill(fixture);
    const Rows expected = whole(fixture.read(true));
    Contents contents = fixture.read(false);
    EXPECT_TRUE(contents.memory->empty());
    EXPECT_EQ(contents.journal_rows.rows(), 4U * 199);
    // Ten rows at most, but for those of one time, which were written again and again.
    EXPECT_EQ(in_parts(contents, 200, 20), expected);
    EXPECT_EQ(in_parts(contents, UINT64_MAX, 199), expected);
    const std::vector<SeriesId> all = {SeriesId{0}, SeriesId{1}, SeriesId{2}, SeriesId{3}};
    must(contents.load_journal(all));
    EXPECT_EQ(whole(contents), expected);
    must(contents.load_journal(std::vector{SeriesId{0}, SeriesId{2}}));
    EXPECT_TRUE(contents.memory->has(SeriesId{2}));
    EXPECT_FALSE(contents.memory->has(SeriesId{1})) << "it lies between them and was not wanted";
}

TEST(JournalRows, AreThereWhenARunningStoreHasRemovedTheFiles) {
    RealDisk disk;
    Fixture fixture(disk);
    fill(fixture);
    const Rows expected = whole(fixture.read(true));
    Contents contents = fixture.read(false);
    const auto files = must(disk.list(fixture.options.folder + "/journal")).size();
    must(fixture.store->flush());
    while (must(fixture.store->maintain())) {
    }
    EXPECT_LT(must(disk.list(fixture.options.folder + "/journal")).size(), files);
    EXPECT_EQ(in_parts(contents, 200, 20), expected);
}

TEST(JournalRows, RowsOfOneTimeCannotBeCutApart) {
    SimDisk disk{1};
    Fixture fixture(disk);
    for (std::int64_t i = 0; i < 50; ++i) {
        fixture.write(5, i);
        fixture.write(6, i);
    }
    Contents contents = fixture.read(false);
    const auto parts = must(contents.journal_rows.split(SeriesId{0}, {}, 20));
    EXPECT_EQ(parts, (std::vector<TimeRange>{{time_min, 6}, {6, time_max}}));
    EXPECT_EQ(must(contents.journal_rows.split(SeriesId{9}, {}, 20)),
              std::vector<TimeRange>{TimeRange{}});
    EXPECT_EQ(in_parts(contents, 20, 50), whole(fixture.read(true)));
}

TEST(Inspect, CountsColumnsByCodec) {
    SimDisk disk{1};
    Fixture fixture(disk);
    for (std::int64_t i = 0; i < 3000; ++i) {
        fixture.write(i * 1000, 7);
    }
    must(fixture.store->flush());
    const StoreUse without = must(measure(disk, fixture.options.folder, fixture.around.log, {}));
    EXPECT_TRUE(without.codecs.empty());
    const StoreUse use =
        must(measure(disk, fixture.options.folder, fixture.around.log, {.codecs = true}));
    EXPECT_EQ(use.blocks_damaged, 0U);
    std::map<BlockColumn, std::uint64_t> values;
    std::map<std::pair<BlockColumn, std::string>, std::uint64_t> blocks;
    std::uint64_t bytes = 0;
    for (const CodecUse& codec : use.codecs) {
        values[codec.column] += codec.values;
        blocks[{codec.column, codec.codec}] += codec.blocks;
        bytes += codec.bytes;
    }
    for (const BlockColumn column : {BlockColumn::Time, BlockColumn::Quality, BlockColumn::Value}) {
        EXPECT_EQ(values[column], use.rows) << column_name(column);
    }
    EXPECT_FALSE(values.contains(BlockColumn::Presence)) << "every row has a value";
    EXPECT_EQ(
        (blocks[{BlockColumn::Time, "regular"}]) + (blocks[{BlockColumn::Time, "regular_in"}]),
        use.blocks);
    EXPECT_EQ((blocks[{BlockColumn::Quality, "all_good"}]), use.blocks);
    EXPECT_EQ((blocks[{BlockColumn::Value, "constant"}]), use.blocks * 3 / 4) << "but the texts";
    EXPECT_LT(bytes, use.block_bytes);
    EXPECT_GT(bytes, 0U);
}

// Puts in the place of the page, in memory, one that no file has: a look at it is answered as where
// a sector is bad, with SIGBUS.
void lose_page(ByteView mapped, const std::string& empty_file) {
    constexpr std::size_t page = 4096;
    const int file = open(empty_file.c_str(), O_RDWR | O_CREAT, 0600);
    ASSERT_GE(file, 0);
    auto* at =
        reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(mapped.data()) / page * page);
    EXPECT_EQ(mmap(at, page, PROT_READ, MAP_SHARED | MAP_FIXED, file, 0), at);
    close(file);
}

// The disk loses a page after the segment was mapped: what lay there is named, the rest is given.
TEST(Inspect, GoesOnWhereTheDiskDoesNotGiveBackAPage) {
    RealDisk disk;
    Fixture fixture(disk);
    SeededRandom random(3);
    for (std::int64_t i = 0; i < 5000; ++i) {
        fixture.write(i * 1000, static_cast<std::int64_t>(random.number() >> 2));
    }
    must(fixture.store->flush());
    const Contents contents = fixture.read(true);
    ASSERT_EQ(contents.segments.size(), 1U);
    const Rows before = whole(contents);
    std::vector<BlockEntry> entries;
    contents.segments[0].file->read_page(0, entries);
    lose_page(contents.segments[0].file->raw(entries[entries.size() / 2]),
              fixture.folder / "empty");

    const MappingFaults faults;
    std::uint64_t lost = 0;
    Rows after;
    for (std::uint32_t series = 0; series < 4; ++series) {
        EXPECT_TRUE(contents.scan(
            SeriesId{series}, {},
            [&](const Chunk& chunk) {
                for (std::size_t i = 0; i < chunk.size(); ++i) {
                    after.emplace(std::pair(series, chunk.row(i).time), chunk.row(i).value());
                }
                return true;
            },
            [&lost](const Segment&, const BlockEntry& block) { lost += block.rows; }));
    }
    EXPECT_GT(lost, 0U);
    EXPECT_GT(after.size(), 0U);
    EXPECT_EQ(after.size() + lost, before.size());
    EXPECT_TRUE(std::ranges::includes(before, after));
}

}  // namespace
}  // namespace gantry::store

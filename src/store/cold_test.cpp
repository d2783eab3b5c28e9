// SPDX-License-Identifier: Apache-2.0
// Partitions that are over and at rest, in the cold tier.
#include "store/inspect.h"
#include "store/repair.h"
#include "store/segment_writer.h"
#include "store/store_testing.h"

namespace gantry::store {
namespace {

StoreOptions cold_options() {
    StoreOptions options = small_options();
    options.memtable_bytes = 1 << 20;
    options.journal.file_bytes = 1 << 20;
    options.partition = std::chrono::hours(1);
    options.cold_after = std::chrono::hours(2);
    return options;
}

void settle(Store& store) {
    while (must(store.maintain())) {
    }
}

// A walk by small steps, of which entropy coding makes less; some rows are bad.
SampleBatch walk(SeriesId series, Time begin, std::size_t rows, SeededRandom& random) {
    SampleBatch out;
    double at = 50;
    for (std::size_t i = 0; i < rows; ++i) {
        at += static_cast<double>(random.below(5) + random.below(5)) - 4;
        const Time time = begin + static_cast<Time>(i) * second;
        out.add_float(series, time, random.chance(0.01) ? quality::bad_timeout : quality::good,
                      at / 10);
    }
    return out;
}

std::vector<std::uint32_t> levels(Fixture& fixture) {
    std::vector<std::uint32_t> out;
    for (const SegmentReport& segment :
         must(inspect(fixture.disk, "/s", fixture.around.log)).segments) {
        out.push_back(segment.entry.level);
    }
    return out;
}

TEST(Cold, APartitionThatIsOverAndAtRestTakesLessSpace) {
    Fixture fixture;
    const auto store = must(fixture.open(cold_options()));
    const SeriesId id = must(store->make_series("a", ValueType::Float64));
    SeededRandom random(1);
    const Time begin = fixture.around.clock.now() / (3600 * second) * (3600 * second);
    for (int part = 0; part < 3; ++part) {
        must(store->append(walk(id, begin + part * 1000 * second, 1000, random)));
        must(store->commit());
        must(store->flush());
        settle(*store);
    }
    const auto expected = read(*store, id);
    const std::uint64_t bytes = store->statistics().segment_bytes;
    EXPECT_EQ(store->statistics().segments, 3U);
    fixture.around.clock.advance(std::chrono::minutes(10));  // now it is seen to be at rest
    settle(*store);
    fixture.around.clock.advance(std::chrono::minutes(140));
    settle(*store);
    EXPECT_EQ(store->statistics().segments, 3U) << "it is over, but not for as long as is asked";
    fixture.around.clock.advance(std::chrono::minutes(60));
    settle(*store);
    EXPECT_EQ(levels(fixture), std::vector<std::uint32_t>{cold_level});
    EXPECT_LT(store->statistics().segment_bytes * 100, bytes * 80);
    EXPECT_EQ(read(*store, id), expected);
}

TEST(Cold, LateRowsGoToTheColdSegmentOnceNoMoreCome) {
    Fixture fixture;
    const auto store = must(fixture.open(cold_options()));
    const SeriesId id = must(store->make_series("a", ValueType::Float64));
    SeededRandom random(2);
    must(store->append(walk(id, 0, 2000, random)));
    must(store->compact());
    EXPECT_EQ(levels(fixture), std::vector<std::uint32_t>{cold_level});
    must(store->compact());
    settle(*store);
    EXPECT_EQ(segment_files(fixture).front(), "segment-000000000003.gs") << "and is left alone";

    must(store->append(one(id, 100 * second, 7.0)));
    must(store->append(one(id, 100 * second + 1, 8.0)));
    must(store->commit());
    must(store->flush());
    settle(*store);
    EXPECT_EQ(levels(fixture).size(), 2U);
    const auto expected = read(*store, id);
    ASSERT_EQ(expected.size(), 2001U);
    EXPECT_EQ(expected[100].value, Value(7.0));
    fixture.around.clock.advance(std::chrono::minutes(10));
    settle(*store);
    fixture.around.clock.advance(std::chrono::hours(3));
    settle(*store);
    EXPECT_EQ(levels(fixture), std::vector<std::uint32_t>{cold_level});
    EXPECT_EQ(read(*store, id), expected);
}

TEST(Cold, WhatWasErasedIsRewrittenCold) {
    Fixture fixture;
    const auto store = must(fixture.open(cold_options()));
    const SeriesId id = must(store->make_series("a", ValueType::Float64));
    SeededRandom random(3);
    must(store->append(walk(id, 0, 2000, random)));
    must(store->compact());
    must(store->erase(id, {500 * second, 600 * second}));
    must(store->commit());
    must(store->flush());
    settle(*store);
    EXPECT_EQ(levels(fixture), std::vector<std::uint32_t>{cold_level});
    EXPECT_EQ(store->statistics().segment_rows, 1900U);
    EXPECT_EQ(read(*store, id).size(), 1900U);
}

TEST(Cold, ADamagedBlockIsRepairedAndTheRestStaysCold) {
    Fixture fixture;
    std::vector<Sample> expected;
    {
        const auto store = must(fixture.open(cold_options()));
        const SeriesId id = must(store->make_series("a", ValueType::Float64));
        SeededRandom random(4);
        must(store->append(walk(id, 0, 3000, random)));
        must(store->compact());
        expected = read(*store, id);
    }
    must(fixture.disk.flip_bit("/s/" + segment_files(fixture).front(), 100, 3));
    must(repair(fixture.disk, fixture.random, "/s", fixture.around.log));
    EXPECT_EQ(levels(fixture), std::vector<std::uint32_t>{cold_level});
    const auto store = must(fixture.open(cold_options()));
    expected.erase(expected.begin(), expected.begin() + codec::values_max);
    EXPECT_EQ(read(*store, store->find_series("a")->id), expected);
}

// Every bit of a cold segment in turn: what is served is what was written, or nothing of a block.
TEST(Cold, AFlippedBitIsNeverServed) {
    SimDisk disk(1);
    gantry::testing::Surroundings around;
    must(disk.make_directory("/s"));
    Counter& damaged = around.metrics.counter("damaged", "");
    SeededRandom random(5);
    std::vector<Columns> written(2);
    {
        auto writer = must(SegmentWriter::create(disk, "/s/segment", codec::Tier::Cold));
        for (std::uint32_t series = 0; series < 2; ++series) {
            const SampleBatch batch = walk(SeriesId{series}, 0, 200, random);
            for (std::size_t i = 0; i < batch.size(); ++i) {
                written[series].add(batch.row(i));
            }
            must(writer.add(written[series].chunk(SeriesId{series})));
        }
        must(writer.finish(1));
    }
    const std::uint64_t bytes = must(read_file(disk, "/s/segment", 1 << 20)).size();
    for (std::uint64_t byte = 0; byte < bytes; ++byte) {
        const auto copy = disk.copy(byte);
        must(copy->flip_bit("/s/segment", byte, static_cast<unsigned>(byte % 8)));
        const std::uint64_t before = damaged.value();
        const auto segment = Segment::open(*copy, "/s/segment", around.log, damaged);
        if (!segment) {
            continue;
        }
        std::size_t served = 0;
        IndexReader index(**segment);
        for (std::uint32_t series = 0; series < 2; ++series) {
            for (const BlockEntry& block : index.blocks(SeriesId{series})) {
                Columns rows;
                if ((*segment)->read(block, rows)) {
                    ++served;
                    ASSERT_EQ(rows.time, written[series].time) << byte;
                    ASSERT_EQ(rows.bits, written[series].bits) << byte;
                }
            }
        }
        EXPECT_TRUE(served == 2 || damaged.value() > before || !(*segment)->check().empty())
            << byte;
    }
}

}  // namespace
}  // namespace gantry::store

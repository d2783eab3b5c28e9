// SPDX-License-Identifier: Apache-2.0
// Minutes and hours of cold blocks as bytes.
#include "store/roll_ups.h"

#include "store/aggregate_testing.h"
#include "store/block_statistics.h"
#include "store/columns.h"
#include "store/segment_writer.h"

namespace gantry::store {
namespace {

constexpr std::array all_types = {ValueType::Bool, ValueType::Int64, ValueType::Float64,
                                  ValueType::String};

// One block: regular or not, in whole seconds or not, with a gap now and then; clean ones are good.
Columns some_rows(ValueType type, SeededRandom& random) {
    Columns out;
    const bool clean = random.chance(0.5);
    const bool regular = random.chance(0.5);
    const Time unit = random.chance(0.5) ? second : 1'000;
    const Time step = static_cast<Time>(1 + random.below(3000)) * second / 20 / unit * unit + unit;
    Time time = (static_cast<Time>(random.below(2'000'000)) - 1'000'000) * second;
    for (std::size_t left = 2 + random.below(codec::values_max - 1); left > 0; --left) {
        SampleBatch batch;
        Value value = some_value(type, random);
        while (clean && !is_usable(value, quality::good, Usable::Good)) {
            value = some_value(type, random);
        }
        batch.add(SeriesId{1}, time, clean ? quality::good : some_quality(random), value);
        out.add(batch.row(0));
        time += regular ? step : (1 + static_cast<Time>(random.below(3))) * step;
        time += !regular && random.chance(0.01) ? 5000 * second : 0;
    }
    return out;
}

void expect_same(const Aggregate& got, const Aggregate& expected) {
    ASSERT_EQ(got.rows, expected.rows);
    ASSERT_EQ(got.count, expected.count);
    ASSERT_EQ(got.good_count, expected.good_count);
    ASSERT_EQ(got.numeric, expected.numeric);
    ASSERT_EQ(got.holds, expected.holds);
    ASSERT_EQ(got.begin, expected.begin);
    ASSERT_EQ(got.end, expected.end);
    ASSERT_EQ(got.duration, expected.duration);
    if (expected.count > 0) {
        ASSERT_EQ(got.first_time, expected.first_time);
        ASSERT_EQ(got.last_time, expected.last_time);
    }
    if (expected.numeric) {
        ASSERT_EQ(got.min, expected.min);
        ASSERT_EQ(got.max, expected.max);
        ASSERT_EQ(got.first, expected.first);
        ASSERT_EQ(got.last, expected.last);
        ASSERT_EQ(got.sum, expected.sum);
        ASSERT_EQ(got.square_sum, expected.square_sum);
        ASSERT_EQ(got.integral, expected.integral);
    }
}

Time bucket_of(Time time, Time length) { return time / length - (time % length < 0 ? 1 : 0); }

// What encode_statistics() made of the rows, against the rows of each bucket one by one.
void expect_parts(const Columns& rows, const BlockEntry& entry, std::int64_t rows_min) {
    RollUps got;
    if (!entry.roll_ups(got)) {
        ASSERT_FALSE(entry.has_roll_ups());
        ASSERT_FALSE(block_roll_ups(rows.chunk({}), rows_min));
        return;
    }
    ASSERT_GT(entry.roll_up_bytes(), 0U);
    ASSERT_TRUE(got.length == minute_length || got.length == hour_length);
    std::size_t at = 0;
    for (const Aggregate& part : got.parts) {
        std::size_t to = at;
        const Time bucket = bucket_of(rows.time[at], got.length);
        while (to < rows.size() && bucket_of(rows.time[to], got.length) == bucket) {
            ++to;
        }
        ASSERT_NO_FATAL_FAILURE(expect_same(part, *block_aggregate(rows.chunk({}).part(at, to))));
        at = to;
    }
    ASSERT_EQ(at, rows.size());
}

TEST(RollUps, GiveBackWhatWasWritten) {
    SeededRandom random(1);
    std::size_t found = 0;
    for (int trial = 0; trial < 400; ++trial) {
        const Columns rows = some_rows(all_types[random.below(all_types.size())], random);
        const auto rows_min = static_cast<std::int64_t>(1 + random.below(40));
        const Bytes statistics = encode_statistics(rows.chunk({}), rows_min);
        BlockEntry entry;
        entry.rows = static_cast<std::uint32_t>(rows.size());
        entry.first = rows.time.front();
        entry.last = rows.time.back();
        entry.statistics = statistics;
        ASSERT_TRUE(entry.sound());
        ASSERT_NO_FATAL_FAILURE(expect_same(*entry.aggregate(), *block_aggregate(rows.chunk({}))));
        ASSERT_NO_FATAL_FAILURE(expect_parts(rows, entry, rows_min));
        found += entry.has_roll_ups() ? 1 : 0;
        if (!entry.has_roll_ups()) {
            continue;
        }
        RollUps parts;
        entry.statistics = ByteView(statistics).first(statistics.size() - 1);
        EXPECT_FALSE(entry.roll_ups(parts)) << "a byte is missing";
        EXPECT_FALSE(entry.sound());
    }
    EXPECT_GT(found, 200U);
}

// One float a second, so many, from a time of day on.
Columns seconds(Time from, std::size_t count, Time step = second) {
    Columns out;
    for (std::size_t i = 0; i < count; ++i) {
        const double value = 20 + static_cast<double>(i % 97) / 10;
        out.add({SeriesId{0},
                 from + static_cast<Time>(i) * step,
                 ValueType::Float64,
                 std::bit_cast<std::uint64_t>(value),
                 {},
                 quality::good});
    }
    return out;
}

TEST(RollUps, AreMadeWhereABucketHasEnoughRows) {
    const auto length = [](const Columns& rows, std::int64_t rows_min) {
        const auto made = block_roll_ups(rows.chunk({}), rows_min);
        return made ? made->length : 0;
    };
    const Time noon = 12 * hour_length;
    EXPECT_EQ(length(seconds(noon - 500 * second, 1000), 512), hour_length);
    EXPECT_EQ(length(seconds(noon, 1000), 512), 0) << "the block lies in one hour";
    EXPECT_EQ(length(seconds(noon, 1000), 60), minute_length);
    EXPECT_EQ(length(seconds(noon, 1000), 61), 0);
    EXPECT_EQ(length(seconds(noon - 250 * second, 500), 512), 0) << "too few rows";
    EXPECT_EQ(length(seconds(noon, 720, 10 * second), 512), 0) << "360 an hour";
    EXPECT_EQ(length(seconds(noon, 720, 10 * second), 360), hour_length);
    EXPECT_EQ(length(seconds(noon, 720, 10 * second), 0), 0);
    EXPECT_EQ(length(seconds(time_max - 2000 * second, 1500), 512), 0) << "an hour without an end";
    EXPECT_EQ(length(seconds(time_min, 1024), 60), minute_length);
}

// Every bit of a cold segment's index in turn: roll-ups are what was written, or there are none.
TEST(RollUps, WithAFlippedBitAreNeverServed) {
    SimDisk disk(1);
    gantry::testing::Surroundings around;
    must(disk.make_directory("/s"));
    Counter& damaged = around.metrics.counter("damaged", "");
    const Columns rows = seconds(0, 200);
    {
        auto writer = must(SegmentWriter::create(disk, "/s/segment", codec::Tier::Cold, 60));
        must(writer.add(rows.chunk(SeriesId{0})));
        must(writer.finish(1));
    }
    const Bytes whole = must(read_file(disk, "/s/segment", 1 << 20));
    const auto sound = must(Segment::open(disk, "/s/segment", around.log, damaged));
    std::size_t served = 0;
    for (std::uint64_t byte = sound->pages().front().page_offset; byte < whole.size(); ++byte) {
        const auto copy = disk.copy(byte);
        must(copy->flip_bit("/s/segment", byte, static_cast<unsigned>(byte % 8)));
        const auto segment = must(Segment::open(*copy, "/s/segment", around.log, damaged));
        IndexReader index(*segment);
        const auto blocks = index.blocks(SeriesId{0});
        ASSERT_EQ(blocks.size(), 1U);
        Columns back;
        ASSERT_TRUE(segment->read(blocks[0], back)) << "rows are not lost";
        ASSERT_EQ(back.bits, rows.bits);
        if (blocks[0].has_roll_ups()) {
            ASSERT_NO_FATAL_FAILURE(expect_parts(rows, blocks[0], 60));
            ++served;
        } else {
            EXPECT_FALSE(segment->check().empty());
        }
    }
    EXPECT_LT(served, 4U) << "of bytes that only fill up";
}

}  // namespace
}  // namespace gantry::store

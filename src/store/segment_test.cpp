// SPDX-License-Identifier: Apache-2.0
#include "store/segment_writer.h"

#include "base/encoding.h"
#include "base/sim_disk.h"
#include "store/block_statistics.h"
#include "store/page_cache.h"
#include "testing/testing.h"

namespace gantry::store {
namespace {

using gantry::testing::must;

constexpr std::size_t foot_bytes = 72;
constexpr std::size_t old_foot_bytes = 40;

// What the program wrote when the format had version 1: rows_of(1) to rows_of(4).
constexpr std::string_view version_1 =
    "474e54595345473101000000591aae30424c434b01000000060000002900000000ca9a3b0000000001bca06501"
    "00000000000000c5ea1ece28b52ffd20200101000680a8d6b90702030403040301010002010300018080a88008"
    "0200000100000100000000000000424c434b02000000060000002d00000000ca9a3b0000000001bca065010000"
    "00000000008112fb5e28b52ffd20242101000680a8d6b90702030403040302010002020300018080a880080200"
    "00cf0fcf0f9f1fcf0f000000424c434b03000000060000004200000000ca9a3b0000000001bca0650100000000"
    "0000000b0c0ee928b52ffd2043cd010024030680a8d6b90702030403040303010002030300018080a880080200"
    "009aa955660099aa80192a55e6340000000140000000000100c35c9e000000000000424c434b04000000060000"
    "003f00000000ca9a3b0000000001bca06501000000000000004b706a8d28b52ffd203eb50100c4020680a8d6b9"
    "0702030403040304010002040300018080a880080200067465787420303132340674657874203503040340c095"
    "ca13000100000006000000100000000000000000ca9a3b0000000001bca0650100000002000000060000006800"
    "00000000000000ca9a3b0000000001bca065010000000300000006000000c00000000000000000ca9a3b000000"
    "0001bca065010000000400000006000000300100000000000000ca9a3b0000000001bca06501000000474e5459"
    "534547469801000000000000040000000000000018000000000000000322ea100414d4ab";

// And when it had version 2.
constexpr std::string_view version_2 =
    "474e54595345473102000000309deaeb424c434b01000000060000002300000000ca9a3b0000000001bca065"
    "010000000000000056866b5a06810f040180a8d6b907fea7d6b9070222020b03020000000000000a8008020c"
    "370c120000000000424c434b02000000060000002a00000000ca9a3b0000000001bca0650100000000000000"
    "d7c3361d06820f040180a8d6b907fea7d6b9070222020b03020000000000000a8008020c3704048f4ee80703"
    "e502000000000000424c434b03000000060000002a00000000ca9a3b0000000001bca0650100000000000000"
    "3863cf1306830f040180a8d6b907fea7d6b9070222020b03020000000000000a8008020c37060100009a0303"
    "8858000000000000424c434b04000000060000004700000000ca9a3b0000000001bca0650100000000000000"
    "648b265106840f040180a8d6b907fea7d6b9070222020b03020000000000000a8008020c370e230006060606"
    "0674657874203074657874203174657874203274657874203474657874203500010000000600000010000000"
    "0000000000ca9a3b0000000001bca06501000000030000000500050000ca9a3b0000000001bca06501000000"
    "0000000000000000000000000000f03f00000000000000400000000000000040000000000000000000000000"
    "0000f03f0200000006000000600000000000000000ca9a3b0000000001bca065010000000300000005000500"
    "00ca9a3b0000000001bca06501000000000000000088b3c00000000000000000000000000070c7c000000000"
    "3cef85410000000000000000000000000088b3c00300000006000000b80000000000000000ca9a3b00000000"
    "01bca06501000000030000000500050000ca9a3b0000000001bca06501000000000000000080344000000000"
    "00003540ccccccccccec59405c3d0ad7a370dd3f000000000080344000000000000035400400000006000000"
    "100100000000000000ca9a3b0000000001bca06501000000010000000500050000ca9a3b0000000001bca065"
    "0100000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000474e545953454746800100000000000004000000000000001800000000000000ad494b8a"
    "c25ac5cc";

Columns rows_of(std::uint32_t series) {
    Columns rows;
    for (int i = 0; i < 6; ++i) {
        Row row{SeriesId{series},
                std::int64_t{1'000'000'000} * (i + 1) + i % 2,
                static_cast<ValueType>(series),
                0,
                {},
                quality::good};
        const std::string text = std::format("text {}", i);
        if (i == 3) {
            row.type = ValueType::Null;
            row.quality = quality::bad_timeout;
        } else if (row.type == ValueType::Bool) {
            row.bits = static_cast<std::uint64_t>(i % 2);
        } else if (row.type == ValueType::Int64) {
            row.bits = static_cast<std::uint64_t>(std::int64_t{-1000} * i);
        } else if (row.type == ValueType::Float64) {
            row.bits = std::bit_cast<std::uint64_t>(20.5 + i / 10.0);
        } else {
            row.text = text;
        }
        rows.add(row);
    }
    return rows;
}

struct Fixture {
    Fixture() { must(disk.make_directory("/s")); }
    std::shared_ptr<const Segment> open() {
        return must(Segment::open(disk, "/s/segment", around.log, damaged));
    }
    void put(ByteView bytes) {
        const auto file = must(disk.open("/s/segment", OpenMode::Create));
        must(file->write(0, bytes));
        must(file->sync());
        must(disk.sync_directory("/s"));
    }

    SimDisk disk{1};
    gantry::testing::Surroundings around;
    Counter& damaged = around.metrics.counter("damaged", "");
};

std::vector<BlockEntry> all_blocks(const Segment& segment) {
    std::vector<BlockEntry> out;
    std::vector<BlockEntry> entries;
    for (std::size_t page = 0; page < segment.pages().size(); ++page) {
        segment.read_page(page, entries);
        out.insert(out.end(), entries.begin(), entries.end());
    }
    return out;
}

void expect_rows(const Segment& segment) {
    ASSERT_EQ(all_blocks(segment).size(), 4U);
    IndexReader index(segment);
    for (std::uint32_t series = 1; series <= 4; ++series) {
        const Columns expected = rows_of(series);
        Columns rows;
        ASSERT_EQ(index.blocks(SeriesId{series}).size(), 1U);
        ASSERT_TRUE(segment.read(index.blocks(SeriesId{series}).front(), rows));
        ASSERT_EQ(rows.size(), expected.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            EXPECT_EQ(rows.chunk({}).row(i).time, expected.chunk({}).row(i).time);
            EXPECT_EQ(rows.chunk({}).row(i).value(), expected.chunk({}).row(i).value());
            EXPECT_EQ(rows.chunk({}).row(i).quality, expected.chunk({}).row(i).quality);
        }
    }
}

TEST(Segment, OfVersion1IsRead) {
    Fixture fixture;
    fixture.put(*from_hex(version_1));
    const auto segment = fixture.open();
    expect_rows(*segment);
    for (const BlockEntry& block : all_blocks(*segment)) {
        EXPECT_FALSE(block.aggregate()) << "it had no statistics";
    }
    must(fixture.disk.flip_bit("/s/segment", segment->bytes() - old_foot_bytes - 3, 2));
    const auto again = fixture.open();
    expect_rows(*again);
    EXPECT_EQ(fixture.damaged.value(), 0U);
}

TEST(Segment, OfVersion2IsRead) {
    Fixture fixture;
    fixture.put(*from_hex(version_2));
    expect_rows(*fixture.open());
    must(fixture.disk.flip_bit("/s/segment", 9, 1));  // the head: what version is it?
    expect_rows(*fixture.open());
    EXPECT_EQ(fixture.damaged.value(), 0U);
}

TEST(Segment, OfALaterVersionIsRefused) {
    Fixture fixture;
    Bytes head = *from_hex(version_1.substr(0, 32));
    head[8] = std::byte{6};
    std::memset(head.data() + 12, 0, 4);
    const std::uint32_t crc = crc32c(head);
    std::memcpy(head.data() + 12, &crc, 4);
    fixture.put(head);
    EXPECT_EQ(gantry::testing::failure(
                  Segment::open(fixture.disk, "/s/segment", fixture.around.log, fixture.damaged)),
              Code::Unsupported);
}

TEST(Segment, SaysWhatItsBlocksComeTo) {
    Fixture fixture;
    {
        SegmentWriter writer = must(SegmentWriter::create(fixture.disk, "/s/segment"));
        for (std::uint32_t series = 1; series <= 4; ++series) {
            must(writer.add(rows_of(series).chunk(SeriesId{series})));
        }
        must(writer.finish(77));
    }
    const auto check = [](const Segment& segment) {
        IndexReader index(segment);
        const Aggregate numbers = *index.blocks(SeriesId{2}).front().aggregate();
        EXPECT_EQ(numbers.rows, 6U);
        EXPECT_EQ(numbers.count, 5U);
        EXPECT_EQ(numbers.good_count, 5U);
        EXPECT_EQ(numbers.min, -5000);
        EXPECT_EQ(numbers.max, 0);
        EXPECT_EQ(numbers.sum, -12000);
        EXPECT_EQ(numbers.first, 0);
        EXPECT_EQ(numbers.last, -5000);
        EXPECT_EQ(numbers.last_time, 6'000'000'001);
        EXPECT_TRUE(numbers.holds);
        // Values 0, -1000, -2000 hold for a second each, the third until the row without a value;
        // -4000 for another.
        EXPECT_NEAR(numbers.integral, -7000, 1e-3);
        EXPECT_EQ(numbers.duration, 4'000'000'002U);
        const Aggregate texts = *index.blocks(SeriesId{4}).front().aggregate();
        EXPECT_EQ(texts.count, 5U);
        EXPECT_FALSE(texts.numeric);
    };
    const auto segment = fixture.open();
    EXPECT_EQ(segment->summary().last_lsn, 77U);
    EXPECT_EQ(segment->summary().rows, 24U);
    expect_rows(*segment);
    check(*segment);
    EXPECT_TRUE(segment->check().empty());
    must(fixture.disk.flip_bit("/s/segment", segment->bytes() - foot_bytes - 3, 2));
    const auto again = fixture.open();
    expect_rows(*again);
    EXPECT_EQ(again->check().size(), 1U);
}

// Every kind of value, so that every form of an entry comes up.
TEST(SegmentIndex, GivesBackWhatWasWritten) {
    SeededRandom random(3);
    for (int trial = 0; trial < 200; ++trial) {
        std::vector<NewEntry> entries;
        std::vector<std::optional<Aggregate>> aggregates;
        std::uint64_t offset = 16;
        std::uint32_t series = 0;
        for (std::size_t n = 1 + random.below(page_entries_max); n > 0; --n) {
            Columns rows;
            Time time = static_cast<Time>(random.next() >> 2);
            const bool regular = random.chance(0.5);
            const auto kind = random.below(4);
            for (std::size_t i = 1 + random.below(20); i > 0; --i) {
                Row row{SeriesId{series}, time, ValueType::Float64, 0, {}, quality::good};
                const double value = kind == 0   ? static_cast<double>(random.below(100))
                                     : kind == 1 ? static_cast<double>(random.below(100'000)) / 1000
                                     : kind == 2 ? random.fraction() * 1e300
                                                 : -0.0;
                row.bits = std::bit_cast<std::uint64_t>(value);
                if (random.chance(0.05)) {
                    row.quality = random.chance(0.5) ? quality::uncertain : quality::bad;
                }
                rows.add(row);
                time += regular ? 1'000'000'000 : static_cast<Time>(1 + random.below(1'000'000));
            }
            BlockEntry entry;
            series += 1 + static_cast<std::uint32_t>(random.below(1000));
            entry.series = series;
            entry.rows = static_cast<std::uint32_t>(rows.size());
            entry.bytes = static_cast<std::uint32_t>(20 + random.below(9000));
            entry.offset = offset;
            entry.first = rows.time.front();
            entry.last = rows.time.back();
            offset += aligned(entry.bytes);
            entries.push_back({entry, encode_statistics(rows.chunk({}), 0)});
            aggregates.push_back(block_aggregate(rows.chunk({})));
        }
        Bytes page;
        encode_page(entries, page);
        std::vector<BlockEntry> back;
        ASSERT_TRUE(decode_page(page, 16, entries.size(), back));
        ASSERT_EQ(back.size(), entries.size());
        for (std::size_t i = 0; i < back.size(); ++i) {
            ASSERT_EQ(back[i].series, entries[i].block.series);
            ASSERT_EQ(back[i].rows, entries[i].block.rows);
            ASSERT_EQ(back[i].offset, entries[i].block.offset);
            ASSERT_EQ(back[i].bytes, entries[i].block.bytes);
            ASSERT_EQ(back[i].first, entries[i].block.first);
            ASSERT_EQ(back[i].last, entries[i].block.last);
            const auto back_aggregate = back[i].aggregate();
            ASSERT_EQ(back_aggregate.has_value(), aggregates[i].has_value());
            if (!back_aggregate) {
                continue;
            }
            const Aggregate& got = *back_aggregate;
            const Aggregate& expected = *aggregates[i];
            ASSERT_EQ(got.rows, expected.rows);
            ASSERT_EQ(got.count, expected.count);
            ASSERT_EQ(got.good_count, expected.good_count);
            ASSERT_EQ(got.holds, expected.holds);
            ASSERT_EQ(got.duration, expected.duration);
            if (expected.count > 0) {
                ASSERT_EQ(got.min, expected.min);
                ASSERT_EQ(got.max, expected.max);
                ASSERT_EQ(got.first, expected.first);
                ASSERT_EQ(got.last, expected.last);
                ASSERT_EQ(got.sum, expected.sum);
                ASSERT_EQ(got.square_sum, expected.square_sum);
                ASSERT_EQ(got.integral, expected.integral);
                ASSERT_EQ(got.first_time, expected.first_time);
                ASSERT_EQ(got.last_time, expected.last_time);
            }
        }
    }
}

// A series with more blocks than a page holds, between two others.
TEST(SegmentIndex, FindsTheBlocksOfARange) {
    Fixture fixture;
    constexpr std::size_t many = 3 * page_entries_max + 7;
    {
        SegmentWriter writer = must(SegmentWriter::create(fixture.disk, "/s/segment"));
        for (const std::uint32_t series : {3U, 5U, 9U}) {
            for (std::size_t i = 0; i < (series == 5 ? many : 1); ++i) {
                Columns rows;
                for (std::size_t k = 0; k < 2; ++k) {
                    rows.add({SeriesId{series},
                              static_cast<Time>(10 * i + k),
                              ValueType::Int64,
                              i,
                              {},
                              quality::good});
                }
                must(writer.add(rows.chunk(SeriesId{series})));
            }
        }
        must(writer.finish(1));
    }
    const auto segment = fixture.open();
    IndexReader index(*segment);
    EXPECT_EQ(index.blocks(SeriesId{5}).size(), many);
    EXPECT_EQ(index.blocks(SeriesId{3}).size(), 1U);
    EXPECT_EQ(index.blocks(SeriesId{4}).size(), 0U);
    EXPECT_EQ(index.blocks(SeriesId{10}).size(), 0U);
    EXPECT_EQ(index.last(SeriesId{5})->first, static_cast<Time>(10 * (many - 1)));
    EXPECT_EQ(index.last(SeriesId{9})->first, 0);
    EXPECT_FALSE(index.last(SeriesId{4}));
    PageCache cache(30'000);  // two pages
    IndexReader cached(*segment, cache, 1);
    std::vector<Stretch> stretches;
    SeededRandom random(8);
    for (int trial = 0; trial < 500; ++trial) {
        const auto from = static_cast<Time>(random.below(10 * many + 20));
        const auto to = from + static_cast<Time>(random.below(4000));
        std::size_t expected = 0;
        for (std::size_t i = 0; i < many; ++i) {
            const auto first = static_cast<Time>(10 * i);
            expected += first < to && first + 1 >= from ? 1 : 0;
        }
        ASSERT_EQ(index.blocks(SeriesId{5}, {from, to}).size(), expected) << from << " " << to;
        ASSERT_EQ(cached.blocks(SeriesId{5}, {from, to}).size(), expected);
        stretches.clear();
        cached.stretches(SeriesId{5}, {from, to}, stretches);
        std::size_t found = 0;
        for (const Stretch& stretch : stretches) {
            for (const BlockSummary& block : stretch.blocks()) {
                ASSERT_TRUE(block.whole);
                ASSERT_EQ(block.sum, static_cast<double>(2 * (block.first / 10)));
                ++found;
            }
        }
        ASSERT_EQ(found, expected);
        ASSERT_LE(cache.bytes(), 30'000U);
    }
}

// Of every stretch of numbers: all entries, in one page a stretch.
TEST(SegmentIndex, FindsRunsOfSeries) {
    Fixture fixture;
    SeededRandom random(9);
    std::map<std::uint32_t, std::size_t> blocks;
    {
        SegmentWriter writer = must(SegmentWriter::create(fixture.disk, "/s/segment"));
        for (std::uint32_t series = 1; series < 400; ++series) {
            const std::size_t count = random.chance(0.1)    ? 0
                                      : random.chance(0.02) ? 1 + random.below(300)
                                                            : 1 + random.below(3);
            for (std::size_t i = 0; i < count; ++i) {
                Columns rows;
                rows.add({SeriesId{series}, static_cast<Time>(i), ValueType::Int64, 7, {}, {}});
                must(writer.add(rows.chunk(SeriesId{series})));
            }
            blocks[series] = count;
        }
        must(writer.finish(1));
    }
    const auto segment = fixture.open();
    PageCache cache;
    IndexReader index(*segment, cache, 1);
    std::size_t runs = 0;
    for (int trial = 0; trial < 2000; ++trial) {
        const auto first = static_cast<std::uint32_t>(1 + random.below(410));
        const std::uint64_t end = index.run_end(SeriesId{first});
        ASSERT_GE(end, first);
        if (end == first) {
            ASSERT_GT(blocks.at(first), 1U) << "goes on in the next page";
            continue;
        }
        const std::uint64_t most = std::min<std::uint64_t>(end, 420) - first;
        const auto last = static_cast<std::uint32_t>(first + random.below(most));
        std::size_t expected = 0;
        for (std::uint32_t series = first; series <= last; ++series) {
            expected += blocks.contains(series) ? blocks.at(series) : 0;
        }
        std::vector<Stretch> found;
        index.run(SeriesId{first}, SeriesId{last}, found);
        ASSERT_EQ(found.size(), expected > 0 ? 1U : 0U);
        if (!found.empty()) {
            ASSERT_EQ(found[0].to - found[0].from, expected);
            ASSERT_GE(found[0].front().series, first);
            ASSERT_LE(found[0].back().series, last);
            ++runs;
        }
    }
    EXPECT_GT(runs, 1000U);
}

}  // namespace
}  // namespace gantry::store

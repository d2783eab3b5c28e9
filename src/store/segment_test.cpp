// SPDX-License-Identifier: Apache-2.0
#include "store/segment.h"

#include "base/encoding.h"
#include "base/sim_disk.h"
#include "testing/testing.h"

namespace gantry::store {
namespace {

using gantry::testing::must;

constexpr std::size_t foot_bytes = 40;

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

void expect_rows(const Segment& segment) {
    ASSERT_EQ(segment.all_blocks().size(), 4U);
    for (std::uint32_t series = 1; series <= 4; ++series) {
        const Columns expected = rows_of(series);
        Columns rows;
        ASSERT_EQ(segment.blocks(SeriesId{series}).size(), 1U);
        ASSERT_TRUE(segment.read(segment.blocks(SeriesId{series}).front(), rows));
        ASSERT_EQ(rows.size(), expected.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            EXPECT_EQ(rows.row({}, i).time, expected.row({}, i).time);
            EXPECT_EQ(rows.row({}, i).value(), expected.row({}, i).value());
            EXPECT_EQ(rows.row({}, i).quality, expected.row({}, i).quality);
        }
    }
}

TEST(Segment, OfVersion1IsRead) {
    Fixture fixture;
    fixture.put(*from_hex(version_1));
    const auto segment = fixture.open();
    expect_rows(*segment);
    for (const BlockEntry& block : segment->all_blocks()) {
        EXPECT_FALSE(block.aggregate()) << "it had no statistics";
    }
    // Its index is made again in the same way, and with statistics then.
    must(fixture.disk.flip_bit("/s/segment", segment->bytes() - foot_bytes - 3, 2));
    const auto again = fixture.open();
    expect_rows(*again);
    EXPECT_TRUE(again->all_blocks().front().aggregate());
    EXPECT_EQ(fixture.damaged.value(), 0U);
}

TEST(Segment, OfALaterVersionIsRefused) {
    Fixture fixture;
    Bytes head = *from_hex(version_1.substr(0, 32));
    head[8] = std::byte{3};
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
            const Columns rows = rows_of(series);
            must(writer.add(SeriesId{series}, rows, 0, rows.size()));
        }
        must(writer.finish());
    }
    const auto check = [](const Segment& segment) {
        expect_rows(segment);
        const Aggregate numbers = *segment.blocks(SeriesId{2}).front().aggregate();
        EXPECT_EQ(numbers.rows, 6U);
        EXPECT_EQ(numbers.count, 5U);
        EXPECT_EQ(numbers.good_count, 5U);
        EXPECT_EQ(numbers.min, -5000);
        EXPECT_EQ(numbers.max, 0);
        EXPECT_EQ(numbers.sum, -12000);
        EXPECT_EQ(numbers.first, 0);
        EXPECT_EQ(numbers.last, -5000);
        EXPECT_EQ(numbers.last_time, 6'000'000'001);
        const Aggregate texts = *segment.blocks(SeriesId{4}).front().aggregate();
        EXPECT_EQ(texts.count, 5U);
        EXPECT_FALSE(texts.numeric);
    };
    const auto segment = fixture.open();
    check(*segment);
    must(fixture.disk.flip_bit("/s/segment", segment->bytes() - foot_bytes - 3, 2));
    check(*fixture.open());
}

}  // namespace
}  // namespace gantry::store

// SPDX-License-Identifier: Apache-2.0
#include "store/manifest.h"

#include "base/sim_disk.h"
#include "testing/testing.h"

namespace gantry::store {
namespace {

using gantry::testing::failure;
using gantry::testing::must;

constexpr std::uint64_t magic = 0x3146494e414d5947;

Bytes sealed(Bytes bytes) {
    ByteWriter(bytes).put(crc32c(bytes));
    return bytes;
}

TEST(Manifest, GivesBackWhatWasWritten) {
    SimDisk disk(1);
    gantry::testing::Surroundings around;
    must(disk.make_directory("/s"));
    Manifest manifest;
    manifest.next_number = 9;
    manifest.flushed = 77;
    manifest.segments = {{3, 1, {.rows = 10, .blocks = 2, .first = -5, .last = 6, .last_lsn = 70}},
                         {8, 0, {.rows = 1, .blocks = 1, .first = 7, .last = 7, .last_lsn = 77}}};
    manifest.tombstones = {{SeriesId{4}, {1, 2}, 71}};
    must(write_manifest(disk, "/s", manifest, around.log));
    const Manifest back = must(read_manifest(disk, "/s", around.log));
    EXPECT_EQ(back.generation, 1U);
    EXPECT_EQ(back.next_number, 9U);
    EXPECT_EQ(back.flushed, 77U);
    ASSERT_EQ(back.segments.size(), 2U);
    EXPECT_EQ(back.segments[0].number, 3U);
    EXPECT_EQ(back.segments[0].level, 1U);
    EXPECT_EQ(back.segments[0].summary.first, -5);
    EXPECT_EQ(back.segments[1].summary.last_lsn, 77U);
    ASSERT_EQ(back.tombstones.size(), 1U);
    EXPECT_EQ(back.tombstones[0].series, SeriesId{4});
    EXPECT_EQ(back.tombstones[0].range, (TimeRange{1, 2}));
    EXPECT_EQ(back.tombstones[0].lsn, 71U);
}

// It said of a segment only its number and level; docs/formats/store.md.
TEST(Manifest, OfVersion1IsRead) {
    Bytes bytes;
    ByteWriter out(bytes);
    out.put(magic);
    out.put(std::uint32_t{1});
    out.put(std::uint64_t{5});   // generation
    out.put(std::uint64_t{12});  // next number
    out.put(std::uint64_t{99});  // flushed
    out.put(std::uint64_t{1});
    out.put(std::uint64_t{11});
    out.put(std::uint32_t{2});
    Manifest manifest;
    ASSERT_TRUE(must(decode_manifest(sealed(bytes), "m", manifest)));
    EXPECT_EQ(manifest.generation, 5U);
    ASSERT_EQ(manifest.segments.size(), 1U);
    EXPECT_EQ(manifest.segments[0].number, 11U);
    EXPECT_EQ(manifest.segments[0].level, 2U);
    EXPECT_EQ(manifest.segments[0].summary.last_lsn, 99U);
}

TEST(Manifest, OfALaterVersionIsRefusedAndADamagedOneIsNone) {
    Bytes bytes;
    ByteWriter out(bytes);
    out.put(magic);
    out.put(std::uint32_t{3});
    Manifest manifest;
    EXPECT_EQ(failure(decode_manifest(sealed(bytes), "m", manifest)), Code::Unsupported);
    EXPECT_FALSE(must(decode_manifest(bytes, "m", manifest))) << "no checksum";
}

}  // namespace
}  // namespace gantry::store

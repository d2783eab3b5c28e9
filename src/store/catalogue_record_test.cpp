// SPDX-License-Identifier: Apache-2.0
#include "store/catalogue_record.h"

#include <map>

#include "base/sim_disk.h"
#include "store/catalogue.h"
#include "testing/testing.h"

namespace gantry::store {
namespace {

using gantry::testing::failure;
using gantry::testing::must;

struct Fixture {
    Result<std::unique_ptr<Catalogue>> open() {
        return Catalogue::open(disk, "/c", random, around.log, options);
    }
    // The catalogue's journal by itself, for records that it would not write.
    std::unique_ptr<journal::Journal> open_journal() {
        return must(journal::Journal::open(disk, "/c", random, around.log, options.journal,
                                           [](const journal::Record&) { return Result<>(); }));
    }

    SimDisk disk{1};
    SeededRandom random{1};
    gantry::testing::Surroundings around;
    StoreOptions options{.journal = {.file_bytes = 16'384}};
};

TEST(CatalogueRecord, ReadsRecordsOfTheFirstVersion) {
    Fixture fixture;
    {
        const auto journal = fixture.open_journal();
        const std::string long_key(10'000, 'k');
        for (const auto& [id, key] : std::map<std::uint32_t, std::string>{
                 {0, "a"}, {1, ""}, {2, long_key}, {7, "after a gap"}}) {
            Bytes payload;
            ByteWriter out(payload);
            out.put(id);
            out.put(ValueType::Float64);
            out.put_bytes(as_bytes(key));
            must(journal->append(1, payload));
        }
        must(journal->commit());
    }
    const auto catalogue = must(fixture.open());
    EXPECT_EQ(catalogue->size(), 4U);
    EXPECT_EQ(catalogue->find("a")->id, SeriesId{0});
    EXPECT_EQ(catalogue->find("")->id, SeriesId{1});
    EXPECT_EQ(catalogue->key(SeriesId{2}).size(), 10'000U);
    EXPECT_EQ(catalogue->type(SeriesId{3}), ValueType::Null);
    EXPECT_EQ(catalogue->find("after a gap"), (SeriesInfo{SeriesId{7}, ValueType::Float64}));
    EXPECT_EQ(must(catalogue->make("new", ValueType::Bool)), SeriesId{8});
}

TEST(CatalogueRecord, RefusesToOpenWithARecordThatItCannotRead) {
    const auto payload = [](auto... parts) {
        Bytes bytes;
        ByteWriter out(bytes);
        (out.put(parts), ...);
        return bytes;
    };
    using U8 = std::uint8_t;
    constexpr std::uint32_t one = 1;
    const std::pair<std::uint32_t, Bytes> records[] = {
        {1, payload(one)},                                                // no type
        {1, payload(one, U8{5}, U8{'a'})},                                // no such type
        {1, payload(UINT32_MAX, U8{1}, U8{'a'})},                         // no such id
        {2, payload(one)},                                                // no count
        {2, payload(one, U8{0})},                                         // of nothing
        {2, payload(one, U8{2}, U8{1}, U8{1}, U8{'a'})},                  // fewer than it says
        {2, payload(one, U8{1}, U8{1}, U8{2}, U8{'a'})},                  // a key cut short
        {2, payload(one, U8{1}, U8{1}, U8{1}, U8{'a'}, U8{0})},           // something left
        {2, payload(one, U8{1}, U8{0}, U8{1}, U8{'a'})},                  // without a type
        {2, payload(UINT32_MAX - 1, U8{2}, U8{1}, U8{0}, U8{1}, U8{0})},  // ids past the end
        {3, payload(one)},                                                // no time
        {3, payload(one, std::int64_t{-1})},                              // less than nothing
        {3, payload(one, std::int64_t{1}, U8{0})},                        // something left
        {4, payload(one)},                                                // of a newer program
    };
    for (const auto& [type, bytes] : records) {
        Fixture fixture;
        {
            const auto journal = fixture.open_journal();
            must(journal->append(type, bytes));
            must(journal->commit());
        }
        EXPECT_EQ(failure(fixture.open()), Code::Corrupt)
            << "type " << type << ", " << bytes.size();
    }
}

TEST(CatalogueRecord, RefusesToOpenWithOneIdOrOneKeyTwice) {
    const SeriesSpec a{"a", ValueType::Bool};
    const SeriesSpec b{"b", ValueType::Bool};
    for (const auto& [id, spec] : {std::pair(0U, b), std::pair(1U, a)}) {
        Fixture fixture;
        {
            const auto journal = fixture.open_journal();
            Bytes bytes;
            encode_series(SeriesId{0}, std::span(&a, 1), 100, bytes);
            must(journal->append(series_record, bytes));
            encode_series(SeriesId{id}, std::span(&spec, 1), 100, bytes);
            must(journal->append(series_record, bytes));
            must(journal->commit());
        }
        EXPECT_EQ(failure(fixture.open()), Code::Corrupt) << id;
    }
}

TEST(CatalogueRecord, ATimeToLiveWithoutItsSeriesIsNotGivenToAnother) {
    Fixture fixture;
    {
        const auto journal = fixture.open_journal();
        must(journal->append(time_to_live_record,
                             encode_time_to_live(SeriesId{0}, std::chrono::hours(1))));
        must(journal->commit());
    }
    for (int life = 0; life < 2; ++life) {
        const auto catalogue = must(fixture.open());
        EXPECT_EQ(must(catalogue->make("a", ValueType::Bool)), SeriesId{0});
        EXPECT_EQ(catalogue->time_to_live(SeriesId{0}), Duration::zero());
        must(catalogue->commit());
    }
}

}  // namespace
}  // namespace gantry::store

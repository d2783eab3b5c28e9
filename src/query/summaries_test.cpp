// SPDX-License-Identifier: Apache-2.0
#include "query/summaries.h"

#include "base/sim_disk.h"
#include "testing/testing.h"

namespace gantry::query {
namespace {

using gantry::testing::failure;
using gantry::testing::must;

constexpr Time second = 1'000'000'000;
constexpr Time start = 1'700'000'000 * second;
constexpr TimeRange minute{start, start + 60 * second};

using Column = std::vector<std::optional<double>>;

struct Fixture {
    Fixture() {
        store::StoreOptions options;
        options.folder = "/s";
        options.journal.file_bytes = 64 * 1024;
        store = must(
            store::Store::open(disk, around.clock, random, around.log, around.metrics, options));
    }
    SeriesId series(std::string_view key, ValueType type = ValueType::Float64) {
        return must(store->make_series(key, type));
    }
    void put(SeriesId series, Time at, const Value& value, Quality quality = quality::good) {
        SampleBatch batch;
        batch.add(series, start + at * second, quality, value);
        must(store->append(batch));
    }
    BucketHistory group(std::vector<SeriesId> of, std::vector<AggregateKind> kinds,
                        Duration every = std::chrono::seconds(20),
                        store::Usable usable = store::Usable::NotBad) {
        return must(group_history(*store, of, minute, every, kinds, usable));
    }

    gantry::testing::Surroundings around;
    SystemRandom random;
    SimDisk disk{1};
    std::unique_ptr<store::Store> store;
};

TEST(Group, RowsOfAllSeriesCountAlike) {
    Fixture fixture;
    const SeriesId a = fixture.series("a");
    const SeriesId b = fixture.series("b");
    fixture.put(a, 0, 1.0);
    fixture.put(a, 5, 2.0);
    fixture.put(a, 45, 9.0);
    fixture.put(b, 10, 6.0);
    fixture.put(b, 50, 100.0, quality::bad);
    const auto got =
        fixture.group({a, b}, {AggregateKind::Average, AggregateKind::Sum, AggregateKind::Min,
                               AggregateKind::Max, AggregateKind::Count});
    EXPECT_EQ(got.time, (std::vector<Time>{start, start + 40 * second})) << "none is empty";
    EXPECT_EQ(got.values[0], (Column{3.0, 9.0})) << "not the mean of the means";
    EXPECT_EQ(got.values[1], (Column{9.0, 9.0}));
    EXPECT_EQ(got.values[2], (Column{1.0, 9.0}));
    EXPECT_EQ(got.values[3], (Column{6.0, 9.0}));
    EXPECT_EQ(got.values[4], (Column{3.0, 1.0}));
    EXPECT_EQ(got.quality[1], quality::uncertain) << "one row was bad";

    const auto all = fixture.group({a, b}, {AggregateKind::Max}, Duration{0}, store::Usable::Any);
    EXPECT_EQ(all.time, std::vector<Time>{start});
    EXPECT_EQ(all.values[0], Column{100.0});
    EXPECT_TRUE(fixture.group({}, {AggregateKind::Max}).time.empty());
    const std::vector<SeriesId> both = {a, b};
    EXPECT_EQ(failure(group_history(*fixture.store, both, minute, Duration{1}, {AggregateKind::Max},
                                    store::Usable::Any)),
              Code::InvalidArgument);
    EXPECT_EQ(failure(group_history(*fixture.store, both, {}, std::chrono::hours(1),
                                    {AggregateKind::Max}, store::Usable::Any)),
              Code::InvalidArgument);
}

TEST(Usable, RawRowsOfThatQualityComeInPartsThatJoin) {
    Fixture fixture;
    const SeriesId a = fixture.series("a");
    const std::array<Quality, 3> qualities = {quality::good, quality::uncertain, quality::bad};
    for (Time i = 0; i < 30; ++i) {
        fixture.put(a, i, static_cast<double>(i), qualities[static_cast<std::size_t>(i) % 3]);
    }
    const auto count = [&](std::string_view name) {
        std::size_t rows = 0;
        TimeRange range = minute;
        while (true) {
            const auto part =
                must(usable_history(*fixture.store, a, range, 7, *parse_usable(name)));
            rows += part.samples.size();
            if (!part.next) {
                return rows;
            }
            EXPECT_EQ(part.samples.size(), 7U);
            range.from = *part.next;
        }
    };
    EXPECT_EQ(count("good"), 10U);
    EXPECT_EQ(count("uncertain"), 20U);
    EXPECT_EQ(count("all"), 30U);
    EXPECT_FALSE(parse_usable("bad"));
}

TEST(States, LastFromBucketToBucketUntilTheNextRow) {
    Fixture fixture;
    const SeriesId a = fixture.series("a", ValueType::String);
    fixture.put(a, -100, std::string("off"));
    fixture.put(a, 10, std::string("on"));
    fixture.put(a, 15, std::string("on"));
    fixture.put(a, 50, std::string("?"), quality::bad);
    const auto got = must(state_history(*fixture.store, a, minute, std::chrono::seconds(20)));
    EXPECT_EQ(got.time,
              (std::vector<Time>{start, start, start + 20 * second, start + 40 * second}));
    EXPECT_EQ(got.state, (std::vector<Value>{std::string("off"), std::string("on"),
                                             std::string("on"), std::string("on")}));
    constexpr std::uint64_t ten = 10ULL * second;
    EXPECT_EQ(got.duration, (std::vector<std::uint64_t>{ten, ten, 2 * ten, ten}))
        << "from 50 s on nobody knows";
    EXPECT_EQ(got.entries, (std::vector<std::uint64_t>{0, 1, 0, 0}));

    const auto whole = must(state_history(*fixture.store, a, minute, Duration{0}));
    EXPECT_EQ(whole.duration, (std::vector<std::uint64_t>{ten, 4 * ten}));
    // The last bucket ends where the range does.
    const auto uneven = must(state_history(*fixture.store, a, minute, std::chrono::seconds(45)));
    EXPECT_EQ(uneven.duration, (std::vector<std::uint64_t>{ten, 35 * ten / 10, ten / 2}));
}

TEST(States, OfAnEndlessRangeAreRefused) {
    Fixture fixture;
    const SeriesId a = fixture.series("a", ValueType::Bool);
    fixture.put(a, 0, true);
    EXPECT_EQ(failure(state_history(*fixture.store, a, {start, time_max}, Duration{0})),
              Code::InvalidArgument);
    EXPECT_EQ(failure(state_history(*fixture.store, a, {time_min, start}, Duration{0})),
              Code::InvalidArgument);
    EXPECT_EQ(failure(state_history(*fixture.store, a, minute, std::chrono::microseconds(1))),
              Code::InvalidArgument);
    EXPECT_TRUE(must(state_history(*fixture.store, a, {start, start}, Duration{0})).time.empty());
    // As wide as times go: no sum of them overflows.
    const auto wide = must(state_history(*fixture.store, a, {time_min + 1, time_max - 1},
                                         std::chrono::hours(876'000)));
    EXPECT_FALSE(wide.time.empty());
}

}  // namespace
}  // namespace gantry::query

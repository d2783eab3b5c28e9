// SPDX-License-Identifier: Apache-2.0
#include "opcua/history.h"

#include "base/sim_disk.h"
#include "testing/testing.h"

namespace gantry::opcua {
namespace {

using gantry::testing::must;

constexpr Time second = 1'000'000'000;
constexpr Time start = 1'700'000'000 * second;
constexpr std::uint32_t good = 0x0401;

struct Fixture {
    Fixture() {
        store::StoreOptions options;
        options.folder = "/s";
        options.journal.file_bytes = 1024 * 1024;
        store = must(
            store::Store::open(disk, around.clock, random, around.log, around.metrics, options));
        series = must(store->make_series("x", ValueType::Float64));
    }
    void add(int at, double value, Quality quality = quality::good) {
        SampleBatch batch;
        batch.add_float(series, start + at * second, quality, value);
        must(store->append(batch));
    }
    RawPart raw(double from, double to, std::size_t limit = 100, bool bounds = false) {
        return must(read_raw(*store, {.series = series,
                                      .from = time(from),
                                      .to = time(to),
                                      .forward = from <= to,
                                      .start_bound = bounds,
                                      .end_bound = bounds,
                                      .limit = limit}));
    }
    RawPart processed(double from, double to, double every, Aggregation aggregation,
                      AggregateRules rules = {}, std::size_t limit = 100) {
        return must(read_processed(*store, {.series = series,
                                            .from = time(from),
                                            .to = time(to),
                                            .interval = Duration(static_cast<Time>(every * second)),
                                            .aggregation = aggregation,
                                            .rules = rules,
                                            .limit = limit}));
    }
    static Time time(double at) { return start + static_cast<Time>(at * second); }
    static std::vector<double> values(const RawPart& part) {
        std::vector<double> out;
        for (const Sample& sample : part.samples) {
            out.push_back(to_number(sample.value).value_or(-1));
        }
        return out;
    }

    gantry::testing::Surroundings around;
    SystemRandom random;
    SimDisk disk{1};
    std::unique_ptr<store::Store> store;
    SeriesId series;
};

using Values = std::vector<double>;

TEST(OpcuaHistory, RawValuesGoBothWaysAndEndBeforeTheEnd) {
    Fixture fixture;
    for (int i = 0; i < 10; ++i) {
        fixture.add(i, i);
    }
    EXPECT_EQ(Fixture::values(fixture.raw(2, 5)), (Values{2, 3, 4}));
    EXPECT_EQ(Fixture::values(fixture.raw(5, 2)), (Values{5, 4, 3}));
    EXPECT_EQ(Fixture::values(fixture.raw(3, 3)), (Values{3}));
    EXPECT_EQ(Fixture::values(fixture.raw(3.5, 3.5)), (Values{}));
    EXPECT_EQ(Fixture::values(fixture.raw(20, 30)), (Values{}));
}

TEST(OpcuaHistory, ReadingOnGivesEveryValueOnce) {
    Fixture fixture;
    for (int i = 0; i < 5000; ++i) {
        fixture.add(i, i);
    }
    for (const bool forward : {true, false}) {
        Values found;
        double from = forward ? 0 : 4999;
        const double to = forward ? 5000 : -1;
        while (true) {
            const RawPart part = fixture.raw(from, to, 700);
            const Values values = Fixture::values(part);
            found.insert(found.end(), values.begin(), values.end());
            if (!part.next) {
                break;
            }
            from = static_cast<double>(*part.next - start) / second;
        }
        ASSERT_EQ(found.size(), 5000U);
        EXPECT_TRUE(forward ? std::ranges::is_sorted(found)
                            : std::ranges::is_sorted(found, std::greater{}));
    }
}

TEST(OpcuaHistory, BoundsAreTheNeighboursOrToldToBeMissing) {
    Fixture fixture;
    for (int i = 0; i < 10; ++i) {
        fixture.add(i, i);
    }
    EXPECT_EQ(Fixture::values(fixture.raw(2.5, 4.5, 100, true)), (Values{2, 3, 4, 5}));
    EXPECT_EQ(Fixture::values(fixture.raw(2, 4, 100, true)), (Values{2, 3, 4}));
    EXPECT_EQ(Fixture::values(fixture.raw(4.5, 2.5, 100, true)), (Values{5, 4, 3, 2}));
    const RawPart outside = fixture.raw(-2, 20, 100, true);
    ASSERT_EQ(outside.samples.size(), 12U);
    EXPECT_EQ(outside.samples.front().quality.code, 0x80d70000U);
    EXPECT_EQ(outside.samples.back().quality.code, 0x80d70000U);
    EXPECT_EQ(outside.samples.back().time, Fixture::time(20));
}

TEST(OpcuaHistory, AggregatesCountOnlyGoodValues) {
    Fixture fixture;
    fixture.add(0, 10);
    fixture.add(1, 20, quality::uncertain);
    fixture.add(2, 30, quality::bad);
    fixture.add(3, 40);
    const auto only = [](const RawPart& part) {
        EXPECT_EQ(part.samples.size(), 1U);
        return part.samples.front();
    };
    const Sample average = only(fixture.processed(0, 4, 4, Aggregation::Average));
    EXPECT_EQ(average.value, Value(25.0));
    EXPECT_EQ(average.quality.code, 0x40a40000U | good);
    EXPECT_EQ(only(fixture.processed(0, 4, 4, Aggregation::Count)).value, Value(std::int64_t{2}));
    const AggregateRules lenient{.uncertain_is_bad = false, .percent_bad = 100, .percent_good = 70};
    const Sample all = only(fixture.processed(0, 4, 4, Aggregation::Maximum, lenient));
    EXPECT_EQ(all.value, Value(40.0));
    EXPECT_EQ(all.quality.code, good);
    const AggregateRules strict{.uncertain_is_bad = true, .percent_bad = 50, .percent_good = 100};
    EXPECT_TRUE(only(fixture.processed(0, 4, 4, Aggregation::Maximum, strict)).quality.bad());
}

TEST(OpcuaHistory, IntervalsWithoutValuesSayWhy) {
    Fixture fixture;
    fixture.add(0, 1);
    fixture.add(25, 2);
    const RawPart counts = fixture.processed(-10, 45, 10, Aggregation::Count);
    ASSERT_EQ(counts.samples.size(), 6U);
    EXPECT_EQ(counts.samples[0].quality.code, 0x809b0000U);  // before the data
    EXPECT_EQ(counts.samples[1].value, Value(std::int64_t{1}));
    EXPECT_EQ(counts.samples[2].value, Value(std::int64_t{0}));  // amid the data
    EXPECT_EQ(counts.samples[3].value, Value(std::int64_t{1}));
    EXPECT_EQ(counts.samples[5].quality.code, 0x809b0000U);  // after it
    const RawPart averages = fixture.processed(0, 30, 10, Aggregation::Average);
    EXPECT_EQ(averages.samples[1].quality.code, 0x809b0000U);
}

TEST(OpcuaHistory, IntervalsComeInPartsAndTheLastMayBePartial) {
    Fixture fixture;
    for (int i = 0; i < 100; ++i) {
        fixture.add(i, i);
    }
    const RawPart first = fixture.processed(0, 95, 10, Aggregation::Minimum, {}, 4);
    EXPECT_EQ(Fixture::values(first), (Values{0, 10, 20, 30}));
    ASSERT_TRUE(first.next);
    EXPECT_EQ(*first.next, Fixture::time(40));
    const RawPart rest = fixture.processed(40, 95, 10, Aggregation::Minimum);
    EXPECT_EQ(Fixture::values(rest), (Values{40, 50, 60, 70, 80, 90}));
    EXPECT_EQ(rest.samples.back().quality.code, 0x0405U);
    EXPECT_FALSE(rest.next);
}

}  // namespace
}  // namespace gantry::opcua

// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

#include <cmath>
#include <map>
#include <thread>

#include "store/backfill.h"
#include "store/store_testing.h"

namespace gantry::store {
namespace {

TEST(Store, GivesBackWhatWasAppendedAcrossFlushAndRestart) {
    Fixture fixture;
    const std::vector<std::pair<std::string, Value>> kinds = {
        {"b", true}, {"i", std::int64_t{-42}}, {"f", 0.1}, {"s", std::string("运行")}};
    {
        const auto store = must(fixture.open());
        for (const auto& [key, value] : kinds) {
            const SeriesId id = must(store->make_series(key, type_of(value)));
            must(store->append(one(id, 10, value)));
            must(store->append(one(id, 20, std::monostate(), quality::bad_timeout)));
            must(store->append(one(id, 30, value, quality::uncertain_last_usable_value)));
        }
        must(store->commit());
        must(store->flush());
        for (const auto& [key, value] : kinds) {
            must(store->append(one(store->find_series(key)->id, 40, value)));
        }
        must(store->commit());
    }
    const auto store = must(fixture.open());
    for (const auto& [key, value] : kinds) {
        const SeriesId id = store->find_series(key)->id;
        const std::vector<Sample> expected = {{10, value, quality::good},
                                              {20, std::monostate(), quality::bad_timeout},
                                              {30, value, quality::uncertain_last_usable_value},
                                              {40, value, quality::good}};
        EXPECT_EQ(read(*store, id), expected) << key;
        EXPECT_EQ(must(store->latest(id)), expected.back());
    }
}

TEST(Store, OfRowsWithOneTimeTheLaterAppendedWins) {
    Fixture fixture;
    const auto store = must(fixture.open());
    const SeriesId id = must(store->make_series("a", ValueType::Int64));
    const auto put = [&](Time time, std::int64_t value) {
        must(store->append(one(id, time, value)));
    };
    put(10, 1);
    put(20, 1);
    put(10, 2);
    must(store->flush());
    put(20, 2);
    put(5, 1);
    must(store->flush());
    put(5, 2);
    const std::vector<Sample> expected = {{5, std::int64_t{2}, quality::good},
                                          {10, std::int64_t{2}, quality::good},
                                          {20, std::int64_t{2}, quality::good}};
    EXPECT_EQ(read(*store, id), expected);
    EXPECT_EQ(must(store->latest(id))->time, 20);
    EXPECT_EQ(read(*store, id, {6, 20}), std::vector<Sample>{expected[1]});
}

TEST(Store, RefusesWhatItCannotKeep) {
    Fixture fixture;
    auto options = small_options();
    options.series_max = 2;
    const auto store = must(fixture.open(options));
    const SeriesId id = must(store->make_series("a", ValueType::Float64));
    EXPECT_EQ(must(store->make_series("a", ValueType::Float64)), id);
    EXPECT_EQ(failure(store->make_series("a", ValueType::Bool)), Code::Conflict);
    must(store->make_series("b", ValueType::Bool));
    EXPECT_EQ(failure(store->make_series("c", ValueType::Bool)), Code::RateLimited);
    EXPECT_EQ(failure(store->append(one(id, 1, true))), Code::InvalidArgument);
    EXPECT_EQ(failure(store->append(one(SeriesId{9}, 1, 1.0))), Code::InvalidArgument);
    SampleBatch mixed = one(id, 1, 1.0);
    mixed.add(id, 2, quality::good, true);
    EXPECT_EQ(failure(store->append(mixed)), Code::InvalidArgument);
    EXPECT_TRUE(read(*store, id).empty()) << "all rows or none";
    SampleBatch huge;
    for (int i = 0; i < 400'000; ++i) {
        huge.add_float(id, i, quality::good, i);
    }
    EXPECT_EQ(failure(store->append(huge)), Code::TooLarge);
}

TEST(Store, AppendIsDurableOnlyAfterCommit) {
    Fixture fixture;
    const auto store = must(fixture.open());
    const SeriesId id = must(store->make_series("a", ValueType::Float64));
    const Lsn lsn = must(store->append(one(id, 1, 1.0)));
    EXPECT_LT(store->durable(), lsn);
    must(store->commit());
    EXPECT_EQ(store->durable(), lsn);
}

// The store beside a std::map, with everything in between that moves rows from place to place.
class MapTrial {
public:
    explicit MapTrial(std::uint64_t seed) : fixture_(seed), random_(seed * 77) {
        options_.partition = Duration(700);
        options_.cold_after = std::chrono::seconds(1);
        store_ = must(fixture_.open(options_));
        for (std::size_t i = 0; i < types.size(); ++i) {
            ids_[i] = must(store_->make_series("s" + std::to_string(i), types[i]));
        }
        must(store_->commit());
    }

    void step() {
        switch (random_.below(24)) {
            case 0: must(store_->flush()); break;
            case 1:
                if (random_.chance(0.3)) {
                    fixture_.around.clock.advance(options_.cold_after);
                }
                must(store_->maintain());
                break;
            case 2:
                store_.reset();
                store_ = must(fixture_.open(options_));
                break;
            case 3: erase(); break;
            case 4:
                if (random_.chance(0.3)) {
                    must(store_->compact());
                }
                break;
            case 5: backfill(); break;
            default: append(some_rows(60));
        }
    }

    void compare() {
        for (std::size_t i = 0; i < types.size(); ++i) {
            std::vector<Sample> all;
            for (const auto& [time, sample] : expected_[i]) {
                all.push_back(sample);
            }
            ASSERT_EQ(read(*store_, ids_[i]), all);
            const auto last = must(store_->latest(ids_[i]));
            ASSERT_EQ(last, all.empty() ? std::nullopt : std::optional(all.back()));
            const auto from = static_cast<Time>(random_.below(static_cast<std::uint64_t>(now_)));
            const TimeRange range{from, from + 200};
            std::erase_if(all, [&](const Sample& sample) { return !range.contains(sample.time); });
            ASSERT_EQ(read(*store_, ids_[i], range), all);
        }
    }

private:
    static constexpr std::array types = {ValueType::Float64, ValueType::Int64, ValueType::Bool,
                                         ValueType::String};

    Value some_value(ValueType type) {
        const auto number = static_cast<std::int64_t>(random_.next() >> 40);
        if (random_.chance(0.05)) {
            return {};
        }
        switch (type) {
            case ValueType::Float64: return static_cast<double>(number) / 7;
            case ValueType::Int64: return number;
            case ValueType::Bool: return number % 2 == 0;
            default: return std::string(static_cast<std::size_t>(number % 30), 'x');
        }
    }

    SampleBatch some_rows(std::uint64_t most) {
        SampleBatch batch;
        for (std::uint64_t n = 1 + random_.below(most); n > 0; --n) {
            const auto k = random_.below(types.size());
            const Time time =
                random_.chance(0.8)
                    ? now_++
                    : static_cast<Time>(random_.below(static_cast<std::uint64_t>(now_)));
            const Value value = some_value(types[k]);
            const Quality quality = type_of(value) == ValueType::Null || random_.chance(0.1)
                                        ? quality::bad_timeout
                                        : quality::good;
            batch.add(ids_[k], time, quality, value);
            expected_[k][time] = {time, value, quality};
        }
        return batch;
    }

    void append(const SampleBatch& batch) {
        auto lsn = store_->append(batch);
        if (!lsn && lsn.error().code == Code::Unavailable) {
            must(store_->maintain());  // memory is full
            lsn = store_->append(batch);
        }
        must(std::move(lsn));
        must(store_->commit());
    }

    void backfill() {
        const auto backfill = store_->begin_backfill();
        for (std::uint64_t n = random_.below(4); n > 0; --n) {
            must(backfill->add(some_rows(200)));
        }
        must(backfill->publish());
    }

    void erase() {
        const auto k = random_.below(types.size());
        const auto from = static_cast<Time>(random_.below(static_cast<std::uint64_t>(now_)));
        const TimeRange range{from, from + static_cast<Time>(random_.below(300))};
        must(store_->erase(ids_[k], range));
        must(store_->commit());
        std::erase_if(expected_[k], [&](const auto& entry) { return range.contains(entry.first); });
    }

    Fixture fixture_;
    SeededRandom random_;
    StoreOptions options_ = small_options();
    std::unique_ptr<Store> store_;
    std::array<std::map<Time, Sample>, types.size()> expected_;
    std::array<SeriesId, types.size()> ids_;
    Time now_ = 1000;
};

TEST(Store, EqualsAMapUnderRandomOperations) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        SCOPED_TRACE(seed);
        MapTrial trial(seed);
        for (int step = 0; step < 400; ++step) {
            trial.step();
            if (step % 40 == 39) {
                ASSERT_NO_FATAL_FAILURE(trial.compare());
            }
        }
    }
}

TEST(Store, BucketsEqualANaiveRecomputation) {
    Fixture fixture(3);
    const auto store = must(fixture.open());
    const SeriesId id = must(store->make_series("a", ValueType::Float64));
    SeededRandom random(4);
    std::map<Time, std::optional<double>> rows;
    for (int i = 0; i < 3000; ++i) {
        const Time time = static_cast<Time>(random.below(1000)) * second / 10;
        const bool bad = random.chance(0.1);
        const double value = random.fraction() * 100 - 50;
        must(
            store->append(one(id, time, value, bad ? quality::bad_sensor_failure : quality::good)));
        rows[time] = bad ? std::nullopt : std::optional(value);
        must(store->commit());
        if (i % 500 == 0) {
            must(store->flush());
        }
    }
    const TimeRange range{3 * second, 90 * second};
    const Duration every{7 * second};
    std::vector<Bucket> buckets;
    must(store->aggregate(std::span(&id, 1), range, every, [&](const Bucket& bucket) {
        buckets.push_back(bucket);
        return true;
    }));
    std::size_t index = 0;
    for (Time start = range.from; start < range.to; start += every.count()) {
        const Time end = std::min(range.to, start + every.count());
        std::vector<double> values;
        std::size_t all = 0;
        for (auto at = rows.lower_bound(start); at != rows.lower_bound(end); ++at) {
            ++all;
            if (at->second) {
                values.push_back(*at->second);
            }
        }
        ASSERT_LT(index, buckets.size());
        const Aggregate& got = buckets[index].aggregate;
        ASSERT_EQ(buckets[index].start, start);
        ++index;
        EXPECT_EQ(got.rows, all);
        ASSERT_EQ(got.count, values.size());
        double sum = 0;
        for (const double value : values) {
            sum += value;
        }
        const double mean = sum / static_cast<double>(values.size());
        double squares = 0;
        for (const double value : values) {
            squares += (value - mean) * (value - mean);
        }
        EXPECT_EQ(got.min, *std::ranges::min_element(values));
        EXPECT_EQ(got.max, *std::ranges::max_element(values));
        EXPECT_EQ(got.first, values.front());
        EXPECT_EQ(got.last, values.back());
        EXPECT_NEAR(got.sum, sum, 1e-9);
        EXPECT_NEAR(got.deviation(), std::sqrt(squares / static_cast<double>(values.size())), 1e-9);
        EXPECT_EQ(got.quality(), values.size() == all ? quality::good : quality::uncertain);
    }
    EXPECT_EQ(index, buckets.size());
}

TEST(Store, SegmentsAreMergedAndTheirNumberStaysSmall) {
    Fixture fixture;
    const auto store = must(fixture.open());
    const SeriesId id = must(store->make_series("a", ValueType::Int64));
    for (int i = 0; i < 64; ++i) {
        must(store->append(one(id, i, std::int64_t{i})));
        must(store->flush());
        while (must(store->maintain())) {
        }
    }
    EXPECT_LE(store->statistics().segments, 9U);
    EXPECT_EQ(read(*store, id).size(), 64U);
    EXPECT_EQ(segment_files(fixture).size(), store->statistics().segments);
}

// One late row must not make the blocks useless that lie behind it (QuestDB's pull request 3275:
// one such row made it write 24,000 again).
TEST(Store, LateRowsLeaveBlocksAlone) {
    Fixture fixture;
    auto options = small_options();
    options.memtable_bytes = 1 << 20;
    options.journal.file_bytes = 1 << 20;
    const auto store = must(fixture.open(options));
    const SeriesId id = must(store->make_series("a", ValueType::Int64));
    Time now = 0;
    for (int round = 0; round < 4; ++round) {
        SampleBatch batch;
        for (int i = 0; i < 2048; ++i) {
            batch.add_int(id, ++now * second, quality::good, 1);
        }
        batch.add_int(id, 500 * second + 1 + round, quality::good, 100);  // late but for the first
        must(store->append(batch));
        must(store->commit());
        must(store->flush());
    }
    EXPECT_EQ(store->statistics().segment_blocks, 4 * 2U + 3U + 1U);
    double sum = 0;
    must(store->aggregate(std::span(&id, 1), {0, time_max}, Duration{0}, [&](const Bucket& bucket) {
        sum = bucket.aggregate.sum;
        return true;
    }));
    EXPECT_EQ(sum, 4 * 2048 + 400);
    must(store->compact());
    EXPECT_EQ(segment_files(fixture).size(), 1U);
    EXPECT_EQ(read(*store, id).size(), 4 * 2048U + 4U);
}

TEST(Store, RowsFromAllOverTimeTakeFewFiles) {
    Fixture fixture;
    StoreOptions options = small_options();
    options.memtable_bytes = 1024 * 1024;  // one segment set for all
    const auto store = must(fixture.open(options));
    const SeriesId id = must(store->make_series("a", ValueType::Int64));
    SeededRandom random(3);
    std::set<Time> times;
    for (int i = 0; i < 2000; ++i) {
        const auto time = static_cast<Time>(random.next());
        must(store->append(one(id, time, std::int64_t{i})));
        must(store->commit());
        times.insert(time);
    }
    // A block that spans all of time, too.
    for (const Time time : {time_min, time_max - 1}) {
        must(store->append(one(id, time, std::int64_t{1})));
        times.insert(time);
    }
    const SeriesId wide = must(store->make_series("wide", ValueType::Int64));
    must(store->append(one(wide, time_min, std::int64_t{1})));
    must(store->append(one(wide, time_max - 1, std::int64_t{1})));
    must(store->flush());
    EXPECT_LE(segment_files(fixture).size(), 14U);
    must(store->compact());
    const auto rows = read(*store, id);
    ASSERT_EQ(rows.size(), times.size());
    EXPECT_TRUE(std::ranges::equal(rows, times, {}, &Sample::time));
}

TEST(Store, WhatWasErasedLeavesTheDiskToo) {
    Fixture fixture;
    const auto store = must(fixture.open());
    const SeriesId id = must(store->make_series("a", ValueType::Int64));
    for (std::int64_t i = 0; i < 100; ++i) {
        must(store->append(one(id, i, i)));
    }
    must(store->flush());
    must(store->erase(id, {10, 90}));
    must(store->append(one(id, 50, std::int64_t{5000})));
    must(store->commit());
    EXPECT_EQ(read(*store, id).size(), 21U);
    EXPECT_EQ(must(store->latest(id))->time, 99);
    must(store->flush());
    EXPECT_EQ(store->statistics().tombstones, 1U);
    while (must(store->maintain())) {
    }
    EXPECT_EQ(store->statistics().tombstones, 0U);
    EXPECT_EQ(store->statistics().segment_rows, 21U);
    EXPECT_EQ(read(*store, id).size(), 21U);
    must(store->erase(id, {}));
    must(store->commit());
    EXPECT_FALSE(must(store->latest(id)));
    EXPECT_TRUE(read(*store, id).empty());
    EXPECT_EQ(failure(store->erase(SeriesId{77}, {})), Code::NotFound);
}

TEST(Store, SamplesOlderThanTheyAreKeptAreGone) {
    Fixture fixture;
    auto options = small_options();
    options.partition = std::chrono::hours(1);
    options.retention = std::chrono::hours(10);
    constexpr Time hour = 3600 * second;
    fixture.around.clock.step(Duration(1000 * hour - fixture.around.clock.now()));
    const auto store = must(fixture.open(options));
    const SeriesId id = must(store->make_series("a", ValueType::Int64));
    const SeriesId still = must(store->make_series("still", ValueType::Int64));
    must(store->append(one(still, 900 * hour, std::int64_t{1})));
    for (Time at = 900; at < 950; ++at) {
        must(store->append(one(id, at * hour, at)));
        must(store->commit());
        must(store->flush());
    }
    // The newest sample is what counts, though the clock is far ahead.
    const auto rows = read(*store, id);
    ASSERT_EQ(rows.size(), 11U);
    EXPECT_EQ(rows.front().time, 939 * hour);
    EXPECT_FALSE(must(store->latest(still)));
    while (must(store->maintain())) {
    }
    EXPECT_LE(store->statistics().segment_rows, 12U);
    EXPECT_EQ(read(*store, id), rows);
    // A clock that jumps ahead makes nothing old (F8).
    fixture.around.clock.step(std::chrono::hours(1'000'000));
    while (must(store->maintain())) {
    }
    EXPECT_EQ(read(*store, id), rows);
}

TEST(Store, BackfillAppearsAtOnceOrNotAtAll) {
    Fixture fixture;
    {
        const auto store = must(fixture.open());
        const SeriesId id = must(store->make_series("a", ValueType::Int64));
        must(store->append(one(id, 5, std::int64_t{-5})));
        must(store->append(one(id, 6, std::int64_t{-6})));
        must(store->commit());
        SampleBatch old;
        for (std::int64_t i = 0; i < 6; ++i) {
            old.add_int(id, i, quality::good, i);
        }
        {
            const auto forgotten = store->begin_backfill();
            must(forgotten->add(old));
        }
        EXPECT_EQ(read(*store, id).size(), 2U);
        const auto backfill = store->begin_backfill();
        must(backfill->add(old));
        EXPECT_EQ(failure(backfill->add(one(id, 1, true))), Code::InvalidArgument);
        EXPECT_EQ(read(*store, id).size(), 2U);
        must(backfill->publish());
        EXPECT_EQ(read(*store, id).size(), 7U);
        must(store->append(one(id, 0, std::int64_t{100})));
        must(store->commit());
    }
    fixture.disk.power_cut();
    const auto store = must(fixture.open());
    const auto rows = read(*store, store->find_series("a")->id);
    ASSERT_EQ(rows.size(), 7U);
    EXPECT_EQ(rows[0].value, Value(std::int64_t{100})) << "appended after it";
    EXPECT_EQ(rows[5].value, Value(std::int64_t{5})) << "appended before it";
    EXPECT_EQ(rows[6].value, Value(std::int64_t{-6}));
}

TEST(Store, OldSamplesAreFlushedWithoutMoreComing) {
    Fixture fixture;
    const auto store = must(fixture.open());
    const SeriesId id = must(store->make_series("a", ValueType::Int64));
    must(store->append(one(id, 1, std::int64_t{1})));
    EXPECT_FALSE(must(store->maintain()));
    fixture.around.clock.advance(std::chrono::minutes(11));
    EXPECT_TRUE(must(store->maintain()));
    EXPECT_EQ(store->statistics().memtable_rows, 0U);
}

TEST(Store, ReadersSeeAWholeSnapshotWhileRowsMove) {
    const gantry::testing::TemporaryFolder folder;
    gantry::testing::Surroundings around;
    RealDisk disk;
    SystemRandom random;
    auto options = small_options();
    options.folder = folder / "s";
    const auto store =
        must(Store::open(disk, around.clock, random, around.log, around.metrics, options));
    const SeriesId id = must(store->make_series("a", ValueType::Int64));
    std::atomic<std::int64_t> written = 0;
    std::atomic<bool> stop = false;
    std::jthread writer([&] {
        for (std::int64_t i = 1; i <= 20'000; ++i) {
            auto appended = store->append(one(id, i, i));
            while (!appended && appended.error().code == Code::Unavailable) {
                std::this_thread::yield();  // back-pressure: the maintainer is behind
                appended = store->append(one(id, i, i));
            }
            must(appended);
            if (i % 100 == 0) {
                must(store->commit());
            }
            written = i;
        }
        stop = true;
    });
    std::jthread maintainer([&] {
        while (!stop) {
            must(store->maintain());
        }
    });
    while (!stop) {
        const std::int64_t least = written;
        const auto rows = read(*store, id);
        ASSERT_GE(rows.size(), static_cast<std::size_t>(least));
        for (std::size_t i = 0; i < rows.size(); ++i) {
            ASSERT_EQ(rows[i].time, static_cast<Time>(i + 1));
        }
        const auto latest = must(store->latest(id));
        ASSERT_TRUE(least == 0 || (latest && latest->time >= least));
    }
}

}  // namespace
}  // namespace gantry::store

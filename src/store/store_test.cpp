// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

#include <cmath>
#include <map>
#include <thread>

#include "base/sim_disk.h"
#include "store/backfill.h"
#include "testing/testing.h"

namespace gantry::store {
namespace {

using gantry::testing::failure;
using gantry::testing::must;

constexpr Time second = 1'000'000'000;

StoreOptions small_options() {
    StoreOptions options;
    options.folder = "/s";
    options.memtable_bytes = 16 * 1024;
    options.journal.file_bytes = 16 * 1024;
    return options;
}

struct Fixture {
    explicit Fixture(std::uint64_t seed = 1) : disk(seed), random(seed) {}

    Result<std::unique_ptr<Store>> open(StoreOptions options = small_options()) {
        return Store::open(disk, around.clock, random, around.log, around.metrics, options);
    }

    SimDisk disk;
    SeededRandom random;
    gantry::testing::Surroundings around;
};

std::vector<Sample> read(const Store& store, SeriesId series, TimeRange range = {}) {
    std::vector<Sample> out;
    must(store.scan(std::span(&series, 1), range, [&](const Chunk& chunk) {
        for (std::size_t i = 0; i < chunk.size(); ++i) {
            const Row row = chunk.row(i);
            out.push_back({row.time, row.value(), row.quality});
        }
        return true;
    }));
    return out;
}

SampleBatch one(SeriesId series, Time time, const Value& value, Quality quality = quality::good) {
    SampleBatch batch;
    batch.add(series, time, quality, value);
    return batch;
}

std::vector<std::string> segment_files(const Fixture& fixture) {
    auto names = must(fixture.disk.list("/s"));
    std::erase_if(names,
                  [](const std::string& name) { return !name.starts_with("segment-"); });
    return names;
}

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
        store_ = must(fixture_.open(options_));
        for (std::size_t i = 0; i < types.size(); ++i) {
            ids_[i] = must(store_->make_series("s" + std::to_string(i), types[i]));
        }
        must(store_->commit());
    }

    void step() {
        switch (random_.below(24)) {
            case 0: must(store_->flush()); break;
            case 1: must(store_->maintain()); break;
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
            default:
                must(store_->append(some_rows(60)));
                must(store_->commit());
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
        std::erase_if(expected_[k],
                      [&](const auto& entry) { return range.contains(entry.first); });
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
    const auto store = must(fixture.open());
    const SeriesId id = must(store->make_series("a", ValueType::Int64));
    SeededRandom random(3);
    std::set<Time> times;
    for (int i = 0; i < 2000; ++i) {
        const auto time = static_cast<Time>(random.next());
        must(store->append(one(id, time, std::int64_t{i})));
        must(store->commit());
        times.insert(time);
    }
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

// One life after another, each ended by a power cut at some operation of the disk. The oracle
// stands outside. Each row carries its number as value, so an invented or doubled row shows.
class PowerCutTrial {
public:
    explicit PowerCutTrial(std::uint64_t seed) : fixture_(seed), random_(seed ^ 0xabcdef) {}

    void live() {
        auto opened = fixture_.open();
        ASSERT_TRUE(opened) << opened.error().message;
        const auto store = std::move(*opened);
        check(*store);
        std::uint64_t left = 1 + random_.below(80);
        bool cut = false;
        fixture_.disk.set_fault([&](SimDisk::Operation, const std::string&) {
            cut = cut || --left == 0;
            return cut ? std::optional(Error{Code::Io, "power", {}}) : std::nullopt;
        });
        for (int step = 0; !cut && step < 200; ++step) {
            const auto kind = random_.below(10);
            if (kind == 0) {
                (void)store->flush();
            } else if (kind == 1) {
                (void)store->maintain();
            } else if (kind == 2) {
                erase(*store);
            } else {
                write(*store);
            }
        }
        fixture_.disk.set_fault(nullptr);
        fixture_.disk.power_cut();
    }

    void check(const Store& store) {
        for (std::uint32_t k = 0; k < series_count; ++k) {
            const auto info = store.find_series("s" + std::to_string(k));
            std::set<std::int64_t> seen;
            if (info) {
                for (const Sample& sample : read(store, info->id)) {
                    const auto number = std::get<std::int64_t>(sample.value);
                    ASSERT_EQ(sample.time, number * 10);
                    ASSERT_TRUE(seen.insert(number).second) << "twice";
                    ASSERT_TRUE(attempted_[k].contains(number)) << "never sent";
                    ASSERT_FALSE(erased_[k].contains(number)) << "came back";
                }
            }
            for (const std::int64_t number : promised_[k]) {
                ASSERT_TRUE(seen.contains(number)) << "series " << k << " lost " << number;
            }
            // What a start has given back is there for good.
            promised_[k].insert(seen.begin(), seen.end());
        }
    }

    Fixture fixture_;

private:
    static constexpr std::uint32_t series_count = 3;

    void write(Store& store) {
        std::vector<std::pair<std::uint32_t, std::int64_t>> rows;
        SampleBatch batch;
        for (std::uint64_t n = 1 + random_.below(50); n > 0; --n) {
            const auto k = static_cast<std::uint32_t>(random_.below(series_count));
            const auto id = store.make_series("s" + std::to_string(k), ValueType::Int64);
            if (!id) {
                return;
            }
            const std::int64_t number = next_++;
            batch.add_int(*id, number * 10, quality::good, number);
            attempted_[k].insert(number);
            rows.emplace_back(k, number);
        }
        const auto lsn = store.append(batch);
        if (!lsn || !store.commit() || store.durable() < *lsn) {
            return;
        }
        for (const auto& [k, number] : rows) {
            promised_[k].insert(number);
        }
    }

    void erase(Store& store) {
        const auto k = static_cast<std::uint32_t>(random_.below(series_count));
        const auto info = store.find_series("s" + std::to_string(k));
        if (!info || next_ == 1) {
            return;
        }
        const auto from =
            static_cast<std::int64_t>(1 + random_.below(static_cast<std::uint64_t>(next_)));
        const std::int64_t to = from + static_cast<std::int64_t>(random_.below(100));
        // Until it is known, either may be.
        promised_[k].erase(promised_[k].lower_bound(from), promised_[k].lower_bound(to));
        const auto lsn = store.erase(info->id, {from * 10, to * 10});
        if (lsn && store.commit() && store.durable() >= *lsn) {
            erased_[k].insert(attempted_[k].lower_bound(from), attempted_[k].lower_bound(to));
        }
    }

    SeededRandom random_;
    std::array<std::set<std::int64_t>, series_count> erased_;
    std::array<std::set<std::int64_t>, series_count> attempted_;
    std::array<std::set<std::int64_t>, series_count> promised_;
    std::int64_t next_ = 1;
};

void run_power_cuts(std::uint64_t first, std::uint64_t count) {
    constexpr int lives = 5;
    for (std::uint64_t seed = first; seed < first + count / lives; ++seed) {
        SCOPED_TRACE(seed);
        PowerCutTrial trial(seed);
        for (int life = 0; life < lives; ++life) {
            trial.live();
        }
        const auto store = must(trial.fixture_.open());
        trial.check(*store);
        if (::testing::Test::HasFailure()) {
            return;
        }
    }
}

TEST(Store, PowerCutsLoseNothingThatWasAcknowledged) { run_power_cuts(0, 1000); }

// F2: 10,000 here; ./dev nightly asks for more.
TEST(Store, TenThousandPowerCutsLoseNothing_slow) {
    const char* nightly = std::getenv("GANTRY_NIGHTLY");
    run_power_cuts(1'000'000, nightly != nullptr ? 100'000 : 10'000);
}

// F5: every operation of the disk fails once, for a moment or from then on.
TEST(Store, NoAcknowledgementAfterAnyFailingOperation) {
    for (std::uint64_t nth = 1; nth < 260; ++nth) {
        SCOPED_TRACE(nth);
        Fixture fixture(nth);
        std::int64_t committed = 0;
        std::uint64_t left = nth;
        const bool sticky = nth % 2 == 0;
        bool broken = false;
        fixture.disk.set_fault([&](SimDisk::Operation, const std::string&) {
            const bool now = --left == 0;
            broken = broken || (now && sticky);
            return now || broken ? std::optional(Error{Code::Io, "EIO", {}}) : std::nullopt;
        });
        if (auto opened = fixture.open()) {
            auto& store = **opened;
            const auto id = store.make_series("a", ValueType::Int64);
            for (std::int64_t i = 1; id && i < 60; ++i) {
                const auto lsn = store.append(one(*id, i, i));
                if (lsn && store.commit() && store.durable() >= *lsn) {
                    committed = i;
                }
                if (i % 5 == 0) {
                    (void)store.flush();
                    (void)store.maintain();
                }
            }
        }
        fixture.disk.set_fault(nullptr);
        fixture.disk.power_cut();
        const auto store = must(fixture.open());
        const auto info = store->find_series("a");
        std::set<Time> times;
        if (info) {
            for (const Sample& sample : read(*store, info->id)) {
                times.insert(sample.time);
            }
        }
        for (std::int64_t i = 1; i <= committed; ++i) {
            // Rows after a failed commit were refused, so all up to the last success must be there.
            ASSERT_TRUE(times.contains(i)) << i;
        }
    }
}

// F4: one bit at every byte of every file. Nothing wrong is served, and what is lost is one block
// or one record at most.
TEST(Store, AFlippedBitIsNeverServed) {
    Fixture fixture;
    std::vector<std::int64_t> sent;
    {
        const auto store = must(fixture.open());
        const SeriesId id = must(store->make_series("a", ValueType::Int64));
        const SeriesId other = must(store->make_series("b", ValueType::Int64));
        for (std::int64_t i = 1; i <= 40; ++i) {
            must(store->append(one(id, i, i * 3)));
            must(store->append(one(other, i, i * 5)));
            must(store->commit());
            if (i == 20 || i == 30) {
                must(store->flush());
            }
        }
    }
    int trials = 0;
    for (const std::string folder : {"/s", "/s/journal", "/s/catalogue"}) {
        for (const std::string& name : must(fixture.disk.list(folder))) {
            const std::string path = folder + "/" + name;
            if (name.starts_with("reserved-")) {
                continue;
            }
            const auto size = must(read_file(fixture.disk, path, 1 << 30)).size();
            // The reserved, empty rest of a journal file is the same everywhere.
            for (std::uint64_t byte = 0; byte < std::min<std::uint64_t>(size, 1500); byte += 3) {
                SCOPED_TRACE(path + " byte " + std::to_string(byte));
                const auto disk = fixture.disk.copy(byte);
                must(disk->flip_bit(path, byte, static_cast<unsigned>(byte % 8)));
                const auto opened =
                    Store::open(*disk, fixture.around.clock, fixture.random, fixture.around.log,
                                fixture.around.metrics, small_options());
                ASSERT_TRUE(opened) << opened.error().message;
                std::size_t lost = 0;
                for (const auto& [key, factor] : {std::pair{"a", 3}, std::pair{"b", 5}}) {
                    const auto info = (*opened)->find_series(key);
                    const auto rows = info ? read(**opened, info->id) : std::vector<Sample>{};
                    for (const Sample& row : rows) {
                        ASSERT_EQ(row.value, Value(row.time * factor));
                    }
                    lost += 40 - rows.size();
                }
                // One block holds 20 rows; a series whose name is lost takes its own rows with it.
                ASSERT_LE(lost, folder == "/s/catalogue" ? 40U : folder == "/s" ? 20U : 1U);
                ++trials;
            }
        }
    }
    EXPECT_GT(trials, 1000);
}

// F6 and requirement "disk full": writes are refused, reads go on, and it recovers by itself.
TEST(Store, AFullDiskRefusesWritesServesReadsAndRecovers) {
    Fixture fixture;
    const auto store = must(fixture.open());
    const SeriesId id = must(store->make_series("a", ValueType::Int64));
    must(store->append(one(id, 0, std::int64_t{0})));
    must(store->commit());
    fixture.disk.set_capacity(fixture.disk.used_bytes() + 10'000);
    std::int64_t last = 0;
    std::optional<Error> refused;
    for (std::int64_t i = 1; i < 200'000 && !refused; ++i) {
        const auto lsn = store->append(one(id, i, i));
        if (!lsn) {
            refused = lsn.error();
            break;
        }
        must(store->commit());
        last = i;
        if (i % 50 == 0) {
            (void)store->maintain();
        }
    }
    ASSERT_TRUE(refused);
    EXPECT_TRUE(refused->code == Code::StorageFull || refused->code == Code::Unavailable);
    EXPECT_EQ(read(*store, id).size(), static_cast<std::size_t>(last + 1));
    EXPECT_TRUE(store->statistics().accepting);
    fixture.disk.set_capacity(UINT64_MAX);
    while (must(store->maintain())) {
    }
    must(store->append(one(id, last + 1, last + 1)));
    must(store->commit());
    fixture.disk.power_cut();
    const auto again = must(fixture.open());
    EXPECT_EQ(read(*again, id).size(), static_cast<std::size_t>(last + 2));
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

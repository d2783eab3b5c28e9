// SPDX-License-Identifier: Apache-2.0
// Buckets against a naive recomputation, with blocks that are answered by their statistics.
#include "store/aggregate_testing.h"

namespace gantry::store {
namespace {

struct Node {
    explicit Node(std::uint64_t seed) : disk(seed), random(seed) {
        options.folder = "/s";
        options.memtable_bytes = 1 << 20;
        open();
    }
    void open() {
        store = must(Store::open(disk, around.clock, random, around.log, around.metrics, options));
    }

    SimDisk disk;
    SeededRandom random;
    gantry::testing::Surroundings around;
    StoreOptions options;
    std::unique_ptr<Store> store;
};

TEST(Aggregates, WithStatisticsEqualANaiveRecomputation) {
    for (const ValueType type :
         {ValueType::Bool, ValueType::Int64, ValueType::Float64, ValueType::String}) {
        Node fixture(static_cast<std::uint64_t>(type));
        SeededRandom random(20 + static_cast<std::uint64_t>(type));
        const SeriesId id = must(fixture.store->make_series("a", type));
        Rows rows;
        Time now = 0;
        for (int round = 0; round < 12; ++round) {
            SampleBatch batch;
            for (int i = 0; i < 3000; ++i) {
                now += static_cast<Time>(1 + random.below(2)) * second / 10;
                // Some come late and land in blocks that are written.
                const bool late = round % 3 == 2 && random.chance(0.002);
                const Time time =
                    late ? static_cast<Time>(random.below(static_cast<std::uint64_t>(now))) : now;
                const Value value = some_value(type, random);
                const Quality quality = random.chance(0.02)   ? quality::bad_sensor_failure
                                        : random.chance(0.02) ? quality::uncertain
                                                              : quality::good;
                batch.add(id, time, quality, value);
                rows[time] = {value, quality};
            }
            must(fixture.store->append(batch));
            must(fixture.store->commit());
            if (round % 4 != 3) {
                must(fixture.store->flush());
            }
            for (int trial = 0; trial < 6; ++trial) {
                const Time from = static_cast<Time>(random.below(static_cast<std::uint64_t>(now)));
                const TimeRange range{trial == 0 ? 0 : from, now + 1};
                const Duration every{
                    trial % 2 == 0 ? 0
                                   : static_cast<std::int64_t>(1 + random.below(2000)) * second};
                const AggregateOptions options{
                    .usable =
                        std::array{Usable::NotBad, Usable::Good, Usable::Any}[random.below(3)],
                    .time_weighted = type != ValueType::String && random.chance(0.5)};
                ASSERT_NO_FATAL_FAILURE(
                    expect_buckets(*fixture.store, id, rows, range, every, options));
            }
        }
        while (must(fixture.store->maintain())) {
        }
        ASSERT_NO_FATAL_FAILURE(
            expect_buckets(*fixture.store, id, rows, {0, now + 1}, Duration{600 * second}, {}));
    }
}

// Many series in many pages: most plain and regular, some late, bad, erased, of texts, with rows in
// memory, or with many blocks.
class Fleet {
public:
    static constexpr std::size_t size = 400;

    explicit Fleet(std::uint64_t seed) : fixture_(seed), random_(seed) {
        for (std::size_t i = 0; i < size; ++i) {
            const ValueType type =
                std::array{ValueType::Float64, ValueType::Int64, ValueType::Bool}[i % 3];
            const bool text = seed % 4 != 0 && random_.chance(0.01);
            types_.push_back(text ? ValueType::String : type);
            ids.push_back(must(fixture_.store->make_series(std::to_string(i), types_.back())));
        }
        rows.resize(size);
        const bool clean = seed % 2 == 0;
        for (int round = 0; round < 4; ++round) {
            for (std::size_t i = 0; i < size; ++i) {
                add(i, round, clean || random_.chance(0.9));
            }
            must(fixture_.store->commit());
            if (round < 3) {
                must(fixture_.store->flush());
            }
        }
        for (int i = 0; i < (clean ? 0 : 10); ++i) {
            erase(random_.below(size));
        }
        if (clean) {
            must(fixture_.store->flush());
        }
    }

    const Store& store() const { return *fixture_.store; }
    SeededRandom& random() { return random_; }
    Time end() const { return 4 * 40 * second; }
    bool has_text(const std::vector<std::size_t>& members) const {
        return std::ranges::any_of(
            members, [this](std::size_t i) { return types_[i] == ValueType::String; });
    }
    // Neighbours, or some here and there.
    std::vector<std::size_t> some() {
        std::vector<std::size_t> out;
        const std::size_t first = random_.chance(0.3) ? 0 : random_.below(size);
        const std::size_t step = random_.chance(0.6) ? 1 : 1 + random_.below(20);
        const std::size_t most = random_.chance(0.3) ? size : random_.below(size);
        for (std::size_t i = first; i < size && out.size() < most; i += step) {
            out.push_back(i);
        }
        if (random_.chance(0.1)) {
            std::ranges::reverse(out);
        }
        return out;
    }

    std::vector<SeriesId> ids;
    std::vector<Rows> rows;

private:
    void add(std::size_t i, int round, bool plain) {
        SampleBatch batch;
        const std::size_t count = i == 13 ? 2500 : plain ? 40 : 1 + random_.below(60);
        const Time step = 40 * second / static_cast<Time>(count);
        for (std::size_t k = 0; k < count; ++k) {
            Time time = round * 40 * second + static_cast<Time>(k) * step;
            Value value = types_[i] == ValueType::Float64
                              ? static_cast<double>(random_.below(1000)) / 10 - 50
                              : some_value(types_[i], random_);
            if (plain && type_of(value) == ValueType::Null) {
                value = types_[i] == ValueType::Int64 ? Value(std::int64_t{1}) : Value(true);
                value = types_[i] == ValueType::String ? Value(std::string("on")) : value;
            }
            if (!plain && random_.chance(0.05)) {
                time = static_cast<Time>(random_.below(static_cast<std::uint64_t>(time) + 1));
            }
            const Quality quality =
                plain || random_.chance(0.9) ? quality::good : quality::bad_sensor_failure;
            batch.add(ids[i], time, quality, value);
            rows[i][time] = {value, quality};
        }
        must(fixture_.store->append(batch));
    }
    void erase(std::size_t i) {
        const Time from = static_cast<Time>(random_.below(100)) * second;
        const Time to = from + static_cast<Time>(random_.below(60)) * second;
        must(fixture_.store->erase(ids[i], {from, to}));
        rows[i].erase(rows[i].lower_bound(from), rows[i].lower_bound(to));
    }

    Node fixture_;
    SeededRandom random_;
    std::vector<ValueType> types_;
};

Aggregate naive_group(const Fleet& fleet, const std::vector<std::size_t>& members,
                      TimeRange range) {
    Aggregate out;
    for (const std::size_t i : members) {
        const Aggregate one = naive(fleet.rows[i], range.from, range.to);
        if (one.count > 0 && one.numeric) {
            out.min = out.count == 0 ? one.min : std::min(out.min, one.min);
            out.max = out.count == 0 ? one.max : std::max(out.max, one.max);
            if (out.count == 0 || one.first_time < out.first_time) {
                out.first_time = one.first_time;
                out.first = one.first;
            }
            if (out.count == 0 || one.last_time >= out.last_time) {
                out.last_time = one.last_time;
                out.last = one.last;
            }
        }
        out.rows += one.rows;
        out.count += one.count;
        out.good_count += one.good_count;
        out.sum += one.sum;
    }
    return out;
}

TEST(Aggregates, OfManySeriesAtOnceEqualANaiveRecomputation) {
    for (std::uint64_t seed = 31; seed < 33; ++seed) {
        Fleet fleet(seed);
        for (int trial = 0; trial < 8; ++trial) {
            const auto members = fleet.some();
            std::vector<SeriesId> ids;
            for (const std::size_t i : members) {
                ids.push_back(fleet.ids[i]);
            }
            const auto from = static_cast<Time>(fleet.random().below(100)) * second;
            const TimeRange range{trial % 3 == 0 ? 0 : from, fleet.end()};
            const Duration every{trial % 2 == 0 ? 0 : 7 * second};
            const AggregateOptions options{.deviation = fleet.random().chance(0.5)};
            std::map<std::uint32_t, std::map<Time, Aggregate>> got;
            must(fleet.store().aggregate(
                ids, range, every,
                [&](const Bucket& bucket) {
                    EXPECT_TRUE(
                        got[bucket.series.value].emplace(bucket.start, bucket.aggregate).second);
                    return true;
                },
                options));
            for (const std::size_t i : members) {
                const Time length = every.count() == 0 ? range.to - range.from : every.count();
                for (Time start = range.from; start < range.to; start += length) {
                    const Aggregate expected =
                        naive(fleet.rows[i], start, std::min(range.to, start + length));
                    const Aggregate& one = got[fleet.ids[i].value][start];
                    ASSERT_EQ(one.rows, expected.rows) << i;
                    ASSERT_EQ(one.count, expected.count);
                    ASSERT_EQ(one.good_count, expected.good_count);
                    ASSERT_EQ(one.first_time, expected.first_time);
                    ASSERT_EQ(one.last_time, expected.last_time);
                    if (!expected.numeric) {
                        continue;
                    }
                    ASSERT_EQ(one.min, expected.min);
                    ASSERT_EQ(one.max, expected.max);
                    ASSERT_EQ(one.first, expected.first);
                    ASSERT_EQ(one.last, expected.last);
                    ASSERT_NEAR(one.sum, expected.sum, 1e-6);
                    if (options.deviation) {
                        ASSERT_NEAR(one.deviation(), expected.deviation(), 1e-6);
                    }
                }
            }
        }
    }
}

TEST(Aggregates, OfLargeGroupsEqualANaiveRecomputation) {
    for (std::uint64_t seed = 40; seed < 43; ++seed) {
        Fleet fleet(seed);
        for (int trial = 0; trial < 20; ++trial) {
            const auto members = fleet.some();
            std::vector<SeriesId> ids;
            for (const std::size_t i : members) {
                ids.push_back(fleet.ids[i]);
            }
            const auto from = static_cast<Time>(fleet.random().below(100)) * second;
            const TimeRange range{trial % 2 == 0 ? 0 : from,
                                  trial % 3 == 0 ? fleet.end() - from / 4 : fleet.end()};
            const Aggregate expected = naive_group(fleet, members, range);
            Aggregate got;
            std::size_t buckets = 0;
            must(fleet.store().aggregate_group(ids, range, Duration{0},
                                               [&](const Bucket& bucket) {
                                                   got = bucket.aggregate;
                                                   ++buckets;
                                                   return true;
                                               },
                                               {.deviation = false}));
            ASSERT_EQ(buckets, expected.rows > 0 ? 1U : 0U);
            ASSERT_EQ(got.rows, expected.rows);
            ASSERT_EQ(got.count, expected.count);
            ASSERT_EQ(got.good_count, expected.good_count);
            ASSERT_EQ(got.quality(), expected.quality());
            if (got.numeric) {
                ASSERT_EQ(got.min, expected.min);
                ASSERT_EQ(got.max, expected.max);
                ASSERT_EQ(got.first, expected.first);
                ASSERT_EQ(got.first_time, expected.first_time);
                ASSERT_EQ(got.last, expected.last);
                ASSERT_EQ(got.last_time, expected.last_time);
                ASSERT_NEAR(got.sum, expected.sum, 1e-6);
            } else {
                ASSERT_TRUE(expected.count == 0 || fleet.has_text(members));
            }
        }
    }
}

// Whole pages of the index are of one series, and are taken as one.
TEST(Aggregates, OfALongSeriesAreThoseOfAllItsRows) {
    Node fixture(50);
    fixture.options.memtable_bytes = 16 << 20;
    fixture.open();
    const SeriesId id = must(fixture.store->make_series("a", ValueType::Int64));
    constexpr std::int64_t count = 300'000;
    SampleBatch batch;
    for (std::int64_t i = 0; i < count; ++i) {
        batch.add_int(id, i * second, quality::good, i);
        if (batch.size() == 10'000) {
            must(fixture.store->append(batch));
            batch.clear();
        }
    }
    must(fixture.store->flush());
    SeededRandom random(51);
    for (int trial = 0; trial < 40; ++trial) {
        const std::int64_t from =
            trial % 4 == 0 ? 0 : static_cast<std::int64_t>(random.below(count));
        const std::int64_t to =
            trial % 3 == 0 ? count : from + 1 + static_cast<std::int64_t>(random.below(count));
        const std::int64_t every = trial % 2 == 0 ? 2 * count : 150'000;
        std::int64_t next = from;
        must(fixture.store->aggregate(
            std::span(&id, 1), {from * second, to * second}, Duration{every * second},
            [&](const Bucket& bucket) {
                const std::int64_t last = std::min({next + every, to, count}) - 1;
                const auto rows = static_cast<double>(last - next + 1);
                EXPECT_EQ(bucket.start, next * second);
                EXPECT_EQ(static_cast<double>(bucket.aggregate.rows), rows);
                EXPECT_EQ(bucket.aggregate.sum, static_cast<double>(next + last) * rows / 2);
                EXPECT_EQ(bucket.aggregate.min, static_cast<double>(next));
                EXPECT_EQ(bucket.aggregate.max, static_cast<double>(last));
                EXPECT_EQ(bucket.aggregate.first, bucket.aggregate.min);
                EXPECT_EQ(bucket.aggregate.last, bucket.aggregate.max);
                EXPECT_EQ(bucket.aggregate.last_time, last * second);
                next += every;
                return true;
            },
            {.deviation = trial % 5 == 0}));
        EXPECT_GE(next, std::min(to, count));
    }
}

TEST(Aggregates, OfAGroupAreThoseOfAllItsRows) {
    Node fixture(9);
    SeededRandom random(10);
    std::vector<SeriesId> ids;
    std::map<Time, std::vector<double>> by_bucket;
    constexpr Time length = 60 * second;
    for (int k = 0; k < 5; ++k) {
        ids.push_back(must(fixture.store->make_series(std::to_string(k), ValueType::Float64)));
        SampleBatch batch;
        for (int i = 0; i < 2000; ++i) {
            const Time time = i * second + k;
            const double value = static_cast<double>(random.below(1000)) / 10 + k * 1000;
            batch.add_float(ids.back(), time, quality::good, value);
            by_bucket[time / length * length].push_back(value);
        }
        must(fixture.store->append(batch));
        must(fixture.store->commit());
        if (k == 2) {
            must(fixture.store->flush());
        }
    }
    std::size_t found = 0;
    must(fixture.store->aggregate_group(
        ids, {0, 2000 * second}, Duration{length}, [&](const Bucket& bucket) {
            const auto& values = by_bucket.at(bucket.start);
            const auto n = static_cast<double>(values.size());
            double sum = 0;
            for (const double value : values) {
                sum += value;
            }
            double squares = 0;
            for (const double value : values) {
                squares += (value - sum / n) * (value - sum / n);
            }
            EXPECT_EQ(bucket.aggregate.count, values.size());
            EXPECT_EQ(bucket.aggregate.min, *std::ranges::min_element(values));
            EXPECT_EQ(bucket.aggregate.max, *std::ranges::max_element(values));
            EXPECT_NEAR(bucket.aggregate.sum, sum, 1e-6);
            EXPECT_NEAR(bucket.aggregate.deviation(), std::sqrt(squares / n), 1e-6);
            EXPECT_EQ(bucket.aggregate.first, values.front()) << "of the first series";
            EXPECT_EQ(bucket.aggregate.first_time, bucket.start);
            EXPECT_EQ(bucket.aggregate.last, values.back()) << "of the last series";
            ++found;
            return true;
        }));
    EXPECT_EQ(found, by_bucket.size());
}

TEST(Aggregates, SayHowLongAStateLasted) {
    Node fixture(11);
    const SeriesId id = must(fixture.store->make_series("a", ValueType::String));
    SampleBatch batch;
    batch.add_text(id, 0, quality::good, "stopped");
    batch.add_text(id, 10 * second, quality::good, "running");
    batch.add_text(id, 20 * second, quality::uncertain, "running");
    batch.add_null(id, 30 * second, quality::bad_no_communication);
    batch.add_text(id, 40 * second, quality::good, "running");
    batch.add_text(id, 45 * second, quality::good, "stopped");
    must(fixture.store->append(batch));
    must(fixture.store->flush());
    using Lengths = std::map<std::string, std::pair<std::uint64_t, std::uint64_t>>;
    const auto lengths = [&](Usable usable) {
        Lengths got;
        for (const StateDuration& state :
             must(fixture.store->state_durations(id, {5 * second, 50 * second}, usable))) {
            got[std::get<std::string>(state.value)] = {state.duration, state.entries};
        }
        return got;
    };
    EXPECT_EQ(lengths(Usable::NotBad),
              (Lengths{{"running", {25 * second, 2}}, {"stopped", {10 * second, 1}}}));
    EXPECT_EQ(lengths(Usable::Good),
              (Lengths{{"running", {15 * second, 2}}, {"stopped", {10 * second, 1}}}));
    const SeriesId many = must(fixture.store->make_series("many", ValueType::Int64));
    SampleBatch values;
    for (std::int64_t i = 0; i <= static_cast<std::int64_t>(Store::states_max); ++i) {
        values.add_int(many, i, quality::good, i);
    }
    must(fixture.store->append(values));
    EXPECT_EQ(gantry::testing::failure(fixture.store->state_durations(many, {0, second})),
              Code::TooLarge);
}

// Counts what is read: a disk whose blocks are gone still answers for those that are not read.
TEST(Aggregates, OfWholeBlocksDoNotReadThem) {
    Node fixture(7);
    const SeriesId id = must(fixture.store->make_series("a", ValueType::Float64));
    SampleBatch batch;
    for (int i = 0; i < 4096; ++i) {
        batch.add_float(id, i * second, quality::good, i);
    }
    must(fixture.store->append(batch));
    must(fixture.store->commit());
    must(fixture.store->flush());
    const std::string path = [&] {
        for (const std::string& name : must(fixture.disk.list("/s"))) {
            if (name.starts_with("segment-")) {
                return "/s/" + name;
            }
        }
        return std::string();
    }();
    must(fixture.disk.flip_bit(path, 16 + 16 + 5, 0));  // the payload of the first block
    fixture.store.reset();
    fixture.open();
    const auto sum = [&](Time from) {
        double out = 0;
        must(fixture.store->aggregate(std::span(&id, 1), {from, 4096 * second}, Duration{0},
                                      [&](const Bucket& bucket) {
                                          out = bucket.aggregate.sum;
                                          return true;
                                      }));
        return out;
    };
    EXPECT_EQ(sum(0), 4095.0 * 4096 / 2);
    EXPECT_EQ(fixture.store->statistics().damaged_blocks, 0U);
    EXPECT_NE(sum(second), 4095.0 * 4096 / 2) << "a part of a block is read";
    EXPECT_EQ(fixture.store->statistics().damaged_blocks, 1U);
}

}  // namespace
}  // namespace gantry::store

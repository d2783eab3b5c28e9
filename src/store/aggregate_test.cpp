// SPDX-License-Identifier: Apache-2.0
// Buckets against a naive recomputation, with blocks that are answered by their statistics.
#include <cmath>
#include <map>

#include "base/sim_disk.h"
#include "store/store.h"
#include "testing/testing.h"

namespace gantry::store {
namespace {

using gantry::testing::must;

constexpr Time second = 1'000'000'000;

struct Fixture {
    explicit Fixture(std::uint64_t seed) : disk(seed), random(seed) {
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

using Rows = std::map<Time, std::pair<Value, Quality>>;

Value some_value(ValueType type, SeededRandom& random) {
    if (random.chance(0.02)) {
        return std::monostate();
    }
    switch (type) {
        case ValueType::Bool: return random.chance(0.5);
        case ValueType::Int64: return static_cast<std::int64_t>(random.below(2000)) - 1000;
        case ValueType::Float64:
            return random.chance(0.02) ? std::nan("")
                                       : static_cast<double>(random.below(10'000)) / 100 - 20;
        default: return std::format("state {}", random.below(4));
    }
}

bool is_usable(const Value& value, Quality quality, Usable usable) {
    const std::optional<double> number = to_number(value);
    const bool text = type_of(value) == ValueType::String;
    return (usable == Usable::Any || (usable == Usable::Good ? quality.good() : !quality.bad())) &&
           (text || (number && !std::isnan(*number)));
}

// From the rows one by one; what is time-weighted over the whole of [from, to).
Aggregate naive(const Rows& rows, Time from, Time to, Usable usable = Usable::NotBad) {
    Aggregate out;
    std::vector<double> values;
    const auto hold = [&](Rows::const_iterator at, Time begin, Time end) {
        const auto& [value, quality] = at->second;
        if (begin < end && is_usable(value, quality, usable)) {
            out.duration += static_cast<std::uint64_t>(end - begin);
            out.integral += to_number(value).value_or(0) * static_cast<double>(end - begin) / 1e9;
        }
    };
    const auto end = rows.lower_bound(to);
    auto at = rows.lower_bound(from);
    if (at != rows.begin()) {
        hold(std::prev(at), from, at == rows.end() ? to : std::min(to, at->first));
    }
    for (; at != end; ++at) {
        const auto& [value, quality] = at->second;
        const auto next = std::next(at);
        hold(at, at->first, next == rows.end() ? to : std::min(to, next->first));
        ++out.rows;
        if (!is_usable(value, quality, usable)) {
            continue;
        }
        ++out.count;
        out.good_count += quality.good() ? 1 : 0;
        out.last_time = at->first;
        out.first_time = out.count == 1 ? at->first : out.first_time;
        if (const auto number = to_number(value)) {
            values.push_back(*number);
            out.sum += *number;
        }
    }
    if (!values.empty()) {
        out.numeric = true;
        out.min = *std::ranges::min_element(values);
        out.max = *std::ranges::max_element(values);
        out.first = values.front();
        out.last = values.back();
        for (const double value : values) {
            out.square_sum += (value - out.first) * (value - out.first);
        }
    }
    return out;
}

void expect_buckets(const Store& store, SeriesId id, const Rows& rows, TimeRange range,
                    Duration every, AggregateOptions options) {
    std::map<Time, Aggregate> buckets;
    must(store.aggregate(
        std::span(&id, 1), range, every,
        [&](const Bucket& bucket) {
            EXPECT_TRUE(buckets.emplace(bucket.start, bucket.aggregate).second);
            return true;
        },
        options));
    std::size_t found = 0;
    const Time length = every.count() == 0 ? range.to - range.from : every.count();
    for (Time start = range.from; start < range.to; start += length) {
        const Aggregate expected =
            naive(rows, start, std::min(range.to, start + length), options.usable);
        if (expected.rows == 0 && (!options.time_weighted || expected.duration == 0)) {
            continue;
        }
        ++found;
        ASSERT_TRUE(buckets.contains(start));
        const Aggregate& got = buckets[start];
        ASSERT_EQ(got.rows, expected.rows);
        ASSERT_EQ(got.count, expected.count);
        ASSERT_EQ(got.good_count, expected.good_count);
        ASSERT_EQ(got.quality(), expected.quality());
        ASSERT_TRUE(got.numeric == expected.numeric || got.count == 0);
        ASSERT_EQ(got.first_time, expected.first_time);
        ASSERT_EQ(got.last_time, expected.last_time);
        if (expected.numeric) {
            ASSERT_EQ(got.min, expected.min);
            ASSERT_EQ(got.max, expected.max);
            ASSERT_EQ(got.first, expected.first);
            ASSERT_EQ(got.last, expected.last);
            ASSERT_NEAR(got.sum, expected.sum, 1e-6);
            ASSERT_NEAR(got.deviation(), expected.deviation(), 1e-6);
        }
        if (options.time_weighted) {
            ASSERT_EQ(got.duration, expected.duration);
            ASSERT_NEAR(got.integral, expected.integral, 1e-4);
        }
    }
    ASSERT_EQ(buckets.size(), found);
}

TEST(Aggregates, WithStatisticsEqualANaiveRecomputation) {
    for (const ValueType type :
         {ValueType::Bool, ValueType::Int64, ValueType::Float64, ValueType::String}) {
        Fixture fixture(static_cast<std::uint64_t>(type));
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

TEST(Aggregates, OfAGroupAreThoseOfAllItsRows) {
    Fixture fixture(9);
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
    Fixture fixture(11);
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
    std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> got;
    for (const StateDuration& state :
         must(fixture.store->state_durations(id, {5 * second, 50 * second}))) {
        got[std::get<std::string>(state.value)] = {state.duration, state.entries};
    }
    const decltype(got) expected = {{"running", {25 * second, 2}}, {"stopped", {10 * second, 1}}};
    EXPECT_EQ(got, expected);
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
    Fixture fixture(7);
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

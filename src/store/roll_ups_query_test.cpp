// SPDX-License-Identifier: Apache-2.0
// Aggregates of cold blocks that roll-ups answer for.
#include "store/aggregate_testing.h"
#include "store/inspect.h"
#include "store/repair.h"
#include "store/roll_ups.h"
#include "store/segment.h"

namespace gantry::store {
namespace {

StoreOptions rolled_options(std::int64_t rows_min) {
    StoreOptions options = small_options();
    options.memtable_bytes = 1 << 20;
    options.journal.file_bytes = 1 << 20;
    options.partition = std::chrono::hours(6);
    options.roll_up_rows_min = rows_min;
    return options;
}

// A series beside a map, with late rows, erased stretches, restarts and rows that are too old.
class RolledTrial {
public:
    RolledTrial(ValueType type, std::uint64_t seed)
        : type_(type), fixture_(seed), random_(seed * 131), options_(rolled_options(20)) {
        options_.retention = seed % 3 == 0 ? std::chrono::hours(9) : Duration{0};
        open();
        id_ = must(store_->make_series("a", type));
        clean_ = seed % 2 == 0;
        per_minute_ = seed % 4 < 2;
        now_ = (fixture_.around.clock.now() / hour_length + 1) * hour_length + 17 * second;
        begin_ = now_;
    }

    void round(int number) {
        append_in_order();
        if (number % 2 == 1) {
            append_late();
        }
        if (number % 3 == 2) {
            erase();
        }
        if (random_.chance(0.7)) {
            must(store_->compact());
        }
        if (random_.chance(0.3)) {
            store_.reset();
            open();
        }
    }

    void ask() {
        Rows kept = rows_;
        if (options_.retention.count() != 0) {
            const Time newest = std::min(fixture_.around.clock.now(), rows_.rbegin()->first);
            kept.erase(kept.begin(), kept.lower_bound(newest - options_.retention.count()));
        }
        const bool whole = random_.chance(0.7);
        const Time unit = per_minute_ ? minute_length : hour_length;
        Time from =
            begin_ + static_cast<Time>(random_.below(static_cast<std::uint64_t>(now_ - begin_)));
        Time every = static_cast<Time>(1 + random_.below(5)) * unit;
        every += random_.chance(0.2) ? second : 0;
        from = whole ? from / unit * unit : from;
        const Time end = random_.chance(0.5) ? now_ + 1 : (now_ / unit - 1) * unit;
        const AggregateOptions options{
            .usable = std::array{Usable::NotBad, Usable::Good, Usable::Any}[random_.below(3)],
            .time_weighted = type_ != ValueType::String && random_.chance(0.5)};
        if (from < end) {
            ASSERT_NO_FATAL_FAILURE(expect_buckets(*store_, id_, kept, {from, end},
                                                   Duration{random_.chance(0.2) ? 0 : every},
                                                   options));
        }
    }

    std::uint64_t rolled_up() const { return store_->statistics().rolled_up_blocks; }

private:
    void open() { store_ = must(fixture_.open(options_)); }

    void append(const SampleBatch& batch) {
        must(store_->append(batch));
        must(store_->commit());
    }

    void add(SampleBatch& batch, Time time) {
        Value value = some_value(type_, random_);
        while (clean_ && !is_usable(value, quality::good, Usable::Good)) {
            value = some_value(type_, random_);
        }
        const Quality quality = clean_ ? quality::good : some_quality(random_);
        batch.add(id_, time, quality, value);
        rows_[time] = {value, quality};
    }

    void append_in_order() {
        SampleBatch batch;
        const Time step = per_minute_ ? second : 45 * second;
        const bool regular = random_.chance(0.5);
        for (int i = 0; i < 1500; ++i) {
            add(batch, now_);
            now_ +=
                regular
                    ? step
                    : step / 2 + static_cast<Time>(random_.below(static_cast<std::uint64_t>(step)));
        }
        now_ += random_.chance(0.3) ? 10 * hour_length / 7 : 0;
        append(batch);
        fixture_.around.clock.advance(Duration{now_ - fixture_.around.clock.now()});
    }

    void append_late() {
        SampleBatch batch;
        for (std::uint64_t n = random_.below(4); n > 0; --n) {
            const auto span = static_cast<std::uint64_t>(now_ - begin_);
            add(batch, begin_ + static_cast<Time>(random_.below(span)));
        }
        append(batch);
    }

    void erase() {
        const auto span = static_cast<std::uint64_t>(now_ - begin_);
        const Time from = begin_ + static_cast<Time>(random_.below(span));
        // The last row stays, so that all agree on what is too old.
        const Time to =
            std::min(from + static_cast<Time>(random_.below(600)) * second, rows_.rbegin()->first);
        if (from >= to) {
            return;
        }
        must(store_->erase(id_, {from, to}));
        must(store_->commit());
        rows_.erase(rows_.lower_bound(from), rows_.lower_bound(to));
    }

    ValueType type_;
    Fixture fixture_;
    SeededRandom random_;
    StoreOptions options_;
    std::unique_ptr<Store> store_;
    SeriesId id_;
    bool clean_ = false;
    bool per_minute_ = false;
    Rows rows_;
    Time begin_ = 0;
    Time now_ = 0;
};

TEST(RollUps, AnswerWhatRowsWouldAnswer) {
    for (const ValueType type :
         {ValueType::Bool, ValueType::Int64, ValueType::Float64, ValueType::String}) {
        std::uint64_t asked = 0;
        for (std::uint64_t seed = 1; seed <= 8; ++seed) {
            SCOPED_TRACE(std::format("{} {}", value_type_name(type), seed));
            RolledTrial trial(type, seed);
            for (int round = 0; round < 6; ++round) {
                trial.round(round);
                for (int question = 0; question < 5; ++question) {
                    ASSERT_NO_FATAL_FAILURE(trial.ask());
                }
                asked += trial.rolled_up();
            }
        }
        EXPECT_GT(asked, 100U) << value_type_name(type);
    }
}

// Ten hours of a second each, cold, in hours.
struct TenHours {
    explicit TenHours(std::int64_t rows_min = 512) : options(rolled_options(rows_min)) {
        options.partition = std::chrono::hours(24);
        open();
        id = must(store->make_series("a", ValueType::Float64));
        SampleBatch batch;
        for (int i = 0; i < rows; ++i) {
            batch.add_float(id, i * second, quality::good, 20 + static_cast<double>(i % 97) / 10);
            if (batch.size() == 9000) {
                must(store->append(batch));
                must(store->commit());
                batch.clear();
            }
        }
        must(store->compact());
    }
    void open() {
        store.reset();
        store = must(fixture.open(options));
    }
    std::vector<double> sums(TimeRange range, Usable usable = Usable::NotBad) {
        std::vector<double> out;
        before = store->statistics();
        must(store->aggregate(std::span(&id, 1), range, std::chrono::hours(1),
                              [&out](const Bucket& bucket) {
                                  out.push_back(bucket.aggregate.sum);
                                  return true;
                              },
                              {.usable = usable}));
        return out;
    }
    // Since sums() was called.
    std::uint64_t rolled_up() const {
        return store->statistics().rolled_up_blocks - before.rolled_up_blocks;
    }
    std::uint64_t read_blocks() const {
        return store->statistics().read_blocks - before.read_blocks;
    }
    std::string file() const { return "/s/" + segment_files(fixture).front(); }

    static constexpr int rows = 36'000;
    static constexpr TimeRange day{0, 24 * hour_length};
    Fixture fixture;
    StoreOptions options;
    std::unique_ptr<Store> store;
    SeriesId id;
    StoreStatistics before;
};

void expect_near(const std::vector<double>& got, const std::vector<double>& expected) {
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        EXPECT_NEAR(got[i], expected[i], 1e-6);
    }
}

TEST(RollUps, SpareTheReadingOfBlocks) {
    TenHours all;
    const auto sums = all.sums(TenHours::day);
    EXPECT_EQ(sums.size(), 10U);
    EXPECT_EQ(all.rolled_up(), 9U) << "a block for each hour that begins within one";
    EXPECT_EQ(all.read_blocks(), 0U);
    (void)all.sums({hour_length, 9 * hour_length});
    EXPECT_EQ(all.read_blocks(), 0U) << "the ends of the range are hours too";
    (void)all.sums({second, 9 * hour_length});
    EXPECT_GT(all.read_blocks(), 8U);
    EXPECT_EQ(all.rolled_up(), 0U);

    TenHours without(0);
    expect_near(without.sums(TenHours::day), sums);
    EXPECT_EQ(without.read_blocks(), 9U);
    EXPECT_EQ(without.rolled_up(), 0U);
    const MeasureOptions options{.partition = std::chrono::hours(24)};
    const StoreUse use = must(measure(all.fixture.disk, "/s", all.fixture.around.log, options));
    EXPECT_GT(use.roll_up_bytes, 9 * 2 * 20U);
    EXPECT_LT(use.roll_up_bytes, 9 * 2 * 30U);
    EXPECT_EQ(must(measure(without.fixture.disk, "/s", without.fixture.around.log, options))
                  .roll_up_bytes,
              0U);
}

TEST(RollUps, OfABlockWithALateRowAreNotAsked) {
    TenHours all;
    const Time late = 3 * hour_length + 1;
    must(all.store->append(one(all.id, late, 1000.0)));
    const auto expected = all.sums(TenHours::day);
    EXPECT_EQ(all.rolled_up(), 8U);
    EXPECT_EQ(all.read_blocks(), 1U);
    must(all.store->flush());
    expect_near(all.sums(TenHours::day), expected);
    EXPECT_EQ(all.rolled_up(), 8U) << "and in a segment of its own";
    must(all.store->compact());
    expect_near(all.sums(TenHours::day), expected);
    EXPECT_EQ(all.rolled_up(), 9U) << "others were copied with theirs";
    must(all.store->erase(all.id, {late, late + 1}));
    (void)all.sums(TenHours::day);
    EXPECT_EQ(all.rolled_up(), 8U) << "nor of one with a row that was taken away";
}

TEST(RollUps, AnswerForGoodRowsOnlyWhereAllUsableOnesAre) {
    TenHours all;
    must(all.store->append(one(all.id, 3 * hour_length, 1000.0, quality::uncertain)));
    must(all.store->append(one(all.id, 5 * hour_length, 1000.0, quality::bad)));
    must(all.store->compact());
    const auto both = all.sums(TenHours::day);
    EXPECT_EQ(all.read_blocks(), 0U);
    const auto good = all.sums(TenHours::day, Usable::Good);
    EXPECT_EQ(all.read_blocks(), 1U);
    EXPECT_NEAR(both[3] - good[3], 1000, 1e-6);
    EXPECT_NEAR(both[5] - good[5], 0, 1e-6);
    const auto any = all.sums(TenHours::day, Usable::Any);
    EXPECT_EQ(all.read_blocks(), 1U);
    EXPECT_NEAR(any[5] - both[5], 1000, 1e-6);
}

TEST(RollUps, AreMadeAgainByRepair) {
    TenHours all;
    const auto sums = all.sums(TenHours::day);
    const auto segment = must(Segment::open(all.fixture.disk, all.file(), all.fixture.around.log,
                                            all.fixture.around.metrics.counter("d", "")));
    const PageEntry page = segment->pages().front();
    all.store.reset();
    must(all.fixture.disk.flip_bit(all.file(), page.page_offset + page.page_bytes / 2, 1));
    const StoreReport report = must(inspect(all.fixture.disk, "/s", all.fixture.around.log));
    ASSERT_EQ(report.segments.size(), 1U);
    ASSERT_EQ(report.segments[0].damage.size(), 1U);
    EXPECT_FALSE(report.segments[0].damage[0].lost);
    all.open();
    EXPECT_EQ(all.sums(TenHours::day).size(), 10U) << "from the rows";
    EXPECT_EQ(all.rolled_up(), 0U);
    all.store.reset();
    must(repair(all.fixture.disk, all.fixture.random, "/s", all.fixture.around.log));
    EXPECT_TRUE(must(inspect(all.fixture.disk, "/s", all.fixture.around.log)).healthy());
    all.open();
    EXPECT_EQ(all.sums(TenHours::day), sums);
    EXPECT_EQ(all.rolled_up(), 9U);
}

TEST(RollUps, OfOtherBlocksStayWhenOneIsRepaired) {
    TenHours all;
    all.store.reset();
    must(all.fixture.disk.flip_bit(all.file(), 16 + 16 + 5, 0));  // the first block
    must(repair(all.fixture.disk, all.fixture.random, "/s", all.fixture.around.log));
    all.open();
    (void)all.sums(TenHours::day);
    EXPECT_EQ(all.rolled_up(), 9U);
}

// A segment without roll-ups is what version 4 was, but for its number.
TEST(RollUps, AreNotAskedOfSegmentsOfVersion4) {
    TenHours all(0);
    const auto sums = all.sums(TenHours::day);
    all.store.reset();
    Bytes bytes = must(read_file(all.fixture.disk, all.file(), 1 << 22));
    bytes[8] = std::byte{4};
    std::memset(bytes.data() + 12, 0, 4);
    const std::uint32_t crc = crc32c(ByteView(bytes).first(16));
    std::memcpy(bytes.data() + 12, &crc, 4);
    const auto file = must(all.fixture.disk.open(all.file(), OpenMode::ReadWrite));
    must(file->write(0, bytes));
    must(file->sync());
    all.open();
    EXPECT_EQ(all.sums(TenHours::day), sums);
    EXPECT_EQ(all.read_blocks(), 9U);
    EXPECT_TRUE(must(inspect(all.fixture.disk, "/s", all.fixture.around.log)).healthy());
}

}  // namespace
}  // namespace gantry::store

// SPDX-License-Identifier: Apache-2.0
#include "store/merge_throttle.h"

#include "store/store_testing.h"

namespace gantry::store {
namespace {

TEST(MergeThrottle, HoldsTheMeanRate) {
    FakeClock clock;
    MergeThrottle throttle(clock, 1000);
    std::uint64_t written = 0;
    for (int tick = 0; tick < 10 * 60; ++tick) {
        while (throttle.admits(1)) {
            throttle.spend(2500);
            written += 2500;
        }
        clock.advance(std::chrono::milliseconds(100));
    }
    // A minute's worth, what the bucket held at first, and one merge more.
    EXPECT_GE(written, 60'000U);
    EXPECT_LE(written, 60'000U + 4'000 + 2'500);
}

TEST(MergeThrottle, IsFasterTheMoreWaitsAndOpenWhenTooMuchDoes) {
    FakeClock clock;
    MergeThrottle throttle(clock, 1000);
    ASSERT_TRUE(throttle.admits(1));
    throttle.spend(4'000 + 6'000);
    clock.advance(std::chrono::milliseconds(1900));
    EXPECT_FALSE(throttle.admits(3));
    clock.advance(std::chrono::milliseconds(200));
    EXPECT_TRUE(throttle.admits(3)) << "6,000 bytes at 3,000 a second";
    throttle.spend(1'000'000);
    EXPECT_FALSE(throttle.admits(MergeThrottle::waiting_max - 1));
    EXPECT_TRUE(throttle.admits(MergeThrottle::waiting_max));
}

TEST(MergeThrottle, OfNothingIsNoLimit) {
    FakeClock clock;
    MergeThrottle throttle(clock, 0);
    throttle.spend(1'000'000'000);
    EXPECT_TRUE(throttle.admits(1));
}

// Flushing goes on while merges rest, and so do answers.
TEST(MergeThrottle, OfAStoreLetsMergesWait) {
    Fixture fixture;
    auto options = small_options();
    options.merge_bytes_per_second = 1;
    const auto store = must(fixture.open(options));
    auto& metrics = fixture.around.metrics;
    Gauge& waiting = metrics.gauge("gantry_store_merges_waiting", "");
    Counter& merged = metrics.counter("gantry_store_merged_bytes_total", "");
    Counter& held_back = metrics.counter("gantry_store_merges_held_back_total", "");
    const SeriesId id = must(store->make_series("a", ValueType::Int64));
    Time next = 0;
    const auto flush_four = [&] {
        for (int i = 0; i < 4; ++i) {
            must(store->append(one(id, next, next)));
            ++next;
            must(store->commit());
            must(store->flush());
        }
    };
    flush_four();
    EXPECT_TRUE(must(store->maintain())) << "the first one finds the bucket full";
    EXPECT_EQ(store->statistics().segments, 1U);
    const std::uint64_t once = merged.value();
    EXPECT_GT(once, 0U);
    flush_four();
    EXPECT_FALSE(must(store->maintain()));
    EXPECT_EQ(store->statistics().segments, 5U);
    EXPECT_EQ(waiting.value(), 1);
    EXPECT_EQ(held_back.value(), 1U);
    EXPECT_EQ(read(*store, id).size(), 8U);
    fixture.around.clock.advance(std::chrono::seconds(once));
    EXPECT_TRUE(must(store->maintain()));
    EXPECT_EQ(store->statistics().segments, 2U);
    EXPECT_GT(merged.value(), once);
    EXPECT_FALSE(must(store->maintain()));
    EXPECT_EQ(waiting.value(), 0);
    EXPECT_EQ(read(*store, id).size(), 8U);
}

}  // namespace
}  // namespace gantry::store

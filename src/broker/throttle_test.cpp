// SPDX-License-Identifier: Apache-2.0
#include "broker/throttle.h"

#include <gtest/gtest.h>

namespace gantry::broker {
namespace {

using namespace std::chrono_literals;

TEST(Throttle, HoldsNobodyBackWithoutRates) {
    Throttle throttle;
    throttle.count(1'000'000, 1'000'000'000, 5s);
    EXPECT_EQ(throttle.wait(5s), 0s);
}

TEST(Throttle, LetsABurstThroughAndThenTheRate) {
    Throttle throttle({.messages_per_second = 10, .bytes_per_second = 0, .burst = 2s});
    Duration now = 100s;
    throttle.count(20, 1'000'000, now);
    EXPECT_EQ(throttle.wait(now), 0s);
    throttle.count(1, 0, now);
    EXPECT_EQ(throttle.wait(now), 100ms);
    EXPECT_EQ(throttle.wait(now + 99ms), 1ms);
    EXPECT_EQ(throttle.wait(now + 100ms), 0s);
    // What came is paid for, however much it was.
    throttle.count(100, 0, now + 100ms);
    EXPECT_EQ(throttle.wait(now + 100ms), 10s);
}

// At whatever pace one reads, no more than the rate and one burst come through.
TEST(Throttle, KeepsTheRateOnAverage) {
    Throttle throttle({.messages_per_second = 1000, .bytes_per_second = 50'000, .burst = 1s});
    Duration now = 1h;
    std::uint64_t bytes = 0;
    while (now < 1h + 100s) {
        if (throttle.wait(now) == Duration::zero()) {
            throttle.count(1, 700, now);
            bytes += 700;
        }
        now += 3ms;
    }
    EXPECT_GE(bytes, 50'000U * 100);
    EXPECT_LE(bytes, 50'000U * 101 + 2 * 700);
}

// Who was quiet for long has no more than a burst.
TEST(Throttle, SavesNothingBeyondABurst) {
    Throttle throttle({.messages_per_second = 10, .bytes_per_second = 0, .burst = 1s});
    throttle.count(1, 0, 0s);
    throttle.count(11, 0, 1h);
    EXPECT_EQ(throttle.wait(1h), 100ms);
}

}  // namespace
}  // namespace gantry::broker

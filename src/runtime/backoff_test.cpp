// SPDX-License-Identifier: Apache-2.0
#include "runtime/backoff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace gantry {
namespace {

using namespace std::chrono_literals;

// A bit above the half: of the very half, below() would ask for another number for ever.
class HalfRandom final : public Random {
public:
    void fill(std::span<std::byte> out) override {
        constexpr std::uint64_t number = (std::uint64_t{1} << 63) + (1 << 20);
        std::ranges::fill(out, std::byte{0});
        std::memcpy(out.data(), &number, std::min(out.size(), sizeof number));
    }
};

TEST(Backoff, DoublesItsBoundFromHalfASecondToAMinute) {
    HalfRandom random;
    Backoff backoff;
    std::vector<Duration> pauses;
    for (int i = 0; i < 9; ++i) {
        pauses.push_back(backoff.next(random) / 1ms * 1ms);
    }
    EXPECT_EQ(pauses, (std::vector<Duration>{250ms, 500ms, 1s, 2s, 4s, 8s, 16s, 30s, 30s}));
    backoff.reset();
    EXPECT_EQ(backoff.bound(), 500ms);
}

TEST(Backoff, JitterIsFull) {
    SeededRandom random(6);
    int low = 0;
    for (int i = 0; i < 1000; ++i) {
        Backoff backoff;
        const Duration pause = backoff.next(random);
        ASSERT_GE(pause, 0ms);
        ASSERT_LE(pause, 500ms);
        low += pause < 250ms ? 1 : 0;
    }
    EXPECT_NEAR(low, 500, 60);
}

}  // namespace
}  // namespace gantry

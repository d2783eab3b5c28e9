// SPDX-License-Identifier: Apache-2.0
#include "store/slot_table.h"

#include "base/random.h"
#include "testing/testing.h"

namespace gantry::store {
namespace {

TEST(SlotTable, FindsEachOfManyWithOneHash) {
    SlotTable table;
    for (std::uint32_t i = 0; i < 100; ++i) {
        table.insert(0xffffffff, i);
    }
    for (std::uint32_t i = 0; i < 100; ++i) {
        EXPECT_EQ(table.find(0xffffffff, [i](std::uint32_t number) { return number == i; }), i);
    }
    EXPECT_FALSE(table.find(0xffffffff, [](std::uint32_t) { return false; }));
    EXPECT_FALSE(table.find(0xfffffffe, [](std::uint32_t) { return true; }));
}

TEST(SlotTable, FindsWhatWasInsertedThroughEveryGrowth) {
    SeededRandom random(1);
    SlotTable table;
    std::vector<std::uint32_t> hashes;
    for (std::uint32_t i = 0; i < 20'000; ++i) {
        hashes.push_back(static_cast<std::uint32_t>(random.next()));
        table.insert(hashes.back(), i);
        const auto some = static_cast<std::uint32_t>(random.below(i + 1));
        ASSERT_EQ(table.find(hashes[some], [some](std::uint32_t number) { return number == some; }),
                  some);
    }
    EXPECT_EQ(table.size(), hashes.size());
    EXPECT_LE(table.bytes(), hashes.size() * 22);
}

}  // namespace
}  // namespace gantry::store

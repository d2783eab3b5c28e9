// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/planner.h"

#include <gtest/gtest.h>

#include <random>

namespace gantry::connector::modbus {
namespace {

Item item(std::uint16_t start, std::uint16_t count = 1, std::uint8_t unit = 1,
          Area area = Area::HoldingRegisters) {
    return {.unit = unit, .area = area, .start = start, .count = count, .tag = start};
}

std::string blocks_of(const Plan& plan) {
    std::string out;
    for (const Block& block : plan.blocks()) {
        out += std::format("{}{}:{}:{}+{}", out.empty() ? "" : " ", block.unit,
                           area_name(block.area), block.start, block.count);
    }
    return out;
}

TEST(Plan, MergesAcrossGapsUpToTheLimit) {
    EXPECT_EQ(blocks_of(Plan({item(26), item(0, 2), item(10)}, {.gap_max = 15})), "1:hr:0+27");
    EXPECT_EQ(blocks_of(Plan({item(26), item(0, 2), item(10)}, {.gap_max = 14})),
              "1:hr:0+11 1:hr:26+1");
    EXPECT_EQ(blocks_of(Plan({item(0), item(1), item(3)}, {.gap_max = 0})), "1:hr:0+2 1:hr:3+1");
}

TEST(Plan, KeepsUnitsAndAreasApart) {
    EXPECT_EQ(blocks_of(Plan({item(0, 1, 2), item(0, 1, 1), item(1, 1, 1, Area::InputRegisters),
                              item(1, 1, 1, Area::Coils)},
                             {})),
              "1:co:1+1 1:ir:1+1 1:hr:0+1 2:hr:0+1");
}

TEST(Plan, CapsBlocksWithoutSplittingAValue) {
    EXPECT_EQ(blocks_of(Plan({item(0, 124), item(124, 2)}, {})), "1:hr:0+124 1:hr:124+2");
    EXPECT_EQ(blocks_of(Plan({item(0, 124), item(124, 1)}, {})), "1:hr:0+125");
    EXPECT_EQ(blocks_of(Plan({item(0, 10), item(10, 10)}, {.registers_max = 15})),
              "1:hr:0+10 1:hr:10+10");
    std::vector<Item> coils;
    for (std::uint16_t i = 0; i < 2001; ++i) {
        coils.push_back(item(i, 1, 1, Area::Coils));
    }
    EXPECT_EQ(blocks_of(Plan(coils, {})), "1:co:0+2000 1:co:2000+1");
}

TEST(Plan, ItemsMayOverlap) {
    EXPECT_EQ(blocks_of(Plan({item(10, 4), item(11), item(12, 1)}, {})), "1:hr:10+4");
}

TEST(Plan, NoGapReachesOverAForbiddenAddress) {
    Plan plan({item(0), item(5), item(9)}, {});
    plan.put_aside(1);
    EXPECT_TRUE(plan.changed());
    plan.rebuild();
    EXPECT_EQ(blocks_of(plan), "1:hr:0+1 1:hr:9+1");
    plan.forget();
    EXPECT_EQ(blocks_of(plan), "1:hr:0+10");
}

TEST(Plan, AnItemThatIsAsideDoesNotForbidWhatOthersCanRead) {
    Plan plan({item(10, 2), item(11, 1), item(14)}, {});
    plan.put_aside(0);  // 10 and 11 together
    plan.rebuild();
    EXPECT_EQ(blocks_of(plan), "1:hr:11+4");
}

// A device that refuses some addresses, and more than so many at a time.
struct FussyDevice {
    std::set<std::uint32_t> holes;
    std::uint32_t count_max = 125;

    bool answers(const Block& block) const {
        const auto hole = holes.lower_bound(block.start);
        return block.count <= count_max &&
               (hole == holes.end() || *hole >= std::uint32_t{block.start} + block.count);
    }
};

// What the reader does, without a network.
bool read(Plan& plan, const Block& block, const FussyDevice& device, std::set<std::size_t>& got,
          std::set<std::size_t>& refused, int& requests) {
    ++requests;
    if (device.answers(block)) {
        plan.note_readable(block);
        for (std::size_t i = block.first; i < block.last; ++i) {
            if (!plan.is_aside(i)) {
                got.insert(plan.items()[i].tag);
            }
        }
        return true;
    }
    if (block.last - block.first == 1) {
        plan.put_aside(block.first);
        refused.insert(plan.items()[block.first].tag);
        return false;
    }
    const std::size_t middle = block.first + (block.last - block.first) / 2;
    const bool left =
        read(plan, plan.block_of(block.first, middle), device, got, refused, requests);
    const bool right =
        read(plan, plan.block_of(middle, block.last), device, got, refused, requests);
    if (left && right) {
        plan.split_at(middle);
    }
    return false;
}

std::vector<Item> random_items(std::mt19937_64& random, std::size_t count) {
    std::vector<Item> out;
    const auto span = static_cast<std::uint32_t>(20 + random() % 2000);
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto size =
            static_cast<std::uint16_t>(random() % 20 == 0 ? 1 + random() % 60 : 1 + random() % 4);
        out.push_back({.unit = static_cast<std::uint8_t>(1 + random() % 3),
                       .area = random() % 2 == 0 ? Area::HoldingRegisters : Area::InputRegisters,
                       .start = static_cast<std::uint16_t>(random() % span),
                       .count = size,
                       .tag = i});
    }
    return out;
}

TEST(Plan, CoversEveryTagOnceAndKeepsToTheLimits) {
    std::mt19937_64 random(4);
    for (int round = 0; round < 500; ++round) {
        const PlanLimits limits{.gap_max = static_cast<std::uint32_t>(random() % 40),
                                .registers_max = static_cast<std::uint32_t>(60 + random() % 66)};
        const Plan plan(random_items(random, 1 + random() % 300), limits);
        std::set<std::uint32_t> seen;
        std::size_t next = 0;
        for (const Block& block : plan.blocks()) {
            ASSERT_EQ(block.first, next);
            next = block.last;
            ASSERT_LE(block.count, limits.registers_max);
            std::uint32_t reached = block.start;
            for (std::size_t i = block.first; i < block.last; ++i) {
                const Item& one = plan.items()[i];
                ASSERT_EQ(one.unit, block.unit);
                ASSERT_EQ(one.area, block.area);
                ASSERT_GE(one.start, block.start);
                ASSERT_LE(one.end(), std::uint32_t{block.start} + block.count);
                ASSERT_LE(one.start, reached + limits.gap_max);
                reached = std::max(reached, one.end());
                ASSERT_TRUE(seen.insert(one.tag).second);
            }
            ASSERT_EQ(reached, std::uint32_t{block.start} + block.count) << "nothing at the end";
        }
        ASSERT_EQ(seen.size(), plan.items().size());
    }
}

TEST(Plan, BadTagsNeverFailTheirNeighboursAndAreNotAskedAgain) {
    std::mt19937_64 random(5);
    for (int round = 0; round < 500; ++round) {
        Plan plan(random_items(random, 1 + random() % 200), {});
        FussyDevice device;
        device.count_max = static_cast<std::uint32_t>(60 + random() % 66);
        for (std::uint64_t i = random() % 40; i > 0; --i) {
            device.holes.insert(static_cast<std::uint32_t>(random() % 2000));
        }
        std::set<std::size_t> should;
        for (std::size_t i = 0; i < plan.items().size(); ++i) {
            if (device.answers(plan.block_of(i, i + 1))) {
                should.insert(plan.items()[i].tag);
            }
        }
        int polls = 0;
        for (bool learnt = true; learnt; ++polls) {
            ASSERT_LT(polls, 50) << "it must come to rest";
            std::set<std::size_t> got;
            std::set<std::size_t> refused;
            int requests = 0;
            const std::vector<Block> blocks(plan.blocks().begin(), plan.blocks().end());
            bool whole = true;
            for (const Block& block : blocks) {
                whole = read(plan, block, device, got, refused, requests) && whole;
            }
            ASSERT_EQ(got, should) << "every good tag has a value in every poll";
            learnt = plan.changed();
            ASSERT_TRUE(learnt || (whole && requests == static_cast<int>(blocks.size())));
            plan.rebuild();
        }
    }
}

}  // namespace
}  // namespace gantry::connector::modbus

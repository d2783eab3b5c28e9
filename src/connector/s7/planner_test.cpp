// SPDX-License-Identifier: Apache-2.0
#include "connector/s7/planner.h"

#include <gtest/gtest.h>

#include <format>

namespace gantry::connector::s7 {
namespace {

Item item(std::uint16_t block, std::uint32_t start, std::uint32_t count, std::uint32_t tag = 0) {
    return {.area = {Area::DataBlock, block}, .start = start, .count = count, .tag = tag};
}

// "1:0+4[0,1)"
std::string told(const std::vector<Stretch>& stretches) {
    std::string out;
    for (const Stretch& one : stretches) {
        out += std::format("{}{}:{}+{}[{},{})", out.empty() ? "" : " ", one.area.block, one.start,
                           one.count, one.first, one.last);
    }
    return out;
}

TEST(S7Planner, NeighboursAreReadTogether) {
    const Plan plan({item(1, 10, 4), item(1, 0, 2), item(1, 2, 2), item(2, 0, 2), item(1, 31, 1),
                     item(1, 0, 1)},
                    stretch_limits(16, 222));
    EXPECT_EQ(told(plan.stretches()), "1:0+14[0,4) 1:31+1[4,5) 2:0+2[5,6)");
    const Plan close({item(1, 0, 2), item(1, 2, 2), item(1, 5, 2)}, stretch_limits(0, 222));
    EXPECT_EQ(told(close.stretches()), "1:0+4[0,2) 1:5+2[2,3)");
    const Plan small({item(1, 0, 2), item(1, 2, 2), item(1, 4, 300)}, stretch_limits(16, 4));
    EXPECT_EQ(told(small.stretches()), "1:0+4[0,2) 1:4+300[2,3)");
}

TEST(S7Planner, WhatIsRefusedIsReadInSmallerStretches) {
    Plan plan({item(1, 0, 2), item(1, 2, 2), item(1, 10, 2)}, stretch_limits(16, 222));
    ASSERT_EQ(told(plan.stretches()), "1:0+12[0,3)");
    auto again = plan.refuse(plan.stretches()[0]);
    EXPECT_EQ(told(again), "1:0+4[0,2) 1:10+2[2,3)");
    EXPECT_EQ(told(plan.refuse(again[0])), "1:0+2[0,1) 1:2+2[1,2)");
    EXPECT_TRUE(plan.refuse(again[1]).empty());
    EXPECT_TRUE(plan.changed());
    plan.rebuild();
    EXPECT_EQ(told(plan.stretches()), "1:0+2[0,1) 1:2+2[1,2)");
    EXPECT_TRUE(plan.has_learnt());
    plan.forget();
    EXPECT_EQ(told(plan.stretches()), "1:0+12[0,3)");
}

TEST(S7Planner, RequestsFillAPdu) {
    std::vector<Item> items;
    for (std::uint32_t i = 0; i < 45; ++i) {
        items.push_back(item(static_cast<std::uint16_t>(i + 1), 0, 4));
    }
    const Plan plan(items, stretch_limits(0, 0));
    std::size_t pieces = 0;
    for (const auto& request : pack(plan.stretches(), 240)) {
        std::size_t asked = request_head;
        std::size_t answered = answer_head;
        std::vector<Place> places;
        for (const Piece& piece : request) {
            asked += request_item;
            answered += answer_item + piece.place.bytes() + piece.place.bytes() % 2;
            places.push_back(piece.place);
            ++pieces;
        }
        EXPECT_LE(asked, 240U);
        EXPECT_LE(answered, 240U);
        EXPECT_LE(request.size(), items_max);
        EXPECT_EQ(read_request(places).size(), asked);
    }
    EXPECT_EQ(pieces, 45U);
}

TEST(S7Planner, ALongItemIsReadInPieces) {
    const Plan plan({item(1, 0, 500)}, stretch_limits(0, 0));
    std::uint32_t next = 0;
    for (const auto& request : pack(plan.stretches(), 240)) {
        ASSERT_EQ(request.size(), 1U);
        EXPECT_EQ(request[0].place.start, next);
        EXPECT_EQ(request[0].at, next);
        next += request[0].place.count;
    }
    EXPECT_EQ(next, 500U);
    const Plan timers({{.area = {Area::Timers, 0}, .start = 0, .count = 200, .tag = 0}},
                      stretch_limits(0, 0));
    next = 0;
    for (const auto& request : pack(timers.stretches(), 240)) {
        EXPECT_EQ(request[0].at, 2 * next);
        next += request[0].place.count;
    }
    EXPECT_EQ(next, 200U);
}

}  // namespace
}  // namespace gantry::connector::s7

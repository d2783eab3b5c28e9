// SPDX-License-Identifier: Apache-2.0
#include "store/paged_array.h"

#include <map>
#include <thread>

#include "testing/testing.h"

namespace gantry::store {
namespace {

TEST(PagedArray, HoldsWhatWasWrittenAndZeroElsewhere) {
    PagedArray<std::uint64_t> array;
    const PagedArray<std::uint64_t>& reader = array;
    EXPECT_EQ(reader.find(0), nullptr);
    EXPECT_EQ(array.bytes(), 0U);
    const std::uint32_t places[] = {0, 1, 2048, 4095, 4096, (1U << 22) - 1, 1U << 22, UINT32_MAX};
    for (const std::uint32_t place : places) {
        array.at(place) = place + std::uint64_t{1};
    }
    for (const std::uint32_t place : places) {
        ASSERT_NE(reader.find(place), nullptr) << place;
        EXPECT_EQ(*reader.find(place), place + std::uint64_t{1});
    }
    EXPECT_EQ(*reader.find(2), 0U);
    EXPECT_EQ(reader.find(8192), nullptr);
}

TEST(PagedArray, ElementsNeverMove) {
    PagedArray<std::uint32_t> array;
    std::map<std::uint32_t, std::uint32_t*> places;
    for (std::uint32_t i = 0; i < 3'000; ++i) {
        const std::uint32_t index = i * 2'654'435'761U;
        places[index] = &array.at(index);
        array.at(index) = index;
    }
    for (const auto& [index, place] : places) {
        ASSERT_EQ(array.find(index), place);
        ASSERT_EQ(*place, index);
    }
}

TEST(PagedArray, TakesMemoryForThePagesInUseOnly) {
    PagedArray<std::atomic<unsigned char>> array;
    array.at(123'456'789) = 1;
    EXPECT_LT(array.bytes(), 16U * 1024);
    const std::uint64_t one = array.bytes();
    array.at(123'456'788) = 1;
    EXPECT_EQ(array.bytes(), one);
}

TEST(PagedArray, ThreadsThatMakeAPageTogetherShareIt) {
    PagedArray<std::atomic<std::uint32_t>> array;
    const auto count = [&array] {
        for (std::uint32_t i = 0; i < 2'000; ++i) {
            array.at(i * 16'384).fetch_add(1);
        }
    };
    {
        const std::jthread other(count);
        count();
    }
    for (std::uint32_t i = 0; i < 2'000; ++i) {
        ASSERT_EQ(array.find(i * 16'384)->load(), 2U) << i;
    }
}

}  // namespace
}  // namespace gantry::store

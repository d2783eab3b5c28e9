// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "intake/point_names.h"
#include "intake/proposals.h"

namespace gantry::intake {
namespace {

TEST(PointPath, IsMadeOfTheNameOfAReading) {
    EXPECT_EQ(point_path("plant/press1/temperature"), "plant/press1.temperature");
    EXPECT_EQ(point_path("a/b"), "a.b");
    EXPECT_EQ(point_path("/plant//press 1/Druck (öl)/"), "plant/press_1.Druck____l_")
        << "a byte at a time: UTF-8 has two for one letter";
    EXPECT_EQ(point_path("a.b/c.d"), "a_b.c_d");
    EXPECT_EQ(point_path("alone"), "");
    EXPECT_EQ(point_path(""), "");
    EXPECT_EQ(point_path("///"), "");
    EXPECT_EQ(point_path("a/" + std::string(65, 'x')), "");
    std::string deep = "a";
    for (int i = 0; i < 10; ++i) {
        deep += "/" + std::string(60, 'x');
    }
    EXPECT_EQ(point_path(deep), "") << "longer than a path may be";
}

Reading reading(double value, std::string_view unit = {}) {
    Reading out;
    out.time = 7;
    out.set(value);
    out.unit = unit;
    return out;
}

TEST(Proposals, SayWhatTheLastReadingWas) {
    Proposals proposals;
    proposals.add("a.b", reading(1), "m");
    proposals.add("a.b", reading(2.5, "Cel"), "m");
    proposals.add("a.b", reading(3, "what is that"), "m2");
    Reading nothing;
    nothing.time = 9;
    proposals.add("a.b", nothing, "m2");
    const auto found = proposals.find("a.b");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->value, "3");
    EXPECT_EQ(found->unit, "Cel") << "the last one that is a unit";
    EXPECT_EQ(found->type, ValueType::Float64);
    EXPECT_EQ(found->readings, 4U);
    EXPECT_EQ(found->time, 9);
    EXPECT_EQ(found->mapping, "m2");
    proposals.remove("a.b");
    EXPECT_FALSE(proposals.find("a.b"));
}

TEST(Proposals, AreBoundedAndComeByPath) {
    Proposals proposals;
    for (std::size_t i = 0; i < Proposals::count_max + 10; ++i) {
        proposals.add("p." + std::to_string(i), reading(1), "m");
    }
    EXPECT_EQ(proposals.size(), Proposals::count_max);
    const auto page = proposals.list("p.1", 3);
    ASSERT_EQ(page.size(), 3U);
    EXPECT_EQ(page[0].point, "p.10");
    EXPECT_EQ(page[1].point, "p.100");
    proposals.clear();
    EXPECT_EQ(proposals.size(), 0U);
}

}  // namespace
}  // namespace gantry::intake

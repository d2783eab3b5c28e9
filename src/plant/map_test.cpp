// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "base/random.h"
#include "plant/map_text.h"
#include "plant/maps.h"
#include "plant/value.h"
#include "testing/testing.h"

namespace gantry::plant {
namespace {

std::vector<UnitMap> all_maps() {
    return {pump_station_table().map(), bottling_line_table().map(), power_feed_table().map(),
            ramp_device_table().map()};
}

std::vector<PointInfo> all_points() {
    std::vector<PointInfo> points;
    for (const UnitMap& map : all_maps()) {
        points.insert(points.end(), map.points.begin(), map.points.end());
    }
    return points;
}

TEST(RegisterMap, NoTwoPointsShareAnAddressUnlessTheyAreBitsOfIt) {
    for (const UnitMap& map : all_maps()) {
        std::map<std::pair<Area, unsigned>, std::set<int>> taken;  // -1: the whole register
        for (const PointInfo& point : map.points) {
            for (unsigned i = 0; i < address_count(point); ++i) {
                auto& bits = taken[{point.area, point.address + i}];
                const int bit = point.type == ValueType::Bit ? static_cast<int>(point.bit) : -1;
                EXPECT_TRUE(bits.empty() || (bit >= 0 && !bits.contains(-1)))
                    << map.name_en << " " << point.key;
                EXPECT_TRUE(bits.insert(bit).second) << map.name_en << " " << point.key;
            }
        }
    }
}

TEST(RegisterMap, EveryPointLiesInABlockAndBlocksDoNotTouch) {
    for (const UnitMap& map : all_maps()) {
        for (const PointInfo& point : map.points) {
            EXPECT_TRUE(std::ranges::any_of(map.blocks,
                                            [&](const Block& block) {
                                                return block.area == point.area &&
                                                       point.address >= block.first &&
                                                       point.address + address_count(point) <=
                                                           block.end();
                                            }))
                << map.name_en << " " << point.key;
        }
        for (const Block& a : map.blocks) {
            for (const Block& b : map.blocks) {
                EXPECT_TRUE(a == b || a.area != b.area || a.end() < b.first || b.end() < a.first)
                    << map.name_en << ": a gap of forbidden addresses lies between any two";
            }
        }
    }
}

TEST(RegisterMap, HasEveryAreaEveryTypeAndEveryOrder) {
    std::set<Area> areas;
    std::set<ValueType> types;
    std::map<WordOrder, std::set<unsigned>> orders;
    bool scaled = false;
    bool shifted = false;
    std::map<Area, bool> writable;
    for (const PointInfo& point : all_points()) {
        areas.insert(point.area);
        types.insert(point.type);
        if (has_order(point) && point.type != ValueType::Text) {
            orders[point.order].insert(address_count(point));
        }
        scaled = scaled || point.scale == 0.1;
        shifted = shifted || point.offset != 0;
        writable[point.area] = writable[point.area] || point.writable;
    }
    EXPECT_EQ(areas.size(), 4u);
    EXPECT_EQ(types.size(), 11u);
    for (const WordOrder order :
         {WordOrder::ABCD, WordOrder::CDAB, WordOrder::BADC, WordOrder::DCBA}) {
        EXPECT_EQ(orders[order], (std::set<unsigned>{2, 4})) << order_name(order);
    }
    EXPECT_TRUE(scaled && shifted);
    EXPECT_TRUE(writable[Area::Coil] && writable[Area::HoldingRegister]);
    EXPECT_FALSE(writable[Area::DiscreteInput] || writable[Area::InputRegister]);
}

TEST(RegisterMap, EveryPointIsNamedInTwoLanguagesAndItsRangeFitsItsType) {
    for (const UnitMap& map : all_maps()) {
        std::set<std::string> keys;
        for (const PointInfo& point : map.points) {
            EXPECT_TRUE(keys.insert(point.key).second) << point.key;
            EXPECT_FALSE(point.name_en.empty() || point.name_zh.empty()) << point.key;
            EXPECT_LT(point.least, point.most) << point.key;
            EXPECT_EQ(point.length % 2, 0u) << point.key;
            if (point.type == ValueType::Text) {
                continue;
            }
            // What the range permits must survive the registers.
            std::array<std::uint16_t, registers_most> buffer{};
            const std::span registers(buffer.data(), address_count(point));
            for (const double value : {point.least, point.most}) {
                encode(point, Value(value), registers);
                const double back = decode(point, registers).number();
                const double slack = std::max(point.scale, std::fabs(value) * 1e-6);
                EXPECT_NEAR(back, value, slack) << point.key;
            }
        }
    }
}

TEST(RegisterMap, TagsSayEverythingInOneLine) {
    EXPECT_EQ(tag_of({.key = "a",
                      .area = Area::InputRegister,
                      .address = 7,
                      .type = ValueType::I16,
                      .scale = 0.1}),
              "ir:7:i16*0.1");
    EXPECT_EQ(tag_of({.key = "a",
                      .area = Area::HoldingRegister,
                      .address = 40001,
                      .type = ValueType::F32,
                      .order = WordOrder::CDAB,
                      .scale = 0.1,
                      .offset = 5}),
              "hr:40001:f32@CDAB*0.1+5");
    EXPECT_EQ(tag_of({.key = "a", .area = Area::Coil, .address = 3, .type = ValueType::Bool}),
              "co:3:bool");
    EXPECT_EQ(tag_of({.key = "a",
                      .area = Area::InputRegister,
                      .address = 9,
                      .type = ValueType::Bit,
                      .bit = 3}),
              "ir:9:u16.3");
    EXPECT_EQ(tag_of({.key = "a",
                      .area = Area::HoldingRegister,
                      .address = 0,
                      .type = ValueType::Text,
                      .length = 16}),
              "hr:0:str16");
}

TEST(Value, BytesLieAsTheOrderSays) {
    const auto registers_of = [](WordOrder order) {
        std::array<std::uint16_t, 2> registers{};
        encode({.key = "a", .type = ValueType::U32, .order = order}, Value(0x0A0B0C0Du), registers);
        return registers;
    };
    EXPECT_EQ(registers_of(WordOrder::ABCD), (std::array<std::uint16_t, 2>{0x0A0B, 0x0C0D}));
    EXPECT_EQ(registers_of(WordOrder::CDAB), (std::array<std::uint16_t, 2>{0x0C0D, 0x0A0B}));
    EXPECT_EQ(registers_of(WordOrder::BADC), (std::array<std::uint16_t, 2>{0x0B0A, 0x0D0C}));
    EXPECT_EQ(registers_of(WordOrder::DCBA), (std::array<std::uint16_t, 2>{0x0D0C, 0x0B0A}));
    std::array<std::uint16_t, 4> wide{};
    encode({.key = "a", .type = ValueType::U64, .order = WordOrder::CDAB},
           Value(std::uint64_t{0x0102030405060708}), wide);
    EXPECT_EQ(wide, (std::array<std::uint16_t, 4>{0x0708, 0x0506, 0x0304, 0x0102}));
}

TEST(Value, EncodedAndDecodedIsTheSame) {
    SeededRandom random(11);
    std::array<std::uint16_t, registers_most> buffer{};
    for (const PointInfo& point : all_points()) {
        const std::span registers(buffer.data(), address_count(point));
        for (int i = 0; i < 200; ++i) {
            for (std::uint16_t& word : registers) {
                word = static_cast<std::uint16_t>(random.next());
            }
            const Value value = decode(point, registers);
            if (point.type == ValueType::Text || std::isnan(value.number())) {
                continue;
            }
            encode(point, value, registers);
            EXPECT_EQ(decode(point, registers), value) << point.key;
        }
    }
}

TEST(Value, ANumberThatDoesNotFitBecomesTheNearestThatDoes) {
    std::array<std::uint16_t, 1> word{};
    const PointInfo tenths{.key = "a", .type = ValueType::I16, .scale = 0.1};
    encode(tenths, Value(1e9), word);
    EXPECT_EQ(word[0], 0x7fff);
    encode(tenths, Value(-1e9), word);
    EXPECT_EQ(word[0], 0x8000);
    encode({.key = "a", .type = ValueType::U16}, Value(-3), word);
    EXPECT_EQ(word[0], 0);
}

TEST(Value, OnlyWhatIsInRangeIsPermitted) {
    const PointInfo point{.key = "a", .type = ValueType::F32, .least = 40, .most = 100};
    EXPECT_TRUE(permitted(point, Value(40.0)));
    EXPECT_TRUE(permitted(point, Value(100.0)));
    EXPECT_FALSE(permitted(point, Value(39.9)));
    EXPECT_FALSE(permitted(point, Value(100.1)));
    EXPECT_FALSE(permitted(point, Value(std::numeric_limits<double>::quiet_NaN())));
    EXPECT_FALSE(permitted(point, Value(std::numeric_limits<double>::infinity())));
    const PointInfo text{.key = "a", .type = ValueType::Text, .length = 4};
    EXPECT_TRUE(permitted(text, Value(std::string("A-1"))));
    EXPECT_FALSE(permitted(text, Value(std::string(""))));
    EXPECT_FALSE(permitted(text, Value(std::string("\x01\x7f"))));
}

TEST(MapText, CsvHasARowForEachPointAndQuotesCommas) {
    const UnitMap map = pump_station_table().map();
    const MappedUnit unit{.id = 1, .map = &map};
    const std::string csv = map_as_csv(std::span(&unit, 1));
    EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(csv, '\n')), map.points.size() + 1);
    EXPECT_NE(csv.find(",\"1 stopped, 2 starting, 3 running, 4 stopping, 5 fault\"\r\n"),
              std::string::npos);
}

}  // namespace
}  // namespace gantry::plant

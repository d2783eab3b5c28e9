// SPDX-License-Identifier: Apache-2.0
#include "connector/bacnet/address.h"

#include "testing/testing.h"

namespace gantry::connector::bacnet {
namespace {

using gantry::testing::must;

TEST(BacnetAddress, NamesAnObjectAndAProperty) {
    EXPECT_EQ(must(parse_address("AI:1")).place, (Reference{{0, 1}, 85, {}}));
    EXPECT_EQ(must(parse_address("analog-value:3.present-value")).place,
              (Reference{{2, 3}, 85, {}}));
    EXPECT_EQ(must(parse_address("msv:7.state-text[2]")).place, (Reference{{19, 7}, 110, 2}));
    EXPECT_EQ(must(parse_address("AO:1.87[8]")).place, (Reference{{1, 1}, 87, 8}));
    EXPECT_EQ(must(parse_address("128:4194302")).place, (Reference{{128, 4'194'302}, 85, {}}));
    const Address all = must(parse_address("AV:1*0.5-2 db=1% max=30s grp=fast prio=16 cov"));
    EXPECT_EQ(all.scaling, (Scaling{.scale = 0.5, .offset = -2}));
    EXPECT_EQ(all.priority, 16);
    EXPECT_TRUE(all.cov);
    EXPECT_EQ(all.group, "fast");
}

TEST(BacnetAddress, ThatIsWrongIsToldWhere) {
    for (const std::string_view text :
         {"", "AI", "AI:", "AX:1", "AI:4194303", "1024:1", "AI:1.", "AI:1.nothing", "AI:1[x]",
          "AI:1[1", "AI:1 prio=0", "AI:1 prio=17", "AI:1 what", "AI:1.units cov", "PROG:1", "DEV:1",
          "AI:1*0", "AI:1 db="}) {
        const auto address = parse_address(text);
        ASSERT_FALSE(address) << text;
        EXPECT_EQ(address.error().field, "/address") << text;
    }
}

TEST(BacnetAddress, IsWrittenAsItIsRead) {
    for (const std::string_view text :
         {"AI:1", "AV:3.description", "200:5.600[4]*1-5", "DEV:5.object-name", "AV:1.85-5",
          "AO:1*2-5 prio=8 cov", "CAL:1 db=0 max=1m"}) {
        const auto address = parse_address(text);
        if (address) {
            EXPECT_EQ(must(parse_address(format_address(*address))), *address) << text;
        }
    }
}

}  // namespace
}  // namespace gantry::connector::bacnet

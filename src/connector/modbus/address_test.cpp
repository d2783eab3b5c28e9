// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/address.h"

#include <random>

#include "testing/testing.h"

namespace gantry::connector::modbus {
namespace {

using testing::must;

std::string complaint(std::string_view text, int base = 0) {
    const auto parsed = parse_address(text, base);
    EXPECT_FALSE(parsed) << text;
    if (parsed) {
        return "";
    }
    EXPECT_EQ(parsed.error().code, Code::InvalidArgument);
    EXPECT_EQ(parsed.error().field, "/address");
    return parsed.error().message;
}

TEST(Address, EveryPartIsRead) {
    const Address all =
        must(parse_address("hr:40001:f32@CDAB*0.1+5 db=0.5 grp=fast unit=3 max=30s", 0));
    EXPECT_EQ(all.area, Area::HoldingRegisters);
    EXPECT_EQ(all.start, 40001);
    EXPECT_EQ(all.format.encoding, Encoding::F32);
    EXPECT_EQ(all.format.order, Order::CDAB);
    EXPECT_EQ(all.format.scale, 0.1);
    EXPECT_EQ(all.format.offset, 5);
    EXPECT_EQ(all.deadband, (Deadband{0.5, false}));
    EXPECT_EQ(all.group, "fast");
    EXPECT_EQ(all.unit, 3);
    EXPECT_EQ(all.silence_max, std::chrono::seconds(30));

    const Address least = must(parse_address("ir:0:u16", 0));
    EXPECT_EQ(least.area, Area::InputRegisters);
    EXPECT_EQ(least.start, 0);
    EXPECT_EQ(least.format, Format{});
    EXPECT_EQ(least.group, "default");
    EXPECT_FALSE(least.unit || least.deadband || least.silence_max);

    EXPECT_EQ(must(parse_address("hr:7:u16.15", 0)).format.bit, 15);
    EXPECT_EQ(must(parse_address("hr:7:str16", 0)).format.text_bytes, 16);
    EXPECT_EQ(must(parse_address("co:17", 0)).format.encoding, Encoding::Bool);
    EXPECT_EQ(must(parse_address("di:17:bool grp=a", 0)).group, "a");
    EXPECT_EQ(must(parse_address("hr:1:i16-40", 0)).format.offset, -40);
    EXPECT_EQ(must(parse_address("hr:1:i16*-1e-3-40", 0)).format.scale, -0.001);
    EXPECT_EQ(must(parse_address("hr:1:u16 db=1%", 0)).deadband, (Deadband{1, true}));
    EXPECT_EQ(must(parse_address("hr:1:u16   db=0   ", 0)).deadband, (Deadband{0, false}));
}

TEST(Address, BaseIsTakenOff) {
    EXPECT_EQ(must(parse_address("hr:1:u16", 1)).start, 0);
    EXPECT_EQ(must(parse_address("hr:65536:u16", 1)).start, 65535);
    EXPECT_EQ(must(parse_address("hr:65535:u16", 0)).start, 65535);
    EXPECT_NE(complaint("hr:0:u16", 1).find("from 1 to 65536"), std::string::npos);
    EXPECT_NE(complaint("hr:65536:u16", 0).find("from 0 to 65535"), std::string::npos);
}

TEST(Address, ComplaintsNameThePlaceAndTheRemedy) {
    const struct {
        std::string text;
        std::string place;
        std::string remedy;
    } cases[] = {
        {"", "character 1:", "begin with co"},
        {"xx:1:u16", "character 1:", "begin with co"},
        {"hr", "character 3:", "write ':' and the address"},
        {"hr::u16", "character 4:", "whole number"},
        {"hr:abc:u16", "character 4:", "whole number"},
        {"hr:-1:u16", "character 4:", "whole number"},
        {"hr:400001:u16", "character 4:", "is hr:0 here"},
        {"hr:1", "character 5:", "the type"},
        {"hr:1:x32", "character 6:", "'x32' is not a type"},
        {"hr:1:u16.16", "character 6:", "is not a type"},
        {"hr:1:str0", "character 6:", "str1 to str250"},
        {"hr:1:str251", "character 6:", "str1 to str250"},
        {"hr:1:bool", "character 6:", "write u16.0"},
        {"co:1:u16", "character 6:", "of type bool"},
        {"hr:1:f32@ACBD", "character 10:", "ABCD, CDAB, BADC or DCBA"},
        {"hr:1:u16@CDAB", "character 10:", "BADC to swap"},
        {"hr:1:str8@DCBA", "character 11:", "text is ABCD, or BADC"},
        {"co:1:bool@ABCD", "character 11:", "no byte order"},
        {"hr:1:u16*", "character 9:", "the scale"},
        {"hr:1:u16*0", "character 9:", "other than 0"},
        {"hr:1:u16*nan", "character 9:", "the scale"},
        {"hr:1:u16+", "character 9:", "the offset"},
        {"hr:1:u16+-5", "character 9:", "one sign"},
        {"hr:1:str8*2", "character 10:", "only numbers"},
        {"hr:1:u16*2x", "character 11:", "area:address:type@order*scale+offset"},
        {"hr:1:u16 db", "character 10:", "options are"},
        {"hr:1:u16 db=", "character 13:", "db=0.5"},
        {"hr:1:u16 db=-1", "character 13:", "db=0.5"},
        {"hr:1:u16 db=101%", "character 13:", "db=1%"},
        {"co:1 db=0.5", "character 9:", "db=0"},
        {"hr:1:u16 max=soon", "character 14:", "max=30s"},
        {"hr:1:u16 grp=a/b", "character 14:", "letters"},
        {"hr:1:u16 unit=256", "character 15:", "0 to 255"},
        {"hr:1:u16 color=red", "character 10:", "no option 'color'"},
        {"hr:65535:u32", "character 1:", "beyond the last address"},
    };
    for (const auto& [text, place, remedy] : cases) {
        const std::string message = complaint(text);
        EXPECT_NE(message.find(place), std::string::npos) << text << "\n" << message;
        EXPECT_NE(message.find(remedy), std::string::npos) << text << "\n" << message;
    }
    EXPECT_NE(complaint("hr:400001:u16", 1).find("is hr:1 here"), std::string::npos);
    EXPECT_NE(complaint("hr:1:u16" + std::string(300, ' ')).find("256 bytes"), std::string::npos);
}

Address any_address(std::mt19937_64& random) {
    Address out;
    out.area = static_cast<Area>(random() % 4);
    if (is_bits(out.area)) {
        out.format.encoding = Encoding::Bool;
    } else {
        out.format.encoding = static_cast<Encoding>(1 + random() % 10);
    }
    const bool text = out.format.encoding == Encoding::Text;
    const bool bit = out.format.encoding == Encoding::RegisterBit;
    const bool number = !text && !bit && out.format.encoding != Encoding::Bool;
    if (text) {
        out.format.text_bytes = static_cast<std::uint8_t>(1 + random() % 250);
    }
    if (bit) {
        out.format.bit = static_cast<std::uint8_t>(random() % 16);
    }
    if (out.format.encoding != Encoding::Bool) {
        const bool wide = number && out.format.count() > 1;
        out.format.order = static_cast<Order>(wide ? random() % 4 : random() % 2 * 2);
    }
    if (number && random() % 2 == 0) {
        std::uniform_real_distribution<double> real(-1e6, 1e6);
        out.format.scale = random() % 2 == 0 ? real(random) : 0.1;
        out.format.offset = random() % 2 == 0 ? real(random) : 1e-300;
    }
    if (random() % 3 == 0) {
        out.deadband =
            Deadband{number ? 0.25 * static_cast<double>(random() % 100) : 0, random() % 2 == 0};
    }
    if (random() % 3 == 0) {
        out.silence_max = std::chrono::milliseconds(1 + random() % 1'000'000);
    }
    if (random() % 3 == 0) {
        out.group = "g-" + std::to_string(random() % 100);
    }
    if (random() % 3 == 0) {
        out.unit = static_cast<std::uint8_t>(random());
    }
    out.start = static_cast<std::uint16_t>(random() % (65537 - out.format.count()));
    return out;
}

TEST(Address, WhatIsWrittenDownIsReadTheSame) {
    std::mt19937_64 random(2);
    for (int round = 0; round < 20'000; ++round) {
        const Address address = any_address(random);
        const int base = static_cast<int>(random() % 2);
        const std::string text = format_address(address, base);
        ASSERT_EQ(must(parse_address(text, base)), address) << text;
    }
}

TEST(Neuron, AddressesAreTakenOver) {
    const struct {
        std::string neuron;
        std::string type;
        std::string ours;
    } cases[] = {
        {"1!400001", "UINT16", "hr:0:u16 unit=1"},
        {"1!400001#B", "INT16", "hr:0:i16@BADC unit=1"},
        {"2!300010#BL", "FLOAT", "ir:9:f32@CDAB unit=2"},
        {"2!300010#LB", "INT32", "ir:9:i32@BADC unit=2"},
        {"2!300010#BB", "UINT32", "ir:9:u32@DCBA unit=2"},
        {"2!300010#LL", "UINT32", "ir:9:u32 unit=2"},
        {"2!300010", "UINT32", "ir:9:u32 unit=2"},
        {"3!400010#B", "DOUBLE", "hr:9:f64@DCBA unit=3"},
        {"3!465536", "UINT16", "hr:65535:u16 unit=3"},
        {"1!000001", "BIT", "co:0:bool unit=1"},
        {"1!100033", "BIT", "di:32:bool unit=1"},
        {"1!400001.3", "BIT", "hr:0:u16.3 unit=1"},
        {"1!400100.20", "STRING", "hr:99:str20 unit=1"},
        {"1!400100.20H", "STRING", "hr:99:str20 unit=1"},
        {"1!400100.20L", "STRING", "hr:99:str20@BADC unit=1"},
    };
    for (const auto& [neuron, type, ours] : cases) {
        EXPECT_EQ(must(convert_neuron_address(neuron, type, 0)), ours) << neuron;
        EXPECT_TRUE(parse_address(ours, 0)) << ours;
    }
    EXPECT_EQ(must(convert_neuron_address("1!400001", "UINT16", 1)), "hr:1:u16 unit=1");
}

TEST(Neuron, WhatHasNoCounterpartIsRefused) {
    const struct {
        std::string neuron;
        std::string type;
    } cases[] = {
        {"400001", "UINT16"},     {"1!40001", "UINT16"},
        {"1!500001", "UINT16"},   {"1!400000", "UINT16"},
        {"1!400001#XX", "FLOAT"}, {"1!400001", "BIT"},
        {"1!400001.16", "BIT"},   {"1!400001.20D", "STRING"},
        {"1!400001", "STRING"},   {"1!000001", "UINT16"},
        {"1!400001", "TIME"},     {"300!400001", "UINT16"},
        {"1!400001.3", "UINT16"}, {"", ""},
        {"1!465537", "INT16"},
    };
    for (const auto& [neuron, type] : cases) {
        const auto converted = convert_neuron_address(neuron, type, 0);
        EXPECT_FALSE(converted) << neuron << " " << type << " → " << converted.value_or("");
    }
}

}  // namespace
}  // namespace gantry::connector::modbus

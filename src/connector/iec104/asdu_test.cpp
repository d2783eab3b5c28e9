// SPDX-License-Identifier: Apache-2.0
#include "connector/iec104/asdu.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/encoding.h"
#include "model/quality.h"

namespace gantry::connector::iec104 {
namespace {

Bytes bytes_of(std::string hex) {
    std::erase(hex, ' ');
    return *from_hex(hex);
}

std::vector<Object> read(const std::string& hex, Objects expected = Objects::Read) {
    const Bytes bytes = bytes_of(hex);
    const auto asdu = read_asdu(bytes);
    EXPECT_TRUE(asdu);
    std::vector<Object> out;
    EXPECT_EQ(read_objects(*asdu, out), expected) << hex;
    return out;
}

std::int64_t at(int year, unsigned month, unsigned day, int hour, int minute, int milliseconds) {
    using namespace std::chrono;
    return nanoseconds(sys_days(std::chrono::year(year) / month / day).time_since_epoch() +
                       hours(hour) + minutes(minute) + std::chrono::milliseconds(milliseconds))
        .count();
}

TEST(Iec104Asdu, TheHeadSaysWhatItIs) {
    const Bytes bytes = bytes_of("64 01 46 05 0a 01 00 00 00 14");
    const auto asdu = read_asdu(bytes);
    ASSERT_TRUE(asdu);
    EXPECT_EQ(asdu->header.type, Type::C_IC_NA_1);
    EXPECT_EQ(asdu->header.count, 1);
    EXPECT_EQ(asdu->header.cause, Cause::Activation);
    EXPECT_TRUE(asdu->header.negative);
    EXPECT_FALSE(asdu->header.test);
    EXPECT_EQ(asdu->header.originator, 5);
    EXPECT_EQ(asdu->header.common_address, 0x010a);
    EXPECT_FALSE(read_asdu(bytes_of("64 01 06 00 01")));
    EXPECT_EQ(cause_name(Cause::UnknownObjectAddress), "47 unknown information object address");
    EXPECT_EQ(cause_name(static_cast<Cause>(60)), "60");
}

TEST(Iec104Asdu, PointsAndTheirQuality) {
    const auto points = read("01 05 14 00 01 00 a1 0f 00 01 a2 0f 00 80 a3 0f 00 41 a4 0f 00 20 "
                             "a5 0f 00 11");
    ASSERT_EQ(points.size(), 5U);
    EXPECT_EQ(points[0].address, 4001U);
    EXPECT_EQ(points[0].value, 1);
    EXPECT_EQ(points[0].quality, quality::good);
    EXPECT_EQ(points[1].quality, quality::bad);
    EXPECT_EQ(points[2].quality, quality::uncertain_last_usable_value);
    EXPECT_EQ(points[3].quality, substitute_value);
    EXPECT_EQ(points[4].quality, quality::uncertain_last_usable_value);
    // Of a single point the lowest bit is the value, not an overflow.
    const auto doubles = read("03 84 14 00 01 00 01 00 00 00 01 02 03");
    ASSERT_EQ(doubles.size(), 4U);
    for (std::uint32_t i = 0; i < 4; ++i) {
        EXPECT_EQ(doubles[i].address, 1 + i);
        EXPECT_EQ(doubles[i].value, i);
        EXPECT_EQ(doubles[i].quality, quality::good);
    }
}

TEST(Iec104Asdu, MeasuredValues) {
    EXPECT_EQ(read("09 01 03 00 01 00 01 00 00 00 40 00")[0].value, 0.5);
    EXPECT_EQ(read("09 01 03 00 01 00 01 00 00 00 80 00")[0].value, -1);
    EXPECT_EQ(read("0b 01 03 00 01 00 01 00 00 18 fc 00")[0].value, -1000);
    const auto real = read("0d 01 03 00 01 00 01 00 00 00 00 ac 41 01")[0];
    EXPECT_EQ(real.value, 21.5);
    EXPECT_TRUE(real.real);
    EXPECT_EQ(real.quality, quality::uncertain_engineering_units_exceeded);
    EXPECT_EQ(read("0d 01 03 00 01 00 01 00 00 00 00 c0 7f 00")[0].quality,
              quality::bad_sensor_failure);
    EXPECT_EQ(read("05 01 03 00 01 00 01 00 00 7f 00")[0].value, -1);
    EXPECT_EQ(read("05 01 03 00 01 00 01 00 00 bf 00")[0].value, 63);
    EXPECT_EQ(read("07 01 03 00 01 00 01 00 00 ff ff ff ff 00")[0].value, 4'294'967'295.0);
    EXPECT_EQ(read("0f 01 03 00 01 00 01 00 00 fe ff ff ff 60")[0].value, -2);
    EXPECT_EQ(read("0f 01 03 00 01 00 01 00 00 fe ff ff ff 60")[0].quality, quality::good);
    EXPECT_EQ(read("15 01 03 00 01 00 01 00 00 00 40")[0].value, 0.5);
}

TEST(Iec104Asdu, TimesAreTheStationsOwn) {
    // 2025-11-30 08:30:15.250, a Sunday, in summer time.
    const auto tagged = read("1e 01 03 00 01 00 01 00 00 01 92 3b 1e 88 fe 0b 19")[0];
    ASSERT_TRUE(tagged.time);
    EXPECT_EQ(tagged.time->nanoseconds, at(2025, 11, 30, 8, 30, 15'250));
    EXPECT_TRUE(tagged.time->summer);
    EXPECT_FALSE(tagged.time->invalid);
    EXPECT_FALSE(tagged.time->within_hour);
    EXPECT_TRUE(read("1e 01 03 00 01 00 01 00 00 01 92 3b 9e 08 fe 0b 19")[0].time->invalid);
    EXPECT_TRUE(read("1e 01 03 00 01 00 01 00 00 01 92 3b 1e 08 1f 02 19")[0].time->invalid);
    const auto brief = read("02 01 03 00 01 00 01 00 00 01 92 3b 1e")[0];
    EXPECT_TRUE(brief.time->within_hour);
    EXPECT_EQ(brief.time->nanoseconds, at(1970, 1, 1, 0, 30, 15'250));
}

TEST(Iec104Asdu, WhatDoesNotFitIsToldApart) {
    read("01 02 03 00 01 00 01 00 00 01", Objects::Malformed);
    read("01 00 03 00 01 00", Objects::Malformed);
    read("01 82 03 00 01 00 ff ff ff 01 00", Objects::Malformed);  // beyond the last address
    read("7f 01 03 00 01 00 01 00 00 01", Objects::Unknown);
    read("46 01 04 00 01 00 00 00 00 00", Objects::Unknown);
}

TEST(Iec104Asdu, Commands) {
    const Header header{.cause = Cause::Activation, .common_address = 1};
    const auto text = [&header](Command command) {
        Bytes out;
        append_command(out, header, command);
        return to_hex(out);
    };
    EXPECT_EQ(text({.type = Type::C_SC_NA_1, .address = 5001, .value = 1, .select = true}),
              "2d010600010089130081");
    EXPECT_EQ(text({.type = Type::C_DC_NA_1, .address = 1, .value = 2, .qualifier = 1}),
              "2e010600010001000006");
    EXPECT_EQ(text({.type = Type::C_SE_NA_1, .address = 1, .value = -1}),
              "300106000100010000008000");
    EXPECT_EQ(text({.type = Type::C_SE_NB_1, .address = 1, .value = -1000}),
              "31010600010001000018fc00");
    EXPECT_EQ(text({.type = Type::C_SE_NC_1, .address = 1, .value = 21.5}),
              "3201060001000100000000ac4100");
    EXPECT_EQ(text({.type = Type::C_BO_NA_1, .address = 1, .value = 4'294'967'295.0}),
              "330106000100010000ffffffff");
    EXPECT_FALSE(can_carry(Type::C_SC_NA_1, 2));
    EXPECT_FALSE(can_carry(Type::C_DC_NA_1, 0));
    EXPECT_FALSE(can_carry(Type::C_SE_NA_1, 1));
    EXPECT_FALSE(can_carry(Type::C_SE_NB_1, 0.5));
    EXPECT_FALSE(can_carry(Type::C_SE_NC_1, std::numeric_limits<double>::infinity()));
    EXPECT_FALSE(can_carry(Type::C_SE_NC_1, 1e300));
    EXPECT_FALSE(can_carry(Type::M_SP_NA_1, 1));
    Bytes out;
    append_interrogation(
        out, {.type = Type::C_IC_NA_1, .cause = Cause::Activation, .common_address = 1}, 20);
    EXPECT_EQ(to_hex(out), "64010600010000000014");
}

TEST(Iec104Asdu, WhatIsWrittenIsReadAgain) {
    for (const auto& [type, value] : {std::pair(Type::M_SP_TB_1, 1.0),
                                      {Type::M_DP_TB_1, 2.0},
                                      {Type::M_ST_TB_1, -64.0},
                                      {Type::M_BO_TB_1, 65'537.0},
                                      {Type::M_ME_TD_1, -0.25},
                                      {Type::M_ME_TE_1, -7.0},
                                      {Type::M_ME_TF_1, 1.5},
                                      {Type::M_IT_TB_1, -9.0},
                                      {Type::M_ME_ND_1, 0.75},
                                      {Type::M_ME_TC_1, 2.5}}) {
        Object object;
        object.address = 70'000;
        object.value = value;
        object.time = TimeTag{at(2026, 2, 28, 23, 59, 59'999)};
        Bytes bytes;
        append_objects(bytes, {.type = type, .common_address = 3}, {&object, 1});
        std::vector<Object> read;
        ASSERT_EQ(read_objects(*read_asdu(bytes), read), Objects::Read) << type_name(type);
        ASSERT_EQ(read.size(), 1U);
        EXPECT_EQ(read[0].address, 70'000U);
        EXPECT_EQ(read[0].value, value) << type_name(type);
        if (type == Type::M_SP_TB_1) {
            EXPECT_EQ(read[0].time->nanoseconds, at(2026, 2, 28, 23, 59, 59'999));
        }
    }
}

}  // namespace
}  // namespace gantry::connector::iec104

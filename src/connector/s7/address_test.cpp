// SPDX-License-Identifier: Apache-2.0
#include "connector/s7/address.h"

#include <gtest/gtest.h>

namespace gantry::connector::s7 {
namespace {

std::string complaint(std::string_view text) {
    const auto address = parse_address(text);
    EXPECT_FALSE(address) << text;
    EXPECT_TRUE(address || address.error().code == Code::InvalidArgument);
    EXPECT_TRUE(address || address.error().field == "/address");
    return address ? "" : address.error().message;
}

TEST(S7Address, IsReadAndWrittenAgain) {
    for (const std::string_view text : {"DB1.DBX0.3",
                                        "DB1.DBB2",
                                        "DB65535.DBW4:int",
                                        "DB1.DBD6:real*0.1+5 db=0.5 max=30s grp=fast",
                                        "DB1.DBB8:lreal",
                                        "DB1.DBB16:string20",
                                        "DB1.DBB16:wstring1",
                                        "DB1.DBB16:char8",
                                        "DB1.DBB20:dtl",
                                        "DB1.DBB20:dt",
                                        "DB1.DBD20:tod",
                                        "DB1.DBW20:date",
                                        "I0.7",
                                        "Q1.0",
                                        "M100.4",
                                        "IB1",
                                        "QW2:word",
                                        "MD8:dint-3 db=1%",
                                        "T5",
                                        "C3",
                                        "MW4:s5time",
                                        "DB1.DBD4:time",
                                        "DB1.DBB4:ltime",
                                        "DB1.DBB4:sint"}) {
        const auto address = parse_address(text);
        ASSERT_TRUE(address) << text << ": " << address.error().message;
        EXPECT_EQ(format_address(*address), text);
    }
}

TEST(S7Address, IsUnderstoodInBothLanguagesAndCases) {
    for (const auto& [text, same] : {std::pair("db1.dbx0.3", "DB1.DBX0.3"),
                                     {"E0.1", "I0.1"},
                                     {"EW2:INT", "IW2:int"},
                                     {"AB3", "QB3"},
                                     {"a0.0", "Q0.0"},
                                     {"Z4", "C4"},
                                     {"MX0.1", "M0.1"},
                                     {"DB1.DBW2:uint", "DB1.DBW2:word"},
                                     {"DB1.DBB4:real", "DB1.DBD4:real"},
                                     {"MB1:usint", "MB1"},
                                     {"DB1.DBW0:S5TIME", "DB1.DBW0:s5time"}}) {
        const auto address = parse_address(text);
        ASSERT_TRUE(address) << text << ": " << address.error().message;
        EXPECT_EQ(format_address(*address), same);
    }
}

TEST(S7Address, ComplaintsNameThePlaceAndTheRemedy) {
    for (const auto& [text, part] : {std::pair("", "STEP 7"),
                                     {"hr:1", "STEP 7"},
                                     {"DB.DBB1", "1 to 65535"},
                                     {"DB0.DBB1", "1 to 65535"},
                                     {"DB65536.DBB1", "1 to 65535"},
                                     {"DB1", "STEP 7"},
                                     {"DB1.DBQ1", "STEP 7"},
                                     {"DB1.DBX1", "as in 0.3"},
                                     {"DB1.DBX1.8", "0 to 7"},
                                     {"DB1.DBD0", ":real"},
                                     {"MW0", ":int"},
                                     {"DB1.DBD0:int", "4 bytes, int has 2"},
                                     {"DB1.DBW0:real", "2 bytes, real has 4"},
                                     {"DB1.DBX0.0:int", "a bit is a bool"},
                                     {"DB1.DBB0:bool", "DB1.DBX0.3"},
                                     {"DB1.DBB0:float", "a type is"},
                                     {"DB1.DBB0:string", "from 1 to 254"},
                                     {"DB1.DBB0:string255", "from 1 to 254"},
                                     {"DB1.DBB2097152", "0 to 2097151"},
                                     {"DB1.DBB2097151:lreal", "below"},
                                     {"DB1.DBX0.0*2", "only numbers"},
                                     {"DB1.DBB0:string8+1", "only numbers"},
                                     {"T5:int", "no other type"},
                                     {"T70000", "65535"},
                                     {"DB1.DBB0 unit=1", "grp=fast"},
                                     {"DB1.DBB0db=1", "after a blank"},
                                     {"DB1.DBB0 grp=a/b", "letters"}}) {
        EXPECT_NE(complaint(text).find(part), std::string::npos) << text << ": " << complaint(text);
    }
    EXPECT_NE(complaint("DB1.DBX0.9").find("character"), std::string::npos);
    complaint(std::string(300, 'M'));
}

}  // namespace
}  // namespace gantry::connector::s7

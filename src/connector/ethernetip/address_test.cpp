// SPDX-License-Identifier: Apache-2.0
#include "connector/ethernetip/address.h"

#include <gtest/gtest.h>

namespace gantry::connector::ethernetip {
namespace {

std::string complaint(std::string_view text) {
    const auto address = parse_address(text);
    EXPECT_FALSE(address) << text;
    EXPECT_TRUE(address || address.error().code == Code::InvalidArgument);
    EXPECT_TRUE(address || address.error().field == "/address");
    return address ? "" : address.error().message;
}

TEST(EthernetIpAddress, IsReadAndWrittenAgain) {
    for (const std::string_view text :
         {"Speed", "_x", "Line[3]", "Line[3].Speed", "Recipe[1,2]", "Cube[1,2,3].Side[7]", "Word.5",
          "Words[4].31", "T1.ACC", "Program:Main.Speed", "Program:Main.Line[3].Status.0",
          "Local:1:I.Ch0Data", "Rack:2:O.Data[0].15",
          "Line[4294967295].Speed*0.1+5 db=0.5 max=30s grp=fast", "Level*-2-7 db=1%"}) {
        const auto address = parse_address(text);
        ASSERT_TRUE(address) << text << ": " << address.error().message;
        EXPECT_EQ(format_address(*address), text);
    }
}

TEST(EthernetIpAddress, KeepsApartWhatThePlannerNeeds) {
    const auto of = [](std::string_view text) { return *parse_address(text); };
    EXPECT_EQ(of("Program:Main.Line[3].Speed[7].2").tag, "Program:Main.Line[3].Speed");
    EXPECT_EQ(of("Program:Main.Line[3].Speed[7].2").index, 7U);
    EXPECT_EQ(of("Program:Main.Line[3].Speed[7].2").bit, 2);
    EXPECT_EQ(of("Line[3].Speed").tag, "Line[3].Speed");
    EXPECT_EQ(of("Line[3].Speed").index, std::nullopt);
    EXPECT_EQ(of("Recipe[1,2].5").tag, "Recipe[1,2]");
    EXPECT_EQ(of("Recipe[1,2].5").bit, 5);
    EXPECT_EQ(of("Word.5").tag, "Word");
}

TEST(EthernetIpAddress, ComplaintsNameThePlaceAndTheRemedy) {
    for (const auto& [text, part] : {std::pair("", "Studio 5000"),
                                     {"3x", "Studio 5000"},
                                     {"Program:", "Studio 5000"},
                                     {"Main..Speed", "Studio 5000"},
                                     {"Speed.", "Studio 5000"},
                                     {"Line[", "one to three indices"},
                                     {"Line[x]", "one to three indices"},
                                     {"Line[-1]", "one to three indices"},
                                     {"Line[1,2,3,4]", "one to three indices"},
                                     {"Line[4294967296]", "one to three indices"},
                                     {"Line[1", "end with ']'"},
                                     {"Word.64", "from 0 to 63"},
                                     {"Word.5.6", "after a blank"},
                                     {"Line[1][2]", "after a blank"},
                                     {"Word.5*2", "a bit has no scale"},
                                     {"Speed unit=1", "grp=fast"},
                                     {"Speed grp=a/b", "letters"},
                                     {"Speed/2", "Studio 5000"}}) {
        EXPECT_NE(complaint(text).find(part), std::string::npos) << text << ": " << complaint(text);
    }
    EXPECT_NE(complaint("Line[1,x]").find("character 8"), std::string::npos);
    EXPECT_NE(complaint(std::string(128, 'M')).find("127"), std::string::npos);
    complaint(std::string(600, 'M'));
}

}  // namespace
}  // namespace gantry::connector::ethernetip

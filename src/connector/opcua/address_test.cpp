// SPDX-License-Identifier: Apache-2.0
#include "connector/opcua/address.h"

#include <random>

#include "testing/testing.h"

namespace gantry::connector::opcua {
namespace {

using testing::must;

std::string complaint(std::string_view text) {
    const auto parsed = parse_address(text);
    EXPECT_FALSE(parsed) << text;
    if (parsed) {
        return "";
    }
    EXPECT_EQ(parsed.error().code, Code::InvalidArgument);
    EXPECT_EQ(parsed.error().field, "/address");
    return parsed.error().message;
}

TEST(OpcuaAddress, EveryPartIsRead) {
    const Address all = must(parse_address("ns=2;s=Line1.Temp [3] *0.1+5 db=0.5 grp=fast"));
    EXPECT_EQ(all.node.space, 2);
    EXPECT_EQ(all.node.kind, IdKind::Text);
    EXPECT_EQ(all.node.text, "Line1.Temp");
    EXPECT_EQ(all.index, 3U);
    EXPECT_EQ(all.scaling, (Scaling{0.1, 5}));
    EXPECT_EQ(all.deadband, (Deadband{0.5, false}));
    EXPECT_EQ(all.group, "fast");

    const Address least = must(parse_address("i=2258"));
    EXPECT_EQ(least.node.space, 0);
    EXPECT_EQ(least.node.kind, IdKind::Numeric);
    EXPECT_EQ(least.node.number, 2258U);
    EXPECT_EQ(least.group, "default");
    EXPECT_FALSE(least.index || least.deadband || least.scaling.scaled());

    EXPECT_EQ(must(parse_address("ns=1;i=4294967295 -40")).scaling, (Scaling{1, -40}));
    EXPECT_EQ(must(parse_address("ns=1;i=4   db=1%  ")).deadband, (Deadband{1, true}));
}

TEST(OpcuaAddress, NamespacesHaveNumbersOrUris) {
    const NodeName named = must(parse_node("nsu=http://plant.example/a%3Bb%25;i=42"));
    EXPECT_EQ(named.space_uri, "http://plant.example/a;b%");
    EXPECT_EQ(named.number, 42U);
    EXPECT_EQ(format_node(named), "nsu=http://plant.example/a%3Bb%25;i=42");
    EXPECT_EQ(must(parse_node("ns=0;i=85")), must(parse_node("i=85")));
    EXPECT_NE(complaint("ns=65536;i=1").find("65535"), std::string::npos);
    EXPECT_NE(complaint("ns=x;i=1").find("ns="), std::string::npos);
    EXPECT_NE(complaint("nsu=;i=1").find("URI"), std::string::npos);
    EXPECT_NE(complaint("svr=1;i=1").find("other servers"), std::string::npos);
}

TEST(OpcuaAddress, IdentifiersAreOfFourKinds) {
    const NodeName guid = must(parse_node("ns=1;g=09087E75-8e5e-499b-954f-f2a9603db28a"));
    EXPECT_EQ(guid.kind, IdKind::Guid);
    EXPECT_EQ(guid.text.size(), 16U);
    EXPECT_EQ(static_cast<unsigned char>(guid.text[3]), 0x75);
    EXPECT_EQ(format_node(guid), "ns=1;g=09087e75-8e5e-499b-954f-f2a9603db28a");
    const NodeName bytes = must(parse_node("ns=1;b=+/8="));
    EXPECT_EQ(bytes.text, "\xfb\xff");
    EXPECT_EQ(format_node(bytes), "ns=1;b=+/8=");
    EXPECT_NE(complaint("ns=1;i=1.5").find("whole number"), std::string::npos);
    EXPECT_NE(complaint("ns=1;i=4294967296").find("whole number"), std::string::npos);
    EXPECT_NE(complaint("ns=1;g=09087E75").find("GUID"), std::string::npos);
    EXPECT_NE(complaint("ns=1;b=***").find("base64"), std::string::npos);
    EXPECT_NE(complaint("ns=1;s=").find("identifier"), std::string::npos);
    EXPECT_NE(complaint("Line1.Temp").find("ns=2;s=Line1.Temp"), std::string::npos);
    EXPECT_NE(complaint("").find("a node is written as"), std::string::npos);
}

// What looks like an option is one, what does not belongs to the identifier.
TEST(OpcuaAddress, IdentifiersMayHaveBlanksAndSigns) {
    EXPECT_EQ(must(parse_address("ns=2;s=Channel 1.Device 1.Tag 1")).node.text,
              "Channel 1.Device 1.Tag 1");
    EXPECT_EQ(must(parse_address("ns=2;s=Tag 1 *2")).node.text, "Tag 1");
    EXPECT_EQ(must(parse_address("ns=3;s=\"DB1\".\"arr\"[3]")).node.text, "\"DB1\".\"arr\"[3]");
    EXPECT_EQ(must(parse_address("ns=3;s=\"DB1\".\"arr\"[3] [2]")).index, 2U);
    EXPECT_EQ(must(parse_address("ns=2;s=a - b")).node.text, "a - b");
    EXPECT_EQ(must(parse_address("ns=2;s=Motor *2 --")).node.text, "Motor *2");
    const Address marked = must(parse_address("ns=2;s=Motor [0] -- [1]"));
    EXPECT_EQ(marked.node.text, "Motor [0]");
    EXPECT_EQ(marked.index, 1U);
    EXPECT_EQ(format_address(marked), "ns=2;s=Motor [0] -- [1]");
}

TEST(OpcuaAddress, ComplaintsNameThePlace) {
    EXPECT_NE(complaint("ns=2;s=a [1] [2]").find("character 14: one index"), std::string::npos);
    EXPECT_NE(complaint("ns=2;s=a *0").find("other than 0"), std::string::npos);
    EXPECT_NE(complaint("ns=2;s=a *2 *3").find("once"), std::string::npos);
    EXPECT_NE(complaint("ns=2;s=a db=-1").find("deadband"), std::string::npos);
    EXPECT_NE(complaint("ns=2;s=a grp=").find("group"), std::string::npos);
    EXPECT_NE(complaint("ns=2;s=a [99999999999]").find("index"), std::string::npos);
    EXPECT_NE(complaint(std::string(2000, 'x')).find("longer"), std::string::npos);
    EXPECT_NE(complaint("ns=2;s=\xff").find("UTF-8"), std::string::npos);
}

TEST(OpcuaAddress, WhatIsWrittenIsReadBack) {
    std::mt19937 random(7);
    const auto word = [&random](std::string_view letters, std::size_t length) {
        std::string out;
        for (std::size_t i = 0; i < length; ++i) {
            out += letters[random() % letters.size()];
        }
        return out;
    };
    for (int i = 0; i < 5000; ++i) {
        Address address;
        NodeName& node = address.node;
        if (random() % 2 == 0) {
            node.space = static_cast<std::uint16_t>(random());
        } else {
            node.space_uri = word("ab:/;%3B", 1 + random() % 9);
        }
        node.kind = static_cast<IdKind>(random() % 4);
        switch (node.kind) {
            case IdKind::Numeric: node.number = static_cast<std::uint32_t>(random()); break;
            case IdKind::Text: node.text = word("a [1]*+-=db.", 1 + random() % 12); break;
            case IdKind::Guid: node.text = word("a\x01\xff", 16); break;
            case IdKind::Opaque: node.text = word("a\x01\xff", 1 + random() % 9); break;
        }
        if (random() % 2 == 0) {
            address.index = static_cast<std::uint32_t>(random());
        }
        if (random() % 2 == 0) {
            address.scaling = {0.25 * static_cast<double>(1 + random() % 9),
                               static_cast<double>(random() % 9) - 4};
        }
        if (random() % 2 == 0) {
            address.deadband =
                Deadband{0.5 * static_cast<double>(random() % 99), random() % 2 == 0};
        }
        address.group = random() % 2 == 0 ? "default" : "fast-1";
        const std::string text = format_address(address);
        EXPECT_EQ(must(parse_address(text)), address) << text;
    }
}

}  // namespace
}  // namespace gantry::connector::opcua

// SPDX-License-Identifier: Apache-2.0
#include "connector/discovery.h"

#include <gtest/gtest.h>

namespace gantry::connector {
namespace {

using Hosts = std::vector<std::string>;

TEST(DiscoveryHosts, AreNamesRangesAndNetworks) {
    EXPECT_EQ(*parse_hosts("192.168.0.9-11"),
              (Hosts{"192.168.0.9", "192.168.0.10", "192.168.0.11"}));
    EXPECT_EQ(*parse_hosts("10.0.0.255-10.0.1.1"), (Hosts{"10.0.0.255", "10.0.1.0", "10.0.1.1"}));
    EXPECT_EQ(*parse_hosts("10.0.0.6/30"), (Hosts{"10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7"}));
    EXPECT_EQ(*parse_hosts("plc-1.local, 127.0.0.1"), (Hosts{"plc-1.local", "127.0.0.1"}));
    EXPECT_EQ(parse_hosts("10.0.0.0/24")->size(), 256U);
    EXPECT_EQ(*parse_hosts("255.255.255.255/32"), Hosts{"255.255.255.255"});
}

TEST(DiscoveryHosts, ThatAreWrongOrTooManyAreRefused) {
    for (const std::string_view text :
         {"", ",", "10.0.0.0/23", "0.0.0.0/0", "10.0.0.1-0", "10.0.0.1-300", "10.0.0.0/x", "a b",
          "10.0.0.0/24,10.0.1.1", "x\ny", "255.255.255.0-256"}) {
        const auto hosts = parse_hosts(text);
        ASSERT_FALSE(hosts) << text;
        EXPECT_EQ(hosts.error().field, "/hosts");
    }
}

}  // namespace
}  // namespace gantry::connector

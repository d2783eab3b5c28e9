// SPDX-License-Identifier: Apache-2.0
#include "connector/ethernetip/planner.h"

#include <gtest/gtest.h>

#include <format>

#include "connector/ethernetip/address.h"
#include "connector/ethernetip/tags.h"

namespace gantry::connector::ethernetip {
namespace {

constexpr Kind dint{kind::dint, 0, false};
constexpr Kind packed{kind::dword, 0, false};
constexpr Kind text{kind::structure, kind::string_handle, true};

Plan plan_of(const std::vector<std::string_view>& addresses, const PlanLimits& limits = {}) {
    std::vector<Item> items;
    items.reserve(addresses.size());
    for (const std::string_view address : addresses) {
        items.push_back(item_of(*parse_address(address), ValueType::Int64, items.size()));
    }
    return Plan(std::move(items), limits);
}

// "0+2[0,2)": the first element, how many, and the items; "-" where the path alone is meant.
std::string told(const std::vector<Stretch>& stretches) {
    std::string out;
    for (const Stretch& one : stretches) {
        out += std::format("{}{}+{}[{},{})", out.empty() ? "" : " ",
                           one.start ? std::to_string(*one.start) : "-", one.count, one.first,
                           one.last);
    }
    return out;
}

std::string learn_all(Plan& plan, const Kind& kind) {
    std::vector<Stretch> again;
    for (const Stretch& stretch : plan.stretches()) {
        std::ranges::copy(plan.learn(stretch, kind, kind_bytes(kind.code)),
                          std::back_inserter(again));
    }
    plan.rebuild();
    EXPECT_FALSE(plan.changed());
    return told(again);
}

TEST(EthernetIpPlanner, AnArrayIsLookedAtBeforeItsElementsAreRead) {
    Plan plan = plan_of({"A[7]", "A[5]", "A[30]", "B", "A[6].3"});
    EXPECT_EQ(told(plan.stretches()), "0+1[0,4) -+1[4,5)");
    EXPECT_EQ(learn_all(plan, dint), "5+3[0,3) 30+1[3,4)");
    EXPECT_EQ(told(plan.stretches()), "5+3[0,3) 30+1[3,4) -+1[4,5)");
    EXPECT_EQ(learn_all(plan, dint), "");
    // A program of another kind.
    EXPECT_EQ(told(plan.learn(plan.stretches()[0], packed, 12)), "0+1[0,3)");
}

TEST(EthernetIpPlanner, BitsOfOneIntegerAreReadOnce) {
    Plan plan = plan_of({"W.0", "W.1", "W.15", "W"});
    EXPECT_EQ(told(plan.stretches()), "-+1[0,4)");
}

TEST(EthernetIpPlanner, ElementsOfBoolLieInDoubleWords) {
    Plan plan = plan_of({"F[0]", "F[31]", "F[32]", "F[1000]"});
    EXPECT_EQ(learn_all(plan, packed), "0+2[0,3) 31+1[3,4)");
    const Stretch& stretch = plan.stretches()[0];
    Bytes bytes(8);
    bytes[4] = std::byte{1};
    EXPECT_EQ(number_at(*plan.part(stretch, plan.items()[1], bytes), 0, 4), 0U);
    EXPECT_EQ(number_at(*plan.part(stretch, plan.items()[2], bytes), 0, 4), 1U);
    EXPECT_FALSE(plan.part(stretch, plan.items()[2], ByteView(bytes).first(7)));
}

TEST(EthernetIpPlanner, GapsAndLengthHaveLimits) {
    Plan plan = plan_of({"A[0]", "A[3]", "A[7]", "A[8]"}, {.gap_max = 8, .bytes_max = 20});
    learn_all(plan, dint);
    EXPECT_EQ(told(plan.stretches()), "0+4[0,2) 7+2[2,4)");
    Plan close = plan_of({"A[0]", "A[1]", "A[2]"}, {.gap_max = 0, .bytes_max = 8});
    learn_all(close, dint);
    EXPECT_EQ(told(close.stretches()), "0+2[0,2) 2+1[2,3)");
    // Of texts each is read by itself.
    Plan texts = plan_of({"S[0]", "S[1]", "S[1]"});
    learn_all(texts, text);
    EXPECT_EQ(told(texts.stretches()), "0+1[0,1) 1+1[1,3)");
}

TEST(EthernetIpPlanner, WhatIsRefusedNeverFailsItsNeighbours) {
    Plan plan = plan_of({"A[0]", "A[1]", "A[2]", "B"});
    learn_all(plan, dint);
    ASSERT_EQ(told(plan.stretches()), "0+3[0,3) -+1[3,4)");
    const auto again = plan.refuse(plan.stretches()[0]);
    EXPECT_EQ(told(again), "0+1[0,1) 1+1[1,2) 2+1[2,3)");
    const auto probe = plan.refuse(again[2]);
    EXPECT_EQ(told(probe), "0+1[2,3)");
    const auto last = plan.learn(probe[0], dint, 4);
    EXPECT_EQ(told(last), "2+1[2,3)");
    EXPECT_EQ(told(plan.refuse(last[0])), "");
    plan.rebuild();
    EXPECT_EQ(told(plan.stretches()), "0+2[0,2) -+1[3,4)");
    EXPECT_EQ(told(plan.refuse(plan.stretches()[0])), "0+1[0,1) 1+1[1,2)");
    plan.rebuild();
    EXPECT_EQ(told(plan.stretches()), "0+1[0,1) 1+1[1,2) -+1[3,4)");
    EXPECT_TRUE(plan.has_learnt());
    plan.forget();
    EXPECT_EQ(told(plan.stretches()), "0+3[0,3) -+1[3,4)");
    EXPECT_FALSE(plan.has_learnt());
}

TEST(EthernetIpPlanner, ALongOneIsReadInFragments) {
    Plan plan = plan_of({"A", "B"});
    const Stretch longer = plan.lengthen(plan.stretches()[0]);
    EXPECT_TRUE(longer.in_fragments && longer.alone);
    plan.rebuild();
    EXPECT_TRUE(plan.stretches()[0].in_fragments);
    EXPECT_FALSE(plan.stretches()[1].in_fragments);
}

TEST(EthernetIpPlanner, RequestsAndAnswersFitTheMessages) {
    std::vector<std::string> names;
    names.reserve(500);
    std::vector<std::string_view> addresses;
    for (int i = 0; i < 500; ++i) {
        names.push_back(std::format("Tag{:03}", i));
    }
    addresses.assign(names.begin(), names.end());
    Plan plan = plan_of(addresses);
    learn_all(plan, dint);
    for (const std::size_t room : {400U, 498U, 3998U}) {
        const auto requests = pack(plan.stretches(), plan.items(), room);
        std::size_t count = 0;
        for (const auto& one : requests) {
            std::vector<Bytes> parts;
            parts.reserve(one.size());
            for (const std::size_t stretch : one) {
                parts.push_back(
                    read_tag_request(path_of(plan.items()[plan.stretches()[stretch].first],
                                             plan.stretches()[stretch]),
                                     1));
            }
            count += parts.size();
            EXPECT_LE(multiple_request(parts).size(), room);
            // Each answer: where it is, its head, what it is, and four bytes.
            EXPECT_LE(6 + one.size() * (2 + 4 + 2 + 4), room);
        }
        EXPECT_EQ(count, 500U);
        EXPECT_LE(requests.size(), 500 * 16 / (room - 40) + 1) << room;
    }
    std::vector<Stretch> stretches = plan.stretches();
    stretches[1].alone = true;
    EXPECT_EQ(pack(stretches, plan.items(), 3998)[1], std::vector<std::size_t>{1});
}

}  // namespace
}  // namespace gantry::connector::ethernetip

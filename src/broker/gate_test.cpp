// SPDX-License-Identifier: Apache-2.0
#include "broker/gate.h"

#include <gtest/gtest.h>

namespace gantry::broker {
namespace {

using security::Effect;
using security::Statement;

struct Rights {
    std::vector<Statement> statements;
    int asked = 0;

    TopicGate::Rights ask() {
        return [this](std::string_view principal) -> Result<std::vector<Statement>> {
            ++asked;
            if (principal != "robot") {
                return fail(Code::NotFound, "there is no principal '{}'", principal);
            }
            return statements;
        };
    }
};

TEST(TopicGate, AsksAboutTopicsLikePaths) {
    Rights rights{{{Effect::Allow, {"topics:publish"}, "cell/out"},
                   {Effect::Allow, {"topics:*"}, "lab"},
                   {Effect::Forbid, {"topics:subscribe"}, "lab/secret"}}};
    TopicGate gate(rights.ask());
    EXPECT_TRUE(gate.may_publish("robot", "cell/out"));
    EXPECT_TRUE(gate.may_publish("robot", "cell/out/x"));
    EXPECT_FALSE(gate.may_publish("robot", "cell/outside"));
    EXPECT_FALSE(gate.may_publish("robot", "cell"));
    EXPECT_FALSE(gate.may_receive("robot", "cell/out"));
    EXPECT_TRUE(gate.may_receive("robot", "lab/a"));
    EXPECT_FALSE(gate.may_receive("robot", "lab/secret/a"));
    EXPECT_FALSE(gate.may_publish("nobody", "lab/a"));
    EXPECT_EQ(rights.asked, 2) << "once for each principal";
}

TEST(TopicGate, ASubscriptionIsAboutWhatComesBeforeItsWildcards) {
    Rights rights{{{Effect::Allow, {"topics:subscribe"}, "cell"}}};
    TopicGate gate(rights.ask());
    for (const char* fine : {"cell", "cell/#", "cell/+", "cell/a/+/b", "cell/a"}) {
        EXPECT_TRUE(gate.may_subscribe("robot", fine)) << fine;
    }
    for (const char* wrong : {"#", "+", "+/a", "cel/#", "cellar", "other/#"}) {
        EXPECT_FALSE(gate.may_subscribe("robot", wrong)) << wrong;
    }
}

TEST(TopicGate, WhoMayDoEverythingIsNotAskedTopicByTopicUnlessSomethingIsForbidden) {
    Rights rights{{{Effect::Allow, {"*:*"}, ""}}};
    TopicGate gate(rights.ask());
    EXPECT_TRUE(gate.may_subscribe("robot", "#"));
    EXPECT_TRUE(gate.may_publish("robot", "any/thing"));
    rights.statements.push_back({Effect::Forbid, {"topics:*"}, "any"});
    EXPECT_TRUE(gate.may_publish("robot", "any/thing")) << "as it was known";
    gate.forget();
    EXPECT_FALSE(gate.may_publish("robot", "any/thing"));
    EXPECT_TRUE(gate.may_publish("robot", "other"));
}

TEST(TopicGate, RemembersWhichTopicsAreWanted) {
    Rights rights;
    TopicGate gate(rights.ask());
    EXPECT_FALSE(gate.wants("a"));
    int asked = 0;
    gate.offer([&asked](std::string_view topic) {
        ++asked;
        return topic == "a";
    });
    EXPECT_TRUE(gate.wants("a"));
    EXPECT_TRUE(gate.wants("a"));
    EXPECT_FALSE(gate.wants("b"));
    EXPECT_EQ(asked, 2);
    gate.forget_wanted();
    EXPECT_TRUE(gate.wants("a"));
    EXPECT_EQ(asked, 3);
}

}  // namespace
}  // namespace gantry::broker

// SPDX-License-Identifier: Apache-2.0
// The parts that need no server. What clients make of it is in tests/system/test_opcua_server.py.
#include "base/sim_disk.h"
#include "connector/opcua/certificate.h"
#include "opcua/options.h"
#include "opcua/session.h"
#include "opcua/trust.h"
#include "opcua/units.h"
#include "opcua/values.h"
#include "opcua/writes.h"
#include "testing/testing.h"

namespace gantry::opcua {
namespace {

using gantry::testing::failure;
using gantry::testing::must;

TEST(OpcuaUnits, HaveTheirUneceCodeOrThatOfUcum) {
    EXPECT_EQ(engineering_unit("Cel").id, 4408652);  // OPC 10000-8, 5.6.4.3
    EXPECT_EQ(engineering_unit("m").id, 5067858);
    EXPECT_EQ(engineering_unit("%").id, 20529);
    EXPECT_EQ(engineering_unit("{start}").id, -1);
    EXPECT_EQ(engineering_unit("{start}").symbol, "{start}");
    EXPECT_EQ(engineering_unit("{start}").name_space, "http://unitsofmeasure.org");
}

TEST(OpcuaOptions, AreReadOrToldToBeWrong) {
    const EndpointOptions endpoint = must(read_endpoint("main=127.0.0.1:4840"));
    EXPECT_EQ(endpoint.tenant, "main");
    EXPECT_EQ(endpoint.listen, "127.0.0.1:4840");
    for (const auto* text : {"", "main", "=127.0.0.1:1", "main="}) {
        EXPECT_EQ(failure(read_endpoint(text)), Code::InvalidArgument) << text;
    }
    std::string digits(64, 'A');
    EXPECT_EQ(must(read_fingerprint(digits)), std::string(64, 'a'));
    EXPECT_EQ(failure(read_fingerprint(digits + "0")), Code::InvalidArgument);
    EXPECT_EQ(failure(read_fingerprint("x" + digits)), Code::InvalidArgument);
    EXPECT_EQ(must(read_user(digits + "=anna")).second, "anna");
    EXPECT_EQ(failure(read_user("anna")), Code::InvalidArgument);
}

TEST(OpcuaValues, ComeBackAsTheyWent) {
    for (const Value& value : {Value(true), Value(std::int64_t{-7}), Value(0.1), Value("泵")}) {
        connector::opcua::UaDataValue holder;
        put_sample({1'700'000'000'123'456'700, value, quality::uncertain}, *holder);
        EXPECT_EQ(must(value_in(holder->value, type_of(value))), value);
        EXPECT_EQ(time_of(holder->sourceTimestamp), 1'700'000'000'123'456'700);
        EXPECT_EQ(holder->status, quality::uncertain.code);
    }
    connector::opcua::UaDataValue nothing;
    put_sample({0, {}, quality::bad_timeout}, *nothing);
    EXPECT_FALSE(nothing->hasValue);
    EXPECT_EQ(failure(value_in(nothing->value, ValueType::Float64)), Code::InvalidArgument);
    EXPECT_EQ(time_of(ua_time(-1)), -100);
}

TEST(OpcuaTrust, IsByFingerprintAndFromTheFolderAndNothingElse) {
    gantry::testing::Surroundings around;
    SimDisk disk{1};
    const std::string certificate("\x30\x82\x00\x02xy", 6);
    auto trust = must(ClientTrust::open(disk, "/opcua", {}, around.log));
    EXPECT_FALSE(trust->trusts(certificate));
    EXPECT_FALSE(trust->trusts(""));
    const std::string fingerprint = connector::opcua::fingerprint_of(certificate);
    ASSERT_EQ(must(disk.list("/opcua/rejected")), std::vector{fingerprint + ".der"});
    const Bytes kept = must(read_file(disk, "/opcua/rejected/" + fingerprint + ".der", 1000));
    must(replace_file(disk, "/opcua/trusted/mine.der", kept));
    EXPECT_TRUE(trust->trusts(certificate));
    EXPECT_FALSE(trust->trusts(certificate + "x"));
    auto configured = must(ClientTrust::open(disk, "/else", {fingerprint}, around.log));
    EXPECT_TRUE(configured->trusts(certificate));
}

TEST(OpcuaTrust, KeepsABoundedNumberOfStrangers) {
    gantry::testing::Surroundings around;
    SimDisk disk{1};
    auto trust = must(ClientTrust::open(disk, "/opcua", {}, around.log));
    for (int i = 0; i < 300; ++i) {
        EXPECT_FALSE(trust->trusts("certificate " + std::to_string(i)));
    }
    EXPECT_EQ(must(disk.list("/opcua/rejected")).size(), ClientTrust::rejected_max);
}

TEST(OpcuaTrust, TheFirstOfAChainIsTaken) {
    const std::string one("\x30\x82\x00\x02xy", 6);
    EXPECT_EQ(leaf_of(one + one), one);
    EXPECT_EQ(leaf_of(one.substr(0, 5)), "");
    EXPECT_EQ(leaf_of(""), "");
    EXPECT_EQ(leaf_of(std::string("\x30\x84\xff\xff\xff\xff", 6)), "");
}

TEST(OpcuaSession, SeesWhatItMayAndTheWayThere) {
    security::Identity identity;
    identity.statements = {
        {security::Effect::Allow, {"assets:read", "points:read"}, "plant/line2"}};
    Session session;
    session.identity = std::make_shared<const security::Identity>(std::move(identity));
    const auto sees = [&session](Node::Kind kind, const char* path) {
        return session.sees({kind, path, nullptr});
    };
    EXPECT_TRUE(sees(Node::Kind::Asset, "plant"));
    EXPECT_TRUE(sees(Node::Kind::Asset, "plant/line2/pump"));
    EXPECT_TRUE(sees(Node::Kind::Point, "plant/line2.speed"));
    EXPECT_FALSE(sees(Node::Kind::Asset, "plant/line1"));
    EXPECT_FALSE(sees(Node::Kind::Point, "plant.power"));
    EXPECT_FALSE(sees(Node::Kind::Model, "pump"));
}

TEST(OpcuaWrites, EveryOutcomeHasItsStatus) {
    const auto status = [](CommandOutcome outcome) {
        registry::Command command;
        command.state = registry::CommandState::Done;
        command.outcome = command_outcome_name(outcome);
        return Writes::status_of(command);
    };
    EXPECT_EQ(status(CommandOutcome::Confirmed), UA_STATUSCODE_GOOD);
    EXPECT_EQ(status(CommandOutcome::Refused), UA_STATUSCODE_BADREQUESTNOTALLOWED);
    EXPECT_EQ(status(CommandOutcome::Failed), UA_STATUSCODE_BADDEVICEFAILURE);
    EXPECT_EQ(status(CommandOutcome::Unknown), UA_STATUSCODE_BADTIMEOUT);
    registry::Command waiting;
    waiting.state = registry::CommandState::Waiting;
    EXPECT_EQ(Writes::status_of(waiting), UA_STATUSCODE_GOODCOMPLETESASYNCHRONOUSLY);
    EXPECT_EQ(Writes::status_of(fail(Code::Forbidden, "no")), UA_STATUSCODE_BADNOTWRITABLE);
}

}  // namespace
}  // namespace gantry::opcua

// SPDX-License-Identifier: Apache-2.0
// tests/mqtt/session: what clients say to the broker, and what it answers (conversation_testing.h
// says how it is written). docs/mqtt-conformance.md tells which statement of the standard is held
// to by which script; that it is true is tested here, and GANTRY_UPDATE=1 makes it so.
#include "mqtt/core.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "mqtt/conversation_testing.h"

namespace gantry::mqtt {
namespace {

using testing::Conversation;
using testing::ScriptCase;

TEST(MqttCore, AnswersAsItsScriptsSay) {
    std::size_t cases = 0;
    for (const ScriptCase& one : testing::read_scripts("session")) {
        SCOPED_TRACE(std::format("tests/mqtt/{}:{} {}", one.file, one.number, one.claim));
        const bool limited = !one.lines.empty() && one.lines[0].text.starts_with("limits ");
        Conversation talk(testing::limits_of(limited ? one.lines[0].text : ""));
        for (std::size_t i = limited ? 1 : 0; i < one.lines.size(); ++i) {
            const std::string wrong = talk.step(one.lines[i].text);
            EXPECT_EQ(wrong, "") << one.lines[i].number << ": " << one.lines[i].text;
        }
        EXPECT_EQ(talk.left(), "");
        ++cases;
    }
    EXPECT_GT(cases, 80U);
}

// Bytes may come in pieces of any size.
TEST(MqttCore, TakesBytesAsTheyCome) {
    FakeClock clock;
    SeededRandom random(1);
    testing::ScriptedGate gate;
    Core core(clock, random, gate);
    gate.core = &core;
    std::string stream;
    for (const std::string_view line :
         {"CONNECT v=5 clean id=a", "SUBSCRIBE id=1 filter=#:0", "PUBLISH topic=t payload=hello",
          "PINGREQ", "PUBLISH qos=1 id=3 topic=t payload=x"}) {
        encode(stream, testing::PacketOfText(line).packet(), Version::V5);
    }
    const ConnectionId id = core.open();
    std::string waiting;
    std::string got;
    for (const char byte : stream) {
        waiting += byte;
        waiting.erase(0, core.receive(id, waiting));
        got += core.take_output(id).bytes;
    }
    EXPECT_TRUE(waiting.empty());
    EXPECT_EQ(core.counters().messages_in, 2U);
    EXPECT_TRUE(got.ends_with(std::string_view("\x40\x02\x00\x03", 4)));
    EXPECT_EQ(core.packet_bytes(id, "\x30\x62"), 100U);
    EXPECT_EQ(core.packet_bytes(id, "\x30"), 0U);
    core.lose(id);
    EXPECT_EQ(core.sessions(), 0U);
    EXPECT_EQ(core.connections(), 0U);
    EXPECT_EQ(core.subscriptions().size(), 0U);
}

// ---- docs/mqtt-conformance.md

std::string file_text(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::stringstream out;
    out << file.rdbuf();
    return out.str();
}

// Statements by the tests whose names or comments have them.
std::map<std::string, std::set<std::string>> tests_of_statements() {
    std::map<std::string, std::set<std::string>> out;
    for (const std::string kind : {"codec", "session"}) {
        for (const ScriptCase& one : testing::read_scripts(kind)) {
            for (const std::string& statement : one.statements) {
                out[statement].insert(one.file);
            }
        }
    }
    for (const std::filesystem::path path :
         {"src/mqtt/subscription_tree_test.cpp", "tests/system/test_mqtt_scram.py"}) {
        const std::string text = file_text(testing::checkout_folder() / path);
        for (const std::string& statement : testing::statements_of(text)) {
            out[statement].insert(path.filename());
        }
    }
    return out;
}

// A row is `| MQTT-1.5.4-1 | in our words | tests |`; the tests are what the scripts say, or, where
// none does, a reason in brackets why there is nothing to test.
TEST(MqttConformance, TheTableSaysWhatIsTested) {
    auto tests = tests_of_statements();
    const auto path = testing::checkout_folder() / "docs" / "mqtt-conformance.md";
    std::istringstream lines(file_text(path));
    std::string made;
    std::size_t rows = 0;
    for (std::string line; std::getline(lines, line); made += '\n') {
        if (!line.starts_with("| MQTT-")) {
            made += line;
            continue;
        }
        ++rows;
        const std::size_t second = line.find(" | ");
        const std::size_t third = line.rfind(" | ");
        const std::string statement = line.substr(2, second - 2);
        std::string names;
        for (const std::string& name : tests[statement]) {
            names += (names.empty() ? "" : ", ") + name;
        }
        tests.erase(statement);
        const std::string told = line.substr(third + 3);
        names = names.empty() && told.starts_with('(') ? told : names + " |";
        EXPECT_NE(names, " |") << statement << " has neither a test nor a reason for none";
        made.append(line, 0, third + 3).append(names);
    }
    for (const auto& [statement, names] : tests) {
        ADD_FAILURE() << statement << " is tested in " << *names.begin() << " and has no row";
    }
    EXPECT_GT(rows, 200U);
    if (std::getenv("GANTRY_UPDATE") != nullptr) {
        std::ofstream(path) << made;
    }
    EXPECT_TRUE(file_text(path) == made) << "GANTRY_UPDATE=1 writes what the tests say";
}

}  // namespace
}  // namespace gantry::mqtt

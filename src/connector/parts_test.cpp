// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "connector/form.h"
#include "connector/modbus/health.h"
#include "connector/modbus/settings.h"
#include "connector/protocols.h"
#include "connector/schedule.h"
#include "connector/testing.h"

namespace gantry::connector {
namespace {

using namespace std::chrono_literals;
using testing::failure;
using testing::must;

TEST(Schedule, KeepsToTheGridAndCountsWhatItMissed) {
    testing::FixedRandom random;
    Schedule schedule(1s, 100s, random);
    EXPECT_EQ(schedule.due(), 100s) << "the first one at once";
    schedule.begin(100s);
    EXPECT_EQ(schedule.due(), 101s);
    EXPECT_EQ(schedule.begin(101s + 20ms).lateness, 20ms);
    EXPECT_EQ(schedule.due(), 102s) << "lateness does not move the grid";
    const Schedule::Start late = schedule.begin(105s + 300ms);
    EXPECT_EQ(late.missed, 3U);
    EXPECT_EQ(late.lateness, 300ms);
    EXPECT_EQ(schedule.due(), 106s);
}

TEST(Schedule, PhasesAreSpread) {
    SeededRandom random(8);
    std::set<std::int64_t> tenths;
    for (int i = 0; i < 200; ++i) {
        Schedule schedule(1s, 0s, random);
        schedule.begin(0s);
        ASSERT_GT(schedule.due(), 0s);
        ASSERT_LE(schedule.due(), 1s);
        ASSERT_EQ(schedule.due() % 10ms, 0ns) << "on the grid that all share";
        tenths.insert((schedule.due() - 1ns) / 100ms);
    }
    EXPECT_EQ(tenths.size(), 10U);
}

TEST(UnitHealth, OneProbeAtATimeAndTheFirstAnswerBringsItBack) {
    testing::FixedRandom random;
    random.halve();
    modbus::UnitHealth health(3, random);
    EXPECT_FALSE(health.failed(1, 0s));
    EXPECT_FALSE(health.failed(1, 0s));
    EXPECT_FALSE(health.answered(1)) << "an answer starts the count anew";
    EXPECT_FALSE(health.failed(1, 0s));
    EXPECT_FALSE(health.failed(1, 0s));
    EXPECT_TRUE(health.failed(1, 0s));
    EXPECT_FALSE(health.on_scan(1));
    EXPECT_TRUE(health.on_scan(2));
    EXPECT_TRUE(health.may_ask(2, 0s)) << "the others are not concerned";
    EXPECT_FALSE(health.may_ask(1, 249ms));
    EXPECT_TRUE(health.may_ask(1, 251ms));
    EXPECT_FALSE(health.may_ask(1, 251ms)) << "one probe is under way";
    EXPECT_FALSE(health.failed(1, 1s)) << "that is no news";
    EXPECT_FALSE(health.may_ask(1, 1499ms));
    EXPECT_TRUE(health.may_ask(1, 1501ms));
    EXPECT_TRUE(health.answered(1));
    EXPECT_TRUE(health.on_scan(1));
    EXPECT_TRUE(health.may_ask(1, 1501ms));
}

TEST(Settings, AreReadAndWrongOnesNamed) {
    const modbus::Settings read = must(modbus::read_settings(
        modbus::Kind::Tcp,
        R"({"host": "10.0.0.5", "port": 1502, "groups": {"fast": "100ms", "default": "5s"},
            "address_base": 1, "timeout": "250ms"})"));
    EXPECT_EQ(read.where(), "10.0.0.5:1502");
    EXPECT_EQ(read.groups, (NamedDurations{{"default", 5s}, {"fast", 100ms}}));
    EXPECT_EQ(read.timeout, 250ms);
    EXPECT_EQ(must(modbus::read_settings(modbus::Kind::Tcp, R"({"host": "::1"})")).where(),
              "[::1]:502");
    const struct {
        std::string text;
        std::string field;
    } cases[] = {
        {"", "/settings"},
        {"[]", "/settings"},
        {"{}", "/settings/host"},
        {R"({"host": ""})", "/settings/host"},
        {R"({"host": "a", "port": 0})", "/settings/port"},
        {R"({"host": "a", "port": "502"})", "/settings/port"},
        {R"({"host": "a", "colour": 1})", "/settings/colour"},
        {R"({"host": "a", "groups": {"fast": "1us"}})", "/settings/groups/fast"},
        {R"({"host": "a", "groups": {"a b": "1s"}})", "/settings/groups/a b"},
        {R"({"host": "a", "groups": ["1s"]})", "/settings/groups"},
        {R"({"host": "a", "timeout": "soon"})", "/settings/timeout"},
        {R"({"host": "a", "max_registers": 126})", "/settings/max_registers"},
    };
    for (const auto& [text, field] : cases) {
        const auto result = modbus::read_settings(modbus::Kind::Tcp, text);
        ASSERT_FALSE(result) << text;
        EXPECT_EQ(result.error().field, field) << result.error().message;
        EXPECT_EQ(result.error().code, Code::InvalidArgument);
    }
}

TEST(Settings, OfSerialLines) {
    using modbus::Kind;
    const modbus::Settings rtu = must(modbus::read_settings(
        Kind::Serial, R"({"device": "/dev/ttyUSB0", "baud": 9600, "unit": 3})"));
    EXPECT_EQ(rtu.where(), "/dev/ttyUSB0");
    EXPECT_EQ(rtu.wire, modbus::Wire::Rtu);
    EXPECT_EQ(rtu.line.data_bits, 8U);
    EXPECT_EQ(rtu.line.parity, Parity::Even);
    EXPECT_EQ(rtu.unit, 3);
    EXPECT_EQ(std::chrono::round<std::chrono::microseconds>(rtu.gap), 4010us);  // 38.5 bits
    EXPECT_EQ(
        must(modbus::read_settings(Kind::Serial, R"({"device": "/dev/ttyS0", "baud": 115200})"))
            .gap,
        1750us);
    const modbus::Settings ascii = must(modbus::read_settings(
        Kind::Serial,
        R"({"device": "/dev/ttyS0", "mode": "ascii", "parity": "none", "stop_bits": 2})"));
    EXPECT_EQ(ascii.wire, modbus::Wire::Ascii);
    EXPECT_EQ(ascii.line.data_bits, 7U);
    EXPECT_EQ(ascii.line.stop_bits, 2U);
    const modbus::Settings server =
        must(modbus::read_settings(Kind::Serial, R"({"device": "tcp://10.0.0.5:4001"})"));
    EXPECT_EQ(server.where(), "10.0.0.5:4001");
    EXPECT_EQ(server.wire, modbus::Wire::Rtu);
    for (const auto& [text, field] :
         {std::pair(R"({})", "/settings/device"),
          {R"({"device": "COM1"})", "/settings/device"},
          {R"({"device": "tcp://x"})", "/settings/device"},
          {R"({"device": "/dev/x", "mode": "tcp"})", "/settings/mode"},
          {R"({"device": "/dev/x", "parity": "E"})", "/settings/parity"},
          {R"({"device": "/dev/x", "data_bits": 7})", "/settings/data_bits"},
          {R"({"device": "/dev/x", "baud": 0})", "/settings/baud"}}) {
        const auto wrong = modbus::read_settings(Kind::Serial, text);
        ASSERT_FALSE(wrong) << text;
        EXPECT_EQ(wrong.error().field, field) << wrong.error().message;
    }
}

TEST(Protocols, AreFoundByName) {
    const Protocols protocols = built_in_protocols();
    EXPECT_EQ(must(protocols.find("modbus_tcp"))->name(), "modbus_tcp");
    const auto missing = protocols.find("modbus_plus");
    EXPECT_EQ(failure(missing), Code::NotFound);
    std::string known;
    for (const Protocol* const protocol : protocols.all()) {
        known += (known.empty() ? "" : ", ") + std::string(protocol->name());
    }
    EXPECT_EQ(missing.error().message, "there is no protocol 'modbus_plus': use one of " + known);
}

TEST(Protocols, DescribeTheirForm) {
    const Protocols protocols = built_in_protocols();
    const json::object form = must(protocols.find("modbus_tcp"))->describe();
    const json::array& fields = form.at("settings").as_array();
    EXPECT_EQ(fields.size(), 16U);
    EXPECT_EQ(
        json::serialize(fields[0]),
        R"({"name":"host","type":"text","label":{"zh":"主机","en":"Host"},"help":)"
        R"({"zh":"设备或网关的名称或 IP 地址","en":"Name or IP address of the device or gateway"},)"
        R"("required":true})");
    EXPECT_EQ(fields[1].at("default").as_int64(), 502);
    EXPECT_EQ(fields[1].at("max").as_int64(), 65535);
    for (const json::value& field : fields) {
        for (const char* text : {"label", "help"}) {
            EXPECT_FALSE(field.at(text).at("en").as_string().empty());
            EXPECT_FALSE(field.at(text).at("zh").as_string().empty());
        }
    }
    // What the form says must be what is read: the defaults, given in words, are accepted.
    json::object defaults{{"host", "plc"}};
    for (const json::value& field : fields) {
        if (const json::value* value = field.as_object().if_contains("default")) {
            defaults[field.at("name").as_string()] = *value;
        }
    }
    EXPECT_TRUE(modbus::read_settings(modbus::Kind::Tcp, json::serialize(defaults)));
    // And every example of an address is one.
    for (const json::value& example : form.at("address").at("examples").as_array()) {
        EXPECT_TRUE(modbus::parse_address(example.as_string(), 0)) << example;
    }
}

TEST(Protocols, CheckTagsAgainstSettingsAndPoint) {
    const Protocols protocols = built_in_protocols();
    const Protocol& modbus = *must(protocols.find("modbus_tcp"));
    const auto complaint = [&modbus](std::string_view address, Property property,
                                     std::string_view more = "") {
        const auto result =
            modbus.check_tag(std::format(R"({{"host": "plc"{}}})", more), address, property);
        EXPECT_FALSE(result) << address;
        EXPECT_EQ(result.error().field, "/address");
        return result ? "" : result.error().message;
    };
    using testing::property;
    EXPECT_TRUE(modbus.check_tag(R"({"host": "plc"})", "hr:1:u16", property()));
    EXPECT_NE(complaint("hr:1:u16 grp=fast", property()).find("use one of default"),
              std::string::npos);
    EXPECT_NE(complaint("ir:1:u16", property()).find("use co or hr"), std::string::npos);
    EXPECT_NE(complaint("hr:1:u16 db=1%", property()).find("needs the point's range"),
              std::string::npos);
    EXPECT_NE(complaint("hr:1:u16 max=5s", property()).find("add db=0"), std::string::npos);
    EXPECT_NE(complaint("hr:1:u64", property(), R"(, "max_registers": 2)").find("max_registers"),
              std::string::npos);
    EXPECT_NE(complaint("hr:1:str250", property(ValueType::String)).find("at most 123"),
              std::string::npos);
    EXPECT_EQ(modbus.check_tag(R"({"host": ""})", "hr:1:u16", property()).error().field,
              "/settings/host");
}

TEST(Vitals, TellsRunningFromDegraded) {
    FakeClock clock;
    Vitals vitals(clock);
    EXPECT_EQ(vitals.health().state, State::Connecting);
    vitals.tags(1, 0, 1);
    EXPECT_EQ(vitals.health().state, State::Connecting) << "not before it is connected";
    vitals.connected();
    EXPECT_EQ(vitals.health().state, State::Degraded);
    clock.advance(5s);
    vitals.tags(2, 0, 0);
    EXPECT_EQ(vitals.health().state, State::Running);
    EXPECT_EQ(vitals.health().since, clock.now());
    vitals.part("unit 3", "no answer");
    EXPECT_EQ(vitals.health().state, State::Degraded);
    EXPECT_EQ(vitals.health().last_error, "unit 3: no answer");
    vitals.part("unit 3", "");
    EXPECT_EQ(vitals.health().state, State::Running);
    EXPECT_EQ(vitals.connected_for(), 5s);
    vitals.enter(State::BackingOff, "gone");
    EXPECT_EQ(vitals.connected_for(), 0s);
    for (int i = 0; i < 1000; ++i) {
        vitals.part(std::to_string(i), "trouble");
    }
    EXPECT_EQ(vitals.health().troubles.size(), Vitals::parts_max);
}

TEST(Vitals, CountsPollsASecond) {
    FakeClock clock;
    Vitals vitals(clock);
    for (int i = 0; i < 500; ++i) {
        vitals.polled({});
        clock.advance(100ms);
    }
    EXPECT_NEAR(vitals.health().polls_per_second, 10, 0.2);
    clock.advance(1min);
    EXPECT_NEAR(vitals.health().polls_per_second, 0, 0.1) << "it has stopped";
}

}  // namespace
}  // namespace gantry::connector

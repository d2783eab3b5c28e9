// SPDX-License-Identifier: Apache-2.0
#include "connector/mqtt/tags.h"

#include <gtest/gtest.h>

#include <bit>

#include "connector/message/decoder.h"

namespace gantry::connector::mqtt {
namespace {

using namespace std::chrono_literals;

std::string complaint(std::string_view text) {
    const auto address = parse_address(text);
    EXPECT_FALSE(address) << text;
    EXPECT_TRUE(address || address.error().code == Code::InvalidArgument);
    EXPECT_TRUE(address || address.error().field == "/address");
    return address ? "" : address.error().message;
}

TEST(MqttAddress, IsReadAndWrittenAgain) {
    for (const std::string_view text :
         {"a", "plant/line1/temperature", "/a//b/", "$SYS/broker/uptime", "\"plant/line 1/t\"",
          "\"\\\"quoted\\\\\"", "温度/一号", "a json=$.motor.speed *0.1+5 db=0.5 max=30s qos=2",
          "a json=$['odd key'].x[3]", "a json=$ time=$.ts", "a json=$.v time=$['the time']@ms",
          "a json=$.v quality=$.q sparse", "a -2.5 db=1%", "a set=a/set", "a set=\"a b\" retain",
          "a json=$.v set=cmd setjson=$.command.value retain"}) {
        const auto address = parse_address(text);
        ASSERT_TRUE(address) << text << ": " << address.error().message;
        EXPECT_EQ(format_address(*address), text);
    }
    const auto address = parse_address(
        R"("line 1/state"  time=$.ts@us  json=$['a \' b'] qos=0 retain set=x/y setjson=$.v *2)");
    ASSERT_TRUE(address) << address.error().message;
    EXPECT_EQ(address->topic, "line 1/state");
    EXPECT_EQ(address->json, "$['a \\' b']");
    EXPECT_EQ(address->time, "$.ts");
    EXPECT_EQ(address->time_format, payload::TimeFormat::UnixMicros);
    EXPECT_EQ(address->qos, 0);
    EXPECT_EQ(address->set, (SetAddress{"x/y", "$.v", true}));
    EXPECT_EQ(address->scaling.scale, 2);
    EXPECT_EQ(names_of("$.command.value"), (std::vector<std::string_view>{"command", "value"}));
}

TEST(MqttAddress, ComplaintsNameThePlaceAndTheRemedy) {
    for (const auto& [text, words] : {std::pair("", "plant/line1/temperature"),
                                      {" a", "plant/line1/temperature"},
                                      {"\"a", "not closed"},
                                      {"\"\"", "plant/line1/temperature"},
                                      {"a/+/b", "without + and #"},
                                      {"#", "a scan lists"},
                                      {"$share/g/a", "one topic"},
                                      {"a\tb", "control characters"},
                                      {"\xff", "UTF-8"},
                                      {"\"a\"b", "json=$.value"},
                                      {"a foo", "json=$.value"},
                                      {"a foo=1", "json=$.value"},
                                      {"a json=value", "begins with neither $ nor @"},
                                      {"a json=@.v", "begins with $"},
                                      {"a json=$.v[*]", "one value"},
                                      {"a json=$..*", "one value"},
                                      {"a json=$['x", "not closed"},
                                      {"a time=$.ts", "add"},
                                      {"a sparse", "json=$.value"},
                                      {"a json=$.v time=$.ts@min", "time=$.ts@ms"},
                                      {"a *0", "other than 0"},
                                      {"a *2x", "json=$.value"},
                                      {"a db=x", "db=0.5"},
                                      {"a max=0s", "max=30s"},
                                      {"a qos=3", "0, 1 or 2"},
                                      {"a set=", "plant/line1/temperature"},
                                      {"a set=x/#", "without + and #"},
                                      {"a set=$SYS/x", "the broker's own"},
                                      {"a retain", "add set=topic"},
                                      {"a setjson=$.v", "add set=topic"},
                                      {"a set=x setjson=$", "setjson=$.value"},
                                      {"a set=x setjson=$.v[0]", "setjson=$.value"}}) {
        const std::string said = complaint(text);
        if (std::string_view(words) == "add") {
            EXPECT_NE(said.find("say where the value is"), std::string::npos)
                << text << ": " << said;
            continue;
        }
        EXPECT_NE(said.find(words), std::string::npos) << text << ": " << said;
    }
    EXPECT_NE(complaint(std::string(1100, 'a')).find("1024 bytes"), std::string::npos);
}

class MqttTags : public ::testing::Test {
protected:
    MqttTags() { settings_.host = "broker"; }

    Tag tag(std::string_view address, ValueType type = ValueType::Float64,
            Access access = Access::Read) {
        property_.type = type;
        property_.access = access;
        auto out = make_tag(settings_, address, property_);
        EXPECT_TRUE(out) << address << ": " << out.error().message;
        return out ? *out : Tag{};
    }
    std::string wrong(std::string_view address, ValueType type, Access access = Access::Read) {
        property_.type = type;
        property_.access = access;
        const auto out = make_tag(settings_, address, property_);
        EXPECT_FALSE(out) << address;
        return out ? "" : out.error().message;
    }
    // What a message says, as "21.5 Good" or "Bad: why".
    std::string said(std::string_view payload, const Tag& of) {
        decoder_.begin(payload);
        const Decoder::Found found = decoder_.find(of.lookup);
        time_ = found.time;
        const std::string value =
            to_text(value_of(found.reading.type, found.reading.bits, found.reading.text));
        const std::string quality = quality_name(found.reading.quality);
        return found.silent            ? "silent"
               : found.trouble.empty() ? value + " " + quality
                                       : quality + ": " + found.trouble;
    }
    std::string payload(const Tag& of, Value value) {
        const auto out = make_payload(of, property_, value);
        return out ? *out : "refused: " + out.error().message;
    }

    Settings settings_;
    Property property_;
    Decoder decoder_;
    std::optional<Time> time_;
};

TEST_F(MqttTags, WhatCannotBeIsRefused) {
    EXPECT_NE(wrong("a *2", ValueType::Bool).find("only numbers"), std::string::npos);
    EXPECT_NE(wrong("a db=2", ValueType::String).find("only numbers"), std::string::npos);
    EXPECT_NE(wrong("a db=1%", ValueType::Float64).find("range"), std::string::npos);
    EXPECT_NE(wrong("a", ValueType::Bool, Access::ReadWrite).find("set="), std::string::npos);
    settings_.qos = 2;
    EXPECT_EQ(tag("a").qos, 2);
    EXPECT_EQ(tag("a qos=0").qos, 0);
}

TEST_F(MqttTags, AWholeMessageIsTheValue) {
    EXPECT_EQ(said("21.5", tag("a")), "21.5 Good");
    EXPECT_EQ(said(" 21\n", tag("a *0.5+1")), "11.5 Good");
    EXPECT_EQ(said("on", tag("a", ValueType::Bool)), "true Good");
    EXPECT_EQ(said("OFF", tag("a", ValueType::Bool)), "false Good");
    EXPECT_EQ(said("-7", tag("a", ValueType::Int64)), "-7 Good");
    EXPECT_EQ(said("running", tag("a", ValueType::String)), "running Good");
    EXPECT_EQ(said("running", tag("a")), "BadTypeMismatch: 'running' is not of type float64");
    EXPECT_EQ(said("7.5", tag("a", ValueType::Int64)),
              "BadTypeMismatch: '7.5' is not of type int64");
    EXPECT_EQ(said("\xff\xfe", tag("a")), "BadTypeMismatch: the message is no UTF-8 text");
    EXPECT_EQ(said("1e300", tag("a *1e300")),
              "BadOutOfRange: with scale and offset it is more than the point can hold");
    EXPECT_EQ(said("1e18", tag("a *2", ValueType::Int64)),
              "BadOutOfRange: with scale and offset it is more than the point can hold");
}

TEST_F(MqttTags, ValuesInJsonAreFoundOnceForAll) {
    const std::string_view message =
        R"({"m": {"speed": 1480, "on": true}, "v": [1, 2.5], "name": "P1", "none": null})";
    EXPECT_EQ(said(message, tag("a json=$.m.speed *0.1")), "148 Good");
    EXPECT_EQ(said(message, tag("a json=$.m.speed", ValueType::Int64)), "1480 Good");
    EXPECT_EQ(said(message, tag("a json=$.m.on", ValueType::Bool)), "true Good");
    EXPECT_EQ(said(message, tag("a json=$.v[1]")), "2.5 Good");
    EXPECT_EQ(said(message, tag("a json=$.name", ValueType::String)), "P1 Good");
    EXPECT_EQ(said(message, tag("a json=$.name")), "BadTypeMismatch: 'P1' is not of type float64");
    EXPECT_EQ(said(message, tag("a json=$.m")),
              "BadTypeMismatch: '' is an object or array and no value");
    EXPECT_EQ(said(message, tag("a json=$.none")), "Bad: $.none is null");
    EXPECT_EQ(said(message, tag("a json=$.x")), "Bad: there is no $.x in the message");
    EXPECT_EQ(said(message, tag("a json=$.x sparse")), "silent");
    EXPECT_EQ(said(message, tag("a json=$.v[1] sparse")), "2.5 Good");
    EXPECT_EQ(said("21.5", tag("a json=$")), "21.5 Good");
    EXPECT_TRUE(said("{", tag("a json=$.x sparse"))
                    .starts_with("BadTypeMismatch: the message is no JSON: "));
}

TEST_F(MqttTags, TimesAndQualitiesOfTheSource) {
    const std::string_view message =
        R"({"v": 1, "t": "2026-11-30T08:30:15.25Z", "ms": 1764491415250, "bad": "yesterday",
            "q": "UncertainLastUsableValue", "q2": "bad", "q3": "odd", "q4": 0})";
    const Time at = *parse_time("2026-11-30T08:30:15.25Z");
    EXPECT_EQ(said(message, tag("a json=$.v time=$.t")), "1 Good");
    EXPECT_EQ(time_, at);
    EXPECT_EQ(said(message, tag("a json=$.v time=$.ms@ms")), "1 Good");
    EXPECT_EQ(time_, Time{1'764'491'415'250'000'000});
    EXPECT_EQ(said(message, tag("a json=$.v time=$.none")), "1 Good");
    EXPECT_EQ(time_, std::nullopt);
    EXPECT_EQ(said(message, tag("a json=$.v time=$.bad")).substr(0, 28),
              "BadTypeMismatch: 'yesterday'");
    EXPECT_EQ(said(message, tag("a json=$.v quality=$.q")), "1 UncertainLastUsableValue");
    EXPECT_EQ(said(message, tag("a json=$.v quality=$.q2")), " Bad");
    EXPECT_EQ(said(message, tag("a json=$.v quality=$.q3")), "1 Uncertain");
    EXPECT_EQ(said(message, tag("a json=$.v quality=$.q4")), "1 Good");
    EXPECT_EQ(said(message, tag("a json=$.v quality=$.none")), "1 Good");
}

TEST_F(MqttTags, WhatAWritePublishes) {
    const auto writable = [this](std::string_view address, ValueType type) {
        return tag(address, type, Access::ReadWrite);
    };
    EXPECT_EQ(payload(writable("a set=b", ValueType::Float64), 21.5), "21.5");
    EXPECT_EQ(payload(writable("a set=b", ValueType::Float64), 100'000.0), "100000");
    EXPECT_EQ(payload(writable("a *0.1 set=b", ValueType::Float64), 12.5), "125");
    EXPECT_EQ(payload(writable("a set=b", ValueType::Int64), std::int64_t{-3}), "-3");
    EXPECT_EQ(payload(writable("a set=b", ValueType::Bool), true), "true");
    EXPECT_EQ(payload(writable("a set=b", ValueType::String), std::string("go \"on\"")),
              "go \"on\"");
    EXPECT_EQ(payload(writable("a set=b setjson=$.value", ValueType::Float64), 21.5),
              R"({"value":21.5})");
    EXPECT_EQ(payload(writable("a set=b setjson=$.c.v", ValueType::String), std::string("\"x\"")),
              R"({"c":{"v":"\"x\""}})");
    EXPECT_NE(payload(writable("a set=b", ValueType::Float64), std::string("x")).find("float64"),
              std::string::npos);
    EXPECT_NE(payload(writable("a set=b", ValueType::String), std::string()).find("empty"),
              std::string::npos);
    EXPECT_NE(payload(tag("a"), 1.0).find("set="), std::string::npos);
    const Tag limited = writable("a set=b", ValueType::Float64);
    property_.range.max = 10;
    EXPECT_NE(payload(limited, 12.3).find("range"), std::string::npos);
}

TEST(MqttSettings, AreReadAndWrongOnesNamed) {
    const auto plain = read_settings(R"({"host": "10.0.0.5"})");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->where(), "10.0.0.5:1883");
    EXPECT_EQ(read_settings(R"({"host": "::1", "tls": true})")->where(), "[::1]:8883");
    EXPECT_EQ(read_settings(R"({"host": "h", "port": 1})")->where(), "h:1");
    EXPECT_EQ(plain->only(), std::nullopt);
    for (const auto& [text, field] :
         {std::pair(R"({})", "/settings/host"),
          {R"({"host": ""})", "/settings/host"},
          {R"({"host": "a", "ca": "x"})", "/settings/tls"},
          {R"({"host": "a", "version": "4"})", "/settings/version"},
          {R"({"host": "a", "password": "x"})", "/settings/username"},
          {R"({"host": "a", "qos": 3})", "/settings/qos"},
          {R"({"host": "a", "status_topic": "a/#"})", "/settings/status_topic"},
          {R"({"host": "a", "keep_alive": "0s"})", "/settings/keep_alive"},
          {R"({"host": "a", "extra": 1})", "/settings/extra"}}) {
        const auto read = read_settings(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().field, field) << read.error().message;
    }
}

}  // namespace
}  // namespace gantry::connector::mqtt

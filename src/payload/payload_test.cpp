// SPDX-License-Identifier: Apache-2.0
// From messages to readings: a mapping, a topic, a payload, and what comes of them.
#include <gtest/gtest.h>

#include "payload/testing.h"
#include "testing/testing.h"

namespace gantry::payload {
namespace {

using Texts = std::vector<std::string>;
using namespace std::string_view_literals;

constexpr Time arrival = 1'000'000'000;

class Payload : public ::testing::Test {
public:
    // Lines of readings, "! …" for what is bad about some, "error: …" for all.
    Texts decode(std::string_view mapping, std::string_view topic, std::string_view message) {
        const auto compiled = testing::compile(mapping);
        if (!compiled) {
            return {"config: " + compiled.error().message};
        }
        batch.clear();
        const auto decoded = decoder.decode(*compiled, topic, message, arrival, batch);
        Texts out = testing::texts(batch, arrival);
        if (!decoded) {
            EXPECT_TRUE(out.empty());
            return {"error: " + decoded.error().message};
        }
        EXPECT_EQ(decoded->readings, batch.size());
        if (decoded->first) {
            out.push_back(std::format("! {} {}", decoded->bad, decoded->first->message));
        }
        return out;
    }

    SeededRandom random{1};
    Decoder decoder{random};
    ReadingBatch batch;
};

constexpr std::string_view flat = R"({"key": "m", "topic": "plant/#"})";

TEST_F(Payload, EveryLeafOfJsonIsAPointByDefault) {
    EXPECT_EQ(
        decode(flat, "plant/a", R"({"t": 21.5, "on": true, "id": "x", "deep": {"n": [1, 2]}})"),
        (Texts{"plant/a/t = float64 21.5", "plant/a/on = bool true", "plant/a/id = string x",
               "plant/a/deep/n/0 = float64 1", "plant/a/deep/n/1 = float64 2"}));
    EXPECT_EQ(decode(flat, "plant/a", "21"), (Texts{"plant/a = float64 21"}));
    EXPECT_EQ(decode(flat, "plant", R"(["a", null])"),
              (Texts{"plant/0 = string a", "plant/1 = null Bad"}));
}

TEST_F(Payload, AnEmptyMessageHasNothingInIt) { EXPECT_EQ(decode(flat, "plant/a", ""), Texts{}); }

TEST_F(Payload, AMessageThatIsWrongIsAnErrorAsAWhole) {
    EXPECT_TRUE(
        decode(flat, "plant/a", "{\"t\": 1,")[0].starts_with("error: the message is no JSON"));
    EXPECT_EQ(decode(flat, "plant/a", "{}"),
              Texts{"error: no rule finds a value in the message; the first looks for $..*"});
    EXPECT_EQ(decode(flat, "other", "1"),
              Texts{"error: the topic 'other' is not one of 'plant/#'"});
}

TEST_F(Payload, RulesTakeValuesTimesUnitsAndQualities) {
    constexpr std::string_view mapping = R"({
        "key": "m", "topic": "factory/{line}/{machine}/telemetry",
        "rules": [{
            "each": "$.metrics[*]", "value": "@.value", "point": "{line}/{machine}/{@.name}",
            "unit": "{@.unit}", "time": {"path": "@.ts", "format": "unix_ms"},
            "quality": {"path": "@.q", "map": {"192": "good", "0": "bad",
                                               "stale": "UncertainLastUsableValue"}}
        }, {
            "value": "$.count", "point": "{line}/{machine}/count", "type": "int64",
            "time": {"path": "$.at"}
        }]})";
    EXPECT_EQ(decode(mapping, "factory/l1/press/telemetry",
                     R"({"at": "1970-01-01T00:00:05Z", "count": 9007199254740993, "metrics": [
                        {"name": "speed", "value": 3, "unit": "m/s", "ts": 2000},
                        {"name": "temp", "value": 21.5, "q": 0},
                        {"name": "ok", "value": true, "q": "stale"},
                        {"name": "mode", "value": "auto", "q": 192},
                        {"name": "odd", "value": 1, "q": "?"}]})"),
              (Texts{"l1/press/speed = float64 3 [m/s] @1970-01-01T00:00:02Z",
                     "l1/press/temp = float64 21.5 Bad",
                     "l1/press/ok = bool true UncertainLastUsableValue",
                     "l1/press/mode = string auto", "l1/press/odd = float64 1 Uncertain",
                     "l1/press/count = int64 9007199254740993 @1970-01-01T00:00:05Z"}));
}

TEST_F(Payload, TimeAndQualityAreNoValuesOfAWildcard) {
    EXPECT_EQ(decode(R"({"key": "m", "topic": "t", "rules": [{
                        "time": {"path": "$.ts", "format": "unix_s"},
                        "quality": {"path": "@.q"}}]})",
                     "t", R"({"ts": 2.25, "q": "bad", "a": 1, "b": {"q": "good", "c": 2}})"),
              (Texts{"t/a = float64 1 @1970-01-01T00:00:02.25Z Bad",
                     "t/b/c = float64 2 @1970-01-01T00:00:02.25Z"}));
}

TEST_F(Payload, WildcardsGoOverObjectsAndArrays) {
    const auto with = [](std::string_view value, std::string_view point) {
        return std::format(
            R"({{"key": "m", "topic": "t", "rules": [{{"value": "{}", "point": "{}"}}]}})", value,
            point);
    };
    constexpr std::string_view message =
        R"({"a": {"x": 1, "y": 2}, "b": {"x": 3}, "list": [{"v": 4}, {"v": 5}, {"w": 6}],
            "odd key": {"}": 7}})";
    EXPECT_EQ(decode(with("$.*.x", "{parent}"), "t", message),
              (Texts{"a = float64 1", "b = float64 3"}));
    EXPECT_EQ(decode(with("$.list[*].v", "{parent}/{key}"), "t", message),
              (Texts{"0/v = float64 4", "1/v = float64 5"}));
    EXPECT_EQ(decode(with("$.list[1].v", "one"), "t", message), (Texts{"one = float64 5"}));
    EXPECT_EQ(decode(with("$.list[9].v", "one"), "t", message)[0].substr(0, 20),
              "error: no rule finds");
    EXPECT_EQ(decode(with("$['odd key']['}']", "{path}"), "t", message),
              (Texts{"odd key/} = float64 7"}));
    EXPECT_EQ(decode(with("$.a..*", "n/{$['odd key']['}']}/{key}"), "t", message),
              (Texts{"n/7/x = float64 1", "n/7/y = float64 2"}));
    // A wildcard passes over what is no value; a plain path says so.
    EXPECT_EQ(decode(with("$.*", "{key}"), "t", R"({"a": 1, "b": {}})"), (Texts{"a = float64 1"}));
    EXPECT_EQ(decode(with("$.b", "{key}"), "t", R"({"a": 1, "b": {}})"),
              (Texts{"b = null BadTypeMismatch",
                     "! 1 point 'b': '' is an object or array and no value"}));
}

TEST_F(Payload, EmptyGapsTakeASlashAlong) {
    EXPECT_EQ(decode(R"({"key": "m", "topic": "a/#", "rules": [
                        {"value": "$", "point": "{rest}/{$.none}/end"}]})",
                     "a", "1"),
              (Texts{"end = float64 1"}));
    EXPECT_EQ(decode(R"({"key": "m", "topic": "a/#", "rules": [
                        {"value": "$", "point": "x/{rest}/{{end}}"}]})",
                     "a/b/c", "1"),
              (Texts{"x/b/c/{end} = float64 1"}));
}

TEST_F(Payload, ValuesBecomeTheTypeThatIsAskedForOrNone) {
    const auto as = [&](std::string_view type, std::string_view value) {
        const Texts out = decode(std::format(
                                     R"({{"key": "m", "topic": "t",
                    "rules": [{{"value": "$.v", "point": "p", "type": "{}"}}]}})",
                                     type),
                                 "t", std::format("{{\"v\": {}}}", value));
        return out.size() == 1 ? out[0].substr(4) : out.back();
    };
    EXPECT_EQ(as("float64", "1"), "float64 1");
    EXPECT_EQ(as("float64", "\"-1.5e3\""), "float64 -1500");
    EXPECT_EQ(as("float64", "true"), "float64 1");
    EXPECT_EQ(as("float64", "\"n/a\""), "! 1 point 'p': 'n/a' is not of type float64");
    EXPECT_EQ(as("float64", "\"inf\""), "! 1 point 'p': 'inf' is not a finite number");
    EXPECT_EQ(as("float64", "9007199254740993"), "! 1 point 'p': '9007199254740993' has more "
                                                 "digits than float64 keeps; use int64 or string");
    EXPECT_EQ(as("int64", "9223372036854775807"), "int64 9223372036854775807");
    EXPECT_EQ(as("int64", "3.0"), "int64 3");
    EXPECT_EQ(as("int64", "\"+7\""), "int64 7");
    EXPECT_EQ(as("int64", "3.5"), "! 1 point 'p': '3.5' is not a whole number that int64 keeps");
    EXPECT_EQ(as("int64", "1e30"), "! 1 point 'p': '1e+30' is not a whole number that int64 keeps");
    EXPECT_EQ(as("int64", "9223372036854775808"),
              "! 1 point 'p': '9223372036854775808' is above the largest int64; use string");
    EXPECT_EQ(as("bool", "1"), "bool true");
    EXPECT_EQ(as("bool", "\"OFF\""), "bool false");
    EXPECT_EQ(as("bool", "2"), "! 1 point 'p': '2' is not of type bool");
    EXPECT_EQ(as("string", "9223372036854775808"), "string 9223372036854775808");
    EXPECT_EQ(as("string", "0.1"), "string 0.1");
    EXPECT_EQ(as("string", "\"\\u00e4\""), "string \u00e4");
    EXPECT_EQ(as("string", "null"), "null Bad");
}

TEST_F(Payload, WithoutATypeNothingIsRounded) {
    EXPECT_EQ(decode(flat, "plant", "9007199254740992"),
              (Texts{"plant = float64 9007199254740992"}));
    EXPECT_EQ(decode(flat, "plant", "9007199254740993"), (Texts{"plant = int64 9007199254740993"}));
}

TEST_F(Payload, OneBadValueDoesNotCostTheOthers) {
    EXPECT_EQ(decode(R"({"key": "m", "topic": "t", "rules": [{"type": "float64"}]})", "t",
                     R"({"a": 1, "b": "broken", "c": 3})"),
              (Texts{"t/a = float64 1", "t/b = null BadTypeMismatch", "t/c = float64 3",
                     "! 1 point 't/b': 'broken' is not of type float64"}));
}

TEST_F(Payload, ATimeThatIsNoneLeavesTheValueOut) {
    constexpr std::string_view mapping =
        R"({"key": "m", "topic": "t",
            "rules": [{"value": "$.v", "time": {"path": "$.ts", "format": "unix_ns"}}]})";
    EXPECT_EQ(decode(mapping, "t", R"({"v": 1, "ts": "soon"})"),
              (Texts{"! 1 point 't/v': 'soon' is no time of the format unix_ns"}));
    EXPECT_EQ(decode(mapping, "t", R"({"v": 1, "ts": "1700000000123456789"})"),
              (Texts{"t/v = float64 1 @2023-11-14T22:13:20.123456789Z"}));
    EXPECT_EQ(decode(mapping, "t", R"({"v": 1})"), (Texts{"t/v = float64 1"}));
    EXPECT_EQ(decode(
                  R"({"key": "m", "topic": "t",
                "rules": [{"value": "$.v", "time": {"path": "$.ts", "format": "unix_s"}}]})",
                  "t", R"({"v": 1, "ts": 1e18})"),
              (Texts{"! 1 point 't/v': '1e+18' is no time of the format unix_s"}));
}

TEST_F(Payload, TextIsANumberABoolOrAText) {
    constexpr std::string_view mapping = R"({"key": "m", "topic": "+", "format": "text"})";
    EXPECT_EQ(decode(mapping, "t", " 21.5\n"), (Texts{"t = float64 21.5"}));
    EXPECT_EQ(decode(mapping, "t", "true"), (Texts{"t = bool true"}));
    EXPECT_EQ(decode(mapping, "t", "run ning"), (Texts{"t = string run ning"}));
    EXPECT_EQ(decode(mapping, "t", "nan"), (Texts{"t = string nan"}));
    EXPECT_EQ(decode(mapping, "t", "9007199254740993"), (Texts{"t = int64 9007199254740993"}));
    EXPECT_EQ(decode(mapping, "t", "\xff"), (Texts{"error: the text is not UTF-8"}));
    EXPECT_EQ(
        decode(R"({"key": "m", "topic": "+", "format": "text", "rules": [{"type": "string"}]})",
               "t", "007"),
        (Texts{"t = string 007"}));
}

TEST_F(Payload, CsvHasARowAMomentAndAColumnAPoint) {
    EXPECT_EQ(decode(R"({"key": "m", "topic": "t", "format": "csv", "rules": [
                        {"time": {"path": "@.time", "format": "unix_s"}}]})",
                     "t", "\xef\xbb\xbftime,temp,\"mo\"\"de\"\r\n1,21.5,\"a,b\"\r\n2,,on\n"),
              (Texts{"t/temp = float64 21.5", "t/mo\"de = string a,b",
                     "t/temp = null @1970-01-01T00:00:02Z Bad",
                     "t/mo\"de = string on @1970-01-01T00:00:02Z"}));
    EXPECT_EQ(decode(R"({"key": "m", "topic": "t", "format": "csv",
                        "csv": {"separator": ";", "columns": ["a", "b"]}})",
                     "t", "1;2\n3"),
              (Texts{"t/a = float64 1", "t/b = float64 2", "t/a = float64 3"}));
    constexpr std::string_view plain = R"({"key": "m", "topic": "t", "format": "csv"})";
    EXPECT_EQ(decode(plain, "t", "a\n1,2\n"),
              (Texts{"error: line 2 of the CSV has 2 cells for 1 columns"}));
    EXPECT_EQ(decode(plain, "t", "a\n\"1\n"),
              (Texts{"error: line 2 of the CSV: a quote is not closed"}));
    EXPECT_EQ(decode(plain, "t", "a\n\"1\"2\n"),
              (Texts{"error: line 2 of the CSV: something follows a closed quote"}));
}

TEST_F(Payload, LineProtocolKeepsItsTypes) {
    constexpr std::string_view mapping =
        R"({"key": "m", "topic": "telegraf/#", "format": "line_protocol", "precision": "s"})";
    EXPECT_EQ(decode(mapping, "telegraf/a",
                     "cpu,region=eu,host=a usage=1.5,idle=42i,up=t,state=\"on\" 2\nmem free=1 3\n"),
              (Texts{"cpu/a/eu/usage = float64 1.5 @1970-01-01T00:00:02Z",
                     "cpu/a/eu/idle = int64 42 @1970-01-01T00:00:02Z",
                     "cpu/a/eu/up = bool true @1970-01-01T00:00:02Z",
                     "cpu/a/eu/state = string on @1970-01-01T00:00:02Z",
                     "mem/free = float64 1 @1970-01-01T00:00:03Z"}));
    EXPECT_EQ(decode(mapping, "telegraf/a", "cpu usage=x\nmem free=1i\nmem free=2.5"),
              (Texts{"mem/free = int64 1", "mem/free = float64 2.5",
                     "! 1 line 1, column 11: field 'usage': 'x' is not a value: write a number, "
                     "42i, 42u, true, false or \"text\""}));
    EXPECT_EQ(decode(R"({"key": "m", "topic": "t", "format": "line_protocol", "rules": [
                        {"point": "{@.tags.host}.{@.field}"}]})",
                     "t", "cpu,host=a usage=1 7"),
              (Texts{"a.usage = float64 1 @1970-01-01T00:00:00.000000007Z"}));
}

TEST_F(Payload, CborIsReadAsJsonIs) {
    constexpr std::string_view mapping = R"({"key": "m", "topic": "t", "format": "cbor"})";
    // {"a": 1.5, "b": [-3, true, null], 7: h'0102', "t": 0("x")}
    EXPECT_EQ(decode(mapping, "t",
                     "\xa4\x61\x61\xf9\x3e\x00\x61\x62\x83\x22\xf5\xf6"
                     "\x07\x42\x01\x02\x61\x74\xc0\x61\x78"sv),
              (Texts{"t/a = float64 1.5", "t/b/0 = float64 -3", "t/b/1 = bool true",
                     "t/b/2 = null Bad", "t/7 = string AQI", "t/t = string x"}));
    // {_ "a": (_ "x", "yz")}
    EXPECT_EQ(decode(mapping, "t", "\xbf\x61\x61\x7f\x61\x78\x62\x79\x7a\xff\xff"sv),
              (Texts{"t/a = string xyz"}));
}

TEST_F(Payload, PayloadsOfSparkplugMayStandOnAnyTopic) {
    sparkplug::Payload payload;
    payload.timestamp = 2000;
    std::string properties;
    sparkplug::encode_properties(
        {{.key = "engUnit", .type = 12, .value = {sparkplug::ValueField::String, 0, "Cel"}},
         {.key = "Quality", .type = 3, .value = {sparkplug::ValueField::Int, 0}}},
        properties);
    payload.metrics.resize(2);
    sparkplug::Metric& first = payload.metrics[0];
    sparkplug::Metric& second = payload.metrics[1];
    first.name = "temp";
    first.has_name = true;
    first.value = {sparkplug::ValueField::Double, std::bit_cast<std::uint64_t>(21.5)};
    first.properties = properties;
    second.name = "raw";
    second.has_name = true;
    second.datatype = static_cast<std::uint32_t>(sparkplug::DataType::Octets);
    second.has_datatype = true;
    second.timestamp = 3000;
    second.has_timestamp = true;
    second.value = {sparkplug::ValueField::Octets, 0, "ab"};
    std::string message;
    sparkplug::encode(payload, message);
    constexpr std::string_view mapping =
        R"({"key": "m", "topic": "own/#", "format": "sparkplug_b"})";
    EXPECT_EQ(decode(mapping, "own/a", message),
              (Texts{"own/a/temp = float64 21.5 [Cel] @1970-01-01T00:00:02Z Bad",
                     "own/a/raw = string YWI @1970-01-01T00:00:03Z"}));
    EXPECT_EQ(decode(mapping, "own/a", "\xff")[0].substr(0, 40),
              "error: the message is no payload of Spar");
}

TEST_F(Payload, CborThatIsWrongIsNamed) {
    constexpr std::string_view mapping = R"({"key": "m", "topic": "t", "format": "cbor"})";
    const auto error = [&](std::string_view message) {
        const std::string text = decode(mapping, "t", message).at(0);
        return text.substr(text.rfind(": ") + 2);
    };
    EXPECT_EQ(error("\x62\x61"sv), "a text is longer than the message");
    EXPECT_EQ(error("\xa1\x60"sv), "an array or map has more in it than the message");
    EXPECT_EQ(error("\x01\x02"sv), "something follows the value");
    EXPECT_EQ(error("\x61\xff"sv), "a text is not UTF-8");
    EXPECT_EQ(error("\x9b\xff\xff\xff\xff\xff\xff\xff\xff"sv),
              "an array or map has more in it than the message");
    EXPECT_EQ(error("\x3b\xff\xff\xff\xff\xff\xff\xff\xff"sv),
              "a number is below the smallest int64");
    EXPECT_EQ(error("\xff"sv), "a break ends nothing");
    EXPECT_EQ(error("\x1c"sv), "the head of a value is reserved");
    EXPECT_EQ(error("\xa1\xf5\x01"sv), "a key of a map is neither a text nor a whole number");
    EXPECT_EQ(error("\x7f\x41\x78\xff"sv), "a piece of a text is none");
    EXPECT_EQ(error("\xf8\xff"sv), "a simple value has no meaning");
    EXPECT_EQ(error(std::string(40, '\x81') + "\x01"),
              "it is nested too deep or has too many values");
}

TEST_F(Payload, LimitsRefuseTheMessageAndLeaveNothing) {
    const auto mapping = testing::compile(flat);
    ASSERT_TRUE(mapping);
    const auto code = [&](PayloadLimits limits, std::string_view message) {
        Decoder small(random, limits);
        batch.clear();
        batch.add({.point = "before"});
        const auto decoded = small.decode(*mapping, "plant/a", message, arrival, batch);
        EXPECT_EQ(batch.size(), 1 + (decoded ? decoded->readings : 0));
        return decoded ? Code::Internal : decoded.error().code;
    };
    EXPECT_EQ(code({.payload_bytes_max = 8}, "[1,2,3]"), Code::Internal);
    EXPECT_EQ(code({.payload_bytes_max = 6}, "[1,2,3]"), Code::TooLarge);
    EXPECT_EQ(code({.depth_max = 3}, "[[[1]]]"), Code::Internal);
    EXPECT_EQ(code({.depth_max = 2}, "[[[1]]]"), Code::TooLarge);
    EXPECT_EQ(code({.nodes_max = 4}, "[1,2,3]"), Code::Internal);
    EXPECT_EQ(code({.nodes_max = 3}, "[1,2,3]"), Code::TooLarge);
    EXPECT_EQ(code({.readings_max = 3}, "[1,2,3]"), Code::Internal);
    EXPECT_EQ(code({.readings_max = 2}, "[1,2,3]"), Code::TooLarge);
    EXPECT_EQ(code({.names_bytes_max = 27}, "[1,2,3]"), Code::Internal);
    EXPECT_EQ(code({.names_bytes_max = 26}, "[1,2,3]"), Code::TooLarge);
}

TEST_F(Payload, NamesThatNoPointCanHaveAreLeftOut) {
    EXPECT_EQ(
        decode(flat, "plant/a", R"({"a\nb": 1, "c": 2})"),
        (Texts{"plant/a/c = float64 2",
               "! 1 point 'plant/a/a\nb': the name of a point has a control character in it"}));
    const Texts out = decode(flat, "plant/a", std::format(R"({{"{}": 1}})", std::string(600, 'x')));
    ASSERT_EQ(out.size(), 1);
    EXPECT_TRUE(out[0].ends_with("the name of a point is too long"));
}

TEST_F(Payload, MemoryIsUsedAgain) {
    const auto mapping = testing::compile(flat);
    ASSERT_TRUE(mapping);
    for (int i = 0; i < 3; ++i) {
        batch.clear();
        ASSERT_TRUE(decoder.decode(*mapping, "plant/a", R"({"a": 1, "b": "x"})", arrival, batch));
        EXPECT_EQ(testing::texts(batch, arrival),
                  (Texts{"plant/a/a = float64 1", "plant/a/b = string x"}));
    }
}

}  // namespace
}  // namespace gantry::payload

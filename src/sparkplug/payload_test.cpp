// SPDX-License-Identifier: Apache-2.0
// Payloads against those of Eclipse Tahu's JavaScript client (tests/sparkplug/make_fixtures.cjs).
#include "sparkplug/payload.h"

#include <gtest/gtest.h>

#include <fstream>

#include "sparkplug/metric_value.h"
#include "sparkplug/testing.h"
#include "sparkplug/topic.h"

namespace gantry::sparkplug {
namespace {

std::string fixture(std::string_view name) {
    const auto path = testing::checkout_folder() / "tests" / "sparkplug" / "fixtures" /
                      std::format("{}.bin", name);
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file) << path;
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Every value as text.
std::string value_of(const Metric& metric) {
    Reading reading;
    std::string scratch;
    const char* why = read_value(metric, data_type_of(metric.datatype), scratch, reading);
    return why != nullptr
               ? why
               : std::string(value_type_name(reading.type)) + " " + to_text(reading.value());
}

// tck-id-message-flow-edge-node-birth-publish-nbirth-payload
// tck-id-message-flow-device-birth-publish-dbirth-payload
// tck-id-message-flow-edge-node-birth-publish-will-message-payload
// Bytes that others made are what ours would be.
TEST(SparkplugPayload, WhatOthersEncodeIsEncodedTheSameAgain) {
    for (const std::string_view name : {"nbirth", "ndata", "dbirth", "ndeath", "ncmd"}) {
        const std::string bytes = fixture(name);
        Payload payload;
        ASSERT_TRUE(decode(as_bytes(bytes), payload)) << name;
        std::string again;
        encode(payload, again);
        // The order of fields is the encoder's own: compare what they say.
        Payload second;
        ASSERT_TRUE(decode(as_bytes(again), second)) << name;
        EXPECT_EQ(payload, second) << name;
        EXPECT_EQ(again.size(), bytes.size()) << name;
    }
}

// tck-id-payloads-timestamp-in-UTC
// tck-id-payloads-metric-timestamp-in-UTC
// tck-id-payloads-metric-datatype-value-type
// tck-id-payloads-metric-datatype-value
TEST(SparkplugPayload, AnNbirthOfOthersIsRead) {
    const std::string bytes = fixture("nbirth");
    Payload payload;
    ASSERT_TRUE(decode(as_bytes(bytes), payload));
    EXPECT_EQ(payload.timestamp, 1'700'000'000'000U);
    EXPECT_EQ(payload.seq, 0U);
    ASSERT_EQ(payload.metrics.size(), 6);
    EXPECT_EQ(payload.metrics[0].name, "bdSeq");
    EXPECT_EQ(value_of(payload.metrics[0]), "int64 7");
    EXPECT_EQ(payload.metrics[1].name, "Node Control/Rebirth");
    EXPECT_FALSE(payload.metrics[1].has_alias);
    EXPECT_EQ(value_of(payload.metrics[1]), "bool false");
    EXPECT_EQ(payload.metrics[2].alias, 1);
    EXPECT_EQ(payload.metrics[2].timestamp, 1'700'000'000'000U);
    EXPECT_EQ(value_of(payload.metrics[2]), "float64 21.5");
    EXPECT_EQ(value_of(payload.metrics[3]), "string Gantry \u00e4");
    EXPECT_EQ(value_of(payload.metrics[4]), "int64 9007199254740993");
    EXPECT_TRUE(payload.metrics[5].null);
    EXPECT_EQ(value_of(payload.metrics[5]), "null ");
}

// tck-id-payloads-propertyset-keys-array-size
// tck-id-payloads-propertyset-values-array-size
// tck-id-payloads-metric-propertyvalue-type-type
// tck-id-payloads-metric-propertyvalue-type-value
// tck-id-payloads-propertyset-quality-value-type
// tck-id-payloads-propertyset-quality-value-value
TEST(SparkplugPayload, PropertiesAreRead) {
    const std::string bytes = fixture("nbirth");
    Payload payload;
    ASSERT_TRUE(decode(as_bytes(bytes), payload));
    std::vector<Property> properties;
    ASSERT_TRUE(decode_properties(payload.metrics[2].properties, properties));
    ASSERT_EQ(properties.size(), 2);
    EXPECT_EQ(properties[0].key, "engUnit");
    EXPECT_EQ(properties[0].value.bytes, "Cel");
    EXPECT_EQ(properties[1].key, "Quality");
    EXPECT_EQ(properties[1].type, static_cast<std::uint32_t>(DataType::Int32));
    KnownProperties known;
    ASSERT_TRUE(find_properties(payload.metrics[2].properties, known));
    EXPECT_EQ(known.quality, 192);
    EXPECT_EQ(known.unit, "Cel");
    EXPECT_EQ(quality_of(192), quality::good);
    EXPECT_EQ(quality_of(0), quality::bad);
    EXPECT_EQ(quality_of(500), quality::uncertain_last_usable_value);

    std::string one;
    encode_properties(properties, one);
    EXPECT_EQ(one, payload.metrics[2].properties);
    // A key without a value.
    ProtobufWriter(one).bytes(1, "more");
    EXPECT_FALSE(decode_properties(one, properties));
    EXPECT_FALSE(find_properties(one, known));
}

TEST(SparkplugPayload, AllDataTypesOfOthersAreRead) {
    const std::string bytes = fixture("dbirth");
    Payload payload;
    ASSERT_TRUE(decode(as_bytes(bytes), payload));
    const std::vector<std::string> expected = {
        "int64 -8",
        "int64 -16",
        "int64 -32",
        "int64 -9223372036854775808",
        "int64 255",
        "int64 65535",
        "int64 4294967295",
        "int64 9223372036854775807",
        "float64 0.5",
        "float64 0.1",
        "bool true",
        "string text",
        "int64 1700000000005",
        "string longer",
        "string 123e4567-e89b-12d3-a456-426614174000",
        "string AP8Q",
        "string AQI",
        R"(string {"columns":["n","x","on"],"rows":[[-1,0.5,true],[2,1.5,false]]})",
        "has a data type that no metric has",  // a template: its members are
        "int64 1",
    };
    ASSERT_EQ(payload.metrics.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(value_of(payload.metrics[i]), expected[i]) << payload.metrics[i].name;
    }
    EXPECT_TRUE(payload.metrics.back().transient);
}

// tck-id-payloads-template-instance-is-definition
// tck-id-payloads-template-instance-ref
// tck-id-payloads-template-version
// tck-id-payloads-template-is-definition
// tck-id-payloads-template-ref-instance
// tck-id-payloads-template-ref-definition
// tck-id-payloads-template-definition-ref
// tck-id-payloads-template-definition-is-definition
// tck-id-payloads-template-is-definition-definition
// tck-id-payloads-template-is-definition-instance
// tck-id-payloads-template-parameter-name-required
// tck-id-payloads-template-parameter-name-type
// tck-id-payloads-template-parameter-value-type
// tck-id-payloads-template-parameter-type-value
// tck-id-payloads-template-parameter-type-req
// tck-id-payloads-template-parameter-value
TEST(SparkplugPayload, TemplatesAreReadAndWritten) {
    const std::string bytes = fixture("dbirth");
    Payload payload;
    ASSERT_TRUE(decode(as_bytes(bytes), payload));
    const Metric& metric = payload.metrics[18];
    ASSERT_EQ(metric.value.field, ValueField::Template);
    Template value;
    ASSERT_TRUE(decode_template(metric.value.bytes, value));
    EXPECT_EQ(value.version, "1");
    EXPECT_EQ(value.reference, "motor");
    EXPECT_FALSE(value.definition);
    ASSERT_EQ(value.metrics.size(), 2);
    EXPECT_EQ(value_of(value.metrics[0]), "int64 1450");
    ASSERT_EQ(value.parameters.size(), 1);
    EXPECT_EQ(value.parameters[0].name, "poles");
    EXPECT_EQ(value.parameters[0].value.bits, 4);
    std::string again;
    encode_template(value, again);
    Template second;
    ASSERT_TRUE(decode_template(again, second));
    EXPECT_EQ(second, value);
    // A definition has no reference.
    value.definition = true;
    again.clear();
    encode_template(value, again);
    ASSERT_TRUE(decode_template(again, second));
    EXPECT_TRUE(second.definition);
    EXPECT_EQ(second.reference, "");
}

// tck-id-payloads-dataset-column-size
// tck-id-payloads-dataset-column-num-headers
// tck-id-payloads-dataset-types-def
// tck-id-payloads-dataset-types-num
// tck-id-payloads-dataset-types-type
// tck-id-payloads-dataset-types-value
// tck-id-payloads-dataset-parameter-type-req
// tck-id-payloads-template-dataset-value
TEST(SparkplugPayload, DataSetsAreAsLargeAsTheySay) {
    DataSet set;
    set.columns = {"a", "b"};
    set.types = {static_cast<std::uint32_t>(DataType::Int32),
                 static_cast<std::uint32_t>(DataType::String)};
    set.cells = {{ValueField::Int, 1}, {ValueField::String, 0, "x"}};
    std::string bytes;
    encode_data_set(set, bytes);
    DataSet second;
    ASSERT_TRUE(decode_data_set(bytes, second));
    EXPECT_EQ(second, set);
    set.types.pop_back();
    bytes.clear();
    encode_data_set(set, bytes);
    EXPECT_FALSE(decode_data_set(bytes, second));
    set.types.push_back(12);
    bytes.clear();
    encode_data_set(set, bytes);
    ProtobufWriter(bytes).bytes(4, "");  // a row without cells
    EXPECT_FALSE(decode_data_set(bytes, second));
}

TEST(SparkplugPayload, ArraysBecomeJson) {
    const auto text = [](DataType type, std::string_view bytes) {
        return value_of(testing::metric("a", type, {ValueField::Octets, 0, bytes}));
    };
    using namespace std::string_view_literals;
    EXPECT_EQ(text(DataType::Int8Array, "\xef\x7b"sv), "string [-17,123]");
    EXPECT_EQ(text(DataType::Int16Array, "\xd0\x8a\x30\x75"sv), "string [-30000,30000]");
    EXPECT_EQ(text(DataType::UInt32Array, "\x34\x00\x00\x00\xeb\x29\x1b\x00"sv),
              "string [52,1780203]");
    EXPECT_EQ(text(DataType::FloatArray, "\x00\x00\x00\x3f"sv), "string [0.5]");
    EXPECT_EQ(text(DataType::BooleanArray, "\x0c\x00\x00\x00\x34\xd0"sv),
              "string [false,false,true,true,false,true,false,false,true,true,false,true]");
    EXPECT_EQ(text(DataType::StringArray, "ABC\0hello\0"sv), R"(string ["ABC","hello"])");
    EXPECT_EQ(text(DataType::Int16Array, "abc"), "has a value that is not of its data type");
    EXPECT_EQ(text(DataType::BooleanArray, "\xff\xff\xff\xff"sv), "is longer than 65536 bytes");
    EXPECT_EQ(text(DataType::StringArray, "open"), "has a value that is not of its data type");
}

TEST(SparkplugPayload, BytesThatAreNoneAreRefusedWithTheirPlace) {
    std::string bytes = fixture("nbirth");
    Payload payload;
    for (std::size_t size = 1; size < bytes.size(); ++size) {
        // Cut anywhere it is an error or ends between two fields.
        const std::string part = bytes.substr(0, size);
        const auto decoded = decode(as_bytes(part), payload);
        EXPECT_TRUE(decoded || decoded.error().message.contains("byte ")) << size;
    }
    bytes.resize(bytes.size() - 3);
    EXPECT_FALSE(decode(as_bytes(bytes), payload));
    EXPECT_FALSE(decode(as_bytes("\x12\xff\xff\xff\xff\x0f"), payload));
}

TEST(SparkplugPayload, ValuesOfAnotherTypeAreNotTaken) {
    EXPECT_EQ(value_of(testing::metric("a", DataType::Double, {ValueField::Int, 1})),
              "has a value that is not of its data type");
    EXPECT_EQ(value_of(testing::metric("a", DataType::UInt64, {ValueField::Long, UINT64_MAX})),
              "is above the largest int64");
    EXPECT_EQ(value_of(testing::metric("a", DataType::String, {ValueField::String, 0, "\xff"})),
              "is not UTF-8");
    EXPECT_EQ(value_of(testing::real("a", INFINITY)), "is not a finite number");
    // Some senders fill all 64 bits with the sign.
    EXPECT_EQ(value_of(testing::metric("a", DataType::Int32, {ValueField::Long, UINT64_MAX})),
              "int64 -1");
}

TEST(SparkplugPayload, WrittenValuesFitTheirType) {
    EXPECT_TRUE(to_metric_value(std::int64_t{127}, DataType::Int8));
    EXPECT_FALSE(to_metric_value(std::int64_t{128}, DataType::Int8));
    EXPECT_FALSE(to_metric_value(std::int64_t{-1}, DataType::UInt64));
    EXPECT_EQ(to_metric_value(std::int64_t{-1}, DataType::Int32)->bits, UINT32_MAX);
    EXPECT_FALSE(to_metric_value(std::string("x"), DataType::Double));
    EXPECT_EQ(to_metric_value(3.0, DataType::Int16)->bits, 3);
    EXPECT_FALSE(to_metric_value(3.5, DataType::Int16));
    EXPECT_FALSE(to_metric_value(Value{}, DataType::Int16));
}

// tck-id-topic-structure
// tck-id-topic-structure-namespace-a
// tck-id-topic-structure-namespace-valid-group-id
// tck-id-topic-structure-namespace-valid-edge-node-id
// tck-id-topic-structure-namespace-valid-device-id
// tck-id-topic-structure-namespace-device-id-associated-message-types
// tck-id-intro-group-id-string
// tck-id-intro-group-id-chars
// tck-id-intro-edge-node-id-string
// tck-id-intro-edge-node-id-chars
// tck-id-intro-device-id-string
// tck-id-intro-device-id-chars
// tck-id-case-sensitivity-sparkplug-ids
TEST(SparkplugTopic, HasItsForm) {
    for (const std::string_view text :
         {"spBv1.0/g/NBIRTH/n", "spBv1.0/g/NDEATH/n", "spBv1.0/g/NDATA/n", "spBv1.0/g/NCMD/n",
          "spBv1.0/g/DBIRTH/n/d", "spBv1.0/g/DDEATH/n/d", "spBv1.0/g/DDATA/n/d",
          "spBv1.0/g/DCMD/n/d", "spBv1.0/STATE/host", "spBv1.0/G \u00e4/NDATA/n.1"}) {
        const auto topic = parse_topic(text);
        ASSERT_TRUE(topic) << text;
        EXPECT_EQ(format_topic(*topic), text);
    }
    for (const std::string_view text :
         {"spAv1.0/g/NBIRTH/n", "spBv1.0/g/NBIRTH/n/d", "spBv1.0/g/DBIRTH/n", "spBv1.0/g/XDATA/n",
          "spBv1.0//NDATA/n", "spBv1.0/g/NDATA/", "spBv1.0/g/NDATA/+", "spBv1.0/g/ndata/n",
          "spBv1.0/STATE", "STATE/host", "spBv1.0/g/NDATA/\xff", "spBv1.0/g/DDATA/n/d/e", ""}) {
        EXPECT_FALSE(parse_topic(text)) << text;
    }
}

TEST(SparkplugTopic, StateIsJson) {
    EXPECT_EQ(format_state({true, 5}), R"({"online":true,"timestamp":5})");
    EXPECT_EQ(parse_state(R"({"timestamp": 5, "online": false, "more": 1})"),
              (HostState{false, 5}));
    for (const std::string_view text : {"ONLINE", "{}", R"({"online":1,"timestamp":5})",
                                        R"({"online":true,"timestamp":-5})", ""}) {
        EXPECT_FALSE(parse_state(text)) << text;
    }
}

}  // namespace
}  // namespace gantry::sparkplug

// SPDX-License-Identifier: Apache-2.0
#include "publication/publication.h"

#include "testing/testing.h"

namespace gantry::publication {
namespace {

using gantry::testing::failure;
using gantry::testing::must;

PublicationConfig config_of(std::string_view text) {
    PublicationConfig out;
    must(read_entity(json::parse(text), out, ""));
    return out;
}

TEST(TopicTemplate, IsFilledByAPoint) {
    const std::string_view point = "plant/line1/press1.temperature";
    const auto of = [&](std::string_view text) {
        return must(TopicTemplate::parse(text)).of(point);
    };
    EXPECT_EQ(of("out/{asset.path}/{point}"), "out/plant/line1/press1/temperature");
    EXPECT_EQ(of("{path}"), "plant/line1/press1/temperature");
    EXPECT_EQ(of("{parent}/{key}"), "press1/temperature");
    EXPECT_EQ(of("{asset}-{point}/state"), "press1-temperature/state");
    EXPECT_EQ(of("{{x}}/{point}"), "{x}/temperature");
}

TEST(TopicTemplate, SaysWhatIsAboveItsTopics) {
    const auto above = [](std::string_view text) {
        return std::string(must(TopicTemplate::parse(text)).above());
    };
    EXPECT_EQ(above("out/here/{path}"), "out/here");
    EXPECT_EQ(above("out/he{path}"), "out");
    EXPECT_EQ(above("out{path}"), "");
    EXPECT_EQ(above("{path}"), "");
}

TEST(TopicTemplate, RefusesWhatMakesNoTopics) {
    for (const std::string_view text :
         {"", "out", "out/{asset.path}", "out/{point", "out/point}", "out/{points}",
          "out/+/{point}", "out/#/{point}", "$SYS/{point}", "out/{}", "a\xff{point}"}) {
        EXPECT_EQ(failure(TopicTemplate::parse(text)), Code::InvalidArgument) << text;
    }
    EXPECT_EQ(failure(TopicTemplate::parse(std::string(2000, 'x') + "{point}")),
              Code::InvalidArgument);
}

TEST(Publication, ReadsBackWhatItWrites) {
    for (const std::string_view text :
         {R"({"key": "a", "topic": "out/{path}"})",
          R"({"key": "a", "topic": "{path}", "under": "plant", "points": "*.t", "qos": 2,
              "retain": false, "min_interval": "500ms", "enabled": false})",
          R"({"key": "a", "format": "sparkplug_b", "group": "G", "node": "N"})"}) {
        const PublicationConfig config = config_of(text);
        must(Publication::compile(config));
        PublicationConfig again;
        must(read_entity(to_json(config), again, ""));
        EXPECT_EQ(again, config) << text;
    }
}

TEST(Publication, RefusalsNameTheField) {
    const auto refused = [](std::string_view text, std::string_view field) {
        PublicationConfig config;
        auto read = read_entity(json::parse(text), config, "");
        const auto made = read ? Publication::compile(std::move(config))
                               : Result<Publication>(std::unexpected(read.error()));
        EXPECT_FALSE(made.has_value()) << text;
        EXPECT_TRUE(!made && made.error().field == field)
            << text << ": " << (made ? "" : made.error().field);
    };
    refused(R"({"topic": "{path}"})", "/key");
    refused(R"({"key": "a"})", "/topic");
    refused(R"({"key": "a", "topic": "x"})", "/topic");
    refused(R"({"key": "a", "topic": "{path}", "qos": 3})", "/qos");
    refused(R"({"key": "a", "topic": "{path}", "points": ""})", "/points");
    refused(R"({"key": "a", "topic": "{path}", "min_interval": "25h"})", "/min_interval");
    refused(R"({"key": "a", "topic": "{path}", "format": "xml"})", "/format");
    refused(R"({"key": "a", "topic": "{path}", "group": "G"})", "/group");
    refused(R"({"key": "a", "format": "sparkplug_b", "group": "G"})", "/node");
    refused(R"({"key": "a", "format": "sparkplug_b", "group": "G/H", "node": "N"})", "/group");
    refused(R"({"key": "a", "format": "sparkplug_b", "group": "G", "node": "N", "topic": "x"})",
            "/topic");
}

TEST(Publication, ChoosesPointsByAPattern) {
    const auto wants = [](std::string_view pattern, std::string_view point) {
        PublicationConfig config;
        config.key = "a";
        config.topic = "{path}";
        config.points = pattern;
        return must(Publication::compile(config)).wants(point);
    };
    EXPECT_TRUE(wants("*", "plant/press1.temperature"));
    EXPECT_TRUE(wants("*.temperature", "plant/press1.temperature"));
    EXPECT_FALSE(wants("*.temperature", "plant/press1.temperature2"));
    EXPECT_TRUE(wants("plant/*1.*e*e", "plant/press1.temperature"));
    EXPECT_FALSE(wants("plant", "plant/press1.temperature"));
    EXPECT_TRUE(wants("plant/press1.temperature**", "plant/press1.temperature"));
    // Work that grows with the square at most, not with the power of the stars.
    EXPECT_FALSE(wants(std::string("*a*a*a*a*a*a*a*a*a*a*a*a") + "*b", std::string(1000, 'a')));
}

TEST(Publication, SaysWhereAPointIsTold) {
    PublicationConfig config = config_of(R"({"key": "a", "format": "sparkplug_b", "group": "G",
                                             "node": "N"})");
    const Publication made = must(Publication::compile(config));
    EXPECT_EQ(made.topic_of("plant/line1/press1.speed"), "spBv1.0/G/DDATA/N/plant.line1.press1");
    EXPECT_EQ(made.topics_above(), "spBv1.0/G");
}

}  // namespace
}  // namespace gantry::publication

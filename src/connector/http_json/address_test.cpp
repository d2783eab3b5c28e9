// SPDX-License-Identifier: Apache-2.0
#include "connector/http_json/address.h"

#include <gtest/gtest.h>

#include "connector/http_json/settings.h"
#include "connector/http_json/tags.h"

namespace gantry::connector::http_json {
namespace {

TEST(HttpJsonAddress, IsReadAndWrittenAgain) {
    for (const std::string_view text :
         {"/", "/api/status", "/api/status?unit=3&x=%20", "/a json=$.motor.speed *0.1+5 db=0.5",
          "/a json=$['odd key'].x[3] grp=fast", "/a json=$ time=$.ts@ms quality=$.q sparse",
          "/a set=/b", "/a json=$.v set=/b setjson=$.command.value put"}) {
        const auto address = parse_address(text);
        ASSERT_TRUE(address) << text << ": " << address.error().message;
        EXPECT_EQ(format_address(*address), text);
    }
}

TEST(HttpJsonAddress, ComplaintsNameTheRemedy) {
    for (const auto& [text, words] : {std::pair("", "as in /api/status"),
                                      {"api/status", "as in /api/status"},
                                      {"/a#b", "as in /api/status"},
                                      {"/a\tb", "as in /api/status"},
                                      {"/泵", "as in /api/status"},
                                      {"/a foo", "json=$.value"},
                                      {"/a qos=1", "json=$.value"},
                                      {"/a sparse", "json=$.value"},
                                      {"/a put", "add set=/path"},
                                      {"/a set=b", "as in /api/status"},
                                      {"/a set=/b setjson=$[0]", "setjson=$.value"}}) {
        const auto address = parse_address(text);
        ASSERT_FALSE(address) << text;
        EXPECT_EQ(address.error().field, "/address");
        EXPECT_NE(address.error().message.find(words), std::string::npos)
            << text << ": " << address.error().message;
    }
}

TEST(HttpJsonTag, FitsItsPointAndConnection) {
    Property property;
    property.access = Access::ReadWrite;
    EXPECT_TRUE(make_tag({}, "/a set=/b", property));
    EXPECT_FALSE(make_tag({}, "/a", property)) << "nobody knows where its values go";
    property.access = Access::Read;
    EXPECT_FALSE(make_tag({}, "/a grp=fast", property)) << "there is no such group";
    EXPECT_FALSE(make_tag({}, "/a max=10s", property)) << "it reports everything";
    property.type = ValueType::String;
    EXPECT_FALSE(make_tag({}, "/a *2", property));
}

TEST(HttpJsonSettings, SayWhoAsks) {
    const auto settings = read_settings(
        R"({"url": "http://h", "username": "a", "password": "b", "header": "X-Key:  v"})");
    ASSERT_TRUE(settings) << settings.error().message;
    EXPECT_EQ(settings->credentials(),
              (gantry::http::Headers{{"Authorization", "Basic YTpi"}, {"X-Key", "v"}}));
    EXPECT_FALSE(read_settings(R"({"url": "http://h", "token": "a\r\nX: y"})"));
    EXPECT_FALSE(read_settings(R"({"url": "http://h", "header": "A: b\r\nC: d"})"));
}

}  // namespace
}  // namespace gantry::connector::http_json

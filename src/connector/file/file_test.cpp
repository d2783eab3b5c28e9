// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "connector/file/source.h"
#include "testing/testing.h"

namespace gantry::connector::file {
namespace {

using gantry::testing::must;

Settings settings_with(const char* more) {
    return must(read_settings(std::string(R"({"path": "/x/a.csv")") + more + "}"));
}

// What the rows say that a source finds in pieces of that many bytes: "a=1 b=2|".
std::string rows_of(const Settings& settings, std::string_view text, std::size_t piece,
                    std::string* trouble = nullptr) {
    RowReader reader(settings);
    Source source(settings, {});
    std::string out;
    const Source::User user{.row = [&out](const record::Row& row) -> Result<> {
                                for (auto i = row.node + 1; i < row.document[row.node].next; ++i) {
                                    out += std::string(row.document[i].key) + "=";
                                    row.document.append_text(i, out);
                                    out += " ";
                                }
                                out += "|";
                                return {};
                            },
                            .more = [] { return true; }};
    for (std::size_t at = 0; at < text.size(); at += piece) {
        EXPECT_TRUE(source.put({.size = text.size(),
                                .head = std::string(text.substr(0, source.at().head.size())),
                                .bytes = std::string(text.substr(at, piece))}));
        source.take(reader, user, false);
    }
    source.take(reader, user, true);
    EXPECT_TRUE(source.broken() || source.next() == text.size());
    if (trouble != nullptr) {
        *trouble = source.trouble();
    }
    return out;
}

TEST(FileSource, ReadsTheSameInPiecesOfAnySize) {
    const Settings settings = settings_with("");
    const std::string_view text = "a,b\r\n1,\"x, \"\"y\"\"\nz\"\r\n\r\n2,3\" pipe\n4";
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 100U}) {
        EXPECT_EQ(rows_of(settings, text, piece), "a=1 b=x, \"y\"\nz |a=2 b=3\" pipe |a=4 |")
            << piece;
    }
}

TEST(FileSource, KnowsOtherWaysToWriteNumbersAndRows) {
    EXPECT_EQ(rows_of(settings_with(R"(, "delimiter": ";", "decimal_comma": true)"),
                      "t;v\n1,5;1.234,25\na,b;-3\n", 100),
              "t=1.5 v=1234.25 |t=a,b v=-3 |");
    EXPECT_EQ(rows_of(settings_with(R"(, "header": false, "skip_lines": 1)"), "# x\n7,8\n", 100),
              "1=7 2=8 |");
    EXPECT_EQ(rows_of(settings_with(R"(, "format": "jsonl")"), "{\"a\":1}\n\n{\"a\":2}", 3),
              "a=1 |a=2 |");
}

TEST(FileSource, SaysWhatIsWrongAndGoesOn) {
    std::string trouble;
    EXPECT_EQ(rows_of(settings_with(""), "a,b\n1,2,3\n\"x\"y,1\n5,6\n", 100, &trouble),
              "a=5 b=6 |");
    EXPECT_EQ(trouble, "line 3: line 1 of the CSV: something follows a closed quote "
                       "(rows left out: 2)");
    EXPECT_EQ(rows_of(settings_with(""), "a,a\n1,2\n", 100, &trouble), "");
    EXPECT_NE(trouble.find("one name twice"), std::string::npos);
    const std::string long_row(row_bytes_max + 10, 'x');
    EXPECT_EQ(rows_of(settings_with(""), "a\n" + long_row + "\n1\n", 60'000, &trouble), "a=1 |");
    EXPECT_NE(trouble.find("longer than"), std::string::npos);
}

TEST(FileSource, BeginsAnewWhenTheContentIsAnother) {
    const Settings settings = settings_with("");
    RowReader reader(settings);
    Source source(settings, {});
    const Source::User user{.row = [](const record::Row&) { return Result<>{}; },
                            .more = [] { return true; }};
    EXPECT_TRUE(source.put({.size = 6, .head = {}, .bytes = "a\n1\n2\n"}));
    source.take(reader, user, false);
    EXPECT_EQ(source.at().offset, 6U);
    EXPECT_EQ(source.at().head, "a\n1\n2\n");
    EXPECT_TRUE(source.put({.size = 6, .head = "a\n1\n2\n", .bytes = {}}));
    EXPECT_FALSE(source.put({.size = 60, .head = "b\n1\n2\n", .bytes = {}})) << "another content";
    EXPECT_EQ(source.next(), 0U);
}

TEST(FileSource, StampsRowsTheSameWhenTheyAreReadAgain) {
    const Settings settings = settings_with("");
    FilePosition at;
    at.stamp = 1000;
    at.stamped = 2;
    Source source(settings, at);
    Time last = 0;
    EXPECT_EQ(source.stamp(5000, last), 1000);
    EXPECT_FALSE(source.replayed());
    EXPECT_EQ(source.stamp(5000, last), 1001);
    EXPECT_TRUE(source.replayed());
    source.committed();
    EXPECT_EQ(source.stamp(5000, last), 5000);
    EXPECT_EQ(source.stamp(5000, last), 5001);
}

TEST(FilePosition, IsKeptAsJson) {
    FilePosition one;
    one.entry = {.name = "a\xff.csv", .id = {1, 2}, .size = 3, .modified = 4};
    one.offset = 5;
    one.head = "x\n";
    one.columns = {"a", "b"};
    one.done = true;
    const auto back = must(positions_of(to_json({one})));
    ASSERT_EQ(back.size(), 1U);
    EXPECT_EQ(back[0].entry.name, one.entry.name);
    EXPECT_EQ(back[0].entry.id, one.entry.id);
    EXPECT_EQ(back[0].head, "x\n");
    EXPECT_EQ(back[0].columns, one.columns);
    EXPECT_FALSE(positions_of({{"files", 3}}));
}

TEST(FileSettings, NameTheFieldThatIsWrong) {
    for (const auto& [text, field] :
         {std::pair(R"({"path": "a.csv"})", "/settings/path"),
          {R"({"path": "/a/"})", "/settings/pattern"},
          {R"({"path": "/a", "pattern": "b/*"})", "/settings/pattern"},
          {R"({"path": "/a", "mode": "x"})", "/settings/mode"},
          {R"({"path": "/a", "delimiter": "::"})", "/settings/delimiter"},
          {R"({"path": "/a", "decimal_comma": true})", "/settings/delimiter"},
          {R"({"path": "/a", "after": "delete"})", "/settings/after"},
          {R"({"path": "/a", "time": "$.a[*]"})", "/settings/time"},
          {R"({"path": "/a", "time_format": "rfc"})", "/settings/time_format"}}) {
        const auto settings = read_settings(text);
        ASSERT_FALSE(settings) << text;
        EXPECT_EQ(settings.error().field, field) << text;
    }
    EXPECT_EQ(settings_with("").folder(), "/x");
    EXPECT_TRUE(name_fits(settings_with("").names(), "a.csv"));
    EXPECT_FALSE(name_fits("*.csv", ".hidden.csv"));
}

}  // namespace
}  // namespace gantry::connector::file

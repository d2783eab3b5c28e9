// SPDX-License-Identifier: Apache-2.0
// Whatever the way in which lines are read, they say the same.
#include "lineprotocol/line_parser.h"

#include "lineprotocol/testing.h"
#include "testing/testing.h"
#include "testing/tsbs_lines.h"

namespace gantry::lineprotocol {
namespace {

using Texts = std::vector<std::string>;

constexpr std::string_view mixed =
    "# of all kinds\n"
    "cpu,host=a usage=1.5,idle=42i,up=t,state=\"on\" 1000\r\n"
    "\n"
    "cpu,host=b usage=2.5,idle=43i,up=f,state=\"off \\\"x\\\"\" 1000\n"
    "cpu,host=a usage=3.5,idle=-44i,up=true,state=\"two\nlines\" 2000\n"
    "cpu,host=b usage=wrong 2000\n"
    "cpu,host=b idle=45i,state=\"\",usage=0.12345678901234567 3000\n"
    "cpu,host=a usage=4i 3000\n"
    "cpu,host=a usage=5,idle=46i,up=false,state=\"on\" 4000\n"
    "open s=\"never closed 5\n"
    "cpu,host=a idle=47i,up=F 5000\n"
    "my\\ cpu,host=\xc3\xa4 us\\=age=1e3 \n"
    "cpu,host=b usage=6,idle=48i,up=f,state=\"a longer text than those before it\" 6000\n"
    "open s=\"never closed either\n"
    "cpu,host=a usage=7,idle=49i";

class Parser : public ::testing::Test {
public:
    testing::Outcome parse(std::string_view text, std::size_t piece_bytes) {
        SeriesCache cache(random, table.resolver());
        return testing::parse(cache, table, text, piece_bytes, options);
    }

    LineOptions options{.now = 5};
    testing::SeriesTable table;
    SeededRandom random{1};
};

TEST_F(Parser, TakesPiecesCutAnywhere) {
    const testing::Outcome whole = parse(mixed, mixed.size());
    EXPECT_EQ(whole.lines, 9U);
    EXPECT_EQ(whole.refused, 4U);
    for (std::size_t cut = 0; cut <= mixed.size(); ++cut) {
        SeriesCache cache(random, table.resolver());
        LineParser parser(cache, options);
        SampleBatch batch;
        parser.parse(as_bytes(mixed.substr(0, cut)), false, batch);
        parser.parse(as_bytes(mixed.substr(cut)), true, batch);
        Texts rows;
        testing::append_rows(rows, batch, table);
        ASSERT_EQ(rows, whole.rows) << cut;
        Texts errors;
        for (const LineError& error : parser.errors()) {
            errors.push_back(to_text(error));
        }
        ASSERT_EQ(errors, whole.errors) << cut;
        ASSERT_EQ(parse(mixed, cut + 1), whole) << "pieces of " << cut + 1;
    }
}

TEST_F(Parser, MayBeToldOfTheEndWithAnEmptyPiece) {
    SeriesCache cache(random, table.resolver());
    LineParser parser(cache, options);
    SampleBatch batch;
    parser.parse(as_bytes("a x=1 1\na x=2 2"), false, batch);
    EXPECT_EQ(batch.size(), 1U);
    parser.parse({}, false, batch);
    EXPECT_EQ(batch.size(), 1U);
    parser.parse({}, true, batch);
    EXPECT_EQ(batch.size(), 2U);
}

// Written by hand, in another way than the program's: values in their plainest form.
struct Point {
    std::string text;
    Texts rows;
};

std::string escaped(std::string_view text, std::string_view marks) {
    std::string out;
    for (const char c : text) {
        out += marks.contains(c) ? "\\" : "";
        out += c;
    }
    return out;
}

class Points {
public:
    explicit Points(std::uint64_t seed) : random_(seed) {}

    Point next() {
        const std::string measurement = "m" + std::to_string(random_.below(3)) + name();
        std::vector<std::pair<std::string, std::string>> tags;
        for (std::size_t i = random_.below(4); i > 0; --i) {
            tags.emplace_back(std::to_string(i) + name(), "v" + name());
        }
        Point point{escaped(measurement, ", "), {}};
        std::vector<Tag> meant;
        for (const auto& [key, value] : tags) {
            point.text += "," + escaped(key, ", =") + "=" + escaped(value, ", =");
            meant.push_back({key, value});
        }
        const auto time = static_cast<Time>(random_.next() >> random_.below(60)) / 2 *
                          (random_.chance(0.2) ? -1 : 1);
        for (std::size_t i = 0; i <= random_.below(6); ++i) {
            const std::size_t kind = random_.below(4);
            const std::string field = "bifs"[kind] + name();
            const auto [text, read] = value(kind);
            point.text += (i == 0 ? " " : ",") + escaped(field, ", =") + "=" + text;
            point.rows.push_back(
                std::format("{} {} {}", series_key(measurement, meant, field), time, read));
        }
        point.text += " " + std::to_string(time) + (random_.chance(0.1) ? "\r\n" : "\n");
        return point;
    }

private:
    std::string name() {
        static constexpr std::string_view parts[] = {
            "", "a", "usage", " ", ",", "=", "#", "\"", "\\x", "\xc3\xa4", "usage_guest_nice"};
        return std::string(parts[random_.below(std::size(parts))]) + "z";
    }
    // As it is written, and as it is to be read.
    std::pair<std::string, std::string> value(std::size_t kind) {
        switch (kind) {
            case 0: {
                const bool yes = random_.chance(0.5);
                static constexpr std::string_view words[] = {"f", "F", "false", "t", "T", "true"};
                return {std::string(words[(yes ? 3 : 0) + random_.below(3)]),
                        yes ? "bool true" : "bool false"};
            }
            case 1: {
                const auto number = static_cast<std::int64_t>(random_.next() >> random_.below(64)) *
                                    (random_.chance(0.3) ? -1 : 1);
                return {std::to_string(number) + "i", "int64 " + std::to_string(number)};
            }
            case 2: {
                const double number = random_.chance(0.5)
                                          ? static_cast<double>(random_.below(1'000'000)) / 1000
                                          : random_.fraction() * 1e6;
                return {std::format("{}", number), std::format("float64 {}", number)};
            }
            default: {
                const std::string text = name() + std::string(random_.below(3), '\n') + name();
                return {"\"" + escaped(text, "\"\\") + "\"", "string " + text};
            }
        }
    }

    SeededRandom random_;
};

TEST_F(Parser, ReadsWhatAnotherWrote) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        Points points(seed);
        std::string text;
        Texts rows;
        std::vector<Point> before;
        for (int i = 0; i < 300; ++i) {
            // Again and again the same: the fast way has to be taken, too.
            Point point =
                before.size() < 10 || i % 2 == 0 ? points.next() : before[random.below(10)];
            before.push_back(point);
            text += point.text;
            rows.insert(rows.end(), point.rows.begin(), point.rows.end());
        }
        const testing::Outcome outcome = parse(text, seed % 3 == 0 ? 17 : text.size());
        ASSERT_EQ(outcome.errors, Texts());
        ASSERT_EQ(outcome.rows, rows) << seed;
    }
}

TEST_F(Parser, ReadsKnownLinesAsItReadsNewOnes) {
    gantry::testing::CpuOnlyData cpu(20);
    gantry::testing::IotData iot(20, 20);
    std::string text;
    std::vector<gantry::testing::IotData::Row> trucks;
    for (int step = 0; step < 20; ++step, cpu.step()) {
        for (std::size_t host = 0; host < cpu.hosts(); ++host) {
            gantry::testing::append_line(text, cpu, host);
        }
        iot.next(trucks);
        for (const auto& row : trucks) {
            gantry::testing::append_line(text, row);
        }
    }
    SeriesCache cache(random, table.resolver());
    const testing::Outcome first = testing::parse(cache, table, text, text.size(), options);
    const std::size_t asked = table.asked();
    EXPECT_EQ(testing::parse(cache, table, text, text.size(), options), first);
    EXPECT_EQ(table.asked(), asked) << "all of it is known";
    EXPECT_EQ(first.refused, 0U);
    // Line by line and with a new cache each, nothing is known.
    Texts rows;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at) + 1;
        const auto one = parse(std::string_view(text).substr(at, end - at), end);
        rows.insert(rows.end(), one.rows.begin(), one.rows.end());
        at = end;
    }
    EXPECT_EQ(first.rows, rows);
}

TEST_F(Parser, LearnsFieldsInAnyOrderAndNumber) {
    std::string text;
    Texts rows;
    for (std::size_t i = 0; i < 200; ++i) {
        std::string fields;
        for (std::size_t j = 0; j < 5; ++j) {
            const std::size_t field = i % 3 == 0 ? j : 4 - j;
            if ((i * 7 + j) % 4 != 0) {
                fields += std::format("{}f{}={}i", fields.empty() ? "" : ",", field, i);
                rows.push_back(std::format("m#f{} {} int64 {}", field, i, i));
            }
        }
        text += std::format("m {} {}\n", fields, i);
    }
    EXPECT_EQ(parse(text, text.size()).rows, rows);
    EXPECT_EQ(table.asked(), 5U);
}

TEST_F(Parser, StartsOverWithItsCacheWhenThatIsFull) {
    constexpr std::size_t bytes_max = std::size_t{256} << 10;
    SeriesCache cache(random, table.resolver(), bytes_max);
    std::string text;
    Texts rows;
    for (std::size_t i = 0; i < 12'000; ++i) {
        text += std::format("m,tag=number_{} field_{}=1i,b=2i 3\n", i % 6000, i % 50);
        rows.push_back(std::format("m,tag=number_{}#field_{} 3 int64 1", i % 6000, i % 50));
        rows.push_back(std::format("m,tag=number_{}#b 3 int64 2", i % 6000));
    }
    const testing::Outcome outcome = testing::parse(cache, table, text, text.size(), options);
    EXPECT_EQ(outcome.rows, rows);
    EXPECT_GT(cache.started_over(), 2U);
    EXPECT_LT(cache.bytes(), bytes_max + bytes_max / 2);
}

TEST_F(Parser, AsksAgainOnceItsCacheIsCleared) {
    SeriesCache cache(random, table.resolver());
    testing::parse(cache, table, "a x=1 1\na x=2 2\n", 100, options);
    EXPECT_EQ(table.asked(), 1U);
    cache.clear();
    EXPECT_EQ(testing::parse(cache, table, "a x=1 1\na x=2 2\n", 100, options).rows.size(), 2U);
    EXPECT_EQ(table.asked(), 2U);
}

TEST_F(Parser, KeepsNoMoreThanALineBetweenPieces) {
    options.limits.line_bytes_max = 1000;
    // Each newline might end the line.
    const std::string text = "a s=\"" + std::string(100'000, '\n') + "\" 1\nb x=1 2\n";
    const testing::Outcome whole = parse(text, text.size());
    EXPECT_EQ(whole.rows, Texts{"b#x 2 float64 1"});
    EXPECT_EQ(parse(text, 1), whole);
    EXPECT_EQ(parse(text, 999), whole);
}

TEST(SeriesKey, IsTheSameForAnyOrderOfTags) {
    const Tag tags[] = {{"region", "eu west"}, {"host", "a=1"}, {"host2", "x#y"}};
    EXPECT_EQ(series_key("cpu,x", tags, "usage#1"),
              R"(cpu\,x,host=a\=1,host2=x\#y,region=eu\ west#usage\#1)");
    EXPECT_EQ(series_key("cpu", {}, "usage"), "cpu#usage");
    EXPECT_NE(series_key("a", {}, "b#c"), series_key("a#b", {}, "c"));
}

TEST(SeriesKey, OrdersTagsByWhatTheyMean) {
    // '!' comes before ',', which comes before 'x'; a backslash would come behind all of them.
    std::vector<Tag> tags = {{"ax", "1"}, {R"(a\,)", "2"}, {"a!", "3"}, {"a", "4"}};
    std::string key;
    std::string_view twice;
    ASSERT_TRUE(append_line_key(key, "m", tags, twice));
    EXPECT_EQ(key, R"(m,a=4,a!=3,a\,=2,ax=1)");
    const Tag meant[] = {{"ax", "1"}, {"a,", "2"}, {"a!", "3"}, {"a", "4"}};
    EXPECT_EQ(series_key("m", meant, "f"), key + "#f");
}

TEST(SeriesKey, IsTakenApartAgain) {
    SeededRandom random(3);
    const auto text = [&random](bool may_end_in_backslash) {
        std::string out;
        do {
            out.clear();
            const std::size_t size = 1 + random.below(6);
            for (std::size_t i = 0; i < size; ++i) {
                out += R"(ab\,, ==##)"[random.below(11)];
            }
        } while (!may_end_in_backslash && out.ends_with('\\'));
        return out;
    };
    std::map<std::string, SeriesName> known;
    for (int round = 0; round < 20'000; ++round) {
        SeriesName name;
        name.measurement = text(false);
        std::map<std::string, std::string> tags;
        for (std::size_t i = random.below(3); i > 0; --i) {
            tags[text(false)] = text(true);
        }
        name.tags.assign(tags.begin(), tags.end());
        name.field = text(false);
        std::vector<Tag> given;
        for (const auto& [tag, value] : name.tags) {
            given.push_back({tag, value});
        }
        const std::string key = series_key(name.measurement, given, name.field);
        ASSERT_EQ(split_series_key(key), name) << key;
        ASSERT_EQ(known.emplace(key, name).first->second, name)
            << "two series with the key " << key;
    }
    // Of any text it makes something.
    for (const std::string_view odd : {"", "#", ",", "=", "a,=,#", "\\", "a,b", "a,b==\\"}) {
        (void)split_series_key(odd);
    }
}

}  // namespace
}  // namespace gantry::lineprotocol

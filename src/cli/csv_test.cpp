// SPDX-License-Identifier: Apache-2.0
#include "cli/csv_columns.h"
#include "cli/csv_reader.h"
#include "cli/csv_rows.h"
#include "cli/time_format.h"
#include "testing/testing.h"

namespace gantry::cli {
namespace {

using gantry::testing::failure;
using gantry::testing::must;

using Records = std::vector<std::vector<std::string>>;

Result<Records> read(std::string_view text, std::size_t piece = SIZE_MAX,
                     std::vector<std::uint64_t>* lines = nullptr, char separator = ',') {
    Records out;
    CsvReader reader(separator);
    const auto take = [&](const CsvRecord& record) -> Result<> {
        out.push_back(record.fields);
        if (lines != nullptr) {
            lines->push_back(record.line);
        }
        return {};
    };
    for (std::size_t at = 0; at < text.size();) {
        TRY(reader.feed(text.substr(at, piece), take));
        at += std::min(piece, text.size() - at);
    }
    TRY(reader.finish(take));
    return out;
}

TEST(CsvReader, ReadsWhatRfc4180Says) {
    EXPECT_EQ(must(read("a,b\r\n\"c,1\",\"d \"\"e\"\"\"\r\n")),
              (Records{{"a", "b"}, {"c,1", "d \"e\""}}));
    EXPECT_EQ(must(read("a,,\n")), (Records{{"a", "", ""}}));
    EXPECT_EQ(must(read("\"\"\n")), (Records{{""}}));
    EXPECT_EQ(must(read("x\ty", SIZE_MAX, nullptr, '\t')), (Records{{"x", "y"}}));
    EXPECT_EQ(must(read("")), Records{});
}

TEST(CsvReader, KnowsItsLines) {
    std::vector<std::uint64_t> lines;
    EXPECT_EQ(must(read("a\n\n\"b\nc\",1\rd\r\ne", 1, &lines)),
              (Records{{"a"}, {"b\nc", "1"}, {"d"}, {"e"}}));
    EXPECT_EQ(lines, (std::vector<std::uint64_t>{1, 3, 5, 6}));
}

TEST(CsvReader, SkipsAByteOrderMarkHoweverItIsCut) {
    for (const std::size_t piece : {1, 2, 3, 100}) {
        EXPECT_EQ(must(read("\xef\xbb\xbf"
                            "a,b\n",
                            piece)),
                  (Records{{"a", "b"}}));
    }
    EXPECT_EQ(must(read("\xef\xbb")), (Records{{"\xef\xbb"}}));
}

TEST(CsvReader, NamesTheLineOfAMistake) {
    const auto message = [](std::string_view text) {
        const auto out = read(text);
        EXPECT_EQ(failure(out), Code::InvalidArgument);
        return out ? "" : out.error().message;
    };
    EXPECT_TRUE(message("a\nb,\"c\n").starts_with("line 2: a quote is opened"));
    EXPECT_TRUE(message("a\nb\"c\n").starts_with("line 2: a quote in the middle"));
    EXPECT_TRUE(message("\"a\"b\n").starts_with("line 1: after the closing quote"));
    EXPECT_TRUE(message(std::string_view("a\0b", 3)).contains("zero byte"));
    EXPECT_TRUE(message("\"" + std::string(2 << 20, 'x')).contains("longer than 1 MiB"));
}

TEST(CsvReader, WritesFieldsThatReadBack) {
    for (const std::string text : {"", "plain", "a,b", "say \"x\"", "two\nlines", "\r"}) {
        EXPECT_EQ(must(read("x," + csv_field(text))), (Records{{"x", text}}));
    }
}

Result<Time> time_of(std::string_view text, std::string_view format = "auto",
                     std::string_view zone = "UTC") {
    TRY_ASSIGN(const TimeFormat times, TimeFormat::make(format, zone));
    return times.parse(text);
}

TEST(TimeFormat, ReadsWhatLoggersWrite) {
    const Time moment = must(parse_time("2013-12-02T21:15:00Z"));
    EXPECT_EQ(must(time_of("2013-12-02 21:15:00")), moment);
    EXPECT_EQ(must(time_of("2013-12-02T21:15:00")), moment);
    EXPECT_EQ(must(time_of("2013-12-02 21:15")), moment);
    EXPECT_EQ(must(time_of("2013/12/2 21:15:00")), moment);
    EXPECT_EQ(must(time_of("2013-12-02T21:15:00Z", "auto", "")), moment);
    EXPECT_EQ(must(time_of("2013-12-03T05:15:00+08:00", "auto", "")), moment);
    EXPECT_EQ(must(time_of("2013-12-02 21:15:00.000000001")), moment + 1);
    EXPECT_EQ(must(time_of("2013-12-03 05:15:00", "auto", "+08:00")), moment);
    EXPECT_EQ(must(time_of("2013-12-03 05:15:00", "auto", "Asia/Shanghai")), moment);
    EXPECT_EQ(must(time_of("02/12/2013 21:15", "%d/%m/%Y %H:%M")), moment);
    EXPECT_EQ(must(time_of("02.12.13+0100 x", "%d.%m.13%z x", "")),
              must(parse_time("1970-12-01T23:00:00Z")));
}

TEST(TimeFormat, ReadsNumbersExactly) {
    EXPECT_EQ(must(time_of("1386018900", "s")), 1'386'018'900'000'000'000);
    EXPECT_EQ(must(time_of("1386018900.25", "s")), 1'386'018'900'250'000'000);
    EXPECT_EQ(must(time_of("-1.5", "s")), -1'500'000'000);
    EXPECT_EQ(must(time_of("1386018900123", "ms")), 1'386'018'900'123'000'000);
    EXPECT_EQ(must(time_of("1386018900123.5", "ms")), 1'386'018'900'123'500'000);
    EXPECT_EQ(must(time_of("1386018900123456", "us")), 1'386'018'900'123'456'000);
    EXPECT_EQ(must(time_of("1386018900123456789", "ns")), 1'386'018'900'123'456'789);
    EXPECT_EQ(failure(time_of("1386018900123", "s")), Code::InvalidArgument);
    EXPECT_EQ(failure(time_of("12x", "s")), Code::InvalidArgument);
}

TEST(TimeFormat, NeverGuesses) {
    EXPECT_EQ(failure(time_of("2013-12-02 21:15:00", "auto", "")), Code::PreconditionRequired);
    EXPECT_EQ(failure(time_of("2013-02-30 00:00:00")), Code::InvalidArgument);
    EXPECT_EQ(failure(time_of("yesterday")), Code::InvalidArgument);
    EXPECT_EQ(failure(time_of("2013-12-02 21:15:00 PM")), Code::InvalidArgument);
    EXPECT_EQ(failure(time_of("1", "parsec")), Code::InvalidArgument);
    EXPECT_EQ(failure(time_of("2013-12-02 00:00:00", "auto", "Mars/Olympus")),
              Code::InvalidArgument);
    // On 31 March 2024 the clocks of Berlin went from 02:00 to 03:00.
    EXPECT_EQ(failure(time_of("2024-03-31 02:30:00", "auto", "Europe/Berlin")),
              Code::InvalidArgument);
    EXPECT_EQ(must(time_of("2024-10-27 02:30:00", "auto", "Europe/Berlin")),
              must(parse_time("2024-10-27T00:30:00Z")));  // the first of the two
}

ColumnWishes wishes_for(std::string point) {
    ColumnWishes out;
    out.point = std::move(point);
    return out;
}

TEST(CsvColumns, AreFoundByTheirHeaders) {
    const ColumnPlan one = must(plan_columns({"timestamp", "value"}, wishes_for("p.q")));
    EXPECT_EQ(one.time, 0U);
    EXPECT_EQ(one.values, (std::vector<std::pair<std::size_t, std::string>>{{1, "p.q"}}));
    const ColumnPlan only = must(plan_columns({"Temp", "Date"}, wishes_for("p.q")));
    EXPECT_EQ(only.values[0].first, 0U);
    const ColumnPlan lengthy =
        must(plan_columns({"point", "time", "value", "quality", "quality_code"}, ColumnWishes{}));
    EXPECT_EQ(lengthy.point, 0U);
    EXPECT_EQ(lengthy.quality, 4U);
    ColumnWishes under;
    under.under = "plant/p";
    const ColumnPlan wide = must(plan_columns({"时间", "a", "b"}, under));
    EXPECT_TRUE(wide.wide);
    EXPECT_EQ(wide.values[1].second, "plant/p.b");
}

TEST(CsvColumns, SayWhatIsMissing) {
    EXPECT_EQ(failure(plan_columns({"a;b"}, {})), Code::InvalidArgument);
    EXPECT_EQ(failure(plan_columns({"when", "value"}, wishes_for("p.q"))), Code::InvalidArgument);
    EXPECT_EQ(failure(plan_columns({"time", "a", "b"}, wishes_for("p.q"))), Code::InvalidArgument);
    ColumnWishes wishes = wishes_for("p.q");
    wishes.value = "tmep";
    const auto plan = plan_columns({"time", "temp", "b"}, wishes);
    ASSERT_EQ(failure(plan), Code::InvalidArgument);
    EXPECT_TRUE(plan.error().message.contains("Did you mean 'temp'?"));
    wishes.value = "3";
    EXPECT_EQ(must(plan_columns({"time", "temp", "b"}, wishes)).values[0].first, 2U);
}

class Rows : public ::testing::Test {
protected:
    static CsvRows make(ColumnWishes wishes) {
        return CsvRows(std::move(wishes), must(TimeFormat::make("auto", "UTC")),
                       [](const std::string& path) -> Result<Target> {
                           if (path.contains("none")) {
                               return fail(Code::NotFound, "there is no point '{}'", path);
                           }
                           Target target;
                           target.path = path;
                           target.type = path.contains("count")  ? ValueType::Int64
                                         : path.contains("text") ? ValueType::String
                                                                 : ValueType::Float64;
                           return target;
                       });
    }
    std::vector<CsvValue> out_;
};

TEST_F(Rows, BecomeValues) {
    ColumnWishes wishes;
    wishes.under = "p";
    CsvRows rows = make(wishes);
    must(rows.read({{"time", "a", "count", "text"}, 1}, out_));
    EXPECT_TRUE(out_.empty());
    must(rows.read({{"2026-01-01 00:00:00", "1.5", "7", ""}, 2}, out_));
    ASSERT_EQ(out_.size(), 3U);
    EXPECT_EQ(out_[0].value, Value(1.5));
    EXPECT_EQ(out_[1].value, Value(std::int64_t{7}));
    EXPECT_EQ(out_[2].value, Value(std::string()));
    must(rows.read({{"2026-01-01 00:00:00", "", "7", "x"}, 3}, out_));
    EXPECT_EQ(out_.size(), 2U);
    EXPECT_EQ(rows.empty_cells(), 1U);
}

TEST_F(Rows, ThatAreWrongSayWhy) {
    CsvRows rows = make(wishes_for("p.a"));
    must(rows.read({{"time", "value"}, 1}, out_));
    const auto message = [&](std::vector<std::string> fields) {
        const auto read = rows.read({std::move(fields), 2}, out_);
        EXPECT_EQ(failure(read), Code::InvalidArgument);
        return read ? "" : read.error().message;
    };
    EXPECT_EQ(message({"2026-01-01 00:00:00", "warm"}),
              "'warm' in column 'value' is not a float64 value, as p.a wants");
    EXPECT_EQ(message({"2026-01-01 00:00:00", ""}), "the column 'value' is empty");
    EXPECT_EQ(message({"2026-01-01 00:00:00"}), "the row has 1 fields where the header has 2");
    EXPECT_TRUE(message({"noon", "1"}).contains("'noon' is not a time"));
    EXPECT_TRUE(message({"2026-01-01 00:00:00", "nan"}).contains("nan"));
}

TEST_F(Rows, OfUnknownPointsAreNamedByTheirColumn) {
    ColumnWishes wishes;
    wishes.under = "p";
    CsvRows rows = make(wishes);
    const auto read = rows.read({{"time", "none"}, 1}, out_);
    ASSERT_EQ(failure(read), Code::NotFound);
    EXPECT_EQ(read.error().message, "column 'none': there is no point 'p.none'");
}

}  // namespace
}  // namespace gantry::cli

// SPDX-License-Identifier: Apache-2.0
#include "arrow/sample_stream.h"

#include "arrow/column.h"
#include "arrow/testing.h"
#include "testing/testing.h"

namespace gantry::arrow {
namespace {

using gantry::arrow::testing::Outcome;
using gantry::arrow::testing::PointTable;
using gantry::arrow::testing::read;
using gantry::arrow::testing::StreamMaker;
using Lines = std::vector<std::string>;

const std::vector<Time> three_times = {10, 20, 30};

Type instant(Time unit) { return {.kind = Kind::Instant, .bits = 64, .unit = unit}; }

TEST(LongTable, TheNamesOfADictionaryAreResolvedOnceEach) {
    PointTable points;
    StreamMaker maker;
    maker.dictionary("point", {"a.f", "b.f", "unused.f"}, {0, 1, 0})
        .column("time", time_type, three_times)
        .column<double>("value", float64_type, {1.5, -2, 0.1});
    const Outcome outcome = read(maker.stream(2), points);
    EXPECT_EQ(outcome.rows, (Lines{"a.f 10 float64 1.5 Good @0", "b.f 20 float64 -2 Good @1",
                                   "a.f 30 float64 0.1 Good @2", "a.f 10 float64 1.5 Good @3",
                                   "b.f 20 float64 -2 Good @4", "a.f 30 float64 0.1 Good @5"}));
    EXPECT_EQ(points.asked, 3U);
    EXPECT_FALSE(outcome.error);
}

TEST(LongTable, PlainNamesAndQualitiesInWordsOrCodes) {
    StreamMaker words;
    words.texts("point", {"a.f", "a.f", "b.f"})
        .column("time", time_type, three_times)
        .column<double>("value", float64_type, {1, 2, 3}, {true, false, true})
        .texts("quality", {"uncertain", "bad", ""}, {true, true, false});
    EXPECT_EQ(read(words.stream()).rows,
              (Lines{"a.f 10 float64 1 Uncertain @0", "a.f 20 null  Bad @1",
                     "b.f 30 float64 3 Good @2"}));
    StreamMaker codes;
    codes.dictionary("point", {"a.f"}, {0, 0, 0})
        .column("time", time_type, three_times)
        .column<double>("value", float64_type, {1, 2, 3})
        .dictionary("quality", {"good", "uncertain"}, {0, 1, 0})
        .column<std::uint32_t>("quality_code", uint32_type, {0, 0x40940000, 0x800a0000});
    EXPECT_EQ(
        read(codes.stream()).rows,
        (Lines{"a.f 10 float64 1 Good @0", "a.f 20 float64 2 UncertainEngineeringUnitsExceeded @1",
               "a.f 30 float64 3 BadTimeout @2"}))
        << "a code says more than a word";
    StreamMaker entries;
    entries.dictionary("point", {"a.f"}, {0, 0, 0})
        .column("time", time_type, three_times)
        .column<double>("value", float64_type, {1, 2, 3})
        .dictionary("quality", {"good", "BadTimeout"}, {0, 1, 0});
    EXPECT_EQ(read(entries.stream()).rows[1], "a.f 20 float64 2 BadTimeout @1");
}

TEST(LongTable, WhatIsExportedHasAColumnForEachKindOfValue) {
    StreamMaker maker;
    maker.dictionary("point", {"a.f", "a.i", "a.s", "a.b"}, {0, 1, 2, 3})
        .column<Time>("time", time_type, {1, 2, 3, 4})
        .column<double>("value", float64_type, {0.5, 9e15, 0, 1}, {true, true, false, true})
        .column<std::int64_t>("value_int", int64_type, {0, 9007199254740993, 0, 0},
                              {false, true, false, false})
        .texts("value_text", {"", "", "批次 7", ""}, {false, false, true, false});
    EXPECT_EQ(read(maker.stream()).rows,
              (Lines{"a.f 1 float64 0.5 Good @0", "a.i 2 int64 9007199254740993 Good @1",
                     "a.s 3 string 批次 7 Good @2", "a.b 4 float64 1 Good @3"}));
}

TEST(LongTable, RowsThatCannotBeReadAreRejectedByThemselves) {
    StreamMaker maker;
    maker
        .dictionary("point", {"a.f", "nowhere", "a.f"}, {0, 1, 0, 2, 0, 0},
                    {true, true, false, true, true, true})
        .column<Time>("time", instant(1'000'000'000), {1, 2, 3, 10'000'000'000, 5, 6},
                      {true, true, true, true, false, true})
        .column<double>("value", float64_type, {1, 2, 3, 4, 5, 6})
        .texts("quality", {"good", "good", "good", "good", "good", "excellent"});
    const Outcome outcome = read(maker.stream());
    EXPECT_EQ(outcome.rows, (Lines{"a.f 1000000000 float64 1 Good @0"}));
    EXPECT_EQ(
        outcome.rejected,
        (Lines{"1 not_found there is no point 'nowhere'", "2 invalid_argument there is no point",
               "3 invalid_argument the time is not between the years 1678 and 2262",
               "4 invalid_argument there is no time",
               "5 invalid_argument quality 'excellent' must be good, uncertain, bad or an OPC "
               "UA status code"}));
    EXPECT_EQ(outcome.rejected_rows, 5U);
}

TEST(LongTable, OfManyRejectedRowsTheFirstAreNamed) {
    constexpr std::size_t count = 5000;
    StreamMaker maker;
    maker.dictionary("point", {"nowhere"}, std::vector<std::int32_t>(count))
        .column("time", time_type, std::vector<Time>(count))
        .column("value", float64_type, std::vector<double>(count));
    PointTable points;
    const Outcome outcome = read(maker.stream(), points);
    EXPECT_EQ(outcome.rejected.size(), SampleStream::rejected_max);
    EXPECT_EQ(outcome.rejected_rows, count);
    EXPECT_LE(points.asked, 1 + SampleStream::rejected_max);
}

TEST(LongTable, NumbersBecomeWhatTheirPointsHoldWhereNothingIsLost) {
    const auto value_of = [](const std::string& point, Type type, auto number) {
        StreamMaker maker;
        maker.dictionary("point", {point}, {0})
            .column<Time>("time", time_type, {1})
            .column("value", type, std::vector{number});
        return read(maker.stream()).rows.at(0);
    };
    EXPECT_EQ(value_of("a.f", int64_type, std::int64_t{7}), "a.f 1 float64 7 Good @0");
    EXPECT_EQ(value_of("a.f", {.kind = Kind::Float, .bits = 32}, 0.25F),
              "a.f 1 float64 0.25 Good @0");
    EXPECT_EQ(value_of("a.i", int8_type, std::int8_t{-7}), "a.i 1 int64 -7 Good @0");
    EXPECT_EQ(
        value_of("a.i", {.kind = Kind::Int, .bits = 16, .is_signed = false}, std::uint16_t{65535}),
        "a.i 1 int64 65535 Good @0");
    EXPECT_EQ(value_of("a.i", bool_type, std::uint8_t{1}), "a.i 1 int64 1 Good @0");
    EXPECT_EQ(value_of("a.f", int64_type, std::int64_t{9007199254740993}),
              "a.f 1 int64 9007199254740993 Good @0")
        << "whoever takes the row says what cannot be kept";
    StreamMaker huge;
    huge.dictionary("point", {"a.i"}, {0, 0})
        .column<Time>("time", time_type, {1, 2})
        .column<std::uint64_t>("value", {.kind = Kind::Int, .bits = 64, .is_signed = false},
                               {UINT64_MAX, 5});
    const Outcome outcome = read(huge.stream());
    EXPECT_EQ(outcome.rows, (Lines{"a.i 2 int64 5 Good @1"}));
    EXPECT_EQ(outcome.rejected, (Lines{"0 invalid_argument the value is larger than an int64"}));
}

TEST(LongTable, TimesOfEveryUnit) {
    for (const Time unit : {1LL, 1'000LL, 1'000'000LL, 1'000'000'000LL}) {
        StreamMaker maker;
        maker.dictionary("point", {"a.f"}, {0})
            .column<Time>("time", instant(unit), {-3})
            .column<double>("value", float64_type, {1});
        EXPECT_EQ(read(maker.stream()).rows.at(0),
                  std::format("a.f {} float64 1 Good @0", -3 * unit));
    }
}

TEST(WideTable, AColumnAPointAndNullsAreLeftOut) {
    StreamMaker maker;
    maker.column("time", time_type, three_times)
        .column<double>("a.f", float64_type, {1, 2, 3})
        .column<std::int32_t>("b.f", int32_type, {7, 8, 9}, {true, false, true})
        .texts("c.s", {"x", "", "z"}, {true, false, true})
        .nulls("d.f", 3)
        .column<std::uint8_t>("e.b", bool_type, {0b101});
    // The rows of a bool column are bits.
    const Outcome outcome = read(maker.stream());
    EXPECT_TRUE(outcome.error) << "the last column has one row";
    StreamMaker good;
    good.column<std::uint8_t>("e.b", bool_type, {0b101})
        .column("time", time_type, three_times)
        .column<double>("a.f", float64_type, {1, 2, 3})
        .column<std::int32_t>("b.f", int32_type, {7, 8, 9}, {true, false, true})
        .dictionary("c.s", {"x", "z"}, {0, 0, 1}, {true, false, true})
        .nulls("d.f", 3);
    EXPECT_EQ(
        read(good.stream()).rows,
        (Lines{"e.b 10 bool true Good @0", "e.b 20 bool false Good @1", "e.b 30 bool true Good @2",
               "a.f 10 float64 1 Good @0", "a.f 20 float64 2 Good @1", "a.f 30 float64 3 Good @2",
               "b.f 10 float64 7 Good @0", "b.f 30 float64 9 Good @2", "c.s 10 string x Good @0",
               "c.s 30 string z Good @2"}));
}

TEST(WideTable, ARowWithoutATimeIsRejectedOnce) {
    StreamMaker maker;
    maker.column("time", time_type, three_times, {true, false, true})
        .column<double>("a.f", float64_type, {1, 2, 3})
        .column<double>("b.f", float64_type, {4, 5, 6});
    const Outcome outcome = read(maker.stream());
    EXPECT_EQ(outcome.rows, (Lines{"a.f 10 float64 1 Good @0", "a.f 30 float64 3 Good @2",
                                   "b.f 10 float64 4 Good @0", "b.f 30 float64 6 Good @2"}));
    EXPECT_EQ(outcome.rejected, (Lines{"1 invalid_argument there is no time"}));
}

TEST(WideTable, AColumnThatIsNoPointIsNamed) {
    StreamMaker maker;
    maker.column("time", time_type, three_times).column<double>("plant/x", float64_type, {1, 2, 3});
    const Outcome outcome = read(maker.stream());
    ASSERT_TRUE(outcome.error);
    EXPECT_EQ(outcome.error->code, Code::NotFound);
    EXPECT_EQ(outcome.error->message, "column 'plant/x': there is no point 'plant/x'");
}

// Larger than a part in either direction: nothing is lost or told twice at the seams.
TEST(SampleStream, LargeTablesComeInPartsThatTheStoreTakes) {
    constexpr std::size_t rows = SampleStream::part_rows * 3 / 4;
    std::vector<Time> times;
    std::vector<double> values;
    for (std::size_t i = 0; i < rows; ++i) {
        times.push_back(static_cast<Time>(i));
        values.push_back(static_cast<double>(i) / 2);
    }
    StreamMaker wide;
    wide.column("time", time_type, times);
    for (const std::string name : {"a.f", "b.f", "c.f"}) {
        wide.column(name, float64_type, values);
    }
    StreamMaker tall;
    tall.dictionary("point", {"a.f"}, std::vector<std::int32_t>(rows))
        .column("time", time_type, times)
        .column("value", float64_type, values);
    for (const auto& [stream, count] :
         {std::pair(wide.stream(2), 6 * rows), std::pair(tall.stream(3), 3 * rows)}) {
        PointTable points;
        SampleStream in(as_bytes(stream), points.resolver());
        Part part;
        std::size_t seen = 0;
        std::map<std::pair<std::uint32_t, std::size_t>, int> where;
        while (gantry::testing::must(in.next(part))) {
            ASSERT_LE(part.batch.size(), SampleStream::part_rows);
            for (std::size_t i = 0; i < part.batch.size(); ++i) {
                const Row row = part.batch.row(i);
                const std::size_t of_table = part.row_of(i);
                ASSERT_EQ(row.time, static_cast<Time>(of_table % rows));
                ASSERT_EQ(row.value(), Value(static_cast<double>(row.time) / 2));
                ASSERT_EQ(++where[std::pair(row.series.value, of_table)], 1);
            }
            seen += part.batch.size();
        }
        EXPECT_EQ(seen, count);
    }
}

TEST(SampleStream, AFewBytesOfTextThatAreMeantOftenAreBounded) {
    StreamMaker maker;
    const std::size_t rows = 100'000;
    maker.dictionary("point", {"a.s"}, std::vector<std::int32_t>(rows))
        .column("time", time_type, std::vector<Time>(rows))
        .dictionary("value_text", {std::string(60'000, 'x')}, std::vector<std::int32_t>(rows));
    const std::string stream = maker.stream();
    PointTable points;
    SampleStream in(as_bytes(stream), points.resolver());
    Part part;
    Result<bool> more = true;
    std::size_t bytes = 0;
    while (more && *more) {
        more = in.next(part);
        ASSERT_LE(part.batch.bytes(), std::size_t{4} << 20);
        bytes += part.batch.bytes();
    }
    EXPECT_EQ(gantry::testing::failure(more), Code::TooLarge);
    EXPECT_LE(bytes, unpacked_bytes_max + 50 * stream.size());
}

TEST(SampleStream, TextsThatTheStoreDoesNotKeepAreRejected) {
    StreamMaker maker;
    maker.texts("point", {"a.s", "a.s", "a.s"})
        .column("time", time_type, three_times)
        .texts("value", {std::string(70'000, 'x'), "\xff", "fine"});
    const Outcome outcome = read(maker.stream());
    EXPECT_EQ(outcome.rows, (Lines{"a.s 30 string fine Good @2"}));
    EXPECT_EQ(outcome.rejected,
              (Lines{"0 invalid_argument the text has 70000 bytes, at most 65536 are kept",
                     "1 invalid_argument the text is not UTF-8"}));
}

TEST(SampleStream, TablesThatMeanNothingAreRefusedByName) {
    const auto message_of = [](const StreamMaker& maker) {
        const Outcome outcome = read(maker.stream());
        return outcome.error ? outcome.error->message : "none";
    };
    const std::vector<double> values = {1, 2, 3};
    EXPECT_EQ(
        message_of(StreamMaker().column("a.f", float64_type, values)),
        "there is no column 'time': give time and a column a point, or point, time and value");
    EXPECT_EQ(message_of(StreamMaker()
                             .texts("point", {"a.f", "a.f", "a.f"})
                             .column("value", float64_type, values)),
              "there is no column 'time'");
    EXPECT_EQ(message_of(StreamMaker()
                             .texts("point", {"a.f", "a.f", "a.f"})
                             .column("time", time_type, three_times)),
              "there is no column 'value', 'value_int' or 'value_text'");
    EXPECT_EQ(message_of(StreamMaker()
                             .texts("point", {"a.f", "a.f", "a.f"})
                             .column("time", time_type, three_times)
                             .column("valeu", float64_type, values)),
              "column 'valeu' means nothing beside 'point': there may be point, time, value, "
              "value_int, value_text, quality and quality_code");
    EXPECT_EQ(message_of(StreamMaker()
                             .column("time", int64_type, three_times)
                             .column("a.f", float64_type, values)),
              "column 'time' is of type int64: cast it to a timestamp");
    EXPECT_EQ(message_of(StreamMaker()
                             .column("time", time_type, three_times)
                             .column("a.f", float64_type, values)
                             .column("a.f", float64_type, values)),
              "column 'a.f' is there twice");
    EXPECT_EQ(message_of(StreamMaker()
                             .column("time", time_type, three_times)
                             .column("a.i", time_type, three_times)),
              "column 'a.i' is of type timestamp[ns]: a point holds no times");
}

}  // namespace
}  // namespace gantry::arrow

// SPDX-License-Identifier: Apache-2.0
#include "store/last_values.h"

#include <algorithm>
#include <map>
#include <thread>

#include "base/random.h"
#include "testing/testing.h"

namespace gantry::store {
namespace {

Row number_row(SeriesId series, Time time, std::int64_t value, Quality quality = quality::good) {
    return {series, time, ValueType::Int64, static_cast<std::uint64_t>(value), {}, quality};
}

Row text_row(SeriesId series, Time time, std::string_view text) {
    return {series, time, ValueType::String, 0, text, quality::good};
}

std::optional<Sample> last(const LastValues& values, SeriesId series) {
    LastRow row;
    return values.read(series, row) == Known::Yes ? std::optional(row.sample()) : std::nullopt;
}

TEST(LastValues, KnowsNothingUntilItIsTold) {
    LastValues values;
    LastRow row;
    const SeriesId id{5'000'000};
    EXPECT_EQ(values.read(id, row), Known::No);
    values.advance(number_row(id, 1, 1));
    EXPECT_EQ(values.read(id, row), Known::No);
    values.set_empty(id);
    EXPECT_EQ(values.read(id, row), Known::Empty);
    EXPECT_EQ(values.read(SeriesId{id.value + 1}, row), Known::No);
    values.advance(number_row(id, -7, 1));
    EXPECT_EQ(last(values, id), (Sample{-7, std::int64_t{1}, quality::good}));
    values.forget(id);
    EXPECT_EQ(values.read(id, row), Known::No);
    values.forget(SeriesId{77});
    values.advance(number_row(id, 9, 1));
    EXPECT_EQ(values.read(id, row), Known::No);
}

TEST(LastValues, OfNewSeriesAreEmptyUntilTheFirstRow) {
    LastValues values;
    LastRow row;
    values.begin_new_series(SeriesId{10});
    EXPECT_EQ(values.read(SeriesId{9}, row), Known::No);
    EXPECT_EQ(values.read(SeriesId{10}, row), Known::Empty);
    values.advance(number_row(SeriesId{9}, 1, 1));
    values.advance(number_row(SeriesId{10}, 1, 1));
    EXPECT_EQ(values.read(SeriesId{9}, row), Known::No);
    EXPECT_EQ(values.read(SeriesId{10}, row), Known::Yes);
    values.forget(SeriesId{11});
    values.advance(number_row(SeriesId{11}, 1, 1));
    EXPECT_EQ(values.read(SeriesId{11}, row), Known::No) << "it may have older rows elsewhere";
}

TEST(LastValues, GivesBackEveryTypeOfValue) {
    LastValues values;
    SampleBatch batch;
    const Value kinds[] = {std::monostate(),    true,         std::int64_t{-42}, 0.1,
                           std::string("运行"), std::string()};
    std::uint32_t id = 0;
    for (const Value& kind : kinds) {
        values.set_empty(SeriesId{id});
        batch.add(SeriesId{id++}, 10, quality::uncertain, kind);
    }
    values.advance(batch);
    id = 0;
    for (const Value& kind : kinds) {
        EXPECT_EQ(last(values, SeriesId{id++}), (Sample{10, kind, quality::uncertain}));
    }
}

TEST(LastValues, AdvancesUnlessTheLastRowIsLater) {
    LastValues values;
    const SeriesId id{3};
    values.set(id, number_row(id, 10, 1));
    values.advance(number_row(id, 9, 2));
    EXPECT_EQ(last(values, id)->time, 10);
    values.advance(number_row(id, 10, 3));
    EXPECT_EQ(last(values, id)->value, Value(std::int64_t{3}));
    values.set(id, number_row(id, 5, 4));
    EXPECT_EQ(last(values, id)->time, 5);
}

TEST(LastValues, KeepsNoTextThatIsPast) {
    LastValues values;
    const SeriesId id{3};
    const std::string text(60'000, 'x');
    values.set(id, text_row(id, 10, text));
    const std::uint64_t with_text = values.bytes();
    values.advance({id, 11, ValueType::Null, 0, {}, quality::bad_timeout});
    EXPECT_EQ(last(values, id), (Sample{11, std::monostate(), quality::bad_timeout}));
    EXPECT_LT(values.bytes(), with_text - text.size());
    values.advance(text_row(id, 12, "on"));
    EXPECT_EQ(last(values, id)->value, Value(std::string("on")));
    values.set_empty(id);
    values.advance(text_row(id, 1, "off"));
    EXPECT_EQ(last(values, id)->value, Value(std::string("off")));
}

TEST(LastValues, EqualsAMapUnderRandomBatches) {
    SeededRandom random(4);
    LastValues values;
    std::map<std::uint32_t, Sample> expected;
    constexpr std::uint32_t series_count = 9'000;
    for (std::uint32_t id = 0; id < series_count; id += 2) {
        values.set_empty(SeriesId{id});
    }
    for (int round = 0; round < 200; ++round) {
        SampleBatch batch;
        for (std::uint64_t n = random.below(300); n > 0; --n) {
            const auto id = static_cast<std::uint32_t>(random.below(series_count));
            const auto time = static_cast<Time>(random.below(1000));
            const Value kinds[] = {std::monostate(), static_cast<double>(n),
                                   std::string(random.below(40), 'a')};
            const Value& value = kinds[random.below(3)];
            batch.add(SeriesId{id}, time, quality::good, value);
            const auto known = expected.find(id);
            if (id % 2 == 0 && (known == expected.end() || known->second.time <= time)) {
                expected[id] = {time, value, quality::good};
            }
        }
        values.advance(batch);
    }
    for (std::uint32_t id = 0; id < series_count; ++id) {
        const auto known = expected.find(id);
        ASSERT_EQ(last(values, SeriesId{id}),
                  known == expected.end() ? std::nullopt : std::optional(known->second))
            << id;
    }
}

// Every part of a row follows from its time.
Row consistent_row(SeriesId series, Time time, std::string& text) {
    Row row{series,
            time,
            ValueType::Int64,
            static_cast<std::uint64_t>(time) * 3,
            {},
            Quality{static_cast<std::uint32_t>(time) * 7}};
    if (series.value % 2 == 1 && time % 3 != 0) {
        text.assign(static_cast<std::size_t>(time % 50), static_cast<char>('a' + time % 26));
        row.type = ValueType::String;
        row.text = text;
    } else if (time % 5 == 0) {
        row.type = ValueType::Null;
    }
    return row;
}

TEST(LastValues, ReadersSeeWholeRowsThatNeverGoBack) {
    static constexpr std::uint32_t series_count = 4;
    static constexpr Time rounds = 30'000;
    LastValues values;
    for (std::uint32_t id = 0; id < series_count; ++id) {
        values.set_empty(SeriesId{id});
    }
    const auto follow = [&values] {
        std::array<Time, series_count> seen{};
        std::string text;
        LastRow got;
        while (*std::ranges::min_element(seen) < rounds) {
            for (std::uint32_t id = 0; id < series_count; ++id) {
                const Known known = values.read(SeriesId{id}, got);
                ASSERT_NE(known, Known::No);
                if (known == Known::Empty) {
                    continue;
                }
                const Row expected = consistent_row(SeriesId{id}, got.time, text);
                ASSERT_GE(got.time, seen[id]);
                ASSERT_EQ(got.quality, expected.quality);
                ASSERT_EQ(got.type, expected.type);
                ASSERT_EQ(got.bits, expected.bits);
                ASSERT_EQ(got.text, expected.text);
                seen[id] = got.time;
            }
        }
    };
    const std::jthread first(follow);
    const std::jthread second(follow);
    const std::jthread third(follow);
    std::string text;
    for (Time time = 1; time <= rounds; ++time) {
        for (std::uint32_t id = 0; id < series_count; ++id) {
            values.advance(consistent_row(SeriesId{id}, time, text));
        }
    }
}

TEST(LastValues, AReaderOfASeriesThatIsAlwaysWrittenSeesNoTornRow) {
    static constexpr Time rounds = 2'000'000;
    static constexpr SeriesId id{1};
    LastValues values;
    values.set(id, number_row(id, 0, 0));
    const std::jthread reader([&values] {
        LastRow got;
        do {
            ASSERT_EQ(values.read(id, got), Known::Yes);
            ASSERT_EQ(got.bits, static_cast<std::uint64_t>(got.time) * 3);
            ASSERT_EQ(got.quality.code, static_cast<std::uint32_t>(got.time) * 7);
        } while (got.time < rounds);
    });
    for (Time time = 1; time <= rounds; ++time) {
        values.advance(
            number_row(id, time, time * 3, Quality{static_cast<std::uint32_t>(time) * 7}));
    }
}

}  // namespace
}  // namespace gantry::store

// SPDX-License-Identifier: Apache-2.0
#include <duckdb.hpp>

#include "query/sql_testing.h"

namespace gantry::query {
namespace {

// Times of two centuries: ends of months and years, leap days, hours in which clocks elsewhere are
// set, and whatever else 37 days and some minutes apart meets; none, and the ends of what there is.
constexpr const char* times =
    "(SELECT unnest(['1969-12-31 23:59:59.999999+00', '1970-01-01 00:00:00+00', "
    "'2000-01-03 00:00:00+00', '2000-02-29 23:59:59.5+00', '2024-02-29 12:00:00+00', "
    "'2025-03-30 01:30:00+00', '2025-10-26 00:59:59.999999+00', '1900-03-01 00:00:00+00', "
    "'1582-10-10 00:00:00+00', '0001-01-01 00:00:00+00', '2262-04-11 23:47:16.854775+00', "
    "NULL]::TIMESTAMPTZ[]) AS t UNION ALL SELECT TIMESTAMPTZ '1900-01-01 00:00:00+00' + range * "
    "INTERVAL '37 days 7 minutes 3.000001 seconds' FROM range(2000))";

// DuckDB with its own functions, which go by ICU's calendar.
struct Itself {
    Itself() { EXPECT_FALSE(connection.Query("SET TimeZone = 'UTC'")->HasError()); }
    std::string ask(const std::string& text) {
        const auto answer = connection.Query(text);
        return answer->HasError() ? answer->GetError() : answer->GetValue(0, 0).ToString();
    }

    duckdb::DuckDB database{nullptr};
    duckdb::Connection connection{database};
};

void expect_same(SqlFixture& fixture, Itself& itself, const std::string& expression) {
    // All of it, in the order of times, in one text.
    const std::string text =
        std::format("SELECT string_agg(coalesce(({})::VARCHAR, '-'), ' ' ORDER BY t) FROM {}",
                    expression, times);
    const SqlAnswer answer = fixture.ask(text);
    const std::string expected = itself.ask(text);
    EXPECT_GT(expected.size(), 2000U) << expected;
    EXPECT_EQ(std::get<std::string>(answer.rows.at(0).at(0)), expected) << expression;
}

TEST(SqlUtc, SaysWhatTheCalendarSays) {
    SqlFixture fixture;
    Itself itself;
    for (const char* part :
         {"microsecond", "milliseconds", "second", "minute", "hour", "day", "week", "month",
          "quarter", "year", "isoyear", "decade", "century", "millennium"}) {
        expect_same(fixture, itself, std::format("date_trunc('{}', t)", part));
    }
    for (const char* width : {"1 second", "7 minutes", "1 hour", "5 hours", "1 day", "3 days",
                              "1 week", "1 month", "5 months", "1 year", "3 years"}) {
        expect_same(fixture, itself, std::format("time_bucket(INTERVAL '{}', t)", width));
    }
    expect_same(fixture, itself, "time_bucket(INTERVAL '1 month', t, TIMESTAMPTZ '2024-01-15')");
    expect_same(fixture, itself, "time_bucket(INTERVAL '6 hours', t, INTERVAL '90 minutes')");
    expect_same(fixture, itself,
                "date_trunc(CASE WHEN minute(t) > 30 THEN 'day' ELSE 'hour' END, t)");
    for (const char* name : {"microsecond", "millisecond", "second", "minute", "hour", "day",
                             "month", "quarter", "year", "decade", "century", "millennium", "week",
                             "yearweek", "isoyear", "dayofyear", "dayofweek", "isodow"}) {
        expect_same(fixture, itself, std::format("{}(t)", name));
    }
}

// A month, or a zone of another name, is still what it was.
TEST(SqlUtc, LeavesTypesAndOtherZonesAsTheyAre) {
    SqlFixture fixture;
    const SqlAnswer answer = fixture.ask(
        "SELECT typeof(date_trunc('month', t)), typeof(time_bucket(INTERVAL 1 DAY, t)), "
        "time_bucket(INTERVAL 1 DAY, t, 'Europe/Berlin')::VARCHAR "
        "FROM (SELECT TIMESTAMPTZ '2024-07-01 23:00:00+00' AS t)");
    EXPECT_EQ(answer.rows[0],
              (std::vector<SqlCell>{"TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE",
                                    "2024-07-01 22:00:00+00"}));
    EXPECT_EQ(fixture.refused("SELECT date_trunc('nothing', TIMESTAMPTZ '2024-07-01')"),
              Code::InvalidArgument);
}

}  // namespace
}  // namespace gantry::query

// SPDX-License-Identifier: Apache-2.0
// What needs no connection: messages, values, and SQL as text.
#include <cmath>

#include "pgwire/catalogue.h"
#include "pgwire/commands.h"
#include "pgwire/messages.h"
#include "pgwire/rewrite.h"
#include "pgwire/values.h"
#include "testing/testing.h"

namespace gantry::pgwire {
namespace {

using gantry::testing::failure;
using gantry::testing::must;
using query::SqlVector;
using namespace std::literals;

std::string hex(std::string_view bytes) {
    std::string out;
    for (const char byte : bytes) {
        out += std::format("{:02x}", static_cast<unsigned char>(byte));
    }
    return out;
}

// ---- messages

TEST(Messages, AreAsTheManualHasThem) {
    std::string out;
    MessageWriter writer(out);
    writer.ready_for_query('I');
    EXPECT_EQ(out, "Z\0\0\0\5I"sv);
    out.clear();
    writer.command_complete("SELECT 1");
    EXPECT_EQ(out, "C\0\0\0\15SELECT 1\0"sv);
    out.clear();
    const std::vector<ColumnDescription> columns = {{"id", 20, 8, 1}};
    writer.row_description(columns);
    EXPECT_EQ(hex(out), "540000001b0001"
                        "696400"
                        "00000000"
                        "0000"
                        "00000014"
                        "0008"
                        "ffffffff"
                        "0001");
    out.clear();
    writer.begin('D');
    writer.put16(2);
    writer.put32(0xffffffff);
    const std::size_t at = writer.begin_value();
    writer.put_bytes("abc");
    writer.end_value(at);
    writer.end();
    EXPECT_EQ(hex(out), "4400000011"
                        "0002"
                        "ffffffff"
                        "00000003"
                        "616263");
}

TEST(Messages, NoTextEndsAFieldEarly) {
    std::string out;
    MessageWriter writer(out);
    writer.error({.state = "42601", .message = "bad\0SFATAL"s, .position = 3});
    EXPECT_EQ(out.substr(5), "SERROR\0VERROR\0C42601\0Mbad\0P3\0\0"sv);
}

TEST(Messages, ALengthThatLiesIsRefused) {
    EXPECT_EQ(must(message_length("\0\0"sv, 4, 100)), std::nullopt);
    EXPECT_EQ(must(message_length("\0\0\0\x10"sv, 4, 100)), 16U);
    EXPECT_EQ(failure(message_length("\0\0\0\3"sv, 4, 100)), Code::InvalidArgument);
    EXPECT_EQ(failure(message_length("\x7f\xff\xff\xff"sv, 4, 100)), Code::TooLarge);
}

TEST(Messages, TheStartOfAConnection) {
    EXPECT_EQ(must(parse_startup("\4\xd2\x16\x2f"sv)).kind, StartupPacket::Kind::Ssl);
    EXPECT_EQ(must(parse_startup("\4\xd2\x16\x30"sv)).kind, StartupPacket::Kind::Gss);
    const auto cancel = must(parse_startup("\4\xd2\x16\x2e\0\0\0\7\0\0\1\0"sv));
    EXPECT_EQ(cancel.kind, StartupPacket::Kind::Cancel);
    EXPECT_EQ(cancel.process, 7U);
    EXPECT_EQ(cancel.secret, 256U);
    const auto startup = must(parse_startup("\0\3\0\2user\0u\0database\0d\0\0"sv));
    EXPECT_EQ(startup.minor, 2);
    ASSERT_EQ(startup.parameters.size(), 2U);
    EXPECT_EQ(startup.parameters[1], (std::pair<std::string, std::string>("database", "d")));
    EXPECT_EQ(failure(parse_startup("\0\2\0\0user\0u\0\0"sv)), Code::Unsupported);
    EXPECT_EQ(failure(parse_startup("\0\3\0\0user\0u"sv)), Code::InvalidArgument);
    EXPECT_EQ(failure(parse_startup("\0\3\0\0user\0u\0\0more"sv)), Code::InvalidArgument);
}

TEST(Messages, ABindIsReadWhole) {
    const auto bind = must(parse_bind("p\0s\0\0\1\0\1\0\2\0\0\0\1x\xff\xff\xff\xff\0\1\0\1"sv));
    EXPECT_EQ(bind.portal, "p");
    EXPECT_EQ(bind.statement, "s");
    ASSERT_EQ(bind.parameters.size(), 2U);
    EXPECT_EQ(bind.parameters[0], "x");
    EXPECT_EQ(bind.parameters[1], std::nullopt);
    EXPECT_EQ(bind.result_formats, std::vector<std::int16_t>{1});
    EXPECT_EQ(failure(parse_bind("p\0s\0\0\0\0\1\0\0\0\x09x\0\0"sv)), Code::InvalidArgument);
    EXPECT_EQ(failure(parse_bind("p\0s\0\0\1\0\2\0\0\0\0"sv)), Code::InvalidArgument);
    EXPECT_EQ(failure(parse_bind("p\0s\0\xff\xff"sv)), Code::InvalidArgument);
}

// ---- values

SqlVector numbers(SqlKind kind, std::vector<std::int64_t> values) {
    SqlVector out;
    out.type = {kind, {}};
    out.null.assign(values.size(), 0);
    out.numbers = std::move(values);
    return out;
}

SqlVector texts(SqlKind kind, const std::vector<std::string>& values) {
    SqlVector out;
    out.type = {kind, {}};
    out.null.assign(values.size(), 0);
    for (const std::string& value : values) {
        out.bytes += value;
        out.ends.push_back(out.bytes.size());
    }
    return out;
}

SqlVector reals(SqlKind kind, double value) {
    SqlVector out;
    out.type = {kind, {}};
    out.null = {0};
    out.reals = {value};
    return out;
}

std::string text(const SqlVector& vector, std::size_t row = 0) {
    std::string out;
    put_text_value(vector, row, out);
    return out;
}

std::string binary(const SqlVector& vector, std::size_t row = 0) {
    std::string out;
    MessageWriter writer(out);
    put_binary_value(vector, row, writer);
    return hex(out);
}

TEST(Values, InText) {
    EXPECT_EQ(text(numbers(SqlKind::Boolean, {1})), "t");
    EXPECT_EQ(text(numbers(SqlKind::Int64, {INT64_MIN})), "-9223372036854775808");
    EXPECT_EQ(text(reals(SqlKind::Float64, 0.1)), "0.1");
    EXPECT_EQ(text(reals(SqlKind::Float64, std::nan(""))), "NaN");
    EXPECT_EQ(text(reals(SqlKind::Float64, -INFINITY)), "-Infinity");
    EXPECT_EQ(text(numbers(SqlKind::Date, {19675})), "2023-11-14");
    EXPECT_EQ(text(numbers(SqlKind::TimestampTz, {1'700'000'000'500'000})),
              "2023-11-14 22:13:20.5+00");
    EXPECT_EQ(text(numbers(SqlKind::Timestamp, {-1})), "1969-12-31 23:59:59.999999");
    EXPECT_EQ(text(numbers(SqlKind::Timestamp, {query::sql_time_infinity})), "infinity");
    EXPECT_EQ(text(numbers(SqlKind::Date, {-719'528 - 365})), "0002-01-01 BC");
    EXPECT_EQ(text(texts(SqlKind::Bytes, {"\0a"s})), "\\x0061");
    EXPECT_EQ(interval_text({14, 3, 3'661'000'000}), "1 year 2 mons 3 days 01:01:01");
    EXPECT_EQ(interval_text({0, 0, 0}), "00:00:00");
}

TEST(Values, InBinary) {
    EXPECT_EQ(binary(numbers(SqlKind::Boolean, {1})), "01");
    EXPECT_EQ(binary(numbers(SqlKind::Int16, {-2})), "fffe");
    EXPECT_EQ(binary(numbers(SqlKind::Int64, {258})), "0000000000000102");
    EXPECT_EQ(binary(reals(SqlKind::Float64, 1)), "3ff0000000000000");
    EXPECT_EQ(binary(reals(SqlKind::Float32, 1)), "3f800000");
    // PostgreSQL counts from 2000-01-01.
    EXPECT_EQ(binary(numbers(SqlKind::Date, {10'958})), "00000001");
    EXPECT_EQ(binary(numbers(SqlKind::TimestampTz, {946'684'800'000'001})), "0000000000000001");
    EXPECT_EQ(binary(numbers(SqlKind::Timestamp, {query::sql_time_infinity})), "7fffffffffffffff");
    EXPECT_EQ(binary(texts(SqlKind::Uuid, {"00112233-4455-6677-8899-aabbccddeeff"})),
              "00112233445566778899aabbccddeeff");
    // 2 digits, weight 0, positive, 2 behind the point, 12, 5000.
    EXPECT_EQ(binary(texts(SqlKind::Numeric, {"12.50"})), "00020000"
                                                          "00000002"
                                                          "000c"
                                                          "1388");
    EXPECT_EQ(binary(texts(SqlKind::Numeric, {"-0.0001"})), "0001ffff"
                                                            "40000004"
                                                            "0001");
    EXPECT_EQ(binary(texts(SqlKind::Numeric, {"0"})), "0000000000000000");
}

TEST(Values, Lists) {
    SqlVector list;
    list.type = {SqlKind::List, SqlKind::Text};
    list.null = {0, 0};
    list.ends = {3, 3};
    list.elements = std::make_unique<SqlVector>(texts(SqlKind::Text, {"a", "b \"c\"", ""}));
    EXPECT_EQ(text(list), "{a,\"b \\\"c\\\"\",\"\"}");
    EXPECT_EQ(text(list, 1), "{}");
    EXPECT_EQ(binary(list, 1), "00000000"
                               "00000000"
                               "00000019");
    EXPECT_EQ(binary(list), "00000001"
                            "00000000"
                            "00000019"
                            "00000003"
                            "00000001"
                            "0000000161"
                            "0000000562202263"
                            "22"
                            "00000000");
}

query::SqlArgument read(SqlKind kind, Format format, std::string_view bytes) {
    return must(read_parameter({kind, SqlKind::Text}, format, bytes));
}

TEST(Values, ParametersOfBothForms) {
    EXPECT_EQ(read(SqlKind::Int32, Format::Text, " 42 ").number, 42);
    EXPECT_EQ(read(SqlKind::Int32, Format::Binary, "\xff\xff\xff\xfe"sv).number, -2);
    EXPECT_EQ(read(SqlKind::Float64, Format::Text, "1e3").real, 1000);
    EXPECT_EQ(read(SqlKind::Boolean, Format::Text, "TRUE").number, 1);
    EXPECT_EQ(read(SqlKind::TimestampTz, Format::Binary, "\0\0\0\0\0\0\0\1"sv).number,
              946'684'800'000'001);
    EXPECT_EQ(read(SqlKind::Text, Format::Text, "x").text, "x");
    EXPECT_TRUE(read(SqlKind::TimestampTz, Format::Text, "2023-11-14").in_words);
    EXPECT_EQ(
        must(read_parameter({SqlKind::List, SqlKind::Text}, Format::Text, "{a,\"b,\\\"\"}")).list,
        (std::vector<std::string>{"a", "b,\""}));
    EXPECT_TRUE(must(read_parameter({}, Format::Text, std::nullopt)).null);
}

TEST(Values, WhatIsNoValueIsRefused) {
    const auto wrong = [](SqlKind kind, Format format, std::string_view bytes) {
        return failure(read_parameter({kind, SqlKind::Text}, format, bytes));
    };
    EXPECT_EQ(wrong(SqlKind::Int32, Format::Text, "42x"), Code::InvalidArgument);
    EXPECT_EQ(wrong(SqlKind::Int16, Format::Text, "40000"), Code::InvalidArgument);
    EXPECT_EQ(wrong(SqlKind::Int32, Format::Text, ""), Code::InvalidArgument);
    EXPECT_EQ(wrong(SqlKind::Int32, Format::Binary, "\0\0"sv), Code::InvalidArgument);
    EXPECT_EQ(wrong(SqlKind::Text, Format::Text, "\xff"), Code::InvalidArgument);
    EXPECT_EQ(wrong(SqlKind::Numeric, Format::Binary, "\0\5\0\0\0\0\0\0"sv), Code::InvalidArgument);
    EXPECT_EQ(wrong(SqlKind::List, Format::Text, "{a"), Code::InvalidArgument);
}

TEST(Values, NumericsComeBackAsTheyWere) {
    for (const std::string number : {"0", "1", "-1", "12.50", "10000", "0.0001", "-99999999.9999",
                                     "12345678901234567890.123456789", "100000000", "0.10"}) {
        std::string out;
        MessageWriter writer(out);
        put_binary_numeric(number, writer);
        EXPECT_EQ(must(numeric_from_binary(out)), number);
    }
}

// ---- SQL as text

std::vector<std::string> split(std::string_view sql) {
    std::vector<std::string> out;
    for (const StatementText& statement : statements_of(sql)) {
        out.emplace_back(statement.text);
    }
    return out;
}

TEST(Tokens, StatementsEndAtTheirOwnSemicolons) {
    EXPECT_EQ(split("select ';' ; select \";\" -- ;\n;; select $a$;$a$, E'\\';' /* ; /* ; */ ; */"),
              (std::vector<std::string>{"select ';'", "select \";\"", "select $a$;$a$, E'\\';'"}));
    EXPECT_TRUE(split("").empty());
    EXPECT_TRUE(split("-- ping").empty());
    EXPECT_TRUE(split(" ;; /* nothing */ ; ").empty());
    EXPECT_EQ(split("select 'open").size(), 1U);
}

std::string rewritten(std::string_view sql) {
    const StatementText statement{sql, tokens_of(sql), 0};
    return rewrite(statement, "main").apply(sql);
}

TEST(Rewrite, WhatIsNotTheCataloguesStaysAsItIs) {
    for (const std::string sql :
         {"SELECT time, value FROM samples WHERE point = 'pg_class' AND value > 1",
          "SELECT a.version, count(*) AS user FROM points a -- pg_class",
          "SELECT value::double AS pg_class FROM samples", "SELECT 'a' ~~ 'b'"}) {
        EXPECT_EQ(rewritten(sql), sql);
    }
}

TEST(Rewrite, NamesOfTheCatalogueAreOurs) {
    EXPECT_EQ(rewritten("SELECT pg_catalog.format_type(a, b) FROM pg_catalog.pg_class c"),
              "SELECT gantry_pg.format_type(a, b) FROM gantry_pg.pg_class c");
    EXPECT_EQ(rewritten("SELECT relname FROM pg_class"), "SELECT relname FROM gantry_pg.pg_class");
    EXPECT_EQ(rewritten("SELECT pg_catalog.array_to_string(x, ',')"),
              "SELECT array_to_string(x, ',')");
    EXPECT_EQ(rewritten("SELECT * FROM information_schema.\"columns\""),
              "SELECT * FROM gantry_info.columns");
    EXPECT_EQ(rewritten("SELECT current_user, x.current_user"),
              "SELECT gantry_login(), x.current_user");
    EXPECT_EQ(rewritten("SELECT * FROM \"main\".\"public\".\"samples\""),
              "SELECT * FROM \"public\".\"samples\"");
    EXPECT_EQ(rewritten("SELECT * FROM other.public.samples"),
              "SELECT * FROM other.public.samples");
}

TEST(Rewrite, CastsToTypesThatTheEngineHasNot) {
    EXPECT_EQ(rewritten("SELECT 'samples'::regclass::oid"),
              "SELECT gantry_pg.to_regclass('samples')::BIGINT");
    EXPECT_EQ(rewritten("SELECT c.oid::pg_catalog.regclass"), "SELECT c.oid::VARCHAR");
    EXPECT_EQ(rewritten("SELECT x::pg_catalog.text, CAST(y AS pg_catalog.\"char\")"),
              "SELECT x::text, CAST(y AS VARCHAR)");
    EXPECT_EQ(rewritten("SELECT CAST('t' AS regclass)"), "SELECT gantry_pg.to_regclass('t')");
}

TEST(Rewrite, RegularExpressionsLookForAPart) {
    EXPECT_EQ(rewritten("a OPERATOR(pg_catalog.~) '^(x)$' COLLATE pg_catalog.default"),
              "a ~ '(?s).*(?:^(x)$).*' ");
    EXPECT_EQ(rewritten("a !~ '^pg_'"), "a !~ '(?s).*(?:^pg_).*'");
    EXPECT_EQ(rewritten("a ~* 'it''s'"), "a ~ '(?si).*(?:it''s).*'");
}

TEST(Rewrite, PlacesComeBack) {
    const std::string sql = "SELECT 'a'::regclass, nothing FROM pg_class";
    const StatementText statement{sql, tokens_of(sql), 0};
    const Rewritten changed = rewrite(statement, "");
    const std::string now = changed.apply(sql);
    EXPECT_EQ(changed.original_place(now.find("nothing")), sql.find("nothing"));
    EXPECT_EQ(changed.original_place(now.find("gantry_pg.pg_class") + 3), sql.find("pg_class"));
    EXPECT_EQ(changed.original_place(0), 0U);
}

TEST(Rewrite, ColumnsAreNamedAfterTheirFunctions) {
    EXPECT_EQ(column_name("count_star()"), "count");
    EXPECT_EQ(column_name("avg(\"value\")"), "avg");
    EXPECT_EQ(column_name("gantry_pg.version()"), "version");
    EXPECT_EQ(column_name("(avg(x) + 1)"), "(avg(x) + 1)");
    EXPECT_EQ(column_name("CAST($1 AS INTEGER)"), "?column?");
    EXPECT_EQ(column_name("value"), "value");
}

Command command(std::string_view sql) {
    const auto out = command_of(statements_of(sql).at(0));
    EXPECT_TRUE(out) << sql;
    return out ? *out : Command{};
}

std::string_view refused(std::string_view sql) {
    const auto out = command_of(statements_of(sql).at(0));
    EXPECT_FALSE(out) << sql;
    return out ? "" : out.error().state;
}

TEST(Commands, AreToldApart) {
    EXPECT_TRUE(std::holds_alternative<QueryCommand>(command("WITH x AS (SELECT 1) TABLE x")));
    EXPECT_EQ(std::get<QueryCommand>(command("explain select 1")).tag, "EXPLAIN");
    EXPECT_EQ(std::get<TransactionCommand>(command("START TRANSACTION READ ONLY")).what,
              Transaction::Begin);
    EXPECT_EQ(std::get<TransactionCommand>(command("ROLLBACK WORK TO SAVEPOINT a")).what,
              Transaction::RollbackTo);
    const auto set = std::get<SetCommand>(command("SET SESSION DateStyle TO 'ISO', 'MDY'"));
    EXPECT_EQ(set.name, "datestyle");
    EXPECT_EQ(set.value, "ISO, MDY");
    EXPECT_EQ(std::get<SetCommand>(command("set time zone 'Europe/Berlin'")).name, "timezone");
    EXPECT_EQ(std::get<ShowCommand>(command("SHOW TRANSACTION ISOLATION LEVEL")).name,
              "transaction_isolation");
    EXPECT_TRUE(std::get<DeallocateCommand>(command("DEALLOCATE ALL")).all);
    EXPECT_EQ(std::get<DeallocateCommand>(command("deallocate \"_pg3_0\"")).name, "_pg3_0");
    EXPECT_EQ(std::get<NothingCommand>(command("UNLISTEN *")).tag, "UNLISTEN");
}

TEST(Commands, WhatWritesIsRefused) {
    for (const std::string sql :
         {"INSERT INTO samples VALUES (1)", "create table x (a int)", "COPY samples FROM STDIN",
          "DROP VIEW samples", "ATTACH 'x'", "VACUUM"}) {
        EXPECT_EQ(refused(sql), "25006") << sql;
    }
    EXPECT_EQ(refused("COPY samples TO '/etc/passwd'"), "0A000");
    EXPECT_EQ(refused("LISTEN x"), "0A000");
    EXPECT_EQ(refused("SET ROLE postgres"), "0A000");
}

TEST(Commands, CopyTakesBothWaysToWriteItsOptions) {
    const auto csv = std::get<CopyCommand>(
        command("COPY (SELECT ')' FROM (SELECT 1) x) TO STDOUT WITH (FORMAT csv, HEADER true)"));
    EXPECT_EQ(csv.query, "SELECT ')' FROM (SELECT 1) x");
    EXPECT_EQ(csv.form, CopyCommand::Form::Csv);
    EXPECT_TRUE(csv.header);
    EXPECT_EQ(csv.delimiter, ',');
    EXPECT_EQ(csv.null_text, "");
    const auto old =
        std::get<CopyCommand>(command("copy public.samples (time, value) to stdout with csv header "
                                      "delimiter as ';' null as '-'"));
    EXPECT_EQ(old.query, "SELECT time, value FROM public.samples");
    EXPECT_EQ(old.delimiter, ';');
    EXPECT_EQ(old.null_text, "-");
    const auto text = std::get<CopyCommand>(command("COPY samples TO STDOUT"));
    EXPECT_EQ(text.delimiter, '\t');
    EXPECT_EQ(text.null_text, "\\N");
    EXPECT_EQ(refused("COPY samples TO STDOUT (FORMAT xml)"), "22023");
    EXPECT_EQ(refused("COPY samples TO STDOUT (FORMAT csv"), "42601");
    EXPECT_EQ(refused("COPY samples TO STDOUT (DELIMITER 'ab')"), "42601");
}

}  // namespace
}  // namespace gantry::pgwire

// SPDX-License-Identifier: Apache-2.0
// Values on the wire: which PostgreSQL type ours are, and their text and binary forms.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pgwire/messages.h"
#include "query/sql_values.h"

namespace gantry::pgwire {

using query::SqlKind;
using query::SqlType;

// The object ids of types, which PostgreSQL has fixed (src/include/catalog/pg_type.dat).
enum class Oid : std::uint32_t {
    Unspecified = 0,
    Bool = 16,
    Bytea = 17,
    Char = 18,
    Name = 19,
    Int8 = 20,
    Int2 = 21,
    Int4 = 23,
    Text = 25,
    Oid = 26,
    Json = 114,
    Float4 = 700,
    Float8 = 701,
    Unknown = 705,
    BoolArray = 1000,
    ByteaArray = 1001,
    Int2Array = 1005,
    Int4Array = 1007,
    TextArray = 1009,
    VarcharArray = 1015,
    Int8Array = 1016,
    Float4Array = 1021,
    Float8Array = 1022,
    Bpchar = 1042,
    Varchar = 1043,
    Date = 1082,
    Time = 1083,
    Timestamp = 1114,
    TimestampArray = 1115,
    DateArray = 1182,
    TimeArray = 1183,
    Timestamptz = 1184,
    TimestamptzArray = 1185,
    Interval = 1186,
    IntervalArray = 1187,
    NumericArray = 1231,
    Numeric = 1700,
    Uuid = 2950,
    UuidArray = 2951,
};

Oid oid_of(SqlType type);
// Bytes of a value; -1 where they vary.
std::int16_t size_of(SqlType type);
// Nothing for a type that parameters cannot have here. Text for "whatever fits".
std::optional<SqlType> type_of(Oid oid);
// "text", "float8 array": as people know it.
std::string type_name(SqlType type);

enum class Format : std::int16_t { Text = 0, Binary = 1 };

// Appends a value, which is not null, without its length.
void put_text_value(const query::SqlVector& vector, std::size_t row, std::string& out);
void put_binary_value(const query::SqlVector& vector, std::size_t row, MessageWriter& out);

// Reads a parameter. InvalidArgument: the bytes are no value of the type.
Result<query::SqlArgument> read_parameter(SqlType type, Format format,
                                          std::optional<std::string_view> bytes);

// "2023-11-14 22:13:20.5", of µs since 1970; "infinity".
void put_timestamp(std::int64_t micros, std::string& out);
std::string interval_text(const query::SqlInterval& interval);
// PostgreSQL's binary form of a number in decimal digits.
void put_binary_numeric(std::string_view digits, MessageWriter& out);
Result<std::string> numeric_from_binary(std::string_view bytes);

}  // namespace gantry::pgwire

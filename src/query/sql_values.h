// SPDX-License-Identifier: Apache-2.0
// Rows of an answer of SQL as they come out of the engine: by column, typed, a few thousand at a
// time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace gantry::query {

enum class SqlKind : unsigned char {
    Boolean,
    Int16,
    Int32,
    Int64,
    Float32,
    Float64,
    Numeric,  // in decimal digits
    Text,     // and whatever has no kind of its own, in words
    Bytes,
    Date,         // days since 1970
    TimeOfDay,    // µs
    Timestamp,    // µs since 1970, of no time zone
    TimestampTz,  // µs since 1970 UTC
    Interval,     // months, days and µs
    Uuid,         // in its usual form
    List,
};

struct SqlType {
    SqlKind kind = SqlKind::Text;
    SqlKind element = SqlKind::Text;  // of a List

    bool operator==(const SqlType&) const = default;
};

struct SqlField {
    std::string name;
    SqlType type;
};

struct SqlInterval {
    std::int32_t months = 0;
    std::int32_t days = 0;
    std::int64_t micros = 0;
};

// One column of some rows. Only the members that its kind needs are filled.
struct SqlVector {
    SqlType type;
    std::vector<std::uint8_t> null;      // 1 where there is no value
    std::vector<std::int64_t> numbers;   // Boolean, Int*, Date, TimeOfDay, Timestamp*
    std::vector<double> reals;           // Float*
    std::vector<SqlInterval> intervals;  // Interval
    std::string bytes;                   // Numeric, Text, Bytes, Uuid: one behind the other
    std::vector<std::size_t> ends;       // where each ends in bytes, or in elements
    std::unique_ptr<SqlVector> elements;

    std::size_t begin(std::size_t row) const { return row == 0 ? 0 : ends[row - 1]; }
    std::string_view text(std::size_t row) const {
        return std::string_view(bytes).substr(begin(row), ends[row] - begin(row));
    }
};

// ±infinity of times.
inline constexpr std::int64_t sql_time_infinity = INT64_MAX;

struct SqlRows {
    std::vector<SqlVector> columns;
    std::size_t count = 0;
};

// A value for a parameter. Text stands for a value of whatever type the statement wants there.
struct SqlArgument {
    SqlType type;
    bool null = false;
    bool in_words = false;    // `text` says it, in whatever form the engine reads the type
    std::int64_t number = 0;  // as in SqlVector
    double real = 0;
    std::string text;               // Numeric, Text, Bytes, Uuid, Interval in words
    std::vector<std::string> list;  // of a List
};

// Why a statement is not carried out.
struct SqlFault {
    Error error;
    std::string_view state;    // SQLSTATE
    std::size_t position = 0;  // of the byte in the text that is meant, from 1; 0 if none is
};

template <class T = void>
using SqlResult = std::expected<T, SqlFault>;

}  // namespace gantry::query

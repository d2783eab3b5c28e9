// SPDX-License-Identifier: Apache-2.0
#include "pgwire/values.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <format>

#include "base/encoding.h"

namespace gantry::pgwire {
namespace {

constexpr std::int64_t micros_a_second = 1'000'000;
constexpr std::int64_t micros_a_day = 86'400 * micros_a_second;
constexpr std::int64_t days_1970_to_2000 = 10'957;

struct TypeRow {
    SqlKind kind;
    Oid oid;
    Oid array;
    std::int16_t size;
    std::string_view name;
};

constexpr std::array types = {
    TypeRow{SqlKind::Boolean, Oid::Bool, Oid::BoolArray, 1, "bool"},
    TypeRow{SqlKind::Int16, Oid::Int2, Oid::Int2Array, 2, "int2"},
    TypeRow{SqlKind::Int32, Oid::Int4, Oid::Int4Array, 4, "int4"},
    TypeRow{SqlKind::Int64, Oid::Int8, Oid::Int8Array, 8, "int8"},
    TypeRow{SqlKind::Float32, Oid::Float4, Oid::Float4Array, 4, "float4"},
    TypeRow{SqlKind::Float64, Oid::Float8, Oid::Float8Array, 8, "float8"},
    TypeRow{SqlKind::Numeric, Oid::Numeric, Oid::NumericArray, -1, "numeric"},
    TypeRow{SqlKind::Text, Oid::Text, Oid::TextArray, -1, "text"},
    TypeRow{SqlKind::Bytes, Oid::Bytea, Oid::ByteaArray, -1, "bytea"},
    TypeRow{SqlKind::Date, Oid::Date, Oid::DateArray, 4, "date"},
    TypeRow{SqlKind::TimeOfDay, Oid::Time, Oid::TimeArray, 8, "time"},
    TypeRow{SqlKind::Timestamp, Oid::Timestamp, Oid::TimestampArray, 8, "timestamp"},
    TypeRow{SqlKind::TimestampTz, Oid::Timestamptz, Oid::TimestamptzArray, 8, "timestamptz"},
    TypeRow{SqlKind::Interval, Oid::Interval, Oid::IntervalArray, 16, "interval"},
    TypeRow{SqlKind::Uuid, Oid::Uuid, Oid::UuidArray, 16, "uuid"},
};

const TypeRow& row_of(SqlKind kind) { return *std::ranges::find(types, kind, &TypeRow::kind); }

std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
    return value / by - (value % by < 0 ? 1 : 0);
}

// ---- text

template <class Number>
void put_number(Number value, std::string& out) {
    std::array<char, 40> buffer{};
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    out.append(buffer.data(), end);
}

template <class Real>
void put_real(Real value, std::string& out) {
    if (std::isnan(value)) {
        out += "NaN";
    } else if (std::isinf(value)) {
        out += value < 0 ? "-Infinity" : "Infinity";
    } else {
        put_number(value, out);
    }
}

void put_padded(std::int64_t value, std::size_t width, std::string& out) {
    std::array<char, 24> buffer{};
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    const auto size = static_cast<std::size_t>(end - buffer.data());
    out.append(width > size ? width - size : 0, '0');
    out.append(buffer.data(), size);
}

// Years before 1 are "BC" with no year 0 between.
void put_date(std::int64_t days, std::string& out, std::string& suffix) {
    const std::chrono::year_month_day date{
        std::chrono::sys_days(std::chrono::days(static_cast<int>(days)))};
    const int year = static_cast<int>(date.year());
    put_padded(year > 0 ? year : 1 - year, 4, out);
    out += '-';
    put_padded(static_cast<unsigned>(date.month()), 2, out);
    out += '-';
    put_padded(static_cast<unsigned>(date.day()), 2, out);
    suffix = year > 0 ? "" : " BC";
}

void put_time_of_day(std::int64_t micros, std::string& out) {
    put_padded(micros / (3600 * micros_a_second), 2, out);
    out += ':';
    put_padded(micros / (60 * micros_a_second) % 60, 2, out);
    out += ':';
    put_padded(micros / micros_a_second % 60, 2, out);
    std::int64_t fraction = micros % micros_a_second;
    if (fraction != 0) {
        std::size_t width = 6;
        for (; fraction % 10 == 0; fraction /= 10) {
            --width;
        }
        out += '.';
        put_padded(fraction, width, out);
    }
}

bool put_infinity(std::int64_t value, std::string& out) {
    if (value == query::sql_time_infinity || value == -query::sql_time_infinity) {
        out += value < 0 ? "-infinity" : "infinity";
        return true;
    }
    return false;
}

void put_moment(std::int64_t micros, std::string_view zone, std::string& out) {
    if (put_infinity(micros, out)) {
        return;
    }
    const std::int64_t days = floor_divide(micros, micros_a_day);
    std::string suffix;
    put_date(days, out, suffix);
    out += ' ';
    put_time_of_day(micros - days * micros_a_day, out);
    out += zone;
    out += suffix;
}

void put_bytes_as_text(std::string_view bytes, std::string& out) {
    out += "\\x";
    out += to_hex(as_bytes(bytes));
}

// What stands in an array in braces without harm.
bool needs_quotes(std::string_view text) {
    return text.empty() || text == "NULL" || text == "null" ||
           text.find_first_of("{}\",\\ \t\n\r\v\f") != std::string_view::npos;
}

void put_list(const query::SqlVector& vector, std::size_t row, std::string& out) {
    out += '{';
    for (std::size_t i = vector.begin(row); i < vector.ends[row]; ++i) {
        if (i > vector.begin(row)) {
            out += ',';
        }
        if (vector.elements->null[i] != 0) {
            out += "NULL";
            continue;
        }
        std::string text;
        put_text_value(*vector.elements, i, text);
        if (!needs_quotes(text)) {
            out += text;
            continue;
        }
        out += '"';
        for (const char c : text) {
            if (c == '"' || c == '\\') {
                out += '\\';
            }
            out += c;
        }
        out += '"';
    }
    out += '}';
}

// ---- binary

std::int64_t since_2000(std::int64_t micros) {
    if (micros == query::sql_time_infinity) {
        return INT64_MAX;
    }
    if (micros == -query::sql_time_infinity) {
        return INT64_MIN;
    }
    std::int64_t out = 0;
    return __builtin_sub_overflow(micros, days_1970_to_2000 * micros_a_day, &out) ? INT64_MIN : out;
}

std::int32_t date_since_2000(std::int64_t days) {
    if (days == query::sql_time_infinity) {
        return INT32_MAX;
    }
    if (days == -query::sql_time_infinity) {
        return INT32_MIN;
    }
    return static_cast<std::int32_t>(days - days_1970_to_2000);
}

void put_binary_list(const query::SqlVector& vector, std::size_t row, MessageWriter& out) {
    const std::size_t begin = vector.begin(row);
    const std::size_t end = vector.ends[row];
    bool nulls = false;
    for (std::size_t i = begin; i < end; ++i) {
        nulls = nulls || vector.elements->null[i] != 0;
    }
    out.put32(end > begin ? 1 : 0);  // dimensions
    out.put32(nulls ? 1 : 0);
    out.put32(static_cast<std::uint32_t>(row_of(vector.type.element).oid));
    if (end == begin) {
        return;
    }
    out.put32(static_cast<std::uint32_t>(end - begin));
    out.put32(1);  // the first index
    for (std::size_t i = begin; i < end; ++i) {
        if (vector.elements->null[i] != 0) {
            out.put32(0xffffffff);
            continue;
        }
        const std::size_t at = out.begin_value();
        put_binary_value(*vector.elements, i, out);
        out.end_value(at);
    }
}

void put_binary_uuid(std::string_view text, MessageWriter& out) {
    std::string digits;
    std::ranges::copy_if(text, std::back_inserter(digits), [](char c) { return c != '-'; });
    if (const auto bytes = from_hex(digits)) {
        out.put_bytes(as_text(*bytes));
    }
}

}  // namespace

Oid oid_of(SqlType type) {
    return type.kind == SqlKind::List ? row_of(type.element).array : row_of(type.kind).oid;
}

std::int16_t size_of(SqlType type) {
    return type.kind == SqlKind::List ? std::int16_t{-1} : row_of(type.kind).size;
}

std::optional<SqlType> type_of(Oid oid) {
    switch (oid) {
        case Oid::Unspecified:
        case Oid::Unknown:
        case Oid::Char:
        case Oid::Name:
        case Oid::Json:
        case Oid::Bpchar:
        case Oid::Varchar: return SqlType{};
        case Oid::Oid: return SqlType{SqlKind::Int64, SqlKind::Text};
        case Oid::VarcharArray: return SqlType{SqlKind::List, SqlKind::Text};
        default: break;
    }
    for (const TypeRow& row : types) {
        if (row.oid == oid) {
            return SqlType{row.kind, SqlKind::Text};
        }
        if (row.array == oid) {
            return SqlType{SqlKind::List, row.kind};
        }
    }
    return std::nullopt;
}

std::string type_name(SqlType type) {
    return type.kind == SqlKind::List ? std::string(row_of(type.element).name) + " array"
                                      : std::string(row_of(type.kind).name);
}

void put_timestamp(std::int64_t micros, std::string& out) { put_moment(micros, "", out); }

std::string interval_text(const query::SqlInterval& interval) {
    std::string out;
    const auto part = [&out](std::int64_t value, std::string_view unit) {
        if (value != 0) {
            out += std::format("{}{} {}{}", out.empty() ? "" : " ", value, unit,
                               value == 1 ? "" : "s");
        }
    };
    part(interval.months / 12, "year");
    part(interval.months % 12, "mon");
    part(interval.days, "day");
    if (interval.micros != 0 || out.empty()) {
        out += out.empty() ? "" : " ";
        out += interval.micros < 0 ? "-" : "";
        const std::uint64_t size = interval.micros < 0
                                       ? 0 - static_cast<std::uint64_t>(interval.micros)
                                       : static_cast<std::uint64_t>(interval.micros);
        put_time_of_day(static_cast<std::int64_t>(std::min<std::uint64_t>(size, INT64_MAX)), out);
    }
    return out;
}

void put_text_value(const query::SqlVector& vector, std::size_t row, std::string& out) {
    switch (vector.type.kind) {
        case SqlKind::Boolean: out += vector.numbers[row] != 0 ? 't' : 'f'; break;
        case SqlKind::Int16:
        case SqlKind::Int32:
        case SqlKind::Int64: put_number(vector.numbers[row], out); break;
        case SqlKind::Float32: put_real(static_cast<float>(vector.reals[row]), out); break;
        case SqlKind::Float64: put_real(vector.reals[row], out); break;
        case SqlKind::Date: {
            std::string suffix;
            if (!put_infinity(vector.numbers[row], out)) {
                put_date(vector.numbers[row], out, suffix);
            }
            out += suffix;
            break;
        }
        case SqlKind::TimeOfDay: put_time_of_day(vector.numbers[row], out); break;
        case SqlKind::Timestamp: put_moment(vector.numbers[row], "", out); break;
        case SqlKind::TimestampTz: put_moment(vector.numbers[row], "+00", out); break;
        case SqlKind::Interval: out += interval_text(vector.intervals[row]); break;
        case SqlKind::Bytes: put_bytes_as_text(vector.text(row), out); break;
        case SqlKind::List: put_list(vector, row, out); break;
        default: out += vector.text(row); break;
    }
}

void put_binary_value(const query::SqlVector& vector, std::size_t row, MessageWriter& out) {
    switch (vector.type.kind) {
        case SqlKind::Boolean: out.put8(vector.numbers[row] != 0 ? 1 : 0); break;
        case SqlKind::Int16: out.put16(static_cast<std::uint16_t>(vector.numbers[row])); break;
        case SqlKind::Int32: out.put32(static_cast<std::uint32_t>(vector.numbers[row])); break;
        case SqlKind::Int64: out.put64(static_cast<std::uint64_t>(vector.numbers[row])); break;
        case SqlKind::Float32:
            out.put32(std::bit_cast<std::uint32_t>(static_cast<float>(vector.reals[row])));
            break;
        case SqlKind::Float64: out.put64(std::bit_cast<std::uint64_t>(vector.reals[row])); break;
        case SqlKind::Date:
            out.put32(static_cast<std::uint32_t>(date_since_2000(vector.numbers[row])));
            break;
        case SqlKind::TimeOfDay: out.put64(static_cast<std::uint64_t>(vector.numbers[row])); break;
        case SqlKind::Timestamp:
        case SqlKind::TimestampTz:
            out.put64(static_cast<std::uint64_t>(since_2000(vector.numbers[row])));
            break;
        case SqlKind::Interval: {
            const query::SqlInterval& interval = vector.intervals[row];
            out.put64(static_cast<std::uint64_t>(interval.micros));
            out.put32(static_cast<std::uint32_t>(interval.days));
            out.put32(static_cast<std::uint32_t>(interval.months));
            break;
        }
        case SqlKind::Numeric: put_binary_numeric(vector.text(row), out); break;
        case SqlKind::Uuid: put_binary_uuid(vector.text(row), out); break;
        case SqlKind::List: put_binary_list(vector, row, out); break;
        default: out.put_bytes(vector.text(row)); break;
    }
}

// Groups of four decimal digits, the weight of the first, the sign, and the digits behind the point
// (PostgreSQL's src/backend/utils/adt/numeric.c, numeric_send).
void put_binary_numeric(std::string_view digits, MessageWriter& out) {
    const bool negative = digits.starts_with('-');
    if (negative) {
        digits.remove_prefix(1);
    }
    const std::size_t point = std::min(digits.find('.'), digits.size());
    std::string before(digits.substr(0, point));
    std::string behind(point < digits.size() ? digits.substr(point + 1) : std::string_view());
    const std::size_t scale = behind.size();
    before.insert(0, (4 - before.size() % 4) % 4, '0');
    behind.append((4 - behind.size() % 4) % 4, '0');
    std::vector<std::uint16_t> groups;
    const std::string all = before + behind;
    for (std::size_t i = 0; i + 4 <= all.size(); i += 4) {
        std::uint16_t group = 0;
        std::from_chars(all.data() + i, all.data() + i + 4, group);
        groups.push_back(group);
    }
    auto weight = static_cast<std::int16_t>(before.size() / 4) - 1;
    while (!groups.empty() && groups.front() == 0) {
        groups.erase(groups.begin());
        --weight;
    }
    while (!groups.empty() && groups.back() == 0) {
        groups.pop_back();
    }
    out.put16(static_cast<std::uint16_t>(groups.size()));
    out.put16(static_cast<std::uint16_t>(groups.empty() ? 0 : weight));
    out.put16(negative && !groups.empty() ? 0x4000 : 0);
    out.put16(static_cast<std::uint16_t>(scale));
    for (const std::uint16_t group : groups) {
        out.put16(group);
    }
}

}  // namespace gantry::pgwire

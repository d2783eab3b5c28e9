// SPDX-License-Identifier: Apache-2.0
#include "query/sql_convert.h"

#include <array>
#include <charconv>
#include <duckdb/common/exception/conversion_exception.hpp>

namespace gantry::query {
namespace {

using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;

SqlKind kind_of(const LogicalType& type) {
    switch (type.id()) {
        case LogicalTypeId::BOOLEAN: return SqlKind::Boolean;
        case LogicalTypeId::TINYINT:
        case LogicalTypeId::UTINYINT:
        case LogicalTypeId::SMALLINT: return SqlKind::Int16;
        case LogicalTypeId::USMALLINT:
        case LogicalTypeId::INTEGER: return SqlKind::Int32;
        case LogicalTypeId::UINTEGER:
        case LogicalTypeId::BIGINT: return SqlKind::Int64;
        case LogicalTypeId::UBIGINT:
        case LogicalTypeId::HUGEINT:
        case LogicalTypeId::UHUGEINT:
        case LogicalTypeId::BIGNUM:
        case LogicalTypeId::DECIMAL: return SqlKind::Numeric;
        case LogicalTypeId::FLOAT: return SqlKind::Float32;
        case LogicalTypeId::DOUBLE: return SqlKind::Float64;
        case LogicalTypeId::BLOB: return SqlKind::Bytes;
        case LogicalTypeId::DATE: return SqlKind::Date;
        case LogicalTypeId::TIME: return SqlKind::TimeOfDay;
        case LogicalTypeId::TIMESTAMP:
        case LogicalTypeId::TIMESTAMP_SEC:
        case LogicalTypeId::TIMESTAMP_MS:
        case LogicalTypeId::TIMESTAMP_NS: return SqlKind::Timestamp;
        case LogicalTypeId::TIMESTAMP_TZ: return SqlKind::TimestampTz;
        case LogicalTypeId::INTERVAL: return SqlKind::Interval;
        case LogicalTypeId::UUID: return SqlKind::Uuid;
        case LogicalTypeId::LIST: return SqlKind::List;
        default: return SqlKind::Text;
    }
}

template <class Stored>
void numbers_of(const duckdb::UnifiedVectorFormat& format, idx_t count, SqlVector& out) {
    const auto* values = duckdb::UnifiedVectorFormat::GetData<Stored>(format);
    out.numbers.resize(count);
    for (idx_t row = 0; row < count; ++row) {
        out.numbers[row] = static_cast<std::int64_t>(values[format.sel->get_index(row)]);
    }
}

// Whole numbers and times all are stored as numbers of some width.
void integers_of(const LogicalType& type, const duckdb::UnifiedVectorFormat& format, idx_t count,
                 SqlVector& out) {
    switch (type.InternalType()) {
        case duckdb::PhysicalType::BOOL: return numbers_of<bool>(format, count, out);
        case duckdb::PhysicalType::INT8: return numbers_of<std::int8_t>(format, count, out);
        case duckdb::PhysicalType::UINT8: return numbers_of<std::uint8_t>(format, count, out);
        case duckdb::PhysicalType::INT16: return numbers_of<std::int16_t>(format, count, out);
        case duckdb::PhysicalType::UINT16: return numbers_of<std::uint16_t>(format, count, out);
        case duckdb::PhysicalType::INT32: return numbers_of<std::int32_t>(format, count, out);
        case duckdb::PhysicalType::UINT32: return numbers_of<std::uint32_t>(format, count, out);
        default: return numbers_of<std::int64_t>(format, count, out);
    }
}

void keep_infinity(const LogicalType& type, SqlVector& out) {
    const std::int64_t most = type.id() == LogicalTypeId::DATE ? INT32_MAX : INT64_MAX;
    for (std::int64_t& number : out.numbers) {
        if (number == most || number == -most) {
            number = number < 0 ? -sql_time_infinity : sql_time_infinity;
        }
    }
}

// To µs.
void scale_times(const LogicalType& type, SqlVector& out) {
    keep_infinity(type, out);
    for (std::int64_t& number : out.numbers) {
        if (number == sql_time_infinity || number == -sql_time_infinity) {
            continue;
        }
        switch (type.id()) {
            case LogicalTypeId::TIMESTAMP_SEC: number *= 1'000'000; break;
            case LogicalTypeId::TIMESTAMP_MS: number *= 1'000; break;
            case LogicalTypeId::TIMESTAMP_NS:
                number = number / 1000 - (number % 1000 < 0 ? 1 : 0);
                break;
            default: return;
        }
    }
}

void put_text(SqlVector& out, std::string_view text) {
    out.bytes += text;
    out.ends.push_back(out.bytes.size());
}

void texts_of(duckdb::Vector& vector, const duckdb::UnifiedVectorFormat& format, idx_t count,
              SqlVector& out) {
    out.ends.reserve(count);
    const auto id = vector.GetType().id();
    const bool stored_as_text = id == LogicalTypeId::VARCHAR || id == LogicalTypeId::BLOB;
    const auto* values =
        stored_as_text ? duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(format) : nullptr;
    for (idx_t row = 0; row < count; ++row) {
        if (out.null[row] != 0) {
            put_text(out, "");
        } else if (stored_as_text) {
            const duckdb::string_t& value = values[format.sel->get_index(row)];
            put_text(out, {value.GetData(), value.GetSize()});
        } else {
            put_text(out, vector.GetValue(row).ToString());
        }
    }
}

SqlVector vector_of(duckdb::Vector& vector, idx_t count, SqlType wanted);

void lists_of(duckdb::Vector& vector, const duckdb::UnifiedVectorFormat& format, idx_t count,
              SqlVector& out) {
    const auto* entries = duckdb::UnifiedVectorFormat::GetData<duckdb::list_entry_t>(format);
    const SqlType element{out.type.element, SqlKind::Text};
    // The child's rows may lie in any order and be shared; here they come one after the other.
    idx_t total = 0;
    for (idx_t row = 0; row < count; ++row) {
        total += out.null[row] != 0 ? 0 : entries[format.sel->get_index(row)].length;
        out.ends.push_back(total);
    }
    duckdb::SelectionVector chosen(std::max<idx_t>(total, 1));
    idx_t at = 0;
    for (idx_t row = 0; row < count; ++row) {
        if (out.null[row] != 0) {
            continue;
        }
        const auto& entry = entries[format.sel->get_index(row)];
        for (idx_t i = 0; i < entry.length; ++i) {
            chosen.set_index(at++, entry.offset + i);
        }
    }
    duckdb::Vector elements(duckdb::ListVector::GetEntry(vector), chosen, total);
    out.elements = std::make_unique<SqlVector>(vector_of(elements, total, element));
}

void floats_of(duckdb::Vector& vector, const duckdb::UnifiedVectorFormat& format, idx_t count,
               SqlVector& out) {
    out.reals.resize(count);
    const bool narrow = vector.GetType().id() == LogicalTypeId::FLOAT;
    for (idx_t row = 0; row < count; ++row) {
        const idx_t from = format.sel->get_index(row);
        out.reals[row] =
            narrow ? static_cast<double>(duckdb::UnifiedVectorFormat::GetData<float>(format)[from])
                   : duckdb::UnifiedVectorFormat::GetData<double>(format)[from];
    }
}

void intervals_of(const duckdb::UnifiedVectorFormat& format, idx_t count, SqlVector& out) {
    const auto* values = duckdb::UnifiedVectorFormat::GetData<duckdb::interval_t>(format);
    out.intervals.resize(count);
    for (idx_t row = 0; row < count; ++row) {
        const duckdb::interval_t& value = values[format.sel->get_index(row)];
        out.intervals[row] = {value.months, value.days, value.micros};
    }
}

SqlVector vector_of(duckdb::Vector& vector, idx_t count, SqlType wanted) {
    SqlVector out;
    const LogicalType& type = vector.GetType();
    out.type = sql_type_of(type) == wanted ? wanted : SqlType{};
    duckdb::UnifiedVectorFormat format;
    vector.ToUnifiedFormat(count, format);
    out.null.resize(count);
    for (idx_t row = 0; row < count; ++row) {
        out.null[row] = format.validity.RowIsValid(format.sel->get_index(row)) ? 0 : 1;
    }
    switch (out.type.kind) {
        case SqlKind::Boolean:
        case SqlKind::Int16:
        case SqlKind::Int32:
        case SqlKind::Int64: integers_of(type, format, count, out); break;
        case SqlKind::Date:
        case SqlKind::TimeOfDay:
        case SqlKind::Timestamp:
        case SqlKind::TimestampTz:
            integers_of(type, format, count, out);
            scale_times(type, out);
            break;
        case SqlKind::Float32:
        case SqlKind::Float64: floats_of(vector, format, count, out); break;
        case SqlKind::Interval: intervals_of(format, count, out); break;
        case SqlKind::List: lists_of(vector, format, count, out); break;
        default: texts_of(vector, format, count, out); break;
    }
    return out;
}

LogicalType logical_of(SqlType type) {
    switch (type.kind) {
        case SqlKind::Boolean: return LogicalType::BOOLEAN;
        case SqlKind::Int16: return LogicalType::SMALLINT;
        case SqlKind::Int32: return LogicalType::INTEGER;
        case SqlKind::Int64: return LogicalType::BIGINT;
        case SqlKind::Float32: return LogicalType::FLOAT;
        case SqlKind::Float64: return LogicalType::DOUBLE;
        case SqlKind::Bytes: return LogicalType::BLOB;
        case SqlKind::Date: return LogicalType::DATE;
        case SqlKind::TimeOfDay: return LogicalType::TIME;
        case SqlKind::Timestamp: return LogicalType::TIMESTAMP;
        case SqlKind::TimestampTz: return LogicalType::TIMESTAMP_TZ;
        case SqlKind::Interval: return LogicalType::INTERVAL;
        case SqlKind::Uuid: return LogicalType::UUID;
        case SqlKind::List: return LogicalType::LIST(logical_of({type.element, SqlKind::Text}));
        default: return LogicalType::VARCHAR;
    }
}

duckdb::Value cast(duckdb::Value value, const LogicalType& type) {
    if (value.type() == type) {
        return value;
    }
    duckdb::Value out;
    std::string complaint;
    if (!value.DefaultTryCastAs(type, out, &complaint, true)) {
        throw duckdb::ConversionException(complaint);
    }
    return out;
}

// Of a decimal with the digits that it has; a number with an exponent becomes a double.
duckdb::Value numeric_of(const std::string& text) {
    if (text.find_first_not_of("+-.0123456789") != std::string::npos) {
        return cast(duckdb::Value(text), LogicalType::DOUBLE);
    }
    const std::size_t point = text.find('.');
    const std::size_t scale = point == std::string::npos ? 0 : text.size() - point - 1;
    constexpr std::uint8_t width = 38;
    if (scale > width) {
        return cast(duckdb::Value(text), LogicalType::DOUBLE);
    }
    return cast(duckdb::Value(text), LogicalType::DECIMAL(width, static_cast<std::uint8_t>(scale)));
}

duckdb::Value value_of(const SqlArgument& argument) {
    const LogicalType type = logical_of(argument.type);
    if (argument.in_words) {
        return cast(duckdb::Value(argument.text), type);
    }
    switch (argument.type.kind) {
        case SqlKind::Boolean: return duckdb::Value::BOOLEAN(argument.number != 0);
        case SqlKind::Int16:
        case SqlKind::Int32:
        case SqlKind::Int64: return cast(duckdb::Value::BIGINT(argument.number), type);
        case SqlKind::Float32:
        case SqlKind::Float64: return cast(duckdb::Value::DOUBLE(argument.real), type);
        case SqlKind::Date:
            return duckdb::Value::DATE(duckdb::date_t(static_cast<std::int32_t>(argument.number)));
        case SqlKind::TimeOfDay: return duckdb::Value::TIME(duckdb::dtime_t(argument.number));
        case SqlKind::Timestamp:
            return duckdb::Value::TIMESTAMP(duckdb::timestamp_t(argument.number));
        case SqlKind::TimestampTz:
            return duckdb::Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(argument.number));
        case SqlKind::Bytes:
            return duckdb::Value::BLOB(
                reinterpret_cast<duckdb::const_data_ptr_t>(argument.text.data()),
                argument.text.size());
        case SqlKind::Numeric: return numeric_of(argument.text);
        case SqlKind::List: {
            const LogicalType element = logical_of({argument.type.element, SqlKind::Text});
            duckdb::vector<duckdb::Value> values;
            for (const std::string& text : argument.list) {
                values.push_back(cast(duckdb::Value(text), element));
            }
            return duckdb::Value::LIST(element, std::move(values));
        }
        default: return cast(duckdb::Value(argument.text), type);
    }
}

struct StateOf {
    duckdb::ExceptionType type;
    Code code;
    std::string_view state;
};

// PostgreSQL 17, appendix A.
constexpr std::array states = {
    StateOf{duckdb::ExceptionType::PARSER, Code::InvalidArgument, "42601"},
    StateOf{duckdb::ExceptionType::SYNTAX, Code::InvalidArgument, "42601"},
    StateOf{duckdb::ExceptionType::CATALOG, Code::InvalidArgument, "42P01"},
    StateOf{duckdb::ExceptionType::BINDER, Code::InvalidArgument, "42703"},
    StateOf{duckdb::ExceptionType::CONVERSION, Code::InvalidArgument, "22P02"},
    StateOf{duckdb::ExceptionType::OUT_OF_RANGE, Code::InvalidArgument, "22003"},
    StateOf{duckdb::ExceptionType::DIVIDE_BY_ZERO, Code::InvalidArgument, "22012"},
    StateOf{duckdb::ExceptionType::MISMATCH_TYPE, Code::InvalidArgument, "42804"},
    StateOf{duckdb::ExceptionType::NOT_IMPLEMENTED, Code::InvalidArgument, "0A000"},
    StateOf{duckdb::ExceptionType::PARAMETER_NOT_RESOLVED, Code::InvalidArgument, "42P18"},
    StateOf{duckdb::ExceptionType::PERMISSION, Code::InvalidArgument, "42501"},
    StateOf{duckdb::ExceptionType::MISSING_EXTENSION, Code::InvalidArgument, "0A000"},
    StateOf{duckdb::ExceptionType::INTERRUPT, Code::Cancelled, "57014"},
    StateOf{duckdb::ExceptionType::OUT_OF_MEMORY, Code::TooLarge, "53200"},
};

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

// DuckDB has one type of error for several things that SQL tells apart.
std::string_view closer_state(std::string_view state, std::string_view message) {
    if (state == "42P01" && (has(message, "Function") || has(message, "Macro"))) {
        return "42883";
    }
    if (state == "42P01" && has(message, "Type with name")) {
        return "42704";
    }
    if (state == "42P01" && has(message, "Schema with name")) {
        return "3F000";
    }
    if (state == "42703" && has(message, "No function matches")) {
        return "42883";
    }
    if (state == "42703" && has(message, "Referenced table")) {
        return "42P01";
    }
    if (state == "42703" && has(message, "GROUP BY")) {
        return "42803";
    }
    if (state == "42703" && has(message, "Ambiguous reference")) {
        return "42702";
    }
    return state;
}

}  // namespace

SqlType sql_type_of(const LogicalType& type) {
    SqlType out{kind_of(type), SqlKind::Text};
    if (out.kind == SqlKind::List) {
        out.element = kind_of(duckdb::ListType::GetChildType(type));
        if (out.element == SqlKind::List) {
            return {};  // lists of lists: in words
        }
    }
    return out;
}

SqlRows rows_of(duckdb::DataChunk& chunk, const std::vector<SqlField>& fields) {
    SqlRows out;
    out.count = chunk.size();
    out.columns.reserve(chunk.ColumnCount());
    for (idx_t i = 0; i < chunk.ColumnCount(); ++i) {
        out.columns.push_back(vector_of(chunk.data[i], chunk.size(), fields[i].type));
    }
    return out;
}

SqlResult<duckdb::BoundParameterData> parameter_of(const SqlArgument& argument) {
    if (argument.null) {
        return duckdb::BoundParameterData(argument.type.kind == SqlKind::Text
                                              ? duckdb::Value()
                                              : duckdb::Value(logical_of(argument.type)));
    }
    try {
        return duckdb::BoundParameterData(value_of(argument));
    } catch (const std::exception& error) {
        return std::unexpected(fault_of(duckdb::ErrorData(error)));
    }
}

SqlFault fault_of(const duckdb::ErrorData& error) {
    SqlFault out{{Code::InvalidArgument, error.RawMessage(), {}}, "22023", 0};
    for (const StateOf& row : states) {
        if (row.type == error.Type()) {
            out.error.code = row.code;
            out.state = closer_state(row.state, error.RawMessage());
        }
    }
    if (const auto found = error.ExtraInfo().find("position"); found != error.ExtraInfo().end()) {
        std::size_t position = 0;
        const std::string& text = found->second;
        std::from_chars(text.data(), text.data() + text.size(), position);
        out.position = position + 1;
    }
    return out;
}

}  // namespace gantry::query

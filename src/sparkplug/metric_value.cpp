// SPDX-License-Identifier: Apache-2.0
#include "sparkplug/metric_value.h"

#include <charconv>
#include <cmath>
#include <format>

#include "base/encoding.h"

namespace gantry::sparkplug {
namespace {

constexpr const char* wrong_type = "has a value that is not of its data type";
constexpr const char* too_large = "is above the largest int64";
constexpr const char* too_long = "is longer than 65536 bytes";

bool is_whole(const ValueView& value) {
    return value.field == ValueField::Int || value.field == ValueField::Long;
}

const char* take_text(std::string_view text, Reading& out) {
    if (text.size() > text_value_bytes_max) {
        return too_long;
    }
    if (!is_utf8(text)) {
        return "is not UTF-8";
    }
    out.set(text);
    return nullptr;
}

// What the low bits of a whole number mean: some fill the rest with the sign, some do not.
std::int64_t narrow(std::uint64_t bits, DataType type) {
    switch (type) {
        case DataType::Int8: return static_cast<std::int8_t>(bits);
        case DataType::Int16: return static_cast<std::int16_t>(bits);
        case DataType::Int32: return static_cast<std::int32_t>(bits);
        case DataType::UInt8: return static_cast<std::uint8_t>(bits);
        case DataType::UInt16: return static_cast<std::uint16_t>(bits);
        case DataType::UInt32: return static_cast<std::uint32_t>(bits);
        default: return static_cast<std::int64_t>(bits);
    }
}

std::optional<double> real(const ValueView& value) {
    if (value.field == ValueField::Float) {
        return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits));
    }
    if (value.field == ValueField::Double) {
        return std::bit_cast<double>(value.bits);
    }
    return std::nullopt;
}

template <class T>
void put_number(std::string& out, T value) {
    char buffer[32];
    const auto end = std::to_chars(std::begin(buffer), std::end(buffer), value);
    out.append(buffer, end.ptr);
}

void put_real(std::string& out, double value) {
    if (std::isfinite(value)) {
        put_number(out, value);
    } else {
        out += "null";
    }
}

void put_string(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            out += std::format("\\u{:04x}", byte);
        } else {
            out += c;
        }
    }
    out += '"';
}

template <class T>
const char* numbers(std::string_view bytes, std::string& out) {
    if (bytes.size() % sizeof(T) != 0) {
        return wrong_type;
    }
    out = "[";
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(T)) {
        T value{};
        std::memcpy(&value, bytes.data() + at, sizeof(T));
        out += at == 0 ? "" : ",";
        if constexpr (std::is_floating_point_v<T>) {
            std::isfinite(value) ? put_number(out, value) : put_real(out, value);
        } else if constexpr (sizeof(T) == 1) {
            put_number(out, static_cast<int>(value));
        } else {
            put_number(out, value);
        }
        if (out.size() > text_value_bytes_max) {
            return too_long;
        }
    }
    out += ']';
    return nullptr;
}

// 6.4.17: how many, in four bytes, and then a bit each, the highest first.
const char* booleans(std::string_view bytes, std::string& out) {
    std::uint32_t count = 0;
    if (bytes.size() < sizeof(count)) {
        return wrong_type;
    }
    std::memcpy(&count, bytes.data(), sizeof(count));
    bytes.remove_prefix(sizeof(count));
    if (count > text_value_bytes_max || bytes.size() != (count + 7) / 8) {
        return count > text_value_bytes_max ? too_long : wrong_type;
    }
    out = "[";
    for (std::uint32_t i = 0; i < count; ++i) {
        out += i == 0 ? "" : ",";
        out += (bytes[i / 8] & (0x80 >> i % 8)) != 0 ? "true" : "false";
    }
    out += ']';
    return nullptr;
}

const char* strings(std::string_view bytes, std::string& out) {
    if (!bytes.empty() && bytes.back() != '\0') {
        return wrong_type;
    }
    if (!is_utf8(bytes)) {
        return "is not UTF-8";
    }
    out = "[";
    while (!bytes.empty()) {
        const std::string_view one = bytes.substr(0, bytes.find('\0'));
        bytes.remove_prefix(one.size() + 1);
        out += out.size() == 1 ? "" : ",";
        put_string(out, one);
        if (out.size() > text_value_bytes_max) {
            return too_long;
        }
    }
    out += ']';
    return nullptr;
}

const char* array(std::string_view bytes, DataType type, std::string& out) {
    switch (type) {
        case DataType::Int8Array: return numbers<std::int8_t>(bytes, out);
        case DataType::Int16Array: return numbers<std::int16_t>(bytes, out);
        case DataType::Int32Array: return numbers<std::int32_t>(bytes, out);
        case DataType::Int64Array: return numbers<std::int64_t>(bytes, out);
        case DataType::UInt8Array: return numbers<std::uint8_t>(bytes, out);
        case DataType::UInt16Array: return numbers<std::uint16_t>(bytes, out);
        case DataType::UInt32Array: return numbers<std::uint32_t>(bytes, out);
        case DataType::UInt64Array:
        case DataType::DateTimeArray: return numbers<std::uint64_t>(bytes, out);
        case DataType::FloatArray: return numbers<float>(bytes, out);
        case DataType::DoubleArray: return numbers<double>(bytes, out);
        case DataType::BooleanArray: return booleans(bytes, out);
        case DataType::StringArray: return strings(bytes, out);
        default: return wrong_type;
    }
}

void put_cell(const ValueView& cell, DataType type, std::string& out) {
    if (is_whole(cell)) {
        if (type == DataType::UInt64) {
            put_number(out, cell.bits);
        } else {
            put_number(out, narrow(cell.bits, type));
        }
    } else if (const auto number = real(cell)) {
        put_real(out, *number);
    } else if (cell.field == ValueField::Boolean) {
        out += cell.bits != 0 ? "true" : "false";
    } else if (cell.field == ValueField::String) {
        put_string(out, cell.bytes);
    } else {
        out += "null";
    }
}

// {"columns": […], "rows": [[…], …]}
const char* data_set(std::string_view message, std::string& out) {
    DataSet set;
    if (!decode_data_set(message, set)) {
        return "is no sound data set";
    }
    out = "{\"columns\":[";
    for (std::size_t i = 0; i < set.columns.size(); ++i) {
        out += i == 0 ? "" : ",";
        put_string(out, set.columns[i]);
    }
    out += "],\"rows\":[";
    for (std::size_t at = 0; at < set.cells.size(); ++at) {
        const std::size_t column = at % set.columns.size();
        out += column != 0 ? "," : at == 0 ? "[" : "],[";
        put_cell(set.cells[at], data_type_of(set.types[column]), out);
        if (out.size() > text_value_bytes_max) {
            return too_long;
        }
    }
    out += set.cells.empty() ? "]}" : "]]}";
    return nullptr;
}

const char* whole(const Metric& metric, DataType type, Reading& out) {
    if (!is_whole(metric.value)) {
        return wrong_type;
    }
    const bool natural = type == DataType::UInt64 || type == DataType::DateTime;
    if (natural && metric.value.bits > INT64_MAX) {
        return too_large;
    }
    // An Int64 in the field for 32 bits is one of them.
    const bool small = type == DataType::Int64 && metric.value.field == ValueField::Int;
    out.set(narrow(metric.value.bits, small ? DataType::Int32 : type));
    return nullptr;
}

}  // namespace

const char* read_value(const Metric& metric, DataType type, std::string& scratch,
                       Reading& reading) {
    reading.type = ValueType::Null;
    reading.bits = 0;
    reading.text = {};
    const ValueView& value = metric.value;
    if (metric.null) {
        return nullptr;
    }
    switch (type) {
        case DataType::Int8:
        case DataType::Int16:
        case DataType::Int32:
        case DataType::Int64:
        case DataType::UInt8:
        case DataType::UInt16:
        case DataType::UInt32:
        case DataType::UInt64:
        case DataType::DateTime: return whole(metric, type, reading);
        case DataType::Float:
        case DataType::Double: {
            const auto number = real(value);
            if (!number) {
                return wrong_type;
            }
            if (!std::isfinite(*number)) {
                return "is not a finite number";
            }
            reading.set(*number);
            return nullptr;
        }
        case DataType::Boolean:
            if (value.field != ValueField::Boolean) {
                return wrong_type;
            }
            reading.set(value.bits != 0);
            return nullptr;
        case DataType::String:
        case DataType::Text:
        case DataType::Uuid:
            return value.field == ValueField::String ? take_text(value.bytes, reading) : wrong_type;
        case DataType::Octets:
        case DataType::File:
            if (value.field != ValueField::Octets) {
                return wrong_type;
            }
            if (value.bytes.size() > text_value_bytes_max) {
                return too_long;
            }
            scratch = to_base64url(as_bytes(value.bytes));
            return take_text(scratch, reading);
        case DataType::DataSet: {
            const char* why =
                value.field == ValueField::DataSet ? data_set(value.bytes, scratch) : wrong_type;
            return why == nullptr ? take_text(scratch, reading) : why;
        }
        case DataType::Unknown:
        case DataType::Template:
        case DataType::PropertySet:
        case DataType::PropertySetList: return "has a data type that no metric has";
        default: {
            const char* why =
                value.field == ValueField::Octets ? array(value.bytes, type, scratch) : wrong_type;
            return why == nullptr ? take_text(scratch, reading) : why;
        }
    }
}

Result<ValueView> to_metric_value(const Value& value, DataType type) {
    const auto wrong = [&] {
        return fail(Code::InvalidArgument, "'{}' is no value of a metric of type {}",
                    to_text(value).substr(0, 80), data_type_name(type));
    };
    const auto within_type = [&](std::int64_t least, std::int64_t most,
                                 bool small) -> Result<ValueView> {
        const auto whole = convert_value(value, ValueType::Int64);
        if (!whole) {
            return wrong();
        }
        const std::int64_t number = std::get<std::int64_t>(*whole);
        if (number < least || number > most) {
            return wrong();
        }
        if (small) {
            return ValueView{ValueField::Int, static_cast<std::uint32_t>(number), {}};
        }
        return ValueView{ValueField::Long, static_cast<std::uint64_t>(number), {}};
    };
    switch (type) {
        case DataType::Int8: return within_type(INT8_MIN, INT8_MAX, true);
        case DataType::Int16: return within_type(INT16_MIN, INT16_MAX, true);
        case DataType::Int32: return within_type(INT32_MIN, INT32_MAX, true);
        case DataType::Int64: return within_type(INT64_MIN, INT64_MAX, false);
        case DataType::UInt8: return within_type(0, UINT8_MAX, true);
        case DataType::UInt16: return within_type(0, UINT16_MAX, true);
        // 6.4.16: in the field for 64 bits, because not all languages have 32 without a sign.
        case DataType::UInt32: return within_type(0, UINT32_MAX, false);
        case DataType::UInt64:
        case DataType::DateTime: return within_type(0, INT64_MAX, false);
        case DataType::Float:
        case DataType::Double: {
            const auto number = convert_value(value, ValueType::Float64);
            if (!number) {
                return wrong();
            }
            const double real = std::get<double>(*number);
            if (type == DataType::Double) {
                return ValueView{ValueField::Double, std::bit_cast<std::uint64_t>(real), {}};
            }
            return ValueView{
                ValueField::Float, std::bit_cast<std::uint32_t>(static_cast<float>(real)), {}};
        }
        case DataType::Boolean: {
            const auto flag = convert_value(value, ValueType::Bool);
            if (!flag) {
                return wrong();
            }
            return ValueView{ValueField::Boolean, std::get<bool>(*flag) ? 1U : 0U, {}};
        }
        case DataType::String:
        case DataType::Text:
        case DataType::Uuid:
            if (const auto* text = std::get_if<std::string>(&value)) {
                return ValueView{ValueField::String, 0, *text};
            }
            return wrong();
        default: return wrong();
    }
}

DataType usual_type(ValueType type) {
    switch (type) {
        case ValueType::Bool: return DataType::Boolean;
        case ValueType::Int64: return DataType::Int64;
        case ValueType::Float64: return DataType::Double;
        case ValueType::String: return DataType::String;
        case ValueType::Null: break;
    }
    return DataType::Unknown;
}

Quality quality_of(std::int32_t code) {
    if (code == 500) {
        return quality::uncertain_last_usable_value;
    }
    if (code < 64 || code > 255) {
        return quality::bad;
    }
    return code < 192 ? quality::uncertain : quality::good;
}

std::int32_t sparkplug_quality(Quality quality) {
    return quality.good() ? 192 : quality.bad() ? 0 : 500;
}

}  // namespace gantry::sparkplug

// SPDX-License-Identifier: Apache-2.0
// Payloads of Sparkplug B 3.0, chapter 6: protobuf messages that are read in place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/protobuf.h"
#include "base/result.h"

namespace gantry::sparkplug {

// 6.4.16: indexes of data types.
enum class DataType : std::uint8_t {
    Unknown,
    Int8,
    Int16,
    Int32,
    Int64,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Float,
    Double,
    Boolean,
    String,
    DateTime,
    Text,
    Uuid,
    DataSet,
    Octets,
    File,
    Template,
    PropertySet,
    PropertySetList,
    Int8Array,
    Int16Array,
    Int32Array,
    Int64Array,
    UInt8Array,
    UInt16Array,
    UInt32Array,
    UInt64Array,
    FloatArray,
    DoubleArray,
    BooleanArray,
    StringArray,
    DateTimeArray,
};
inline constexpr std::uint32_t data_types = 35;
std::string_view data_type_name(DataType type);
// Unknown: none that there is.
inline DataType data_type_of(std::uint32_t number) {
    return number < data_types ? static_cast<DataType>(number) : DataType::Unknown;
}

// Which field of the message a value came in.
enum class ValueField : std::uint8_t {
    None,
    Int,
    Long,
    Float,
    Double,
    Boolean,
    String,
    Octets,
    DataSet,   // a message, not read yet
    Template,  // a message, not read yet
    Extension,
};

struct ValueView {
    ValueField field = ValueField::None;
    std::uint64_t bits = 0;       // of numbers and booleans
    std::string_view bytes = {};  // of the others

    bool operator==(const ValueView&) const = default;
};

// What is not there is empty, 0 or false; has_… tell apart. Texts belong to the message and may be
// no UTF-8.
struct Metric {
    std::string_view name;
    std::string_view properties;  // a message PropertySet, not read yet
    std::string_view metadata;    // a message MetaData, not read yet
    std::uint64_t alias = 0;
    std::uint64_t timestamp = 0;  // milliseconds since 1970
    ValueView value;
    std::uint32_t datatype = 0;
    bool has_name = false;
    bool has_alias = false;
    bool has_timestamp = false;
    bool has_datatype = false;
    bool historical = false;
    bool transient = false;
    bool null = false;

    bool operator==(const Metric&) const = default;
};

// Keeps its memory when another message is read into it.
struct Payload {
    std::optional<std::uint64_t> timestamp;
    std::optional<std::uint64_t> seq;
    std::string_view uuid;
    std::string_view body;
    std::vector<Metric> metrics;

    bool operator==(const Payload&) const = default;
};

inline constexpr std::size_t metrics_max = 1'000'000;

// InvalidArgument: no payload; TooLarge: more than metrics_max.
Result<> decode(ByteView message, Payload& out);
void encode(const Payload& payload, std::string& out);  // appends
void encode(const Metric& metric, std::string& out);

// ---- Properties of a metric

struct Property {
    std::string_view key;
    std::uint32_t type = 0;
    bool null = false;
    ValueView value = {};  // of sets and lists of sets the bytes, as Octets

    bool operator==(const Property&) const = default;
};
// False: no PropertySet, or not as many keys as values.
bool decode_properties(std::string_view message, std::vector<Property>& out);
void encode_properties(const std::vector<Property>& properties, std::string& out);

// What hosts look for.
struct KnownProperties {
    std::optional<std::int32_t> quality;  // "Quality": 0, 192 or 500
    std::string_view unit;                // "engUnit"
};
bool find_properties(std::string_view message, KnownProperties& out);

// ---- Data sets

struct DataSet {
    std::vector<std::string_view> columns;
    std::vector<std::uint32_t> types;
    std::vector<ValueView> cells;  // row by row

    std::size_t rows() const { return columns.empty() ? 0 : cells.size() / columns.size(); }
    bool operator==(const DataSet&) const = default;
};
bool decode_data_set(std::string_view message, DataSet& out);
void encode_data_set(const DataSet& set, std::string& out);

// ---- Templates

struct Parameter {
    std::string_view name;
    std::uint32_t type = 0;
    ValueView value;

    bool operator==(const Parameter&) const = default;
};
struct Template {
    std::string_view version;
    std::string_view reference;  // of an instance: the name of its definition
    bool definition = false;
    std::vector<Metric> metrics;
    std::vector<Parameter> parameters;

    bool operator==(const Template&) const = default;
};
bool decode_template(std::string_view message, Template& out);
void encode_template(const Template& value, std::string& out);

}  // namespace gantry::sparkplug

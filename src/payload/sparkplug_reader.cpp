// SPDX-License-Identifier: Apache-2.0
#include "payload/sparkplug_reader.h"

#include "base/encoding.h"
#include "sparkplug/metric_value.h"

namespace gantry::payload {
namespace {

using sparkplug::DataType;
using sparkplug::ValueField;

// What a value without a data type is.
DataType type_of_field(ValueField field) {
    switch (field) {
        case ValueField::Int: return DataType::UInt32;
        case ValueField::Long: return DataType::Int64;
        case ValueField::Float: return DataType::Float;
        case ValueField::Double: return DataType::Double;
        case ValueField::Boolean: return DataType::Boolean;
        case ValueField::String: return DataType::String;
        case ValueField::Octets: return DataType::Octets;
        case ValueField::DataSet: return DataType::DataSet;
        default: return DataType::Unknown;
    }
}

}  // namespace

Result<> SparkplugReader::read(std::string_view message, Document& document) {
    TRY(sparkplug::decode(as_bytes(message), payload_));
    texts_.clear();
    bool room = document.open(Kind::Object);
    if (room && payload_.seq) {
        room = document.natural(*payload_.seq, "seq");
    }
    room = room && document.open(Kind::Array, "metrics");
    for (std::size_t i = 0; room && i < payload_.metrics.size(); ++i) {
        TRY_ASSIGN(room, add(payload_.metrics[i], document));
    }
    if (!room) {
        return fail(Code::TooLarge, "the payload has too many metrics");
    }
    document.close();
    document.close();
    return {};
}

// False: too many nodes.
Result<bool> SparkplugReader::add(const sparkplug::Metric& metric, Document& document) {
    if (!is_utf8(metric.name)) {
        return fail(Code::InvalidArgument, "the name of a metric is not UTF-8");
    }
    bool room = document.open(Kind::Object);
    room = room && (!metric.has_name || document.text(metric.name, "name"));
    room = room && (!metric.has_alias || document.natural(metric.alias, "alias"));
    if (metric.has_timestamp || payload_.timestamp) {
        room =
            room && document.natural(metric.has_timestamp ? metric.timestamp : *payload_.timestamp,
                                     "timestamp");
    }
    sparkplug::KnownProperties known;
    if (!metric.properties.empty() && sparkplug::find_properties(metric.properties, known)) {
        room = room && (!known.quality || document.whole(*known.quality, "quality"));
        room = room &&
               (known.unit.empty() || !is_utf8(known.unit) || document.text(known.unit, "unit"));
    }
    Reading reading;
    std::string scratch;
    const DataType type = metric.has_datatype ? sparkplug::data_type_of(metric.datatype)
                                              : type_of_field(metric.value.field);
    if (const char* why = sparkplug::read_value(metric, type, scratch, reading)) {
        return fail(Code::InvalidArgument, "metric '{}' {}", metric.name.substr(0, 256), why);
    }
    switch (reading.type) {
        case ValueType::Null: room = room && document.null("value"); break;
        case ValueType::Bool: room = room && document.flag(reading.bits != 0, "value"); break;
        case ValueType::Int64:
            room = room && document.whole(static_cast<std::int64_t>(reading.bits), "value");
            break;
        case ValueType::Float64:
            room = room && document.number(std::bit_cast<double>(reading.bits), "value");
            break;
        case ValueType::String: {
            const bool made = reading.text.data() == scratch.data();
            if (made) {
                texts_.push_back(std::move(scratch));
            }
            room = room &&
                   document.text(made ? std::string_view(texts_.back()) : reading.text, "value");
            break;
        }
    }
    if (room) {
        document.close();
    }
    return room;
}

}  // namespace gantry::payload

// SPDX-License-Identifier: Apache-2.0
#include "sparkplug/payload.h"

#include <array>

namespace gantry::sparkplug {
namespace {

// The fields of a oneof `value`: they stand in this order in all messages, from `first` on.
enum Order : std::uint32_t { IntAt, LongAt, FloatAt, DoubleAt, BooleanAt, StringAt, BytesAt };

bool read_value(ProtobufReader& in, std::uint32_t place, ProtobufType type, ValueView& out) {
    std::uint32_t bits32 = 0;
    switch (place) {
        case IntAt:
        case LongAt:
        case BooleanAt:
            if (type != ProtobufType::Varint) {
                break;
            }
            out = {place == IntAt    ? ValueField::Int
                   : place == LongAt ? ValueField::Long
                                     : ValueField::Boolean,
                   0,
                   {}};
            if (!in.varint(out.bits)) {
                return false;
            }
            if (place == BooleanAt) {
                out.bits = out.bits != 0 ? 1 : 0;
            }
            return true;
        case FloatAt:
            if (type != ProtobufType::Fixed32) {
                break;
            }
            if (!in.fixed32(bits32)) {
                return false;
            }
            out = {ValueField::Float, bits32, {}};
            return true;
        case DoubleAt:
            if (type != ProtobufType::Fixed64) {
                break;
            }
            out = {ValueField::Double, 0, {}};
            return in.fixed64(out.bits);
        case StringAt:
            if (type != ProtobufType::Length) {
                break;
            }
            out = {ValueField::String, 0, {}};
            return in.bytes(out.bytes);
        default: break;
    }
    return in.skip(type);
}

void write_value(ProtobufWriter& out, std::uint32_t first, const ValueView& value) {
    switch (value.field) {
        case ValueField::Int: out.varint(first + IntAt, value.bits); break;
        case ValueField::Long: out.varint(first + LongAt, value.bits); break;
        case ValueField::Float:
            out.fixed32(first + FloatAt, static_cast<std::uint32_t>(value.bits));
            break;
        case ValueField::Double: out.fixed64(first + DoubleAt, value.bits); break;
        case ValueField::Boolean: out.varint(first + BooleanAt, value.bits); break;
        case ValueField::String: out.bytes(first + StringAt, value.bytes); break;
        default: break;
    }
}

bool read_metric(std::string_view message, Metric& out) {
    ProtobufReader in(message);
    while (!in.done()) {
        std::uint32_t field = 0;
        ProtobufType type{};
        std::uint64_t number = 0;
        if (!in.tag(field, type)) {
            return false;
        }
        if (field >= 10 && field <= 15) {
            if (!read_value(in, field - 10, type, out.value)) {
                return false;
            }
            continue;
        }
        if (type == ProtobufType::Varint && field >= 2 && field <= 7) {
            if (!in.varint(number)) {
                return false;
            }
            switch (field) {
                case 2:
                    out.alias = number;
                    out.has_alias = true;
                    break;
                case 3:
                    out.timestamp = number;
                    out.has_timestamp = true;
                    break;
                case 4:
                    out.datatype = static_cast<std::uint32_t>(number);
                    out.has_datatype = true;
                    break;
                case 5: out.historical = number != 0; break;
                case 6: out.transient = number != 0; break;
                default: out.null = number != 0; break;
            }
            continue;
        }
        if (type != ProtobufType::Length) {
            if (!in.skip(type)) {
                return false;
            }
            continue;
        }
        std::string_view bytes;
        if (!in.bytes(bytes)) {
            return false;
        }
        switch (field) {
            case 1:
                out.name = bytes;
                out.has_name = true;
                break;
            case 8: out.metadata = bytes; break;
            case 9: out.properties = bytes; break;
            case 16: out.value = {ValueField::Octets, 0, bytes}; break;
            case 17: out.value = {ValueField::DataSet, 0, bytes}; break;
            case 18: out.value = {ValueField::Template, 0, bytes}; break;
            case 19: out.value = {ValueField::Extension, 0, bytes}; break;
            default: break;
        }
    }
    return true;
}

// The next field of that number that has bytes; false at the end or where it is broken.
bool next_bytes(ProtobufReader& in, std::uint32_t wanted, std::string_view& out, bool& broken) {
    while (!in.done()) {
        std::uint32_t field = 0;
        ProtobufType type{};
        broken = !in.tag(field, type);
        if (!broken && field == wanted && type == ProtobufType::Length) {
            broken = !in.bytes(out);
            return !broken;
        }
        broken = broken || !in.skip(type);
        if (broken) {
            return false;
        }
    }
    return false;
}

bool read_property(std::string_view message, Property& out) {
    ProtobufReader in(message);
    while (!in.done()) {
        std::uint32_t field = 0;
        ProtobufType type{};
        std::uint64_t number = 0;
        if (!in.tag(field, type)) {
            return false;
        }
        if (field >= 3 && field <= 8) {
            if (!read_value(in, field - 3, type, out.value)) {
                return false;
            }
        } else if ((field == 1 || field == 2) && type == ProtobufType::Varint) {
            if (!in.varint(number)) {
                return false;
            }
            if (field == 1) {
                out.type = static_cast<std::uint32_t>(number);
            } else {
                out.null = number != 0;
            }
        } else if ((field == 9 || field == 10) && type == ProtobufType::Length) {
            out.value = {ValueField::Octets, 0, {}};
            if (!in.bytes(out.value.bytes)) {
                return false;
            }
        } else if (!in.skip(type)) {
            return false;
        }
    }
    return true;
}

// Keys and values stand in two lists: goes through both at once.
template <class Visit>
bool each_property(std::string_view message, Visit visit) {
    ProtobufReader keys(message);
    ProtobufReader values(message);
    bool broken = false;
    for (;;) {
        std::string_view key;
        std::string_view value;
        const bool has_key = next_bytes(keys, 1, key, broken);
        if (broken) {
            return false;
        }
        const bool has_value = next_bytes(values, 2, value, broken);
        if (broken || has_key != has_value) {
            return false;
        }
        if (!has_key) {
            return true;
        }
        Property property;
        property.key = key;
        if (!read_property(value, property)) {
            return false;
        }
        visit(property);
    }
}

bool read_row(std::string_view message, std::vector<ValueView>& out) {
    ProtobufReader in(message);
    std::string_view element;
    bool broken = false;
    while (next_bytes(in, 1, element, broken)) {
        ValueView& value = out.emplace_back();
        ProtobufReader one(element);
        while (!one.done()) {
            std::uint32_t field = 0;
            ProtobufType type{};
            if (!one.tag(field, type) || !read_value(one, field - 1, type, value)) {
                return false;
            }
        }
    }
    return !broken;
}

bool read_parameter(std::string_view message, Parameter& out) {
    ProtobufReader in(message);
    while (!in.done()) {
        std::uint32_t field = 0;
        ProtobufType type{};
        std::uint64_t number = 0;
        if (!in.tag(field, type)) {
            return false;
        }
        if (field == 1 && type == ProtobufType::Length) {
            if (!in.bytes(out.name)) {
                return false;
            }
        } else if (field == 2 && type == ProtobufType::Varint) {
            if (!in.varint(number)) {
                return false;
            }
            out.type = static_cast<std::uint32_t>(number);
        } else if (field >= 3 && field <= 8) {
            if (!read_value(in, field - 3, type, out.value)) {
                return false;
            }
        } else if (!in.skip(type)) {
            return false;
        }
    }
    return true;
}

// The types of a data set stand one by one or packed.
bool read_types(ProtobufReader& in, ProtobufType type, std::vector<std::uint32_t>& out) {
    std::uint64_t number = 0;
    if (type == ProtobufType::Varint) {
        if (!in.varint(number)) {
            return false;
        }
        out.push_back(static_cast<std::uint32_t>(number));
        return true;
    }
    std::string_view packed;
    if (type != ProtobufType::Length || !in.bytes(packed)) {
        return false;
    }
    ProtobufReader each(packed);
    while (!each.done()) {
        if (!each.varint(number)) {
            return false;
        }
        out.push_back(static_cast<std::uint32_t>(number));
    }
    return true;
}

}  // namespace

std::string_view data_type_name(DataType type) {
    constexpr std::array<std::string_view, data_types> names = {"Unknown",      "Int8",
                                                                "Int16",        "Int32",
                                                                "Int64",        "UInt8",
                                                                "UInt16",       "UInt32",
                                                                "UInt64",       "Float",
                                                                "Double",       "Boolean",
                                                                "String",       "DateTime",
                                                                "Text",         "UUID",
                                                                "DataSet",      "Bytes",
                                                                "File",         "Template",
                                                                "PropertySet",  "PropertySetList",
                                                                "Int8Array",    "Int16Array",
                                                                "Int32Array",   "Int64Array",
                                                                "UInt8Array",   "UInt16Array",
                                                                "UInt32Array",  "UInt64Array",
                                                                "FloatArray",   "DoubleArray",
                                                                "BooleanArray", "StringArray",
                                                                "DateTimeArray"};
    return names[static_cast<std::size_t>(type)];
}

Result<> decode(ByteView message, Payload& out) {
    out.timestamp.reset();
    out.seq.reset();
    out.uuid = {};
    out.body = {};
    out.metrics.clear();
    ProtobufReader in(as_text(message));
    const auto broken = [&](const char* at) {
        return fail(Code::InvalidArgument,
                    "the message is no payload of Sparkplug B: byte {}, metric {}",
                    at - as_text(message).data(), out.metrics.size());
    };
    while (!in.done()) {
        std::uint32_t field = 0;
        ProtobufType type{};
        const char* from = in.at();
        bool sound = in.tag(field, type);
        std::uint64_t number = 0;
        std::string_view bytes;
        if (sound && type == ProtobufType::Varint) {
            sound = in.varint(number);
            if (field == 1) {
                out.timestamp = number;
            } else if (field == 3) {
                out.seq = number;
            }
        } else if (sound && type == ProtobufType::Length) {
            sound = in.bytes(bytes);
            if (field == 2 && sound) {
                if (out.metrics.size() == metrics_max) {
                    return fail(Code::TooLarge, "the payload has more than {} metrics",
                                metrics_max);
                }
                sound = read_metric(bytes, out.metrics.emplace_back());
            } else if (field == 4) {
                out.uuid = bytes;
            } else if (field == 5) {
                out.body = bytes;
            }
        } else {
            sound = sound && in.skip(type);
        }
        if (!sound) {
            return broken(from);
        }
    }
    return {};
}

void encode(const Metric& metric, std::string& out) {
    ProtobufWriter writer(out);
    if (metric.has_name) {
        writer.bytes(1, metric.name);
    }
    if (metric.has_alias) {
        writer.varint(2, metric.alias);
    }
    if (metric.has_timestamp) {
        writer.varint(3, metric.timestamp);
    }
    if (metric.has_datatype) {
        writer.varint(4, metric.datatype);
    }
    const bool flags[] = {metric.historical, metric.transient, metric.null};
    for (std::uint32_t i = 0; i < std::size(flags); ++i) {
        if (flags[i]) {
            writer.varint(5 + i, 1);
        }
    }
    if (!metric.metadata.empty()) {
        writer.bytes(8, metric.metadata);
    }
    if (!metric.properties.empty()) {
        writer.bytes(9, metric.properties);
    }
    if (metric.value.field < ValueField::Octets) {
        write_value(writer, 10, metric.value);
    } else {
        writer.bytes(16 + static_cast<std::uint32_t>(metric.value.field) -
                         static_cast<std::uint32_t>(ValueField::Octets),
                     metric.value.bytes);
    }
}

void encode(const Payload& payload, std::string& out) {
    ProtobufWriter writer(out);
    if (payload.timestamp) {
        writer.varint(1, *payload.timestamp);
    }
    std::string one;
    for (const Metric& metric : payload.metrics) {
        one.clear();
        encode(metric, one);
        writer.bytes(2, one);
    }
    if (payload.seq) {
        writer.varint(3, *payload.seq);
    }
    if (!payload.uuid.empty()) {
        writer.bytes(4, payload.uuid);
    }
    if (!payload.body.empty()) {
        writer.bytes(5, payload.body);
    }
}

bool decode_properties(std::string_view message, std::vector<Property>& out) {
    out.clear();
    return each_property(message, [&](const Property& property) { out.push_back(property); });
}

void encode_properties(const std::vector<Property>& properties, std::string& out) {
    ProtobufWriter writer(out);
    for (const Property& property : properties) {
        writer.bytes(1, property.key);
    }
    for (const Property& property : properties) {
        std::string value;
        ProtobufWriter inner(value);
        inner.varint(1, property.type);
        if (property.null) {
            inner.varint(2, 1);
        }
        if (property.value.field == ValueField::Octets) {
            const bool list = data_type_of(property.type) == DataType::PropertySetList;
            inner.bytes(list ? 10 : 9, property.value.bytes);
        } else {
            write_value(inner, 3, property.value);
        }
        writer.bytes(2, value);
    }
}

bool find_properties(std::string_view message, KnownProperties& out) {
    return each_property(message, [&](const Property& property) {
        if (property.null) {
            return;
        }
        if (property.key == "Quality" || property.key == "quality") {
            if (property.value.field == ValueField::Int ||
                property.value.field == ValueField::Long) {
                out.quality = static_cast<std::int32_t>(property.value.bits);
            }
        } else if (property.key == "engUnit" && property.value.field == ValueField::String) {
            out.unit = property.value.bytes;
        }
    });
}

bool decode_data_set(std::string_view message, DataSet& out) {
    out.columns.clear();
    out.types.clear();
    out.cells.clear();
    std::uint64_t columns = 0;
    std::vector<std::string_view> rows;
    ProtobufReader in(message);
    while (!in.done()) {
        std::uint32_t field = 0;
        ProtobufType type{};
        if (!in.tag(field, type)) {
            return false;
        }
        bool sound = false;
        if (field == 1 && type == ProtobufType::Varint) {
            sound = in.varint(columns);
        } else if (field == 2 && type == ProtobufType::Length) {
            sound = in.bytes(out.columns.emplace_back());
        } else if (field == 3) {
            sound = read_types(in, type, out.types);
        } else if (field == 4 && type == ProtobufType::Length) {
            sound = in.bytes(rows.emplace_back());
        } else {
            sound = in.skip(type);
        }
        if (!sound) {
            return false;
        }
    }
    if (columns != out.columns.size() || out.types.size() != out.columns.size()) {
        return false;
    }
    for (const std::string_view row : rows) {
        const std::size_t before = out.cells.size();
        if (!read_row(row, out.cells) || out.cells.size() - before != out.columns.size()) {
            return false;
        }
    }
    return true;
}

void encode_data_set(const DataSet& set, std::string& out) {
    ProtobufWriter writer(out);
    writer.varint(1, set.columns.size());
    for (const std::string_view column : set.columns) {
        writer.bytes(2, column);
    }
    for (const std::uint32_t type : set.types) {
        writer.varint(3, type);
    }
    for (std::size_t row = 0; row < set.rows(); ++row) {
        std::string cells;
        for (std::size_t i = 0; i < set.columns.size(); ++i) {
            std::string cell;
            ProtobufWriter inner(cell);
            write_value(inner, 1, set.cells[row * set.columns.size() + i]);
            ProtobufWriter(cells).bytes(1, cell);
        }
        writer.bytes(4, cells);
    }
}

bool decode_template(std::string_view message, Template& out) {
    out = {};
    ProtobufReader in(message);
    while (!in.done()) {
        std::uint32_t field = 0;
        ProtobufType type{};
        std::uint64_t number = 0;
        std::string_view bytes;
        if (!in.tag(field, type)) {
            return false;
        }
        if (field == 5 && type == ProtobufType::Varint) {
            if (!in.varint(number)) {
                return false;
            }
            out.definition = number != 0;
            continue;
        }
        if (type != ProtobufType::Length) {
            if (!in.skip(type)) {
                return false;
            }
            continue;
        }
        if (!in.bytes(bytes)) {
            return false;
        }
        switch (field) {
            case 1: out.version = bytes; break;
            case 2:
                if (!read_metric(bytes, out.metrics.emplace_back())) {
                    return false;
                }
                break;
            case 3:
                if (!read_parameter(bytes, out.parameters.emplace_back())) {
                    return false;
                }
                break;
            case 4: out.reference = bytes; break;
            default: break;
        }
    }
    return true;
}

void encode_template(const Template& value, std::string& out) {
    ProtobufWriter writer(out);
    if (!value.version.empty()) {
        writer.bytes(1, value.version);
    }
    for (const Metric& metric : value.metrics) {
        std::string one;
        encode(metric, one);
        writer.bytes(2, one);
    }
    for (const Parameter& parameter : value.parameters) {
        std::string one;
        ProtobufWriter inner(one);
        inner.bytes(1, parameter.name);
        inner.varint(2, parameter.type);
        write_value(inner, 3, parameter.value);
        writer.bytes(3, one);
    }
    if (!value.definition) {
        writer.bytes(4, value.reference);
    }
    writer.varint(5, value.definition ? 1 : 0);
}

}  // namespace gantry::sparkplug

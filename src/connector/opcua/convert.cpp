// SPDX-License-Identifier: Apache-2.0
#include "connector/opcua/convert.h"

#include <bit>
#include <cmath>
#include <limits>
#include <optional>

#include "base/encoding.h"

namespace gantry::connector::opcua {
namespace {

constexpr std::int64_t exact_in_double = std::int64_t{1} << 53;
constexpr double int64_bound = 9'223'372'036'854'775'808.0;  // 2^63

// One element of a variant, whatever its type.
struct Element {
    const UA_DataType* type = nullptr;
    const void* data = nullptr;

    unsigned kind() const { return type == nullptr ? UA_DATATYPEKINDS : type->typeKind; }
    template <class T>
    const T& as() const {
        return *static_cast<const T*>(data);
    }
};

// What is there of a tag's array, or why there is nothing.
Result<Element> element_of(const std::optional<std::uint32_t>& index, const UA_Variant& value) {
    if (value.type == nullptr) {
        return Element{};
    }
    if (UA_Variant_isScalar(&value)) {
        if (index) {
            return fail(Code::InvalidArgument, "the node has a single value: write no [{}]",
                        *index);
        }
        return Element{value.type, value.data};
    }
    if (!index) {
        return fail(Code::InvalidArgument,
                    "the node has an array of {} values: write which, as in [0]",
                    value.arrayLength);
    }
    if (*index >= value.arrayLength) {
        return fail(Code::NotFound, "the array has only {} values", value.arrayLength);
    }
    return Element{value.type,
                   static_cast<const std::byte*>(value.data) + *index * value.type->memSize};
}

std::optional<std::int64_t> signed_of(const Element& element) {
    switch (element.kind()) {
        case UA_DATATYPEKIND_SBYTE: return element.as<UA_SByte>();
        case UA_DATATYPEKIND_BYTE: return element.as<UA_Byte>();
        case UA_DATATYPEKIND_INT16: return element.as<UA_Int16>();
        case UA_DATATYPEKIND_UINT16: return element.as<UA_UInt16>();
        case UA_DATATYPEKIND_ENUM:
        case UA_DATATYPEKIND_INT32: return element.as<UA_Int32>();
        case UA_DATATYPEKIND_STATUSCODE:
        case UA_DATATYPEKIND_UINT32: return element.as<UA_UInt32>();
        case UA_DATATYPEKIND_INT64: return element.as<UA_Int64>();
        default: return std::nullopt;
    }
}

std::optional<double> float_of(const Element& element) {
    switch (element.kind()) {
        case UA_DATATYPEKIND_FLOAT: return element.as<UA_Float>();
        case UA_DATATYPEKIND_DOUBLE: return element.as<UA_Double>();
        default: return std::nullopt;
    }
}

std::string printed(const UA_StatusCode done, UA_String& out) {
    std::string text(done == UA_STATUSCODE_GOOD ? view(out) : std::string_view());
    UA_String_clear(&out);
    return text;
}

std::optional<std::string> text_of(const Element& element) {
    UA_String out = UA_STRING_NULL;
    switch (element.kind()) {
        case UA_DATATYPEKIND_STRING:
        case UA_DATATYPEKIND_XMLELEMENT: return std::string(view(element.as<UA_String>()));
        case UA_DATATYPEKIND_LOCALIZEDTEXT:
            return std::string(view(element.as<UA_LocalizedText>().text));
        case UA_DATATYPEKIND_QUALIFIEDNAME:
            return std::string(view(element.as<UA_QualifiedName>().name));
        case UA_DATATYPEKIND_DATETIME: return format_time(time_of(element.as<UA_DateTime>()));
        case UA_DATATYPEKIND_GUID: return printed(UA_Guid_print(&element.as<UA_Guid>(), &out), out);
        case UA_DATATYPEKIND_BYTESTRING:
            return printed(UA_ByteString_toBase64(&element.as<UA_ByteString>(), &out), out);
        case UA_DATATYPEKIND_NODEID:
            return printed(UA_NodeId_print(&element.as<UA_NodeId>(), &out), out);
        case UA_DATATYPEKIND_EXPANDEDNODEID:
            return printed(UA_ExpandedNodeId_print(&element.as<UA_ExpandedNodeId>(), &out), out);
        default: return std::nullopt;
    }
}

std::string_view type_name(const UA_DataType* type) {
    return type == nullptr ? "nothing" : type->typeName;
}

void none(Arrival& out, Quality why) {
    out.quality = why;
    out.type = ValueType::Null;
}

void mismatch(Arrival& out, std::string complaint) {
    none(out, quality::bad_type_mismatch);
    out.complaint = std::move(complaint);
}

void put_float(Arrival& out, double number) {
    if (std::isnan(number)) {
        return none(out, quality::bad_sensor_failure);
    }
    if (std::isinf(number)) {
        return none(out, quality::bad_out_of_range);
    }
    out.type = ValueType::Float64;
    out.bits = std::bit_cast<std::uint64_t>(number);
}

void put_int(const Scaling& scaling, Arrival& out, std::int64_t number) {
    if (scaling.scaled() &&
        (__builtin_mul_overflow(number, static_cast<std::int64_t>(scaling.scale), &number) ||
         __builtin_add_overflow(number, static_cast<std::int64_t>(scaling.offset), &number))) {
        return none(out, quality::bad_out_of_range);
    }
    out.type = ValueType::Int64;
    out.bits = static_cast<std::uint64_t>(number);
}

// A number of the node becomes one of the point.
bool put_number(const Tag& tag, const Element& element, Arrival& out) {
    const Scaling& scaling = tag.address.scaling;
    if (const auto number = float_of(element)) {
        if (tag.type == ValueType::Float64) {
            put_float(out, *number * scaling.scale + scaling.offset);
        } else {
            mismatch(out, "the point is of type int64, the node has a float: make the point a "
                          "float64");
        }
        return true;
    }
    const bool wide = element.kind() == UA_DATATYPEKIND_UINT64;
    const std::uint64_t unsigned_number = wide ? element.as<UA_UInt64>() : 0;
    const auto number =
        wide ? std::optional(static_cast<std::int64_t>(unsigned_number)) : signed_of(element);
    if (!number) {
        return false;
    }
    if (tag.type == ValueType::Int64) {
        if (wide && *number < 0) {
            none(out, quality::bad_out_of_range);
        } else {
            put_int(scaling, out, *number);
        }
        return true;
    }
    const bool exact = wide ? unsigned_number <= static_cast<std::uint64_t>(exact_in_double)
                            : *number >= -exact_in_double && *number <= exact_in_double;
    // A scaled value is rounded anyway; one that is taken as it is must be right to the last digit.
    if (!scaling.scaled() && !exact) {
        none(out, quality::bad_out_of_range);
        return true;
    }
    const double exactly =
        wide ? static_cast<double>(unsigned_number) : static_cast<double>(*number);
    put_float(out, exactly * scaling.scale + scaling.offset);
    return true;
}

void put_text(Arrival& out, std::string text) {
    if (text.size() > text_value_bytes_max) {
        return none(out, quality::bad_out_of_range);
    }
    if (!is_utf8(text)) {
        return mismatch(out, "the node's text is not UTF-8");
    }
    out.type = ValueType::String;
    out.text = std::move(text);
}

void put_element(const Tag& tag, const Element& element, Arrival& out) {
    if (element.type == nullptr) {
        // Good, and yet nothing: a node that was never written.
        return none(out, out.quality.good() ? quality::bad_waiting_for_initial_data : out.quality);
    }
    if (element.kind() == UA_DATATYPEKIND_BOOLEAN) {
        const bool on = element.as<UA_Boolean>();
        if (tag.type == ValueType::Bool) {
            out.type = ValueType::Bool;
            out.bits = on ? 1 : 0;
            return;
        }
        if (tag.type == ValueType::Int64) {
            return put_int({}, out, on ? 1 : 0);
        }
        if (tag.type == ValueType::Float64) {
            return put_float(out, on ? 1 : 0);
        }
    }
    const bool number = tag.type == ValueType::Int64 || tag.type == ValueType::Float64;
    if (number && put_number(tag, element, out)) {
        return;
    }
    if (tag.type == ValueType::String) {
        if (auto text = text_of(element)) {
            return put_text(out, std::move(*text));
        }
    }
    mismatch(out, std::format("the point is of type {}, the node has a {}: make the point fit",
                              value_type_name(tag.type), type_name(element.type)));
}

template <class T>
Result<> put_whole(void* into, double exact, const std::string& shown) {
    const double number = std::nearbyint(exact);
    // The limits of 64 bits are no doubles: what is as large as they is too large.
    const double above = std::ldexp(1.0, std::numeric_limits<T>::digits);
    const double least = std::is_signed_v<T> ? -above : 0.0;
    if (!(number >= least && number < above)) {
        return fail(Code::InvalidArgument, "{} does not fit the node's {} bits", shown,
                    8 * sizeof(T));
    }
    *static_cast<T*>(into) = static_cast<T>(number);
    return {};
}

template <class T>
Result<> put_whole(void* into, std::int64_t number, const std::string& shown) {
    if (!std::in_range<T>(number)) {
        return fail(Code::InvalidArgument, "{} does not fit the node's {} bits", shown,
                    8 * sizeof(T));
    }
    *static_cast<T*>(into) = static_cast<T>(number);
    return {};
}

// Whatever the number is, a double or all 64 bits of an integer.
template <class Number>
Result<> put_integer(unsigned kind, void* into, Number number, const std::string& shown) {
    switch (kind) {
        case UA_DATATYPEKIND_SBYTE: return put_whole<UA_SByte>(into, number, shown);
        case UA_DATATYPEKIND_BYTE: return put_whole<UA_Byte>(into, number, shown);
        case UA_DATATYPEKIND_INT16: return put_whole<UA_Int16>(into, number, shown);
        case UA_DATATYPEKIND_UINT16: return put_whole<UA_UInt16>(into, number, shown);
        case UA_DATATYPEKIND_ENUM:
        case UA_DATATYPEKIND_INT32: return put_whole<UA_Int32>(into, number, shown);
        case UA_DATATYPEKIND_UINT32: return put_whole<UA_UInt32>(into, number, shown);
        case UA_DATATYPEKIND_INT64: return put_whole<UA_Int64>(into, number, shown);
        case UA_DATATYPEKIND_UINT64: return put_whole<UA_UInt64>(into, number, shown);
        default: return fail(Code::Unsupported, "not an integer");
    }
}

Result<> write_number(const Tag& tag, const Value& value, const UA_DataType& type, void* into) {
    const Scaling& scaling = tag.address.scaling;
    const std::string shown = to_text(value);
    if (const auto* whole = std::get_if<std::int64_t>(&value);
        whole != nullptr && type.typeKind != UA_DATATYPEKIND_FLOAT &&
        type.typeKind != UA_DATATYPEKIND_DOUBLE) {
        std::int64_t raw = 0;
        const auto scale = static_cast<std::int64_t>(scaling.scale);
        if (__builtin_sub_overflow(*whole, static_cast<std::int64_t>(scaling.offset), &raw) ||
            raw % scale != 0) {
            return fail(Code::InvalidArgument, "{} is not a multiple of the scale {}", shown,
                        scaling.scale);
        }
        return put_integer(type.typeKind, into, raw / scale, shown);
    }
    const double raw = (to_number(value).value_or(0) - scaling.offset) / scaling.scale;
    if (!std::isfinite(raw)) {
        return fail(Code::InvalidArgument, "it is not a finite number");
    }
    if (type.typeKind == UA_DATATYPEKIND_DOUBLE) {
        *static_cast<UA_Double*>(into) = raw;
        return {};
    }
    if (type.typeKind == UA_DATATYPEKIND_FLOAT) {
        const auto narrow = static_cast<float>(raw);
        if (!std::isfinite(narrow)) {
            return fail(Code::InvalidArgument, "{} does not fit a 32-bit float", shown);
        }
        *static_cast<UA_Float*>(into) = narrow;
        return {};
    }
    return put_integer(type.typeKind, into, raw, shown);
}

bool is_number(unsigned kind) {
    switch (kind) {
        case UA_DATATYPEKIND_SBYTE:
        case UA_DATATYPEKIND_BYTE:
        case UA_DATATYPEKIND_INT16:
        case UA_DATATYPEKIND_UINT16:
        case UA_DATATYPEKIND_INT32:
        case UA_DATATYPEKIND_UINT32:
        case UA_DATATYPEKIND_INT64:
        case UA_DATATYPEKIND_UINT64:
        case UA_DATATYPEKIND_FLOAT:
        case UA_DATATYPEKIND_DOUBLE:
        case UA_DATATYPEKIND_ENUM: return true;
        default: return false;
    }
}

}  // namespace

Time time_of(UA_DateTime time) {
    const std::int64_t ticks = time - UA_DATETIME_UNIX_EPOCH;  // of 100 ns
    if (ticks > time_max / 100) {
        return time_max;
    }
    return ticks < time_min / 100 ? time_min : ticks * 100;
}

Arrival arrival_of(const Tag& tag, std::uint32_t number, const UA_DataValue& value) {
    Arrival out;
    out.tag = number;
    out.quality = Quality{value.hasStatus ? value.status : UA_STATUSCODE_GOOD};
    out.source = value.hasSourceTimestamp ? time_of(value.sourceTimestamp) : 0;
    out.server = value.hasServerTimestamp ? time_of(value.serverTimestamp) : 0;
    if (out.quality.bad()) {
        return out;
    }
    static const UA_Variant nothing{};
    const auto element = element_of(tag.address.index, value.hasValue ? value.value : nothing);
    if (!element) {
        mismatch(out, element.error().message);
        if (element.error().code == Code::NotFound) {
            out.quality = Quality{UA_STATUSCODE_BADINDEXRANGENODATA};
        }
        return out;
    }
    put_element(tag, *element, out);
    return out;
}

Value value_in(const UA_Variant& value, const std::optional<std::uint32_t>& index) {
    const auto found = element_of(index, value);
    if (!found || found->type == nullptr) {
        return {};
    }
    const Element& element = *found;
    if (element.kind() == UA_DATATYPEKIND_BOOLEAN) {
        return element.as<UA_Boolean>();
    }
    if (const auto number = float_of(element)) {
        return *number;
    }
    if (const auto number = signed_of(element)) {
        return *number;
    }
    if (element.kind() == UA_DATATYPEKIND_UINT64 && element.as<UA_UInt64>() <= INT64_MAX) {
        return static_cast<std::int64_t>(element.as<UA_UInt64>());
    }
    if (auto text = text_of(element); text && is_utf8(*text)) {
        return std::move(*text);
    }
    return {};
}

Result<> put_value(const Tag& tag, const Property& property, const Value& value,
                   UA_Variant& holder) {
    TRY_ASSIGN(const Value typed, convert_value(value, property.type));
    if (const auto number = to_number(typed); number && !property.range.contains(*number)) {
        return fail(Code::InvalidArgument, "{} is outside the range of the point, {} to {}",
                    to_text(typed),
                    property.range.min ? std::format("{}", *property.range.min) : "any",
                    property.range.max ? std::format("{}", *property.range.max) : "any");
    }
    TRY_ASSIGN(const Element element, element_of(tag.address.index, holder));
    if (element.type == nullptr) {
        return fail(Code::InvalidArgument, "the node has no value that tells its type");
    }
    void* into = const_cast<void*>(element.data);
    const unsigned kind = element.kind();
    if (kind == UA_DATATYPEKIND_BOOLEAN && property.type != ValueType::String) {
        const double number = to_number(typed).value_or(-1);
        if (number != 0 && number != 1) {
            return fail(Code::InvalidArgument, "{} is neither 0 nor 1", to_text(typed));
        }
        *static_cast<UA_Boolean*>(into) = number == 1;
        return {};
    }
    if (is_number(kind) &&
        (property.type == ValueType::Int64 || property.type == ValueType::Float64)) {
        return write_number(tag, typed, *element.type, into);
    }
    if (property.type == ValueType::String &&
        (kind == UA_DATATYPEKIND_STRING || kind == UA_DATATYPEKIND_LOCALIZEDTEXT)) {
        UA_String& text = kind == UA_DATATYPEKIND_STRING
                              ? *static_cast<UA_String*>(into)
                              : static_cast<UA_LocalizedText*>(into)->text;
        UA_String_clear(&text);
        text = copy(std::get<std::string>(typed));
        return {};
    }
    return fail(Code::InvalidArgument, "a {} cannot be written to a node of type {}",
                value_type_name(property.type), type_name(element.type));
}

bool same_value(const Tag& tag, const UA_Variant& one, const UA_Variant& other) {
    const auto first = element_of(tag.address.index, one);
    const auto second = element_of(tag.address.index, other);
    return first && second && first->type != nullptr && first->type == second->type &&
           UA_order(first->data, second->data, first->type) == UA_ORDER_EQ;
}

}  // namespace gantry::connector::opcua

// SPDX-License-Identifier: Apache-2.0
#include "arrow/schema.h"

#include <array>

#include "arrow/detail/flat_table.h"
#include "arrow/detail/metadata.h"
#include "base/encoding.h"

namespace gantry::arrow {
namespace {

constexpr std::array<std::string_view, 27> tag_names = {
    "none",       "null",           "int",      "float",       "binary",
    "utf8",       "bool",           "decimal",  "date",        "time",
    "timestamp",  "interval",       "list",     "struct",      "union",
    "binary",     "list",           "map",      "duration",    "large binary",
    "large utf8", "large list",     "run ends", "binary view", "utf8 view",
    "list view",  "large list view"};

constexpr std::array<Time, 4> units = {1'000'000'000, 1'000'000, 1'000, 1};
constexpr std::array<std::string_view, 4> unit_names = {"s", "ms", "us", "ns"};
constexpr Time day = 86'400'000'000'000;

std::unexpected<Error> broken() {
    return fail(Code::InvalidArgument, "the schema is no valid FlatBuffer");
}

bool is_width(int bits) { return bits == 8 || bits == 16 || bits == 32 || bits == 64; }

bool read_integer(const FlatTable& table, Type& out) {
    std::int32_t bits = 0;
    std::uint8_t is_signed = 0;
    if (!table.get(slot::integer::bit_width, bits) ||
        !table.get(slot::integer::is_signed, is_signed) || !is_width(bits)) {
        return false;
    }
    out = {.kind = Kind::Int, .bits = static_cast<unsigned>(bits), .is_signed = is_signed != 0};
    return true;
}

bool read_float(const FlatTable& table, Type& out) {
    std::int16_t precision = 0;
    if (!table.get(slot::precision, precision) || precision < 0 || precision > 2) {
        return false;
    }
    out = {.kind = Kind::Float, .bits = 16U << precision};
    return true;
}

bool read_date(const FlatTable& table, Type& out) {
    std::int16_t unit = 1;
    if (!table.get(slot::date_unit, unit) || unit < 0 || unit > 1) {
        return false;
    }
    out = {.kind = Kind::Instant, .bits = unit == 0 ? 32U : 64U, .date = true};
    out.unit = unit == 0 ? day : units[1];
    return true;
}

bool read_timestamp(const FlatTable& table, Type& out) {
    std::int16_t unit = 0;
    if (!table.get(slot::timestamp::unit, unit) || unit < 0 || unit > 3) {
        return false;
    }
    out = time_type;
    out.unit = units[static_cast<std::size_t>(unit)];
    return true;
}

// False for what is broken. Other types leave `known` false.
bool read_type(TypeTag tag, const FlatTable& table, Type& out, bool& known) {
    known = true;
    switch (tag) {
        case TypeTag::Null: out = null_type; return true;
        case TypeTag::Bool: out = bool_type; return true;
        case TypeTag::Int: return read_integer(table, out);
        case TypeTag::FloatingPoint: known = read_float(table, out) && out.bits > 16; return true;
        case TypeTag::Utf8: out = text_type; return true;
        case TypeTag::LargeUtf8: out = {.kind = Kind::LargeText}; return true;
        case TypeTag::Utf8View: out = {.kind = Kind::TextView}; return true;
        case TypeTag::Date: return read_date(table, out);
        case TypeTag::Timestamp: return read_timestamp(table, out);
        default: known = false; return true;
    }
}

Result<> read_dictionary(const FlatTable& table, Field& out) {
    DictionaryUse use;
    std::optional<FlatTable> index;
    if (!table.get(slot::dictionary_encoding::id, use.id) ||
        !table.get_table(slot::dictionary_encoding::index_type, index) ||
        (index && !read_integer(*index, use.index))) {
        return broken();
    }
    if (!out.type.text()) {
        return fail(Code::Unsupported,
                    "column '{}' is a dictionary of {}: only texts may be dictionary-encoded, cast "
                    "it to its values",
                    out.name, type_name(out.type));
    }
    out.dictionary = use;
    return {};
}

Result<Field> read_field(const FlatTable& table, std::size_t index) {
    Field out;
    std::string_view name;
    std::uint8_t tag = 0;
    std::optional<FlatTable> type;
    std::optional<FlatTable> dictionary;
    if (!table.get_text(slot::field::name, name) || !table.get(slot::field::type_type, tag) ||
        !table.get_table(slot::field::type, type) ||
        !table.get_table(slot::field::dictionary, dictionary) || !type) {
        return broken();
    }
    if (name.size() > name_bytes_max || !is_utf8(name)) {
        return fail(Code::InvalidArgument,
                    "the name of column {} has {} bytes: it must be UTF-8 of at most {}", index,
                    name.size(), name_bytes_max);
    }
    out.name = name;
    bool known = false;
    if (!read_type(static_cast<TypeTag>(tag), *type, out.type, known)) {
        return broken();
    }
    if (!known) {
        return fail(Code::Unsupported,
                    "column {} '{}' is of type {}: cast it to a number, bool, utf8 or timestamp",
                    index, name,
                    tag == static_cast<std::uint8_t>(TypeTag::FloatingPoint) ? "float16"
                    : tag < tag_names.size()                                 ? tag_names[tag]
                                                                             : "unknown");
    }
    if (dictionary) {
        TRY(read_dictionary(*dictionary, out));
    }
    return out;
}

}  // namespace

std::string type_name(const Type& type) {
    switch (type.kind) {
        case Kind::Null: return "null";
        case Kind::Bool: return "bool";
        case Kind::Int: return std::format("{}int{}", type.is_signed ? "" : "u", type.bits);
        case Kind::Float: return std::format("float{}", type.bits);
        case Kind::Text: return "utf8";
        case Kind::LargeText: return "large utf8";
        case Kind::TextView: return "utf8 view";
        case Kind::Instant: break;
    }
    if (type.date) {
        return std::format("date{}", type.bits);
    }
    for (std::size_t i = 0; i < units.size(); ++i) {
        if (type.unit == units[i]) {
            return std::format("timestamp[{}]", unit_names[i]);
        }
    }
    return "timestamp";
}

Result<Schema> read_schema(const FlatTable& header) {
    std::int16_t endianness = 0;
    ByteView items;
    std::size_t count = 0;
    if (!header.get(slot::schema::endianness, endianness) ||
        !header.get_vector(slot::schema::fields, 4, items, count)) {
        return broken();
    }
    if (endianness != 0) {
        return fail(Code::Unsupported, "the stream is big-endian: write it little-endian");
    }
    if (count > columns_max) {
        return fail(Code::TooLarge, "there are {} columns, at most {} are taken", count,
                    columns_max);
    }
    Schema out;
    for (std::size_t i = 0; i < count; ++i) {
        const auto table = header.item(items, i);
        if (!table) {
            return broken();
        }
        TRY_ASSIGN(Field field, read_field(*table, i));
        out.fields.push_back(std::move(field));
    }
    return out;
}

}  // namespace gantry::arrow

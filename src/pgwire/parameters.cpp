// SPDX-License-Identifier: Apache-2.0
// The values that clients send.
#include <algorithm>
#include <bit>
#include <charconv>
#include <format>

#include "base/encoding.h"
#include "pgwire/values.h"

namespace gantry::pgwire {
namespace {

constexpr std::int64_t micros_a_day = 86'400'000'000;
constexpr std::int64_t days_1970_to_2000 = 10'957;

std::unexpected<Error> wrong_value(SqlType type, std::string_view text) {
    return fail(Code::InvalidArgument, "'{}' is not a value of type {}", text.substr(0, 100),
                type_name(type));
}

std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t out = 0;
    for (const char byte : bytes) {
        out = out << 8 | static_cast<unsigned char>(byte);
    }
    return out;
}

std::optional<bool> boolean_of(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (const std::string_view word : {"t", "true", "y", "yes", "on", "1"}) {
        if (text == word) {
            return true;
        }
    }
    for (const std::string_view word : {"f", "false", "n", "no", "off", "0"}) {
        if (text == word) {
            return false;
        }
    }
    return std::nullopt;
}

template <class Number>
bool whole(std::string_view text, Number& out) {
    while (text.starts_with(' ')) {
        text.remove_prefix(1);
    }
    while (text.ends_with(' ')) {
        text.remove_suffix(1);
    }
    if (text.starts_with('+')) {
        text.remove_prefix(1);
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

bool fits(SqlKind kind, std::int64_t number) {
    return kind == SqlKind::Int16   ? number >= INT16_MIN && number <= INT16_MAX
           : kind == SqlKind::Int32 ? number >= INT32_MIN && number <= INT32_MAX
                                    : true;
}

// "{a,"b c",NULL}" of one dimension, without NULLs: what a client sends for ANY($1).
std::optional<std::vector<std::string>> list_of(std::string_view text) {
    std::vector<std::string> out;
    if (text.size() < 2 || text.front() != '{' || text.back() != '}') {
        return std::nullopt;
    }
    text = text.substr(1, text.size() - 2);
    std::size_t at = 0;
    while (at < text.size()) {
        std::string item;
        const bool quoted = text[at] == '"';
        at += quoted ? 1 : 0;
        while (at < text.size() && (quoted ? text[at] != '"' : text[at] != ',')) {
            if (!quoted && (text[at] == '{' || text[at] == '}')) {
                return std::nullopt;
            }
            at += text[at] == '\\' && at + 1 < text.size() ? 1 : 0;
            item += text[at++];
        }
        if (quoted && at++ >= text.size()) {
            return std::nullopt;
        }
        if (!quoted && item == "NULL") {
            return std::nullopt;
        }
        out.push_back(std::move(item));
        if (at < text.size() && text[at++] != ',') {
            return std::nullopt;
        }
    }
    return out;
}

// Dates and times have many forms, which the engine reads itself.
Result<query::SqlArgument> read_text(SqlType type, std::string_view text) {
    query::SqlArgument out;
    out.type = type;
    switch (type.kind) {
        case SqlKind::Boolean: {
            const auto value = boolean_of(std::string(text));
            if (!value) {
                return wrong_value(type, text);
            }
            out.number = *value ? 1 : 0;
            return out;
        }
        case SqlKind::Int16:
        case SqlKind::Int32:
        case SqlKind::Int64:
            if (!whole(text, out.number) || !fits(type.kind, out.number)) {
                return wrong_value(type, text);
            }
            return out;
        case SqlKind::Float32:
        case SqlKind::Float64:
            if (!whole(text, out.real)) {
                return wrong_value(type, text);
            }
            return out;
        case SqlKind::Bytes: {
            const auto bytes = text.starts_with("\\x") ? from_hex(text.substr(2)) : std::nullopt;
            if (!bytes) {
                return wrong_value(type, text);
            }
            out.text = as_text(*bytes);
            return out;
        }
        case SqlKind::List: {
            auto list = list_of(text);
            if (!list) {
                return wrong_value(type, text);
            }
            out.list = std::move(*list);
            return out;
        }
        case SqlKind::Numeric: out.text = text; return out;
        default:
            out.in_words = true;
            out.text = text;
            return out;
    }
}

Result<query::SqlArgument> read_time(SqlType type, std::int64_t number) {
    query::SqlArgument out;
    out.type = type;
    if (type.kind == SqlKind::TimeOfDay) {
        out.number = number;
        return out;
    }
    const bool date = type.kind == SqlKind::Date;
    const std::int64_t shift = date ? days_1970_to_2000 : days_1970_to_2000 * micros_a_day;
    const std::int64_t least = date ? INT32_MIN : INT64_MIN;
    const std::int64_t most = date ? INT32_MAX : INT64_MAX;
    if (number == least || number == most || __builtin_add_overflow(number, shift, &out.number) ||
        (date && out.number > INT32_MAX)) {
        return fail(Code::InvalidArgument, "infinity cannot be a parameter of type {} here",
                    type_name(type));
    }
    return out;
}

Result<query::SqlArgument> read_binary(SqlType type, std::string_view bytes) {
    query::SqlArgument out;
    out.type = type;
    const std::int16_t size = size_of(type);
    if (size > 0 && bytes.size() != static_cast<std::size_t>(size)) {
        return fail(Code::InvalidArgument, "a binary value of type {} has {} bytes, not {}",
                    type_name(type), size, bytes.size());
    }
    switch (type.kind) {
        case SqlKind::Boolean: out.number = bytes[0] != 0 ? 1 : 0; return out;
        case SqlKind::Int16: out.number = static_cast<std::int16_t>(big_endian(bytes)); return out;
        case SqlKind::Int32: out.number = static_cast<std::int32_t>(big_endian(bytes)); return out;
        case SqlKind::Int64: out.number = static_cast<std::int64_t>(big_endian(bytes)); return out;
        case SqlKind::Float32:
            out.real = std::bit_cast<float>(static_cast<std::uint32_t>(big_endian(bytes)));
            return out;
        case SqlKind::Float64: out.real = std::bit_cast<double>(big_endian(bytes)); return out;
        case SqlKind::Date: return read_time(type, static_cast<std::int32_t>(big_endian(bytes)));
        case SqlKind::TimeOfDay:
        case SqlKind::Timestamp:
        case SqlKind::TimestampTz:
            return read_time(type, static_cast<std::int64_t>(big_endian(bytes)));
        case SqlKind::Numeric: {
            TRY_ASSIGN(out.text, numeric_from_binary(bytes));
            return out;
        }
        case SqlKind::Text:
        case SqlKind::Bytes: out.text = bytes; return out;
        case SqlKind::Uuid: out.text = to_hex(as_bytes(bytes)); return out;
        default:
            return fail(Code::Unsupported, "parameters of type {} are taken as text only",
                        type_name(type));
    }
}

}  // namespace

Result<query::SqlArgument> read_parameter(SqlType type, Format format,
                                          std::optional<std::string_view> bytes) {
    if (!bytes) {
        query::SqlArgument out;
        out.type = type;
        out.null = true;
        return out;
    }
    const bool text = format == Format::Text;
    if ((text || type.kind == SqlKind::Text) && !is_utf8(*bytes)) {
        return fail(Code::InvalidArgument, "a parameter is not UTF-8");
    }
    return text ? read_text(type, *bytes) : read_binary(type, *bytes);
}

Result<std::string> numeric_from_binary(std::string_view bytes) {
    const auto field = [&bytes](std::size_t i) {
        return static_cast<std::uint16_t>(big_endian(bytes.substr(2 * i, 2)));
    };
    constexpr std::size_t head = 4;
    if (bytes.size() < 2 * head || bytes.size() != 2 * (head + field(0))) {
        return fail(Code::InvalidArgument, "a binary numeric is malformed");
    }
    const int weight = static_cast<std::int16_t>(field(1));
    const int scale = field(3);
    if ((field(2) != 0 && field(2) != 0x4000) || weight > 10 || weight < -10 || scale > 38) {
        return fail(Code::InvalidArgument, "a numeric is not finite or has more than 38 digits");
    }
    const auto group = [&](int at) {  // of the digits with weight 10000^at
        const int index = weight - at;
        const bool there = index >= 0 && index < field(0);
        return there ? field(head + static_cast<std::size_t>(index)) : std::uint16_t{0};
    };
    std::string out = field(2) == 0x4000 ? "-" : "";
    const std::size_t sign = out.size();
    for (int at = std::max(weight, 0); at >= 0; --at) {
        out += std::format("{:04}", group(at));
    }
    out.erase(sign, std::min(out.find_first_not_of('0', sign), out.size() - 1) - sign);
    if (scale > 0) {
        std::string behind;
        for (int at = -1; static_cast<int>(behind.size()) < scale; --at) {
            behind += std::format("{:04}", group(at));
        }
        out += '.';
        out += behind.substr(0, static_cast<std::size_t>(scale));
    }
    return out;
}

}  // namespace gantry::pgwire

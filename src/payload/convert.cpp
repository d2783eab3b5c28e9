// SPDX-License-Identifier: Apache-2.0
#include "payload/convert.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace gantry::payload {
namespace {

constexpr std::int64_t exact_max = std::int64_t{1} << 53;
constexpr double int64_bound = 0x1p63;

template <class T>
bool whole_text(std::string_view text, T& out) {
    if (text.starts_with('+') && !text.starts_with("+-")) {
        text.remove_prefix(1);
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

bool same(std::string_view text, std::string_view word) {
    return std::ranges::equal(text, word, [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
    });
}

std::optional<bool> truth(std::string_view text) {
    for (const std::string_view word : {"true", "1", "on", "yes"}) {
        if (same(text, word)) {
            return true;
        }
    }
    for (const std::string_view word : {"false", "0", "off", "no"}) {
        if (same(text, word)) {
            return false;
        }
    }
    return std::nullopt;
}

const char* take_float(double value, Reading& out) {
    if (!std::isfinite(value)) {
        return "is not a finite number";
    }
    out.set(value);
    return nullptr;
}

const char* take_whole_as_float(std::int64_t value, Reading& out) {
    if (value > exact_max || value < -exact_max) {
        return "has more digits than float64 keeps; use int64 or string";
    }
    out.set(static_cast<double>(value));
    return nullptr;
}

const char* take_text(std::string_view value, Reading& out) {
    if (value.size() > text_value_bytes_max) {
        return "is longer than 65536 bytes";
    }
    out.set(value);
    return nullptr;
}

const char* loose(std::string_view text, Reading& out) {
    double number = 0;
    if (text.find_first_of("0123456789") != std::string_view::npos && whole_text(text, number)) {
        std::int64_t whole = 0;
        if (whole_text(text, whole) && (whole > exact_max || whole < -exact_max)) {
            out.set(whole);
            return nullptr;
        }
        return take_float(number, out);
    }
    if (same(text, "true") || same(text, "false")) {
        out.set(text[0] == 't' || text[0] == 'T');
        return nullptr;
    }
    return take_text(text, out);
}

const char* as_it_is(const Node& node, Typing typing, Reading& out) {
    switch (node.kind) {
        case Kind::Bool: out.set(node.bits != 0); return nullptr;
        case Kind::Int:
            if (typing == Typing::Declared || node.whole() > exact_max ||
                node.whole() < -exact_max) {
                out.set(node.whole());
            } else {
                out.set(static_cast<double>(node.whole()));
            }
            return nullptr;
        case Kind::Unsigned: return "is above the largest int64; use string";
        case Kind::Float: return take_float(node.number(), out);
        case Kind::Text:
            return typing == Typing::Loose ? loose(node.text, out) : take_text(node.text, out);
        case Kind::Null:
        case Kind::Array:
        case Kind::Object: break;
    }
    return "has no value";
}

const char* as_bool(const Node& node, Reading& out) {
    std::optional<bool> value;
    if (node.kind == Kind::Bool || (node.kind == Kind::Int && node.bits <= 1)) {
        value = node.bits != 0;
    } else if (node.kind == Kind::Float && (node.number() == 0 || node.number() == 1)) {
        value = node.number() == 1;
    } else if (node.kind == Kind::Text) {
        value = truth(node.text);
    }
    if (!value) {
        return "is not of type bool";
    }
    out.set(*value);
    return nullptr;
}

const char* as_int64(const Node& node, Reading& out) {
    std::int64_t value = 0;
    if (node.kind == Kind::Int || node.kind == Kind::Bool) {
        value = node.whole();
    } else if (node.kind == Kind::Unsigned) {
        return "is above the largest int64; use string";
    } else if (node.kind == Kind::Float) {
        const double number = node.number();
        if (std::trunc(number) != number || number < -int64_bound || number >= int64_bound) {
            return "is not a whole number that int64 keeps";
        }
        value = static_cast<std::int64_t>(number);
    } else if (!whole_text(node.text, value)) {
        return "is not of type int64";
    }
    out.set(value);
    return nullptr;
}

const char* as_float64(const Node& node, Reading& out) {
    double value = 0;
    switch (node.kind) {
        case Kind::Int: return take_whole_as_float(node.whole(), out);
        case Kind::Unsigned: return "has more digits than float64 keeps; use string";
        case Kind::Float: return take_float(node.number(), out);
        case Kind::Bool: value = node.bits != 0 ? 1 : 0; break;
        default:
            if (!whole_text(node.text, value)) {
                return "is not of type float64";
            }
    }
    return take_float(value, out);
}

std::unexpected<Error> no_time(const Document& document, NodeIndex node, TimeFormat format) {
    std::string text;
    document.append_text(node, text);
    return fail(Code::InvalidArgument, "'{}' is no time of the format {}", text.substr(0, 80),
                time_format_name(format));
}

}  // namespace

const char* convert(const Document& document, NodeIndex node, ValueType type, Typing typing,
                    std::string& scratch, Reading& reading) {
    const Node& one = document[node];
    reading.type = ValueType::Null;
    reading.bits = 0;
    reading.text = {};
    if (one.container()) {
        return "is an object or array and no value";
    }
    if (one.kind == Kind::Null) {
        return nullptr;
    }
    switch (type) {
        case ValueType::Null: return as_it_is(one, typing, reading);
        case ValueType::Bool: return as_bool(one, reading);
        case ValueType::Int64: return as_int64(one, reading);
        case ValueType::Float64: return as_float64(one, reading);
        case ValueType::String:
            if (one.kind == Kind::Text) {
                return take_text(one.text, reading);
            }
            scratch.clear();
            document.append_text(node, scratch);
            return take_text(scratch, reading);
    }
    return "has no value";
}

Result<Time> read_time(const Document& document, NodeIndex node, TimeFormat format) {
    const Node& one = document[node];
    if (format == TimeFormat::Rfc3339) {
        if (one.kind != Kind::Text) {
            return no_time(document, node, format);
        }
        return parse_time(one.text);
    }
    constexpr std::int64_t units[] = {1, 1'000'000'000, 1'000'000, 1'000, 1};
    const std::int64_t unit = units[static_cast<std::size_t>(format)];
    std::int64_t whole = 0;
    double part = 0;
    double number = one.kind == Kind::Float ? one.number() : 0;
    if (one.kind == Kind::Int) {
        whole = one.whole();
    } else if (one.kind == Kind::Float ||
               (one.kind == Kind::Text && !whole_text(one.text, whole))) {
        if (one.kind == Kind::Text && !whole_text(one.text, number)) {
            return no_time(document, node, format);
        }
        if (!std::isfinite(number) || std::abs(number) >= int64_bound) {
            return no_time(document, node, format);
        }
        // A double of seconds knows about a quarter of a microsecond: more digits are not meant.
        const double floor = std::floor(number);
        whole = static_cast<std::int64_t>(floor);
        part = unit == 1'000'000'000 ? std::round((number - floor) * 1e6) * 1e3
                                     : std::round((number - floor) * static_cast<double>(unit));
    } else if (one.kind != Kind::Text) {
        return no_time(document, node, format);
    }
    Time out = 0;
    if (__builtin_mul_overflow(whole, unit, &out) ||
        __builtin_add_overflow(out, static_cast<std::int64_t>(part), &out)) {
        return no_time(document, node, format);
    }
    return out;
}

}  // namespace gantry::payload

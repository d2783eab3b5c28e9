// SPDX-License-Identifier: Apache-2.0
// Strings of expressions: in "…" and '…' with the escapes of Go, in `…` as they are.
#include <array>
#include <charconv>
#include <format>

#include "base/encoding.h"
#include "promql/detail/lexer.h"

namespace gantry::promql {
namespace {

constexpr std::string_view escape_letters = "abfnrtv\\";
constexpr std::string_view escaped_bytes = "\a\b\f\n\r\t\v\\";

void append_utf8(std::string& out, std::uint32_t code) {
    const auto tail = [&](unsigned shift) {
        out += static_cast<char>(0x80 | ((code >> shift) & 0x3f));
    };
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xc0 | (code >> 6));
        tail(0);
    } else if (code < 0x10000) {
        out += static_cast<char>(0xe0 | (code >> 12));
        tail(6);
        tail(0);
    } else {
        out += static_cast<char>(0xf0 | (code >> 18));
        tail(12);
        tail(6);
        tail(0);
    }
}

// Takes `digits` digits behind an escape.
bool take_number(std::string_view& rest, std::size_t digits, int base, std::uint32_t& number) {
    if (rest.size() < digits) {
        return false;
    }
    const char* end = rest.data() + digits;
    const auto [stopped, error] = std::from_chars(rest.data(), end, number, base);
    if (error != std::errc() || stopped != end) {
        return false;
    }
    rest.remove_prefix(digits);
    return true;
}

// What stands behind a backslash; false: no such escape.
bool take_escape(std::string_view& rest, char quote, std::string& out) {
    const char c = rest[0];
    if (const auto letter = escape_letters.find(c); letter != std::string_view::npos) {
        out += escaped_bytes[letter];
        rest.remove_prefix(1);
        return true;
    }
    if (c == quote) {
        out += c;
        rest.remove_prefix(1);
        return true;
    }
    std::uint32_t number = 0;
    if (c >= '0' && c <= '7') {
        if (!take_number(rest, 3, 8, number) || number > 0xff) {
            return false;
        }
        out += static_cast<char>(number);
        return true;
    }
    rest.remove_prefix(1);
    if (c == 'x') {
        if (!take_number(rest, 2, 16, number)) {
            return false;
        }
        out += static_cast<char>(number);
        return true;
    }
    if ((c != 'u' && c != 'U') || !take_number(rest, c == 'u' ? 4 : 8, 16, number) ||
        number > 0x10ffff || (number >= 0xd800 && number < 0xe000)) {
        return false;
    }
    append_utf8(out, number);
    return true;
}

}  // namespace

Result<std::string> without_quotes(std::string_view text) {
    const char quote = text[0];
    std::string_view rest = text.substr(1, text.size() - 2);
    if (quote == '`') {
        return std::string(rest);
    }
    std::string out;
    while (!rest.empty()) {
        if (rest[0] != '\\') {
            out += rest[0];
            rest.remove_prefix(1);
            continue;
        }
        rest.remove_prefix(1);
        const char c = rest.empty() ? '\\' : rest[0];
        if (rest.empty() || !take_escape(rest, quote, out)) {
            return fail(Code::InvalidArgument, "unknown escape sequence U+{:04X} '{}'",
                        static_cast<unsigned>(static_cast<unsigned char>(c)), c);
        }
    }
    return out;
}

std::string in_quotes(std::string_view text) {
    const bool sound = is_utf8(text);
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (const auto letter = escaped_bytes.find(c); letter != std::string_view::npos) {
            out += '\\';
            out += escape_letters[letter];
        } else if (c == '"') {
            out += "\\\"";
        } else if (byte < 0x20 || byte == 0x7f || (byte > 0x7f && !sound)) {
            out += std::format("\\x{:02x}", byte);
        } else {
            out += c;
        }
    }
    return out + '"';
}

}  // namespace gantry::promql

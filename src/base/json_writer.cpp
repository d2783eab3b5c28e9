// SPDX-License-Identifier: Apache-2.0
#include "base/json_writer.h"

#include <array>
#include <charconv>
#include <cmath>
#include <format>

#include "base/encoding.h"

namespace gantry {
namespace {

template <class T>
void append_number(std::string& out, T number) {
    std::array<char, 32> buffer{};
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
    out.append(buffer.data(), end);
}

void append_escaped(std::string& out, unsigned char byte) {
    switch (byte) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: out += std::format("\\u{:04x}", byte);
    }
}

bool is_plain(unsigned char byte) { return byte >= 0x20 && byte != '"' && byte != '\\'; }

// The text with every byte that does not belong replaced; slow, and only for what needs it.
std::string repaired(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        std::size_t taken = 0;
        for (std::size_t length = 1; length <= 4 && i + length <= text.size(); ++length) {
            if (is_utf8(text.substr(i, length))) {
                taken = length;
                break;
            }
        }
        out += taken == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(i, taken);
        i += taken == 0 ? 1 : taken;
    }
    return out;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    std::string replaced;
    if (!is_utf8(text)) {
        replaced = repaired(text);
        text = replaced;
    }
    out += '"';
    std::size_t start = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (is_plain(byte)) {
            continue;
        }
        out += text.substr(start, i - start);
        append_escaped(out, byte);
        start = i + 1;
    }
    out += text.substr(start);
    out += '"';
}

void JsonWriter::separate() {
    if (comma_) {
        out_ += ',';
    }
    comma_ = true;
}

JsonWriter& JsonWriter::begin_object() {
    separate();
    out_ += '{';
    comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::end_object() {
    out_ += '}';
    comma_ = true;
    return *this;
}

JsonWriter& JsonWriter::begin_array() {
    separate();
    out_ += '[';
    comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::end_array() {
    out_ += ']';
    comma_ = true;
    return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
    separate();
    append_json_string(out_, name);
    out_ += ':';
    comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
    separate();
    append_json_string(out_, text);
    return *this;
}

JsonWriter& JsonWriter::value(bool truth) {
    separate();
    out_ += truth ? "true" : "false";
    return *this;
}

JsonWriter& JsonWriter::value(double number) {
    separate();
    if (std::isfinite(number)) {
        append_number(out_, number);
    } else {
        out_ += "null";
    }
    return *this;
}

JsonWriter& JsonWriter::signed_value(std::int64_t number) {
    separate();
    append_number(out_, number);
    return *this;
}

JsonWriter& JsonWriter::unsigned_value(std::uint64_t number) {
    separate();
    append_number(out_, number);
    return *this;
}

JsonWriter& JsonWriter::big(std::int64_t number) {
    separate();
    out_ += '"';
    append_number(out_, number);
    out_ += '"';
    return *this;
}

JsonWriter& JsonWriter::null() {
    separate();
    out_ += "null";
    return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
}

}  // namespace gantry

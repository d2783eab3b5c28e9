// SPDX-License-Identifier: Apache-2.0
#include "lineprotocol/series_key.h"

#include <algorithm>
#include <vector>

namespace gantry::lineprotocol {
namespace {

constexpr std::string_view measurement_marks = ", ";
constexpr std::string_view marks = ", =";

void append_escaped(std::string& out, std::string_view text, std::string_view escaped) {
    for (const char c : text) {
        if (c == '#' || escaped.contains(c)) {
            out += '\\';
        }
        out += c;
    }
}

// What stands in a line has a backslash before each mark already, but none before '#'.
void append_from_line(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (c == '#') {
            out += '\\';
        }
        out += c;
    }
}

// By the bytes that are meant: a backslash before a mark does not count.
bool name_less(std::string_view left, std::string_view right) {
    const auto skip = [](std::string_view text, std::size_t at) {
        const bool escapes =
            text[at] == '\\' && at + 1 < text.size() && marks.contains(text[at + 1]);
        return escapes ? at + 1 : at;
    };
    std::size_t l = 0;
    std::size_t r = 0;
    while (l < left.size() && r < right.size()) {
        l = skip(left, l);
        r = skip(right, r);
        if (left[l] != right[r]) {
            return static_cast<unsigned char>(left[l]) < static_cast<unsigned char>(right[r]);
        }
        ++l;
        ++r;
    }
    return l == left.size() && r != right.size();
}

void append_tags(std::string& key, std::span<const Tag> tags, auto append_name, auto append_value) {
    for (const Tag& tag : tags) {
        key += ',';
        append_name(key, tag.name);
        key += '=';
        append_value(key, tag.value);
    }
}

void append_value(std::string& out, std::string_view text) {
    if (!text.ends_with('\\')) {
        append_escaped(out, text, marks);
        return;
    }
    out += '=';
    append_escaped(out, text, ", =\\");
}

}  // namespace

std::string series_key(std::string_view measurement, std::span<const Tag> tags,
                       std::string_view field) {
    std::vector<Tag> sorted(tags.begin(), tags.end());
    std::ranges::sort(sorted, {}, &Tag::name);
    std::string key;
    append_escaped(key, measurement, measurement_marks);
    append_tags(
        key, sorted,
        [](std::string& out, std::string_view text) { append_escaped(out, text, marks); },
        append_value);
    key += '#';
    append_escaped(key, field, marks);
    return key;
}

namespace {

// Reads up to one of `stops` that has no backslash before it, and takes the backslashes away that
// stand before one of `escaped`.
std::string take_part(std::string_view& rest, std::string_view stops, std::string_view escaped) {
    std::string out;
    std::size_t at = 0;
    for (; at < rest.size() && !stops.contains(rest[at]); ++at) {
        const bool escapes =
            rest[at] == '\\' && at + 1 < rest.size() && escaped.contains(rest[at + 1]);
        at += escapes ? 1 : 0;
        out += rest[at];
    }
    rest.remove_prefix(at);
    return out;
}

bool take_mark(std::string_view& rest, char mark) {
    const bool there = rest.starts_with(mark);
    rest.remove_prefix(there ? 1 : 0);
    return there;
}

}  // namespace

SeriesName split_series_key(std::string_view key) {
    SeriesName out;
    out.measurement = take_part(key, ",#", ", #");
    while (take_mark(key, ',')) {
        std::string name = take_part(key, "=,#", ", =#");
        take_mark(key, '=');
        const bool doubled = take_mark(key, '=');
        out.tags.emplace_back(std::move(name), take_part(key, ",#", doubled ? ", =#\\" : ", =#"));
    }
    take_mark(key, '#');
    out.field = take_part(key, "", ", =#");
    return out;
}

bool append_line_key(std::string& key, std::string_view measurement, std::span<Tag> tags,
                     std::string_view& twice) {
    const auto less = [](const Tag& left, const Tag& right) {
        return name_less(left.name, right.name);
    };
    if (!std::ranges::is_sorted(tags, less)) {
        std::ranges::stable_sort(tags, less);
    }
    for (std::size_t i = 1; i < tags.size(); ++i) {
        if (!less(tags[i - 1], tags[i])) {
            twice = tags[i].name;
            return false;
        }
    }
    append_from_line(key, measurement);
    append_tags(key, tags, append_from_line, append_from_line);
    return true;
}

void append_field_key(std::string& key, std::string_view field) {
    key += '#';
    append_from_line(key, field);
}

}  // namespace gantry::lineprotocol

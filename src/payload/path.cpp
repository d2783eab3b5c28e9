// SPDX-License-Identifier: Apache-2.0
#include "payload/path.h"

#include <charconv>

#include "base/encoding.h"

namespace gantry::payload {
namespace {

constexpr std::size_t path_bytes_max = 1024;
constexpr std::size_t segments_max = 32;
// What would be something else in JSONPath, or is easily meant to be.
constexpr std::string_view marks = ".[]'\"*$@?(), \t";

}  // namespace

std::unexpected<Error> Path::wrong(std::string_view what) const {
    return fail(Code::InvalidArgument,
                "'{}' is not a path: {}; write for example $.motor.speed, $['odd key'], "
                "$.values[0], $.metrics[*].value or $..*",
                text_, what);
}

Result<Path> Path::parse(std::string_view text) {
    Path out;
    if (text.size() > path_bytes_max || !is_utf8(text)) {
        return fail(Code::InvalidArgument, "a path has at most {} bytes of UTF-8", path_bytes_max);
    }
    out.text_ = text;
    if (!text.starts_with('$') && !text.starts_with('@')) {
        return out.wrong("it begins with neither $ nor @");
    }
    out.relative_ = text[0] == '@';
    std::string_view rest = text.substr(1);
    while (!rest.empty()) {
        if (out.segments_.size() == segments_max) {
            return out.wrong("it has more than 32 parts");
        }
        if (!out.segments_.empty() && out.segments_.back().step == Step::Leaves) {
            return out.wrong("nothing may stand behind ..*");
        }
        TRY(out.parse_segment(rest));
        out.several_ |= out.segments_.back().step >= Step::Any;
    }
    return out;
}

Result<> Path::parse_segment(std::string_view& rest) {
    if (rest.starts_with('[')) {
        rest.remove_prefix(1);
        return parse_bracket(rest);
    }
    if (rest.starts_with("..")) {
        if (rest != "..*") {
            return wrong("behind .. only * may stand, at the end");
        }
        segments_.push_back({.step = Step::Leaves, .place = 0, .key = {}});
        rest = {};
        return {};
    }
    if (!rest.starts_with('.')) {
        return wrong("a part begins with neither . nor [");
    }
    rest.remove_prefix(1);
    if (rest.starts_with('*')) {
        rest.remove_prefix(1);
        segments_.push_back({.step = Step::Any, .place = 0, .key = {}});
        return {};
    }
    const std::string_view key = rest.substr(0, rest.find_first_of(marks));
    if (key.empty()) {
        return wrong("behind . stands no name");
    }
    segments_.push_back({.step = Step::Key, .place = 0, .key = std::string(key)});
    rest.remove_prefix(key.size());
    return {};
}

Result<> Path::parse_bracket(std::string_view& rest) {
    Segment segment;
    if (rest.starts_with('*')) {
        segment.step = Step::Any;
        rest.remove_prefix(1);
    } else if (rest.starts_with('\'') || rest.starts_with('"')) {
        const char quote = rest[0];
        rest.remove_prefix(1);
        while (!rest.empty() && rest[0] != quote) {
            if (rest[0] == '\\') {
                rest.remove_prefix(1);
                if (rest.empty() || (rest[0] != '\\' && rest[0] != '\'' && rest[0] != '"')) {
                    return wrong("in quotes a backslash stands before a quote or a backslash");
                }
            }
            segment.key += rest[0];
            rest.remove_prefix(1);
        }
        if (rest.empty()) {
            return wrong("a quote is not closed");
        }
        rest.remove_prefix(1);
    } else {
        segment.step = Step::Place;
        const auto [end, error] =
            std::from_chars(rest.data(), rest.data() + rest.size(), segment.place);
        if (error != std::errc()) {
            return wrong("in [ ] stands a place from 0, a name in quotes or *");
        }
        rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    }
    if (!rest.starts_with(']')) {
        return wrong("a [ is not closed");
    }
    rest.remove_prefix(1);
    segments_.push_back(std::move(segment));
    return {};
}

NodeIndex Path::find(const Document& document, NodeIndex from) const {
    NodeIndex out = no_node;
    each(document, from, [&](NodeIndex node) {
        out = node;
        return false;
    });
    return out;
}

}  // namespace gantry::payload

// SPDX-License-Identifier: Apache-2.0
#include "payload/topic_filter.h"

#include <algorithm>

#include "base/encoding.h"

namespace gantry::payload {
namespace {

constexpr std::size_t filter_bytes_max = 1024;
constexpr std::size_t levels_max = 128;

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
}

// Words that a template has for other things.
bool is_taken(std::string_view name) {
    return name == "topic" || name == "rest" || name == "key" || name == "parent" || name == "path";
}

}  // namespace

Result<TopicFilter> TopicFilter::parse(std::string_view text) {
    if (text.empty() || text.size() > filter_bytes_max || !is_utf8(text) ||
        text.find('\0') != std::string_view::npos) {
        return fail(Code::InvalidArgument, "a topic filter has 1 to {} bytes of UTF-8",
                    filter_bytes_max);
    }
    TopicFilter out;
    for (std::string_view rest = text;;) {
        const std::size_t slash = rest.find('/');
        const std::string_view level = rest.substr(0, slash);
        const bool last = slash == std::string_view::npos;
        Part part;
        if (level == "#" && last) {
            part.level = Level::Rest;
        } else if (level == "+") {
            part.level = Level::One;
        } else if (level.starts_with('{') && level.ends_with('}') &&
                   is_name(level.substr(1, level.size() - 2))) {
            part = {Level::One, std::string(level.substr(1, level.size() - 2))};
            if (is_taken(part.text)) {
                return fail(Code::InvalidArgument,
                            "a level cannot be called {{{}}}: that word means something else in "
                            "names of points; choose another",
                            part.text);
            }
            if (out.capture(part.text) != npos) {
                return fail(Code::InvalidArgument, "two levels are called {{{}}}", part.text);
            }
        } else if (level.find_first_of("+#{}") != std::string_view::npos) {
            return fail(Code::InvalidArgument,
                        "the level '{}' is wrong: +, {{name}} and, at the end, # are whole levels",
                        level);
        } else {
            part.text = level;
        }
        out.parts_.push_back(std::move(part));
        if (last) {
            break;
        }
        if (out.parts_.size() == levels_max) {
            return fail(Code::InvalidArgument, "a topic filter has at most {} levels", levels_max);
        }
        rest.remove_prefix(slash + 1);
    }
    return out;
}

std::string TopicFilter::subscription() const {
    std::string out;
    for (const Part& part : parts_) {
        out += &part == parts_.data() ? "" : "/";
        out += part.level == Level::Text  ? std::string_view(part.text)
               : part.level == Level::One ? std::string_view("+")
                                          : std::string_view("#");
    }
    return out;
}

std::size_t TopicFilter::capture(std::string_view name) const {
    std::size_t at = 0;
    for (const Part& part : parts_) {
        if (part.level == Level::One) {
            if (part.text == name && !name.empty()) {
                return at;
            }
            ++at;
        }
    }
    return npos;
}

bool TopicFilter::match(std::string_view topic, Captures& captures) const {
    captures.clear();
    // 4.7.2: what begins with '$' is not for wildcards at the first level.
    if (topic.starts_with('$') && parts_[0].level != Level::Text) {
        return false;
    }
    bool ended = false;
    for (const Part& part : parts_) {
        if (part.level == Level::Rest) {
            captures.push_back(ended ? std::string_view() : topic);
            return true;
        }
        if (ended) {
            return false;
        }
        const std::size_t slash = topic.find('/');
        const std::string_view level = topic.substr(0, slash);
        ended = slash == std::string_view::npos;
        topic.remove_prefix(ended ? topic.size() : slash + 1);
        if (part.level == Level::One) {
            captures.push_back(level);
        } else if (part.text != level) {
            return false;
        }
    }
    return ended;
}

}  // namespace gantry::payload

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "payload/path.h"
#include "payload/topic_filter.h"

namespace gantry::payload {

// Where names get their parts from.
struct NameSource {
    std::string_view topic;
    const Captures& captures;
    const Document& document;
    NodeIndex value = 0;  // what is to be named
    NodeIndex start = 0;  // where {path} begins
    NodeIndex base = 0;   // what @ means
};

// A text with gaps:
//
//     {line}       a level of the topic, by the name that the filter gives it
//     {topic}      the whole topic; {rest}: what # stands for
//     {key}        the value's own key or place, {parent} that of what holds it
//     {path}       all keys that lead to it, with / between
//     {@.name}     what a path leads to; all of them, with / between
//     {{ and }}    braces
//
// A gap that stays empty takes a slash beside it along.
class NameTemplate {
public:
    static Result<NameTemplate> parse(std::string_view text, const TopicFilter& filter);

    // Whether it is the same for all messages.
    bool constant() const;
    const std::string& text() const { return text_; }
    // Replaces `out`. Stops soon behind bytes_max.
    void write(const NameSource& source, std::size_t bytes_max, std::string& out) const;

private:
    enum class Gap : unsigned char { None, Capture, Topic, Key, Parent, Path, Value };
    struct Part {
        Gap gap = Gap::None;
        std::size_t capture = 0;
        std::string text;
        std::optional<Path> path;
    };

    Result<Part> parse_gap(std::string_view name, const TopicFilter& filter) const;
    static void fill(const Part& part, const NameSource& source, std::size_t bytes_max,
                     std::string& out);

    std::string text_;
    std::vector<Part> parts_;
};

}  // namespace gantry::payload

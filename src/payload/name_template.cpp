// SPDX-License-Identifier: Apache-2.0
#include "payload/name_template.h"

#include <algorithm>

#include "base/encoding.h"

namespace gantry::payload {
namespace {

constexpr std::size_t template_bytes_max = 1024;
constexpr std::size_t parts_max = 64;

void append_key(const Document& document, NodeIndex node, std::string& out) {
    const NodeIndex parent = document[node].parent;
    if (parent == no_node) {
        return;
    }
    if (document[parent].kind == Kind::Object) {
        out += document[node].key;
    } else {
        out += std::to_string(document[node].place);
    }
}

void append_path(const Document& document, NodeIndex node, NodeIndex start, std::string& out) {
    if (node == start || document[node].parent == no_node) {
        return;
    }
    const std::size_t before = out.size();
    append_path(document, document[node].parent, start, out);
    if (out.size() != before) {
        out += '/';
    }
    append_key(document, node, out);
}

// Where a gap ends: its path may have braces in quotes.
std::size_t gap_end(std::string_view text) {
    char quote = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (quote != 0) {
            at += text[at] == '\\' ? 1 : 0;
            quote = at < text.size() && text[at] == quote ? '\0' : quote;
        } else if (text[at] == '\'' || text[at] == '"') {
            quote = text[at];
        } else if (text[at] == '}') {
            return at;
        }
    }
    return std::string_view::npos;
}

}  // namespace

Result<NameTemplate> NameTemplate::parse(std::string_view text, const TopicFilter& filter) {
    if (text.empty() || text.size() > template_bytes_max || !is_utf8(text)) {
        return fail(Code::InvalidArgument, "a name has 1 to {} bytes of UTF-8", template_bytes_max);
    }
    NameTemplate out;
    out.text_ = text;
    const auto plain = [&out](char c) {
        if (out.parts_.empty() || out.parts_.back().gap != Gap::None) {
            out.parts_.emplace_back();
        }
        out.parts_.back().text += c;
    };
    while (!text.empty()) {
        if (text.starts_with("{{") || text.starts_with("}}")) {
            plain(text[0]);
            text.remove_prefix(2);
        } else if (text[0] == '}') {
            return fail(Code::InvalidArgument, "'{}': a }} closes nothing; write }}}} for a brace",
                        out.text_);
        } else if (text[0] == '{') {
            const std::size_t end = gap_end(text.substr(1));
            if (end == std::string_view::npos) {
                return fail(Code::InvalidArgument,
                            "'{}': a {{ is not closed; write {{{{ for a brace", out.text_);
            }
            TRY_ASSIGN(Part part, out.parse_gap(text.substr(1, end), filter));
            out.parts_.push_back(std::move(part));
            text.remove_prefix(end + 2);
        } else {
            plain(text[0]);
            text.remove_prefix(1);
        }
        if (out.parts_.size() > parts_max) {
            return fail(Code::InvalidArgument, "'{}' has more than {} parts", out.text_, parts_max);
        }
    }
    return out;
}

Result<NameTemplate::Part> NameTemplate::parse_gap(std::string_view name,
                                                   const TopicFilter& filter) const {
    Part out;
    if (name.starts_with('$') || name.starts_with('@')) {
        TRY_ASSIGN(out.path, Path::parse(name));
        out.gap = Gap::Value;
    } else if (name == "topic") {
        out.gap = Gap::Topic;
    } else if (name == "key") {
        out.gap = Gap::Key;
    } else if (name == "parent") {
        out.gap = Gap::Parent;
    } else if (name == "path") {
        out.gap = Gap::Path;
    } else if (name == "rest") {
        if (!filter.open()) {
            return fail(Code::InvalidArgument,
                        "'{}': {{rest}} is what # stands for, and the topic has no #", text_);
        }
        out.gap = Gap::Capture;
        out.capture =
            static_cast<std::size_t>(std::ranges::count_if(filter.parts(), [](const auto& part) {
                return part.level == TopicFilter::Level::One;
            }));
    } else {
        out.gap = Gap::Capture;
        out.capture = filter.capture(name);
        if (out.capture == TopicFilter::npos) {
            return fail(Code::InvalidArgument,
                        "'{}': the topic has no level {{{}}}; there are also {{topic}}, {{key}}, "
                        "{{parent}}, {{path}} and paths such as {{@.name}}",
                        text_, name);
        }
    }
    return out;
}

bool NameTemplate::constant() const {
    return std::ranges::all_of(parts_, [](const Part& part) { return part.gap == Gap::None; });
}

void NameTemplate::fill(const Part& part, const NameSource& source, std::size_t bytes_max,
                        std::string& out) {
    const Document& document = source.document;
    switch (part.gap) {
        case Gap::None: out += part.text; break;
        case Gap::Capture: out += source.captures[part.capture]; break;
        case Gap::Topic: out += source.topic; break;
        case Gap::Key: append_key(document, source.value, out); break;
        case Gap::Parent:
            if (document[source.value].parent != no_node) {
                append_key(document, document[source.value].parent, out);
            }
            break;
        case Gap::Path: append_path(document, source.value, source.start, out); break;
        case Gap::Value: {
            const std::size_t before = out.size();
            part.path->each(document, part.path->relative() ? source.base : 0, [&](NodeIndex node) {
                if (out.size() != before) {
                    out += '/';
                }
                document.append_text(node, out);
                return out.size() <= bytes_max;
            });
            break;
        }
    }
}

void NameTemplate::write(const NameSource& source, std::size_t bytes_max, std::string& out) const {
    out.clear();
    bool eat_slash = false;
    for (const Part& part : parts_) {
        if (part.gap == Gap::None) {
            out += std::string_view(part.text).substr(eat_slash && part.text[0] == '/' ? 1 : 0);
            eat_slash = false;
            continue;
        }
        const std::size_t before = out.size();
        fill(part, source, bytes_max, out);
        if (out.size() != before) {
            eat_slash = false;
        } else if (out.ends_with('/')) {
            out.pop_back();
        } else if (out.empty()) {
            eat_slash = true;
        }
        if (out.size() > bytes_max) {
            return;
        }
    }
}

}  // namespace gantry::payload

// SPDX-License-Identifier: Apache-2.0
#include "publication/topic_template.h"

#include <algorithm>

#include "mqtt/codec/topic.h"

namespace gantry::publication {
namespace {

constexpr std::size_t template_bytes_max = 1024;

std::unexpected<Error> wrong(std::string_view text, std::string_view why) {
    return fail(Code::InvalidArgument, "'{}' {}", text, why);
}

// What can stand in a topic that is published to.
bool is_plain(std::string_view text) {
    return mqtt::is_text(text) && text.find_first_of("+#") == std::string_view::npos;
}

}  // namespace

Result<TopicTemplate::Gap> TopicTemplate::gap_of(std::string_view name, std::string_view text) {
    if (name == "asset.path") {
        return Gap::AssetPath;
    }
    if (name == "asset" || name == "parent") {
        return Gap::Asset;
    }
    if (name == "point" || name == "key") {
        return Gap::Point;
    }
    if (name == "path") {
        return Gap::Path;
    }
    return fail(Code::InvalidArgument,
                "'{}': there is no {{{}}}; there are {{asset.path}}, {{asset}}, {{point}} and "
                "{{path}}",
                text, name);
}

Result<TopicTemplate> TopicTemplate::parse(std::string_view text) {
    if (text.empty() || text.size() > template_bytes_max || !is_plain(text)) {
        return fail(Code::InvalidArgument,
                    "a topic has 1 to {} bytes of UTF-8 and no + and no #, as in "
                    "out/{{asset.path}}/{{point}}",
                    template_bytes_max);
    }
    if (text.starts_with('$')) {
        return wrong(text, "begins with $: such topics are the broker's own");
    }
    TopicTemplate out;
    for (std::string_view rest = text; !rest.empty();) {
        if (rest.starts_with("{{") || rest.starts_with("}}") ||
            (rest[0] != '{' && rest[0] != '}')) {
            if (out.parts_.empty() || out.parts_.back().gap != Gap::None) {
                out.parts_.emplace_back();
            }
            out.parts_.back().text += rest[0];
            rest.remove_prefix(rest[0] == '{' || rest[0] == '}' ? 2 : 1);
            continue;
        }
        const std::size_t end = rest[0] == '{' ? rest.find('}') : std::string_view::npos;
        if (end == std::string_view::npos) {
            return wrong(text, "has a brace alone: write {{ or }} for one");
        }
        TRY_ASSIGN(const Gap gap, gap_of(rest.substr(1, end - 1), text));
        out.parts_.push_back({.gap = gap});
        rest.remove_prefix(end + 1);
    }
    const bool tells_points = std::ranges::any_of(out.parts_, [](const Part& part) {
        return part.gap == Gap::Point || part.gap == Gap::Path;
    });
    if (!tells_points) {
        return wrong(text, "is the same for all points of an asset: it needs {point} or {path}");
    }
    if (out.parts_.front().gap == Gap::None) {
        const std::string& first = out.parts_.front().text;
        out.above_ = first.substr(0, first.rfind('/') == std::string::npos ? 0 : first.rfind('/'));
    }
    return out;
}

std::string TopicTemplate::of(std::string_view point) const {
    const std::size_t dot = std::min(point.rfind('.'), point.size());
    const std::string_view path = point.substr(0, dot);
    const std::string_view key = point.substr(std::min(dot + 1, point.size()));
    std::string out;
    for (const Part& part : parts_) {
        switch (part.gap) {
            case Gap::None: out += part.text; break;
            case Gap::AssetPath: out += path; break;
            case Gap::Asset: out += path.substr(path.rfind('/') + 1); break;
            case Gap::Point: out += key; break;
            case Gap::Path: out.append(path).append("/").append(key); break;
        }
    }
    return out;
}

}  // namespace gantry::publication

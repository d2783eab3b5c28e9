// SPDX-License-Identifier: Apache-2.0
#include "mqtt/codec/topic.h"

#include <algorithm>
#include <cstring>

#include "base/encoding.h"
#include "mqtt/codec/wire.h"

namespace gantry::mqtt {
namespace {

constexpr std::string_view shared_prefix = "$share/";

// Whether all are ASCII and none is a NUL: what nearly every text is.
bool is_plain(std::string_view text) {
    constexpr std::uint64_t high = 0x8080808080808080;
    constexpr std::uint64_t ones = 0x0101010101010101;
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, 8);
        // With no high bit set a byte of zero is the only one that borrows.
        if (((word | (word - ones)) & high) != 0) {
            return false;
        }
    }
    return std::ranges::all_of(text.substr(at), [](char c) { return c > 0; });
}

std::string_view take_level(std::string_view& rest, bool& last) {
    const std::size_t slash = rest.find('/');
    const std::string_view level = rest.substr(0, slash);
    last = slash == std::string_view::npos;
    rest.remove_prefix(last ? rest.size() : slash + 1);
    return level;
}

bool has_sound_wildcards(std::string_view filter) {
    for (bool last = false; !last;) {
        const std::string_view level = take_level(filter, last);
        const bool whole = level.size() == 1 && (level[0] == '+' || last);
        if (!whole && level.find_first_of("+#") != std::string_view::npos) {
            return false;
        }
    }
    return true;
}

}  // namespace

bool is_text(std::string_view text) {
    return is_plain(text) || (text.find('\0') == std::string_view::npos && is_utf8(text));
}

bool is_topic_name(std::string_view topic) {
    return !topic.empty() && topic.size() <= text_bytes_max &&
           topic.find_first_of("+#") == std::string_view::npos;
}

bool is_topic_filter(std::string_view filter) {
    if (filter.empty() || filter.size() > text_bytes_max) {
        return false;
    }
    if (filter.starts_with(shared_prefix)) {
        const auto [group, inner] = split_shared(filter);
        return !group.empty() && group.find_first_of("+#") == std::string_view::npos &&
               !inner.empty() && has_sound_wildcards(inner);
    }
    return has_sound_wildcards(filter);
}

SharedFilter split_shared(std::string_view filter) {
    if (!filter.starts_with(shared_prefix)) {
        return {{}, filter};
    }
    filter.remove_prefix(shared_prefix.size());
    const std::size_t slash = filter.find('/');
    if (slash == std::string_view::npos) {
        return {filter, {}};
    }
    return {filter.substr(0, slash), filter.substr(slash + 1)};
}

std::size_t level_count(std::string_view topic) {
    return static_cast<std::size_t>(std::ranges::count(topic, '/')) + 1;
}

bool matches(std::string_view filter, std::string_view topic) {
    // 4.7.2: what begins with '$' is not for wildcards at the first level.
    if (topic.starts_with('$') && (filter.starts_with('+') || filter.starts_with('#'))) {
        return false;
    }
    for (bool filter_ended = false, topic_ended = false;;) {
        const std::string_view wanted = take_level(filter, filter_ended);
        if (wanted == "#") {
            return true;
        }
        const std::string_view level = take_level(topic, topic_ended);
        if (wanted != "+" && wanted != level) {
            return false;
        }
        if (topic_ended) {
            return filter_ended || filter == "#";  // "a/#" is for "a" too
        }
        if (filter_ended) {
            return false;
        }
    }
}

}  // namespace gantry::mqtt

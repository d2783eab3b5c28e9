// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gantry::mqtt {

// A UTF-8 encoded string (1.5.4): well-formed, without U+0000.
bool is_text(std::string_view text);

// The checks below are of what is_text().

// At least one character, no wildcards (4.7).
bool is_topic_name(std::string_view topic);

// At least one character; '#' a whole last level, '+' whole levels (4.7.1). What begins with
// "$share/" must be a shared subscription (4.8.2).
bool is_topic_filter(std::string_view filter);

// What a filter is made of: for "$share/group/a/+" group and "a/+".
struct SharedFilter {
    std::string_view group;  // empty: not shared
    std::string_view filter;
};
// Of a filter that is_topic_filter().
SharedFilter split_shared(std::string_view filter);

// How many levels a topic or a filter has: slashes and one.
std::size_t level_count(std::string_view topic);

// Whether a message of that topic is for that filter (not shared), level by level. The plain way;
// SubscriptionTree is the fast one.
bool matches(std::string_view filter, std::string_view topic);

}  // namespace gantry::mqtt

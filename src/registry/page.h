// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/encoding.h"
#include "base/result.h"

namespace gantry::registry {

// Which part of a list is asked for.
struct PageRequest {
    std::int64_t limit = 100;
    std::string after;  // the sort key of the last item of the page before; empty for the first
};

template <class T>
struct Page {
    std::vector<T> items;
    std::string next;  // sort key to go on after; empty at the end
};

inline constexpr std::int64_t page_limit_max = 1000;

// Cuts the one item too many that was fetched to see whether there is more.
template <class T, class Key>
Page<T> make_page(std::vector<T> items, const PageRequest& request, Key key) {
    Page<T> page;
    const auto limit = static_cast<std::size_t>(request.limit);
    if (items.size() > limit) {
        items.resize(limit);
        page.next = key(items.back());
    }
    page.items = std::move(items);
    return page;
}

}  // namespace gantry::registry

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gantry::cli {

struct Column {
    std::string title;
    bool number = false;  // stands at the right
};

struct Table {
    std::vector<Column> columns;
    std::vector<std::vector<std::string>> rows;
};

// For people: aligned, with a head; no line is wider than `columns_max` (0: as wide as it takes).
// The widest column gives way first.
std::string lay_out(const Table& table, std::size_t columns_max, bool bold_head);

// For programs: tab separated, no head; tab, line break and backslash in a cell are \t, \n and \\.
std::string tab_separated(const Table& table);

}  // namespace gantry::cli

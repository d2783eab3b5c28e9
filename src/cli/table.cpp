// SPDX-License-Identifier: Apache-2.0
#include "cli/table.h"

#include <algorithm>
#include <numeric>

#include "cli/text_width.h"

namespace gantry::cli {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t narrowest = 8;

std::vector<std::size_t> natural_widths(const Table& table) {
    std::vector<std::size_t> out;
    for (const Column& column : table.columns) {
        out.push_back(text_width(column.title));
    }
    for (const auto& row : table.rows) {
        for (std::size_t i = 0; i < row.size() && i < out.size(); ++i) {
            out[i] = std::max(out[i], text_width(row[i]));
        }
    }
    return out;
}

void narrow(std::vector<std::size_t>& widths, std::size_t columns_max) {
    const auto total = [&] {
        return std::accumulate(widths.begin(), widths.end(), std::size_t{0}) +
               gap * (widths.size() - 1);
    };
    while (total() > columns_max) {
        const auto widest = std::ranges::max_element(widths);
        if (*widest <= narrowest) {
            return;
        }
        --*widest;
    }
}

void append_row(std::string& out, const Table& table, const std::vector<std::string>& cells,
                const std::vector<std::size_t>& widths) {
    std::string line;
    for (std::size_t i = 0; i < widths.size(); ++i) {
        const std::string cell = shorten(i < cells.size() ? cells[i] : "", widths[i]);
        line += i == 0 ? "" : std::string(gap, ' ');
        line += table.columns[i].number ? pad_left(cell, widths[i]) : pad_right(cell, widths[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
}

}  // namespace

std::string lay_out(const Table& table, std::size_t columns_max, bool bold_head) {
    if (table.columns.empty()) {
        return "";
    }
    Table clean{table.columns, table.rows};
    for (auto& row : clean.rows) {
        std::ranges::transform(row, row.begin(), [](const auto& cell) { return printable(cell); });
    }
    std::vector<std::size_t> widths = natural_widths(clean);
    if (columns_max > 0) {
        narrow(widths, columns_max);
    }
    std::string out;
    std::vector<std::string> titles;
    for (const Column& column : clean.columns) {
        titles.push_back(column.title);
    }
    append_row(out, clean, titles, widths);
    if (bold_head) {
        out = "\x1b[1m" + out.substr(0, out.size() - 1) + "\x1b[0m\n";
    }
    for (const auto& row : clean.rows) {
        append_row(out, clean, row, widths);
    }
    return out;
}

std::string tab_separated(const Table& table) {
    std::string out;
    for (const auto& row : table.rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            out += i == 0 ? "" : "\t";
            for (const char c : row[i]) {
                switch (c) {
                    case '\t': out += "\\t"; break;
                    case '\n': out += "\\n"; break;
                    case '\r': out += "\\r"; break;
                    case '\\': out += "\\\\"; break;
                    default: out += c;
                }
            }
        }
        out += '\n';
    }
    return out;
}

}  // namespace gantry::cli

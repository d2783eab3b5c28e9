// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gantry::cli {

// A CSV file that people edit, with the names of its columns in the first row: held as a whole.
struct Sheet {
    struct Row {
        std::vector<std::string> cells;  // one a column
        std::uint64_t line = 0;
    };
    std::string file;
    std::vector<std::string> columns;
    std::vector<Row> rows;

    // "" where there is no such column.
    const std::string& cell(const Row& row, std::string_view column) const;
    // "press.csv, line 7"
    std::string place(const Row& row) const;
};

// `-` is standard input. InvalidArgument names the line, or the column that is missing, or, where
// `others` are not welcome, the one that is not known.
Result<Sheet> read_sheet(const std::string& file, std::span<const std::string_view> required,
                         std::span<const std::string_view> optional, bool others = false);

// The text with the cell of its column for each "{column}". InvalidArgument when there is no such
// column.
Result<std::string> fill_in(std::string_view text, const Sheet& sheet, const Sheet::Row& row);

}  // namespace gantry::cli

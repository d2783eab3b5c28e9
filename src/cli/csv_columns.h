// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace gantry::cli {

// What a person said about a file's columns. A column is named by its header, or by its number
// from 1.
struct ColumnWishes {
    std::string time;     // else: time, timestamp, date, datetime, ts, 时间
    std::string value;    // with `point`; else: value, 值, or the only other column
    std::string point;    // the point that the value column is of
    std::string quality;  // else, in a long file: quality_code, quality
    std::vector<std::pair<std::string, std::string>> columns;  // column → point, of a wide file
    std::string under;  // headers of a wide file are keys of points of this asset
};

// What each column of a file is.
//
//   one value   time, value                 of the point that the person names
//   long        time, point, value          the point stands in each row, as an export writes it
//   wide        time, a, b, c               each column is a point
struct ColumnPlan {
    std::size_t time = 0;
    std::optional<std::size_t> point;                         // long
    std::optional<std::size_t> quality;                       // one value, long
    std::vector<std::pair<std::size_t, std::string>> values;  // column and its point; long: ""
    bool wide = false;
    std::size_t width = 0;  // fields that each row must have
};

Result<ColumnPlan> plan_columns(const std::vector<std::string>& header, const ColumnWishes& wishes);

}  // namespace gantry::cli

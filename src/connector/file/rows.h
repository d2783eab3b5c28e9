// SPDX-License-Identifier: Apache-2.0
// From the bytes of a file to rows. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "connector/file/settings.h"
#include "connector/record/taker.h"
#include "payload/csv_reader.h"
#include "payload/json_reader.h"

namespace gantry::connector::file {

inline constexpr std::size_t row_bytes_max = std::size_t{1} << 20;

// How many bytes the first row of a text has, with its end; none: it is not complete. Of CSV a line
// break may stand in quotes.
std::optional<std::size_t> row_length(std::string_view text, const Settings& settings);

// Reads rows; its memory is used again from row to row. One thread.
class RowReader {
public:
    explicit RowReader(const Settings& settings);

    // The columns that a header names. InvalidArgument says why it cannot be one.
    Result<std::vector<std::string>> header(std::string_view row);
    // Columns by number, as many as the row has.
    Result<std::vector<std::string>> numbers(std::string_view row);
    // None: there is nothing in it. Good until the next one.
    Result<std::optional<record::Row>> row(std::string_view row,
                                           const std::vector<std::string>& columns);

private:
    Result<std::vector<std::string>> cells(std::string_view row);
    Result<> read(std::string_view row, const std::vector<std::string>& columns);
    record::Row with_points(payload::NodeIndex object);

    const Settings& settings_;
    const payload::PayloadLimits limits_;
    payload::CsvReader csv_;
    payload::JsonReader json_;
    payload::CsvOptions options_;
    payload::Document document_;
    payload::Document changed_;
};

}  // namespace gantry::connector::file

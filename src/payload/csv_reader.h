// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "payload/document.h"
#include "payload/mapping.h"

namespace gantry::payload {

// Reads CSV (RFC 4180, with any separator and either end of lines) into an array of objects, one
// for each row, by the names of the columns. An empty cell is null, all else a text. The document
// was begun with room for as many bytes of kept texts as the message has.
class CsvReader {
public:
    Result<> read(std::string_view text, const CsvOptions& options, Document& document);

private:
    Result<> read_row(const CsvOptions& options);
    Result<bool> read_cell(char separator, std::string_view& cell);

    std::string_view rest_;
    Document* document_ = nullptr;
    std::size_t line_ = 0;
    std::vector<std::string_view> names_;
    std::vector<std::string_view> cells_;
};

}  // namespace gantry::payload

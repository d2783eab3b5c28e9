// SPDX-License-Identifier: Apache-2.0
// Any bytes as CSV: however the text is cut into pieces the records are the same, and what is
// written again reads back the same.
#include <vector>

#include "base/assert.h"
#include "cli/csv_reader.h"

namespace {

using gantry::cli::CsvReader;
using gantry::cli::CsvRecord;

struct Read {
    std::vector<std::vector<std::string>> records;
    std::vector<std::uint64_t> lines;
    std::string error;

    bool operator==(const Read&) const = default;
};

Read read(std::string_view text, std::size_t piece_size) {
    Read out;
    CsvReader reader;
    const auto take = [&out](const CsvRecord& record) -> gantry::Result<> {
        out.records.push_back(record.fields);
        out.lines.push_back(record.line);
        return {};
    };
    gantry::Result<> result;
    for (std::size_t at = 0; at < text.size() && result; at += piece_size) {
        result = reader.feed(text.substr(at, piece_size), take);
    }
    if (result) {
        result = reader.finish(take);
    }
    out.error = result ? "" : result.error().message;
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const Read whole = read(text, size + 1);
    ASSERT(whole == read(text, 1));
    ASSERT(whole == read(text, 3));
    std::string again;
    for (const auto& record : whole.records) {
        for (std::size_t i = 0; i < record.size(); ++i) {
            again += (i == 0 ? "" : ",") + gantry::cli::csv_field(record[i]);
        }
        again += "\r\n";
    }
    // Quoting keeps a byte-order mark inside a field from being taken for one of the file.
    const Read second = read(again, size + 1);
    const bool marked = again.starts_with("\xef\xbb\xbf");
    ASSERT(marked || (second.error.empty() && second.records == whole.records));
    return 0;
}

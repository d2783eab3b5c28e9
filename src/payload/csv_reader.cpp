// SPDX-License-Identifier: Apache-2.0
#include "payload/csv_reader.h"

#include <algorithm>

#include "base/encoding.h"

namespace gantry::payload {
namespace {

constexpr std::size_t cells_max = 4096;

}  // namespace

Result<> CsvReader::read(std::string_view text, const CsvOptions& options, Document& document) {
    if (!is_utf8(text)) {
        return fail(Code::InvalidArgument, "the CSV is not UTF-8");
    }
    if (text.starts_with("\xef\xbb\xbf")) {
        text.remove_prefix(3);
    }
    rest_ = text;
    document_ = &document;
    line_ = 0;
    names_.assign(options.columns.begin(), options.columns.end());
    if (!document.open(Kind::Array)) {
        return fail(Code::TooLarge, "CSV needs a depth of two");
    }
    bool header = names_.empty() || options.header;
    while (!rest_.empty()) {
        TRY(read_row(options));
        if (cells_.size() == 1 && cells_[0].empty()) {
            continue;
        }
        if (header) {
            header = false;
            if (names_.empty()) {
                names_ = cells_;
                if (std::ranges::contains(names_, std::string_view())) {
                    return fail(Code::InvalidArgument, "a column of the CSV has no name");
                }
            }
            continue;
        }
        if (cells_.size() > names_.size()) {
            return fail(Code::InvalidArgument, "line {} of the CSV has {} cells for {} columns",
                        line_, cells_.size(), names_.size());
        }
        bool room = document.open(Kind::Object);
        for (std::size_t i = 0; room && i < cells_.size(); ++i) {
            room =
                cells_[i].empty() ? document.null(names_[i]) : document.text(cells_[i], names_[i]);
        }
        if (!room) {
            return fail(Code::TooLarge, "the CSV has too many values");
        }
        document.close();
    }
    document.close();
    return {};
}

Result<> CsvReader::read_row(const CsvOptions& options) {
    ++line_;
    cells_.clear();
    for (bool more = true; more;) {
        if (cells_.size() == cells_max) {
            return fail(Code::TooLarge, "line {} of the CSV has more than {} cells", line_,
                        cells_max);
        }
        TRY_ASSIGN(more, read_cell(options.separator, cells_.emplace_back()));
    }
    return {};
}

// Whether another cell of the row follows.
Result<bool> CsvReader::read_cell(char separator, std::string_view& cell) {
    if (rest_.starts_with('"')) {
        rest_.remove_prefix(1);
        const std::size_t from = document_->kept();
        for (;;) {
            const std::size_t quote = rest_.find('"');
            if (quote == std::string_view::npos) {
                return fail(Code::InvalidArgument, "line {} of the CSV: a quote is not closed",
                            line_);
            }
            document_->keep(rest_.substr(0, quote));
            rest_.remove_prefix(quote + 1);
            if (!rest_.starts_with('"')) {
                break;
            }
            document_->keep("\"");
            rest_.remove_prefix(1);
        }
        cell = document_->kept_since(from);
        if (!rest_.empty() && rest_[0] != separator && rest_[0] != '\n' && rest_[0] != '\r') {
            return fail(Code::InvalidArgument,
                        "line {} of the CSV: something follows a closed quote", line_);
        }
    } else {
        const char stops[] = {separator, '\n', '\r'};
        const std::size_t end = rest_.find_first_of({stops, sizeof(stops)});
        cell = rest_.substr(0, end);
        rest_.remove_prefix(cell.size());
    }
    if (rest_.starts_with(separator)) {
        rest_.remove_prefix(1);
        return true;
    }
    rest_.remove_prefix(rest_.starts_with('\r') ? 1 : 0);
    rest_.remove_prefix(rest_.starts_with('\n') ? 1 : 0);
    return false;
}

}  // namespace gantry::payload

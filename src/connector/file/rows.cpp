// SPDX-License-Identifier: Apache-2.0
#include "connector/file/rows.h"

#include <algorithm>
#include <set>

namespace gantry::connector::file {
namespace {

using payload::Document;
using payload::Kind;
using payload::NodeIndex;

constexpr std::size_t columns_max = 4096;

bool looks_like_number(std::string_view text) {
    return text.contains(',') && std::ranges::count(text, ',') == 1 &&
           text.find_first_not_of("0123456789+-.,eE ") == std::string_view::npos;
}

std::string_view without_end(std::string_view row) {
    while (row.ends_with('\n') || row.ends_with('\r')) {
        row.remove_suffix(1);
    }
    return row;
}

}  // namespace

std::optional<std::size_t> row_length(std::string_view text, const Settings& settings) {
    if (!settings.csv()) {
        const std::size_t end = text.find('\n');
        return end == std::string_view::npos ? std::nullopt : std::optional(end + 1);
    }
    bool in_quotes = false;
    bool cell_begins = true;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_quotes) {
            in_quotes = c != '"';
        } else if (c == '\n') {
            return i + 1;
        } else if (c == '"') {
            // Behind a closed quote another one stands for itself.
            in_quotes = cell_begins || (i > 0 && text[i - 1] == '"');
            cell_begins = false;
        } else {
            cell_begins = c == settings.separator();
        }
    }
    return std::nullopt;
}

RowReader::RowReader(const Settings& settings)
    : settings_(settings), json_(static_cast<std::size_t>(limits_.depth_max)) {
    options_.separator = settings.separator();
}

Result<> RowReader::read(std::string_view row, const std::vector<std::string>& columns) {
    options_.columns = columns;
    document_.begin(static_cast<std::size_t>(limits_.nodes_max),
                    static_cast<std::size_t>(limits_.depth_max), row.size());
    return settings_.csv() ? csv_.read(row, options_, document_) : json_.read(row, document_);
}

Result<std::vector<std::string>> RowReader::cells(std::string_view row) {
    std::vector<std::string> numbers;
    for (std::size_t i = 1; i <= columns_max; ++i) {
        numbers.push_back(std::to_string(i));
    }
    TRY(read(without_end(row), numbers));
    std::vector<std::string> out;
    for (NodeIndex node = 2; node < document_.size(); ++node) {
        out.emplace_back(document_[node].text);
    }
    return out;
}

Result<std::vector<std::string>> RowReader::header(std::string_view row) {
    TRY_ASSIGN(auto out, cells(row));
    // A separator at the end of each line makes a last column of nothing.
    while (!out.empty() && out.back().empty()) {
        out.pop_back();
    }
    std::set<std::string_view> seen;
    for (std::string& name : out) {
        const std::size_t from = std::min(name.find_first_not_of(' '), name.size());
        name = name.substr(from, name.find_last_not_of(' ') + 1 - from);
        if (name.empty() || !seen.insert(name).second) {
            return fail(Code::InvalidArgument,
                        "the header has a column without a name, or one name twice: '{}'",
                        without_end(row).substr(0, 200));
        }
    }
    if (out.empty()) {
        return fail(Code::InvalidArgument, "the header is empty");
    }
    return out;
}

Result<std::vector<std::string>> RowReader::numbers(std::string_view row) {
    TRY_ASSIGN(auto out, cells(row));
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = std::to_string(i + 1);
    }
    return out;
}

Result<std::optional<record::Row>> RowReader::row(std::string_view row,
                                                  const std::vector<std::string>& columns) {
    row = without_end(row);
    if (row.find_first_not_of(" \t") == std::string_view::npos) {
        return std::nullopt;
    }
    if (!settings_.csv()) {
        TRY(read(row, {}));
        return record::Row{document_, 0, payload::Typing::Json};
    }
    // What ends with a separator has an empty cell more than the header has names.
    auto read_row = read(row, columns);
    if (!read_row && row.ends_with(settings_.separator())) {
        read_row = read(row.substr(0, row.size() - 1), columns);
    }
    TRY(read_row);
    if (document_.size() < 2) {
        return std::nullopt;
    }
    return settings_.decimal_comma ? with_points(1)
                                   : record::Row{document_, 1, payload::Typing::Loose};
}

// The same row with numbers as they are written elsewhere.
record::Row RowReader::with_points(NodeIndex object) {
    std::size_t bytes = 0;
    for (NodeIndex node = object; node < document_.size(); ++node) {
        bytes += document_[node].text.size();
    }
    changed_.begin(document_.size() + 1, 4, bytes);
    bool room = changed_.open(Kind::Object);
    for (NodeIndex node = object + 1; room && node < document_[object].next; ++node) {
        const payload::Node& cell = document_[node];
        if (cell.kind != Kind::Text || !looks_like_number(cell.text)) {
            room = changed_.leaf(cell.kind, cell.bits, cell.text, cell.key);
            continue;
        }
        std::string number;
        for (const char c : cell.text) {
            number += c == '.' || c == ' ' ? std::string{} : std::string{c == ',' ? '.' : c};
        }
        const std::size_t from = changed_.kept();
        changed_.keep(number);
        room = changed_.text(changed_.kept_since(from), cell.key);
    }
    ASSERT(room);
    changed_.close();
    return {changed_, 0, payload::Typing::Loose};
}

}  // namespace gantry::connector::file

// SPDX-License-Identifier: Apache-2.0
#include "cli/sheet.h"

#include <algorithm>
#include <format>

#include "cli/csv_reader.h"
#include "cli/terminal.h"

namespace gantry::cli {
namespace {

constexpr std::size_t sheet_bytes_max = std::size_t{64} << 20;

std::string listed(std::span<const std::string_view> words) {
    std::string out;
    for (const std::string_view word : words) {
        out += std::format("{}{}", out.empty() ? "" : ", ", word);
    }
    return out;
}

Result<> check_columns(const Sheet& sheet, std::span<const std::string_view> required,
                       std::span<const std::string_view> optional, bool others) {
    for (const std::string_view column : required) {
        if (!std::ranges::contains(sheet.columns, column)) {
            return fail(Code::InvalidArgument,
                        "{}: there is no column '{}'; its first row is to name columns: {}",
                        sheet.file, column, listed(required));
        }
    }
    for (const std::string& column : sheet.columns) {
        if (std::ranges::count(sheet.columns, column) > 1) {
            return fail(Code::InvalidArgument, "{}: two columns are called '{}'", sheet.file,
                        column);
        }
        if (!others && !std::ranges::contains(required, column) &&
            !std::ranges::contains(optional, column)) {
            return fail(Code::InvalidArgument, "{}: there is no column '{}'; there are {}, {}",
                        sheet.file, column, listed(required), listed(optional));
        }
    }
    return {};
}

bool may_be_name(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
}

}  // namespace

const std::string& Sheet::cell(const Row& row, std::string_view column) const {
    static const std::string none;
    const auto found = std::ranges::find(columns, column);
    return found == columns.end() ? none
                                  : row.cells[static_cast<std::size_t>(found - columns.begin())];
}

std::string Sheet::place(const Row& row) const {
    return std::format("{}, line {}", file, row.line);
}

Result<Sheet> read_sheet(const std::string& file, std::span<const std::string_view> required,
                         std::span<const std::string_view> optional, bool others) {
    Sheet out;
    out.file = file == "-" ? "standard input" : file;
    TRY_ASSIGN(const std::string text, read_text(file, sheet_bytes_max));
    CsvReader reader;
    const auto take = [&](const CsvRecord& record) -> Result<> {
        if (out.columns.empty()) {
            out.columns = record.fields;
            return check_columns(out, required, optional, others);
        }
        if (record.fields.size() != out.columns.size()) {
            return fail(Code::InvalidArgument, "line {} has {} fields instead of {}", record.line,
                        record.fields.size(), out.columns.size());
        }
        out.rows.push_back({record.fields, record.line});
        for (const std::string_view column : required) {
            if (out.cell(out.rows.back(), column).empty()) {
                return fail(Code::InvalidArgument, "line {} has no {}", record.line, column);
            }
        }
        return {};
    };
    auto read = reader.feed(text, take);
    if (read) {
        read = reader.finish(take);
    }
    if (!read) {
        return read.error().message.starts_with(out.file) ? std::unexpected(read.error())
                                                          : within(out.file, read.error());
    }
    if (out.columns.empty()) {
        return fail(Code::InvalidArgument, "{} is empty; its first row is to name columns: {}",
                    out.file, listed(required));
    }
    return out;
}

Result<std::string> fill_in(std::string_view text, const Sheet& sheet, const Sheet::Row& row) {
    std::string out;
    while (true) {
        const std::size_t open = text.find('{');
        const std::size_t close = text.find('}', open);
        if (open == std::string_view::npos || close == std::string_view::npos) {
            return out.append(text);
        }
        const std::string_view name = text.substr(open + 1, close - open - 1);
        if (!may_be_name(name)) {
            out += text.substr(0, open + 1);
            text.remove_prefix(open + 1);
            continue;
        }
        if (!std::ranges::contains(sheet.columns, name)) {
            return fail(Code::InvalidArgument, "{} has no column '{}', as in {{{}}}", sheet.file,
                        name, name);
        }
        out += text.substr(0, open);
        out += sheet.cell(row, name);
        text.remove_prefix(close + 1);
    }
}

}  // namespace gantry::cli

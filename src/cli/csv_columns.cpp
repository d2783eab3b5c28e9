// SPDX-License-Identifier: Apache-2.0
#include "cli/csv_columns.h"

#include <algorithm>
#include <charconv>
#include <format>
#include <initializer_list>

#include "cli/help.h"

namespace gantry::cli {
namespace {

using Header = std::vector<std::string>;

std::string plain(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](unsigned char c) {
        return c < 0x80 ? static_cast<char>(std::tolower(c)) : static_cast<char>(c);
    });
    out.erase(0, std::min(out.find_first_not_of(' '), out.size()));
    out.erase(out.find_last_not_of(' ') + 1);
    return out;
}

std::string list_of(const Header& header) {
    std::string out;
    for (const std::string& name : header) {
        out += (out.empty() ? "" : ", ") + name;
    }
    return out;
}

// A column by what a person wrote for it: its header, else its number.
Result<std::size_t> find(const Header& header, std::string_view written, std::string_view option) {
    const auto exact = std::ranges::find(header, written);
    if (exact != header.end()) {
        return static_cast<std::size_t>(exact - header.begin());
    }
    std::size_t number = 0;
    const auto [end, error] =
        std::from_chars(written.data(), written.data() + written.size(), number);
    if (error == std::errc() && end == written.data() + written.size() && number >= 1 &&
        number <= header.size()) {
        return number - 1;
    }
    return fail(Code::InvalidArgument, "{}: the file has no column '{}'{} It has: {}", option,
                written, did_you_mean(written, header), list_of(header));
}

std::optional<std::size_t> find_any(const Header& header,
                                    std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
        for (std::size_t i = 0; i < header.size(); ++i) {
            if (plain(header[i]) == name) {
                return i;
            }
        }
    }
    return std::nullopt;
}

Result<> plan_one_value(const Header& header, const ColumnWishes& wishes, ColumnPlan& plan) {
    std::size_t value = 0;
    if (!wishes.value.empty()) {
        TRY_ASSIGN(value, find(header, wishes.value, "--value-column"));
    } else if (const auto usual = find_any(header, {"value", "值"})) {
        value = *usual;
    } else if (header.size() == 2) {
        value = 1 - plan.time;
    } else {
        return fail(Code::InvalidArgument,
                    "which column holds the values? Name it with --value-column. The file has: {}",
                    list_of(header));
    }
    if (value == plan.time) {
        return fail(Code::InvalidArgument, "the column '{}' cannot hold both times and values",
                    header[value]);
    }
    plan.values = {{value, wishes.point}};
    return {};
}

Result<> plan_wide(const Header& header, const ColumnWishes& wishes, ColumnPlan& plan) {
    plan.wide = true;
    for (const auto& [column, point] : wishes.columns) {
        TRY_ASSIGN(const std::size_t index, find(header, column, "--column"));
        plan.values.emplace_back(index, point);
    }
    if (!wishes.columns.empty()) {
        return {};
    }
    for (std::size_t i = 0; i < header.size(); ++i) {
        if (i != plan.time) {
            plan.values.emplace_back(
                i, wishes.under.empty() ? header[i] : wishes.under + "." + header[i]);
        }
    }
    return {};
}

}  // namespace

Result<ColumnPlan> plan_columns(const std::vector<std::string>& header,
                                const ColumnWishes& wishes) {
    ColumnPlan plan;
    plan.width = header.size();
    if (header.size() < 2) {
        return fail(Code::InvalidArgument,
                    "the first line has one column only ('{}'): is --separator right?",
                    header.empty() ? "" : header[0]);
    }
    if (!wishes.time.empty()) {
        TRY_ASSIGN(plan.time, find(header, wishes.time, "--time-column"));
    } else if (const auto usual =
                   find_any(header, {"time", "timestamp", "datetime", "date", "ts", "时间"})) {
        plan.time = *usual;
    } else {
        return fail(Code::InvalidArgument,
                    "which column holds the times? Name it with --time-column. The file has: {}",
                    list_of(header));
    }
    if (!wishes.quality.empty()) {
        TRY_ASSIGN(plan.quality, find(header, wishes.quality, "--quality-column"));
    }
    if (!wishes.point.empty()) {
        TRY(plan_one_value(header, wishes, plan));
        return plan;
    }
    const auto point = find_any(header, {"point"});
    const auto value = find_any(header, {"value"});
    if (point && value && wishes.columns.empty() && wishes.under.empty()) {
        plan.point = point;
        plan.values = {{*value, ""}};
        if (!plan.quality) {
            plan.quality = find_any(header, {"quality_code", "quality"});
        }
        return plan;
    }
    if (!wishes.value.empty()) {
        return fail(Code::InvalidArgument, "--value-column goes with --point: which point are the "
                                           "values of?");
    }
    TRY(plan_wide(header, wishes, plan));
    return plan;
}

}  // namespace gantry::cli

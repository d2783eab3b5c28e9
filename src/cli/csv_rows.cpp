// SPDX-License-Identifier: Apache-2.0
#include "cli/csv_rows.h"

#include <cmath>
#include <format>

#include "cli/text_width.h"

namespace gantry::cli {
namespace {

constexpr std::size_t targets_max = 100'000;
constexpr std::size_t shown_columns = 40;  // of a wrong value in a message

std::string shown(std::string_view text) { return shorten(printable(text), shown_columns); }

}  // namespace

CsvRows::CsvRows(ColumnWishes wishes, TimeFormat times, FindPoint find)
    : wishes_(std::move(wishes)), times_(std::move(times)), find_(std::move(find)) {}

Result<Target*> CsvRows::target_of(const std::string& path) {
    const auto known = targets_.find(path);
    if (known != targets_.end()) {
        return &known->second;
    }
    if (targets_.size() == targets_max) {
        return fail(Code::TooLarge, "more than {} points in one file", targets_max);
    }
    TRY_ASSIGN(Target target, find_(path));
    return &targets_.emplace(path, std::move(target)).first->second;
}

Result<> CsvRows::take_header(const CsvRecord& record) {
    header_seen_ = true;
    if (!header_.empty()) {
        return record.fields == header_
                   ? Result<>{}
                   : fail(Code::Conflict, "the file has changed since it was checked");
    }
    header_ = record.fields;
    TRY_ASSIGN(plan_, plan_columns(header_, wishes_));
    for (const auto& [column, point] : plan_.values) {
        if (plan_.point) {
            column_targets_.push_back(nullptr);
            continue;
        }
        auto target = target_of(point);
        if (!target && plan_.wide) {
            return within(std::format("column '{}'", shown(header_[column])), target.error());
        }
        TRY(target);
        column_targets_.push_back(*target);
    }
    return {};
}

Result<Value> CsvRows::value_of(const std::string& text, const Target& target,
                                const std::string& column) const {
    auto value = parse_value(text, target.type);
    if (!value) {
        return fail(Code::InvalidArgument, "'{}' in column '{}' is not a {} value, as {} wants",
                    shown(text), shown(column), value_type_name(target.type), target.path);
    }
    if (const double* number = std::get_if<double>(&*value);
        number != nullptr && !std::isfinite(*number)) {
        return fail(Code::InvalidArgument, "'{}' in column '{}' is not a finite number",
                    shown(text), shown(column));
    }
    return value;
}

Result<> CsvRows::read(const CsvRecord& record, std::vector<CsvValue>& out) {
    out.clear();
    if (!header_seen_) {
        return take_header(record);
    }
    if (record.fields.size() != plan_.width) {
        return fail(Code::InvalidArgument, "the row has {} fields where the header has {}",
                    record.fields.size(), plan_.width);
    }
    TRY_ASSIGN(const Time time, times_.parse(record.fields[plan_.time]));
    for (std::size_t i = 0; i < plan_.values.size(); ++i) {
        const std::size_t column = plan_.values[i].first;
        const std::string& text = record.fields[column];
        Target* target = column_targets_[i];
        if (plan_.point) {
            TRY_ASSIGN(target, target_of(record.fields[*plan_.point]));
        }
        CsvValue value{
            .target = target, .time = time, .value = {}, .quality = {}, .line = record.line};
        if (plan_.quality) {
            value.quality = record.fields[*plan_.quality];
            if (!value.quality.empty() && !parse_quality(value.quality)) {
                return fail(Code::InvalidArgument,
                            "'{}' is not a quality: good, uncertain, bad, "
                            "or an OPC UA status code",
                            shown(value.quality));
            }
        }
        const bool bad =
            !value.quality.empty() && parse_quality(value.quality)->severity() == Severity::Bad;
        // A text that is empty stands in quotes where there is nothing else to tell it by.
        const bool quoted = column < record.quoted.size() && record.quoted[column];
        const bool none = text.empty() && (target->type != ValueType::String || (bad && !quoted));
        if (none) {
            if (plan_.wide) {
                ++empty_cells_;
                continue;  // this point has no value at this time
            }
            if (!bad) {
                return fail(Code::InvalidArgument, "the column '{}' is empty",
                            shown(header_[column]));
            }
        } else {
            TRY_ASSIGN(value.value, value_of(text, *target, header_[column]));
        }
        out.push_back(std::move(value));
    }
    return {};
}

}  // namespace gantry::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/parquet_import.h"

#include <algorithm>
#include <filesystem>
#include <format>

#include "base/encoding.h"
#include "base/random.h"
#include "cli/progress.h"
#include "model/json.h"

namespace gantry::cli {
namespace {

constexpr std::size_t file_bytes_max = 64 * 1024 * 1024;  // as the server has it
constexpr std::uint64_t stretch_rows = 50'000;            // of one question and one batch
constexpr std::size_t points_max = 10'000;

// What the columns of a stretch are, in this order; those that the file lacks are null.
enum Column : std::size_t { Point, TimeColumn, Number, Whole, Text, QualityColumn };

std::string in_quotes(std::string_view text, char mark) {
    std::string out(1, mark);
    for (const char c : text) {
        out.append(c == mark ? 2 : 1, c);
    }
    return out + mark;
}

std::string random_name() {
    std::array<std::byte, 8> id{};
    SystemRandom().fill(id);
    return "import-" + to_hex(id) + ".parquet";
}

}  // namespace

ParquetImport::ParquetImport(Context& context, std::string path, ParquetColumns columns)
    : context_(context), path_(std::move(path)), columns_(std::move(columns)) {}

ParquetImport::~ParquetImport() {
    if (!name_.empty()) {
        (void)context_.api.remove(item_target("/v1/files", name_));
    }
}

Result<> ParquetImport::upload() {
    TRY_ASSIGN(std::string content, read_text(path_, file_bytes_max));
    const std::string name = random_name();
    TRY(context_.api.put_bytes(item_target("/v1/files", name), std::move(content)));
    name_ = name;
    return {};
}

std::string ParquetImport::from_file() const {
    return " FROM read_parquet(" + in_quotes("files/" + name_, '\'') + ", file_row_number = true)";
}

Result<json::value> ParquetImport::ask(const std::string& query) const {
    return context_.api.post("/v1/sql", json::object{{"query", query}, {"limit", stretch_rows}});
}

Result<> ParquetImport::look_at_columns() {
    auto answer = ask("SELECT *" + from_file() + " LIMIT 0");
    if (!answer) {
        return fail(Code::InvalidArgument, "it is no Parquet file that can be read: {}",
                    answer.error().message);
    }
    std::string names;
    for (const json::value& column : answer->at("columns").as_array()) {
        found_.push_back(field_text(column.as_object(), "name"));
        if (found_.back() != "file_row_number") {
            names += (names.empty() ? "" : ", ") + found_.back();
        }
    }
    std::vector<std::pair<std::string, std::string_view>> needed = {
        {columns_.time, "--time-column"}, {columns_.value, "--value-column"}};
    if (columns_.point.empty()) {
        needed.emplace_back("point", "--point POINT");
    }
    for (const auto& [name, option] : needed) {
        if (std::ranges::find(found_, name) == found_.end()) {
            return fail(Code::InvalidArgument,
                        "it has no column '{}' but {}: say with {} what is meant", name, names,
                        option);
        }
    }
    return {};
}

Result<> ParquetImport::look_at_points() {
    TRY_ASSIGN(const json::value counted, ask("SELECT count(*)" + from_file()));
    rows_ = counted.at("rows").at(0).at(0).to_number<std::uint64_t>();
    std::vector<std::string> paths;
    if (columns_.point.empty()) {
        TRY_ASSIGN(const json::value answer,
                   ask("SELECT DISTINCT point" + from_file() + " ORDER BY ALL"));
        for (const json::value& row : answer.at("rows").as_array()) {
            if (!row.at(0).is_string()) {
                return fail(Code::InvalidArgument, "a row does not say which point it is of");
            }
            paths.emplace_back(row.at(0).as_string());
        }
    } else {
        paths.push_back(columns_.point);
    }
    if (paths.size() > points_max) {
        return fail(Code::TooLarge, "it has more than {} points: bring them in by parts",
                    points_max);
    }
    for (const std::string& path : paths) {
        auto point = context_.api.get(item_target("/v1/points", path));
        if (!point) {
            return within("point '" + path + "'", point.error());
        }
        types_[path] =
            parse_value_type(field_text(point->as_object(), "type")).value_or(ValueType::Float64);
    }
    return {};
}

Result<> ParquetImport::check() {
    TRY(upload());
    TRY(look_at_columns());
    return look_at_points();
}

std::string ParquetImport::value_columns() const {
    const auto column = [this](std::string_view name) {
        return std::ranges::find(found_, name) == found_.end() ? std::string("NULL")
                                                               : in_quotes(name, '"');
    };
    const std::string quality = column("quality_code");
    return std::format("{}, {}, {}, {}, {}, {}",
                       columns_.point.empty() ? "point" : in_quotes(columns_.point, '\''),
                       in_quotes(columns_.time, '"'), in_quotes(columns_.value, '"'),
                       column("value_int"), column("value_text"),
                       quality == "NULL" ? column("quality") : quality);
}

// Exports have whole numbers and texts in columns of their own.
json::value ParquetImport::value_of(const json::array& row, ValueType type) {
    const json::value& value = !row[Whole].is_null()  ? row[Whole]
                               : !row[Text].is_null() ? row[Text]
                                                      : row[Number];
    if (type == ValueType::Bool && value.is_number()) {
        return json::value(value.to_number<double>() != 0);
    }
    return value;
}

Result<> ParquetImport::send_stretch(std::uint64_t first) {
    TRY_ASSIGN(const json::value answer,
               ask(std::format("SELECT {}{} WHERE file_row_number >= {} AND file_row_number < {}",
                               value_columns(), from_file(), first, first + stretch_rows)));
    std::map<std::string, PointRows> points;
    for (const json::value& item : answer.at("rows").as_array()) {
        const json::array& row = item.as_array();
        const std::string point(row[Point].as_string());
        PointRows& rows = points[point];
        if (row[TimeColumn].is_null()) {
            return fail(Code::InvalidArgument, "a row of point '{}' has no time", point);
        }
        rows.time.push_back(row[TimeColumn]);
        rows.value.push_back(value_of(row, types_.at(point)));
        rows.quality.push_back(row[QualityColumn].is_null() ? json::value("good")
                                                            : row[QualityColumn]);
    }
    json::array samples;
    std::uint64_t count = 0;
    for (auto& [point, rows] : points) {
        count += rows.time.size();
        samples.push_back(json::object{{"point", point},
                                       {"columns",
                                        {{"time", std::move(rows.time)},
                                         {"value", std::move(rows.value)},
                                         {"quality", std::move(rows.quality)}}}});
    }
    TRY_ASSIGN(const json::value report,
               context_.api.post("/v1/samples?ack=durable",
                                 json::object{{"samples", std::move(samples)}}));
    if (report.is_object()) {
        if (const json::array& rejected = report.at("rejected").as_array(); !rejected.empty()) {
            return fail(Code::InvalidArgument,
                        "the server refused {} of the rows {} to {}; the first: {}",
                        rejected.size(), first, first + count - 1,
                        field_text(rejected[0].as_object(), "detail"));
        }
    }
    sent_ += count;
    return {};
}

Result<> ParquetImport::send() {
    Progress progress(context_.out, context_.clock, "importing", rows_, "rows");
    for (std::uint64_t first = 0; first < rows_; first += stretch_rows) {
        if (auto sent = send_stretch(first); !sent) {
            return fail(sent.error().code,
                        "{} ({} of {} rows are stored; the command can be repeated)",
                        sent.error().message, grouped(sent_), grouped(rows_));
        }
        progress.at(sent_);
    }
    return {};
}

}  // namespace gantry::cli

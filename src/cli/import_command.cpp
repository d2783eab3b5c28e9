// SPDX-License-Identifier: Apache-2.0
#include <format>

#include "cli/csv_import.h"
#include "cli/parquet_import.h"
#include "cli/tenant_files.h"

namespace gantry::cli {
namespace {

Result<ColumnWishes> wishes_of(const Arguments& arguments) {
    ColumnWishes out;
    out.time = arguments.text_or("--time-column", "");
    out.value = arguments.text_or("--value-column", "");
    out.quality = arguments.text_or("--quality-column", "");
    out.point = arguments.text_or("--point", "");
    out.under = arguments.text_or("--under", "");
    for (const std::string& written : arguments.list("--column")) {
        const std::size_t equals = written.rfind('=');
        if (equals == std::string::npos || equals == 0 || equals + 1 == written.size()) {
            return fail(Code::InvalidArgument, "--column: '{}' is not COLUMN=POINT", written);
        }
        out.columns.emplace_back(written.substr(0, equals), written.substr(equals + 1));
    }
    if (!out.point.empty() && (!out.columns.empty() || !out.under.empty())) {
        return fail(Code::InvalidArgument,
                    "--point is for one column of values, --column and --under for many: choose "
                    "one");
    }
    return out;
}

Result<char> separator_of(const Arguments& arguments) {
    const std::string written = arguments.text_or("--separator", ",");
    if (written == "tab" || written == "\\t") {
        return '\t';
    }
    if (written.size() != 1 || written == "\"" || written == "\n") {
        return fail(Code::InvalidArgument, "--separator: '{}' is not one character, or tab",
                    written);
    }
    return written[0];
}

Result<> show_report(Context& context, const std::string& file, const CsvImport& import) {
    const ImportReport& report = import.report();
    json::object document = {{"file", file},
                             {"rows_read", report.rows},
                             {"values_read", report.values},
                             {"accepted", report.accepted}};
    std::string text = std::format("{} rows read", grouped(report.rows));
    if (report.values != report.rows) {
        text += std::format(" with {} values", grouped(report.values));
    }
    if (report.before && report.after) {
        const std::uint64_t stored = *report.after - std::min(*report.before, *report.after);
        const std::uint64_t replaced = report.accepted - std::min(stored, report.accepted);
        document["replaced"] = replaced;
        document["stored"] = stored;
        document["there_before"] = *report.before;
        document["there_now"] = *report.after;
        text +=
            std::format(", {} replaced an earlier value of the same time, {} {}", grouped(replaced),
                        grouped(stored), *report.before == 0 ? "stored" : "added");
    } else {
        text += std::format(", {} taken by the server", grouped(report.accepted));
    }
    json::array points;
    for (const auto& [path, target] : import.rows().targets()) {
        if (target.values > 0) {
            points.push_back(json::object{{"point", target.path},
                                          {"values", target.values},
                                          {"from", format_time(target.first)},
                                          {"to", format_time(target.last)}});
        }
    }
    if (context.out.form() == Form::People && points.size() == 1) {
        const json::object& point = points[0].as_object();
        context.out.say(std::format("{}\nNext: gantry history {} --from {} --to {} --every 1d",
                                    text, field_text(point, "point"), field_text(point, "from"),
                                    field_text(point, "to")));
    } else {
        context.out.say(text);
    }
    document["points"] = std::move(points);
    return context.out.for_programs() ? context.out.document(document) : Result<>{};
}

Result<> import_csv(Context& context, const Arguments& arguments) {
    const std::string file = arguments.text_or("FILE", "");
    TRY_ASSIGN(ColumnWishes wishes, wishes_of(arguments));
    TRY_ASSIGN(const char separator, separator_of(arguments));
    TRY_ASSIGN(TimeFormat times, TimeFormat::make(arguments.text_or("--time-format", "auto"),
                                                  arguments.text_or("--zone", "")));
    CsvImport import(context, file, separator, std::move(wishes), std::move(times));
    if (auto checked = import.check(); !checked) {
        return within(file, checked.error());
    }
    if (arguments.has("--dry-run")) {
        const ImportReport& report = import.report();
        return show_done(context,
                         std::format("{} rows with {} values for {} points can be imported; "
                                     "nothing was (--dry-run)",
                                     grouped(report.rows), grouped(report.values),
                                     import.rows().targets().size()),
                         {{"file", file},
                          {"rows_read", report.rows},
                          {"values_read", report.values},
                          {"accepted", 0}});
    }
    if (auto sent = import.send(); !sent) {
        return within(file, sent.error());
    }
    return show_report(context, file, import);
}

Result<> import_parquet(Context& context, const Arguments& arguments) {
    const std::string file = arguments.text_or("FILE", "");
    ParquetImport import(context, file,
                         {.time = arguments.text_or("--time-column", "time"),
                          .value = arguments.text_or("--value-column", "value"),
                          .point = arguments.text_or("--point", "")});
    if (auto checked = import.check(); !checked) {
        return within(file, checked.error());
    }
    if (arguments.has("--dry-run")) {
        return show_done(context,
                         std::format("{} rows for {} points can be imported; nothing was "
                                     "(--dry-run)",
                                     grouped(import.rows()), import.points()),
                         {{"file", file}, {"rows_read", import.rows()}, {"accepted", 0}});
    }
    if (auto sent = import.send(); !sent) {
        return within(file, sent.error());
    }
    return show_done(
        context,
        std::format("{} rows of {} points stored", grouped(import.sent()), import.points()),
        {{"file", file},
         {"rows_read", import.rows()},
         {"accepted", import.sent()},
         {"points", import.points()}});
}

Result<> import_all(Context& context, const Arguments& arguments) {
    return import_tenant(context, arguments.text_or("FOLDER", ""), arguments.has("--dry-run"));
}

}  // namespace

void add_import_command(std::vector<Command>& out) {
    out.push_back(
        {.path = "import csv",
         .summary = "Bring values in from a CSV file",
         .examples =
             "  gantry import csv machine.csv --point plant/press1.temperature --zone "
             "Asia/Shanghai\n"
             "  gantry import csv wide.csv --under plant/press1 --zone UTC   a column a point\n"
             "  gantry import csv shift.csv --column 'Torque [Nm]=plant/press1.torque' "
             "--time-format '%d/%m/%Y %H:%M' --zone +08:00\n"
             "  gantry import csv export.csv                     as gantry export csv wrote it\n",
         .next = "gantry history POINT --from TIME --to TIME",
         .parameters =
             {{.name = "FILE",
               .value = "",
               .about = "With a header line ('-': standard input)",
               .required = true,
               .offer = Offer::File},
              {.name = "--point",
               .value = "POINT",
               .about = "The point that the values are of",
               .offer = Offer::Point},
              {.name = "--under",
               .value = "ASSET",
               .about = "Each column is the point of that key of this asset",
               .offer = Offer::Asset},
              {.name = "--column",
               .value = "COLUMN=POINT",
               .about = "A column and its point; as often as wanted; others are left out",
               .many = true},
              {.name = "--time-column",
               .value = "COLUMN",
               .about = "Header or number (time, timestamp, date, 时间)"},
              {.name = "--value-column",
               .value = "COLUMN",
               .about = "With --point: header or number (value, or the only other)"},
              {.name = "--quality-column", .value = "COLUMN", .about = "Header or number"},
              {.name = "--time-format",
               .value = "FORMAT",
               .about = "auto (default), s, ms, us, ns since 1970, or as in '%d/%m/%Y %H:%M'",
               .offer = Offer::Words,
               .words = "auto s ms us ns"},
              {.name = "--zone",
               .value = "ZONE",
               .about = "Of times without an offset: UTC, +08:00, Asia/Shanghai"},
              {.name = "--separator", .value = "CHARACTER", .about = "Comma; or ';', or tab"},
              dry_run_switch},
         .run = import_csv,
         .more =
             "The whole file is checked first: if one row is wrong, nothing is imported and the\n"
             "row is named. A value replaces one that is there with the same point and time, so a\n"
             "command that broke off can be repeated.\n"});
    out.push_back(
        {.path = "import parquet",
         .summary = "Bring values in from a Parquet file",
         .examples = "  gantry import parquet plant.parquet    as gantry export parquet wrote it\n"
                     "  gantry import parquet press.parquet --point plant/press1.temperature\n",
         .next = "gantry history POINT --from TIME --to TIME",
         .parameters = {{.name = "FILE",
                         .value = "",
                         .about = "At most 64 MiB",
                         .required = true,
                         .offer = Offer::File},
                        {.name = "--point",
                         .value = "POINT",
                         .about = "The point that all rows are of; else the column 'point' says it",
                         .offer = Offer::Point},
                        {.name = "--time-column",
                         .value = "COLUMN",
                         .about = "Else 'time'; without an offset its times are UTC"},
                        {.name = "--value-column", .value = "COLUMN", .about = "Else 'value'"},
                        dry_run_switch},
         .run = import_parquet,
         .more = "Columns value_int and value_text, where a row has them, count before value;\n"
                 "quality_code or quality says how good a value is, else it is good. The server\n"
                 "keeps the file for as long as the import takes: files:write is needed. A value\n"
                 "replaces one with the same point and time, so a command that broke off can be\n"
                 "repeated.\n"});
    out.push_back({.path = "import tenant",
                   .summary = "Bring in what gantry export tenant wrote",
                   .examples = "  gantry import tenant plant-2026            again, after it broke "
                               "off: goes on\n"
                               "  gantry import tenant plant-2026 --dry-run  what would be made\n",
                   .next = "gantry assets tree",
                   .parameters = {{.name = "FOLDER",
                                   .value = "",
                                   .about = "That export tenant wrote",
                                   .required = true,
                                   .offer = Offer::Folder},
                                  dry_run_switch},
                   .run = import_all,
                   .more = "What is there already is left as it is; values replace those of the "
                           "same time. Which\nfiles are done is noted in imported.json of the "
                           "folder.\n"});
}

}  // namespace gantry::cli

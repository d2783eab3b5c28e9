// SPDX-License-Identifier: Apache-2.0
#include <format>

#include "cli/context.h"
#include "cli/destination.h"
#include "cli/progress.h"
#include "cli/tenant_files.h"
#include "cli/time_text.h"

namespace gantry::cli {
namespace {

Result<> export_as(Context& context, const Arguments& arguments, std::string_view type,
                   bool binary) {
    Query query;
    for (const std::string& point : arguments.list("POINT")) {
        query.emplace_back("point", point);
    }
    const std::string under = arguments.text_or("--under", "");
    if (query.empty() && under.empty()) {
        return fail(Code::InvalidArgument, "which points? Name some, or an asset with --under");
    }
    query.insert(query.end(), {{"under", under},
                               {"from", arguments.text_or("--from", "1678-01-01T00:00:00Z")},
                               {"to", arguments.text_or("--to", "2261-12-31T00:00:00Z")},
                               {"quality", arguments.text_or("--quality", "")}});
    const std::string path = arguments.text_or("--output", "-");
    if (path == "-" && binary && context.out.options().out_is_tty) {
        return fail(Code::InvalidArgument, "this would fill your screen with bytes: name a file "
                                           "with --output");
    }
    if (path == "-" && context.out.for_programs()) {
        return fail(Code::InvalidArgument, "--json needs --output FILE: values and the report "
                                           "cannot both go to standard output");
    }
    Destination destination(path);
    TRY(destination.open(arguments.has("--yes")));
    std::uint64_t bytes = 0;
    Progress progress(context.out, context.clock, "exporting", 0, "bytes");
    auto loaded = context.api.download(target_of("/v1/samples", query), type,
                                       [&](std::string_view piece) -> Result<> {
                                           TRY(destination.write(context.out, piece));
                                           bytes += piece.size();
                                           progress.at(bytes);
                                           return {};
                                       });
    if (!loaded && loaded.error().code == Code::Timeout) {
        return within("the export broke off and is not whole", loaded.error());
    }
    TRY(loaded);
    TRY(destination.finish());
    if (destination.is_output()) {
        return {};
    }
    return show_done(context,
                     std::format("Wrote {} ({})", path, rough_bytes(static_cast<double>(bytes))),
                     {{"file", path}, {"bytes", bytes}});
}

Result<> export_csv(Context& context, const Arguments& arguments) {
    return export_as(context, arguments, "text/csv", false);
}

Result<> export_parquet(Context& context, const Arguments& arguments) {
    return export_as(context, arguments, "application/vnd.apache.parquet", true);
}

Result<> export_all(Context& context, const Arguments& arguments) {
    return export_tenant(context, arguments.text_or("FOLDER", ""));
}

std::vector<Parameter> export_parameters() {
    return {{.name = "POINT",
             .value = "",
             .about = "Path (plant/line2/pump3.flow) or id",
             .many = true,
             .offer = Offer::Point},
            {.name = "--under",
             .value = "ASSET",
             .about = "All points below this path",
             .offer = Offer::Asset},
            {.name = "--from", .value = "TIME", .about = "RFC 3339, or as in -2h (the beginning)"},
            {.name = "--to", .value = "TIME", .about = "Not included (the end)"},
            {.name = "--quality",
             .value = "WHICH",
             .about = "Only good samples, also uncertain ones, or all (the default)",
             .offer = Offer::Words,
             .words = "good uncertain all"},
            {.name = "-o,--output",
             .value = "FILE",
             .about = "Where to ('-', the default: standard output)",
             .offer = Offer::File},
            {.name = "-y,--yes", .value = "", .about = "Replace a file that is there"}};
}

}  // namespace

void add_export_commands(std::vector<Command>& out) {
    out.push_back({.path = "export csv",
                   .summary = "Values as CSV: point, time, value, quality, quality_code",
                   .examples =
                       "  gantry export csv plant/line2/pump3.flow -o flow.csv\n"
                       "  gantry export csv --under plant/line2 --from -1d | gzip > day.csv.gz\n",
                   .next = "gantry import csv FILE, at another server",
                   .parameters = export_parameters(),
                   .run = export_csv});
    out.push_back({.path = "export parquet",
                   .summary = "Values as Parquet",
                   .examples = "  gantry export parquet --under plant -o plant.parquet\n",
                   .next = "python3 -c \"import pandas; print(pandas.read_parquet('FILE'))\"",
                   .parameters = export_parameters(),
                   .run = export_parquet});
    out.push_back({.path = "export tenant",
                   .summary = "Everything that you may read, into a folder of JSON and CSV",
                   .examples = "  gantry export tenant plant-2026       again, after it broke off: "
                               "goes on\n",
                   .next = "gantry import tenant FOLDER, at another server",
                   .parameters = {{.name = "FOLDER",
                                   .value = "",
                                   .about = "Is made if it is not there",
                                   .required = true,
                                   .offer = Offer::Folder}},
                   .run = export_all,
                   .more =
                       "Thing models, assets, points, connections with their tags, roles, and all "
                       "values with\ntheir quality. Not in it: people, passwords and tokens, "
                       "series by labels.\n"});
}

}  // namespace gantry::cli

// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <format>

#include "cli/context.h"
#include "cli/destination.h"
#include "cli/time_text.h"

namespace gantry::cli {
namespace {

constexpr std::size_t file_bytes_max = 64 * 1024 * 1024;  // as the server has it

std::string target_of_file(const std::string& name) { return item_target("/v1/files", name); }

Result<> list_files(Context& context, const Arguments&) {
    TRY_ASSIGN(json::array items, context.api.list("/v1/files", {}));
    static const std::vector<Field> fields = {
        {"NAME", [](const Output&, const json::object& item) { return field_text(item, "name"); }},
        {"BYTES", [](const Output&, const json::object& item) { return field_text(item, "bytes"); },
         true}};
    return show_items(context, std::move(items), fields,
                      "There are no files yet. Next: gantry files put FILE");
}

Result<> put_file(Context& context, const Arguments& arguments) {
    const std::string path = arguments.text_or("FILE", "");
    const std::string name =
        arguments.text_or("--name", std::filesystem::path(path).filename().string());
    if (path == "-" && !arguments.has("--name")) {
        return fail(Code::InvalidArgument, "what is it to be called? Say it with --name");
    }
    TRY_ASSIGN(std::string content, read_text(path, file_bytes_max));
    const std::size_t bytes = content.size();
    if (arguments.has("--dry-run")) {
        return show_done(
            context,
            std::format("Would bring {} ({})", name, rough_bytes(static_cast<double>(bytes))),
            {{"would_put", name}, {"bytes", bytes}});
    }
    TRY(context.api.put_bytes(target_of_file(name), std::move(content)));
    return show_done(context,
                     std::format("Brought {} ({}); SQL knows it as files/{}", name,
                                 rough_bytes(static_cast<double>(bytes)), name),
                     {{"put", name}, {"bytes", bytes}});
}

Result<> fetch_file(Context& context, const Arguments& arguments) {
    const std::string name = arguments.text_or("NAME", "");
    const std::string path = arguments.text_or("--output", name);
    if (path == "-" && context.out.for_programs()) {
        return fail(Code::InvalidArgument, "--json needs --output FILE: the file and the report "
                                           "cannot both go to standard output");
    }
    Destination destination(path);
    TRY(destination.open(arguments.has("--yes")));
    std::uint64_t bytes = 0;
    TRY(context.api.download(target_of_file(name), "application/octet-stream",
                             [&](std::string_view piece) -> Result<> {
                                 bytes += piece.size();
                                 return destination.write(context.out, piece);
                             }));
    TRY(destination.finish());
    if (destination.is_output()) {
        return {};
    }
    return show_done(context,
                     std::format("Wrote {} ({})", path, rough_bytes(static_cast<double>(bytes))),
                     {{"file", path}, {"bytes", bytes}});
}

Result<> remove_file(Context& context, const Arguments& arguments) {
    const std::string name = arguments.text_or("NAME", "");
    if (arguments.has("--dry-run")) {
        return show_done(context, std::format("Would remove {}", name), {{"would_remove", name}});
    }
    TRY(confirm_or_stop(context, arguments, std::format("Remove {}?", name)));
    TRY(context.api.remove(target_of_file(name)));
    return show_done(context, std::format("Removed {}", name), {{"removed", name}});
}

constexpr Parameter file_name{
    .name = "NAME", .value = "", .about = "As files list shows it", .required = true};

}  // namespace

void add_file_commands(std::vector<Command>& out) {
    out.push_back({.path = "files list",
                   .summary = "Files that SQL reads",
                   .examples = "  gantry files list    all that you may see\n",
                   .next = "gantry sql \"SELECT * FROM read_csv('files/NAME')\"",
                   .parameters = {},
                   .run = list_files});
    out.push_back(
        {.path = "files put",
         .summary = "Bring a file to be read by SQL, or replace it",
         .examples = "  gantry files put shifts.csv                     as files/shifts.csv\n"
                     "  gantry files put ~/2025.parquet --name old.parquet\n"
                     "  other-program | gantry files put - --name x.csv   from standard input\n",
         .next = "gantry sql \"SELECT * FROM read_csv('files/NAME')\"",
         .parameters = {{.name = "FILE",
                         .value = "",
                         .about = "Parquet, CSV or JSON, 64 MiB at most; - is standard input",
                         .required = true,
                         .offer = Offer::File},
                        {.name = "--name",
                         .value = "NAME",
                         .about = "What it is to be called; else as it is"},
                        dry_run_switch},
         .run = put_file,
         .more = "A name has letters, digits, '.', '_' and '-'. Queries that run go on with the\n"
                 "file of that name that was there before.\n"});
    out.push_back({.path = "files get",
                   .summary = "Take a file as it was brought",
                   .examples = "  gantry files get shifts.csv                into this folder\n"
                               "  gantry files get shifts.csv --output -   to standard output\n",
                   .next = "gantry files list",
                   .parameters = {file_name,
                                  {.name = "-o,--output",
                                   .value = "FILE",
                                   .about = "Where to write; else as it is called, here",
                                   .offer = Offer::File},
                                  {.name = "-y,--yes",
                                   .value = "",
                                   .about = "Replace the file if it is there"}},
                   .run = fetch_file});
    out.push_back({.path = "files remove",
                   .summary = "Remove a file",
                   .examples = "  gantry files remove shifts.csv    asks first\n",
                   .next = "gantry files list",
                   .parameters = {file_name, yes_switch, dry_run_switch},
                   .run = remove_file});
}

}  // namespace gantry::cli

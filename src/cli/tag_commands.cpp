// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <format>

#include "cli/context.h"
#include "cli/destination.h"
#include "cli/tag_sheets.h"

namespace gantry::cli {
namespace {

Result<> list_tags(Context& context, const Arguments& arguments) {
    TRY_ASSIGN(
        json::array items,
        context.api.list("/v1/tags", {{"connection", arguments.text_or("--connection", "")}}));
    static const std::vector<Field> fields = {
        {"POINT",
         [](const Output&, const json::object& item) { return field_text(item, "point_path"); }},
        {"ADDRESS",
         [](const Output&, const json::object& item) { return field_text(item, "address"); }},
        {"TYPE", [](const Output&, const json::object& item) { return field_text(item, "type"); }},
        {"UNIT", [](const Output&, const json::object& item) { return field_text(item, "unit"); }},
        {"ID", [](const Output&, const json::object& item) { return field_text(item, "id"); }}};
    return show_items(context, std::move(items), fields,
                      "There are no such tags. Next: gantry tags add --help");
}

Result<> add_tag(Context& context, const Arguments& arguments) {
    const json::object body = {{"connection", arguments.text_or("CONNECTION", "")},
                               {"point", arguments.text_or("POINT", "")},
                               {"address", arguments.text_or("ADDRESS", "")}};
    const std::string what = std::format("{} of {} feeds {}", field_text(body, "address"),
                                         field_text(body, "connection"), field_text(body, "point"));
    if (arguments.has("--dry-run")) {
        return show_done(context, "Would make it so that " + what, {{"would_create", body}});
    }
    TRY_ASSIGN(const json::value tag, context.api.post("/v1/tags", body));
    return show_done(context,
                     std::format("Now {}. Next: gantry read {}", what, field_text(body, "point")),
                     tag.as_object());
}

Result<std::string> tag_of(Context& context, const std::string& reference) {
    if (reference.starts_with("tag_")) {
        return reference;
    }
    TRY_ASSIGN(const json::array items, context.api.list("/v1/tags", {}));
    for (const json::value& item : items) {
        if (field_text(item.as_object(), "point_path") == reference ||
            field_text(item.as_object(), "point") == reference) {
            return field_text(item.as_object(), "id");
        }
    }
    return fail(Code::NotFound, "no tag feeds the point '{}'", reference);
}

Result<> remove_tag(Context& context, const Arguments& arguments) {
    const std::string reference = arguments.text_or("TAG", "");
    TRY_ASSIGN(const std::string id, tag_of(context, reference));
    TRY(context.api.get(item_target("/v1/tags", id)));
    if (arguments.has("--dry-run")) {
        return show_done(context, std::format("Would remove tag {}", reference),
                         {{"would_delete", id}});
    }
    TRY(confirm_or_stop(context, arguments, std::format("Remove tag {}?", reference)));
    TRY(context.api.remove(item_target("/v1/tags", id)));
    return show_done(context, std::format("Removed tag {}", reference), {{"deleted", id}});
}

Result<> import_tags(Context& context, const Arguments& arguments) {
    TRY_ASSIGN(const Pack pack,
               read_tags(arguments.text_or("FILE", "-"), arguments.text_or("--connection", "")));
    return load_pack(context, pack, arguments.has("--dry-run"));
}

Result<> export_tags(Context& context, const Arguments& arguments) {
    const std::string path = arguments.text_or("--output", "-");
    if (path == "-" && context.out.for_programs()) {
        return fail(Code::InvalidArgument, "--json needs --output FILE: tags and the report cannot "
                                           "both go to standard output");
    }
    TRY_ASSIGN(const std::string text, write_tags(context, arguments.text_or("--connection", "")));
    Destination destination(path);
    TRY(destination.open(arguments.has("--yes")));
    TRY(destination.write(context.out, text));
    TRY(destination.finish());
    const auto rows = static_cast<std::size_t>(std::ranges::count(text, '\n')) - 1;
    return destination.is_output()
               ? Result<>{}
               : show_done(context, std::format("Wrote {}: {} tags", path, rows),
                           {{"file", path}, {"tags", rows}});
}

constexpr Parameter only_of_connection{.name = "--connection",
                                       .value = "CONNECTION",
                                       .about = "Only of this one",
                                       .offer = Offer::Connection};

}  // namespace

void add_tag_commands(std::vector<Command>& out) {
    out.push_back({.path = "tags list",
                   .summary = "Which address feeds which point",
                   .examples = "  gantry tags list --connection plc1    of one connection\n",
                   .next = "gantry read POINT",
                   .parameters = {only_of_connection},
                   .run = list_tags});
    out.push_back({.path = "tags add",
                   .summary = "Let an address of a connection feed a point",
                   .examples = "  gantry tags add plc1 plant/line2/pump3.flow hr:4:f32@CDAB\n",
                   .next = "gantry read POINT",
                   .parameters = {{.name = "CONNECTION",
                                   .value = "",
                                   .about = "Key or id",
                                   .required = true,
                                   .offer = Offer::Connection},
                                  {.name = "POINT",
                                   .value = "",
                                   .about = "Path or id",
                                   .required = true,
                                   .offer = Offer::Point},
                                  {.name = "ADDRESS",
                                   .value = "",
                                   .about = "In the protocol's notation",
                                   .required = true},
                                  dry_run_switch},
                   .run = add_tag});
    out.push_back({.path = "tags remove",
                   .summary = "No longer feed a point; its values stay",
                   .examples = "  gantry tags remove plant/line2/pump3.flow    by the point\n"
                               "  gantry tags remove tag_01JD9WZ6S4…           by id\n",
                   .next = "gantry tags list",
                   .parameters = {{.name = "TAG",
                                   .value = "",
                                   .about = "Id, or the point that it feeds",
                                   .required = true,
                                   .offer = Offer::Point},
                                  dry_run_switch,
                                  yes_switch},
                   .run = remove_tag});
    out.push_back(
        {.path = "tags export",
         .summary = "Tags with their points as CSV, to be edited and imported again",
         .examples = "  gantry tags export                                   all, to the screen\n"
                     "  gantry tags export --connection plc1 -o plc1.csv\n",
         .next = "gantry tags import FILE",
         .parameters = {only_of_connection,
                        {.name = "-o,--output",
                         .value = "FILE",
                         .about = "Where to ('-': standard output, the default)",
                         .offer = Offer::File},
                        {.name = "-y,--yes", .value = "", .about = "Replace a file that is there"}},
         .run = export_tags});
    out.push_back(
        {.path = "tags import",
         .summary = "Make tags, and the points that they feed, from CSV",
         .examples = "  gantry tags import plc1.csv --connection plc1 --dry-run\n"
                     "  gantry tags import tags.csv         the connection stands in each row\n",
         .next = "gantry watch --under ASSET",
         .parameters = {{.name = "FILE",
                         .value = "",
                         .about = "'-': standard input",
                         .required = true,
                         .offer = Offer::File},
                        {.name = "--connection",
                         .value = "CONNECTION",
                         .about = "Of rows that do not name one",
                         .offer = Offer::Connection},
                        dry_run_switch},
         .run = import_tags,
         .more =
             "The first row names the columns: point and address, and if wanted connection,\n"
             "type, unit, min, max, access (read, read_write), name and name_zh. Where a row has\n"
             "a type, its point and the assets above it are made if they are not there. A tag\n"
             "that is there gets the row's address; nothing is removed.\n"});
}

}  // namespace gantry::cli
